//! Disk quota of one agent: bytes of its packs and uploads, and its refs. Bytes of an unfinished
//! upload are reserved before they arrive, so that concurrent uploads cannot exceed it together.

use super::ServerLimits;
use crate::error::{Error, Kind, Result};
use crate::protocol::AgentId;
use crate::remote_store::{NoteStore, SharedNote, Usage};
use crate::server::response::HttpError;
use axum::http::StatusCode;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The quota: bytes, versions, bytes of answers being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    pub bytes: u64,
    pub refs: u64,
    pub cache: u64,
}

impl Quotas {
    pub fn of(limits: &ServerLimits) -> Quotas {
        Quotas { bytes: limits.agent_bytes, refs: limits.agent_refs, cache: limits.agent_cache }
    }

    /// Writes them beside the agents, for commands that do not have the server's options. It is only for
    /// people, so that it need not survive a crash, and a full disk is no reason to start no server.
    pub fn note(&self, notes: &dyn NoteStore) -> Result<()> {
        let text = format!("{} {} {}\n", self.bytes, self.refs, self.cache);
        notes.write(SharedNote::Quotas, text.as_bytes())
    }

    /// Quotas that the last server on these agents wrote down.
    pub fn noted(notes: &dyn NoteStore) -> Option<Quotas> {
        let bytes = notes.read(SharedNote::Quotas).ok()??;
        let numbers = std::str::from_utf8(&bytes).ok()?.split_ascii_whitespace();
        let numbers: Option<Vec<u64>> = numbers.map(|number| number.parse().ok()).collect();
        let &[bytes, refs, cache] = numbers?.as_slice() else { return None };
        Some(Quotas { bytes, refs, cache })
    }
}

#[derive(Debug)]
pub struct Quota {
    bytes: u64,
    refs: u64,
    /// Bytes that running uploads may still bring.
    arriving: Mutex<HashMap<AgentId, u64>>,
}

/// Room that an upload was promised, until it ends.
#[derive(Debug)]
pub struct Promised {
    quota: Arc<Quota>,
    agent: AgentId,
    bytes: u64,
}

impl Quota {
    pub fn new(bytes: u64, refs: u64) -> Arc<Quota> {
        Arc::new(Quota { bytes, refs, arriving: Mutex::default() })
    }

    fn arriving(&self) -> MutexGuard<'_, HashMap<AgentId, u64>> {
        self.arriving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Promises room for the rest of an upload.
    pub fn reserve(
        self: &Arc<Quota>,
        agent: &AgentId,
        usage: &Usage,
        rest: u64,
    ) -> Result<Promised, HttpError> {
        let mut arriving = self.arriving();
        let promised = arriving.get(agent).copied().unwrap_or(0);
        let all = usage
            .stored
            .saturating_add(usage.uploads)
            .saturating_add(promised)
            .saturating_add(rest);
        if all > self.bytes {
            return Err(self.no_room(agent));
        }
        arriving.insert(agent.clone(), promised + rest);
        Ok(Promised { quota: self.clone(), agent: agent.clone(), bytes: rest })
    }

    /// Checks the use that an agent would have after a transaction.
    pub fn allow(&self, agent: &AgentId, after: &Usage) -> Result<(), HttpError> {
        if after.stored > self.bytes {
            return Err(self.no_room(agent));
        }
        if after.refs > self.refs {
            let message = format!("agent \"{agent}\" has {} refs, which is the limit", self.refs);
            return Err(insufficient(message, "`--agent-refs`"));
        }
        Ok(())
    }

    fn no_room(&self, agent: &AgentId) -> HttpError {
        let message = format!(
            "agent \"{agent}\" has reached its limit of {} bytes on this server",
            self.bytes
        );
        insufficient(message, "`--agent-bytes`")
    }
}

fn insufficient(message: String, option: &str) -> HttpError {
    let hint = format!(
        "nothing was changed there; ask the operator of the server to allow more with {option}"
    );
    HttpError::new(
        StatusCode::INSUFFICIENT_STORAGE,
        Error::new(Kind::Unavailable, message).hint(hint),
    )
}

impl Drop for Promised {
    fn drop(&mut self) {
        let mut arriving = self.quota.arriving();
        let left = arriving.get(&self.agent).copied().unwrap_or(0).saturating_sub(self.bytes);
        match left {
            0 => drop(arriving.remove(&self.agent)),
            left => drop(arriving.insert(self.agent.clone(), left)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_at_once_are_promised_what_is_there_once() {
        let (quota, agent) = (Quota::new(100, 10), "a".parse().unwrap());
        let usage = Usage { stored: 20, uploads: 10, refs: 0 };
        let first = quota.reserve(&agent, &usage, 40).unwrap();
        assert!(quota.reserve(&agent, &usage, 31).is_err());
        assert!(
            quota.reserve(&"b".parse().unwrap(), &usage, 70).is_ok(),
            "another agent has its own"
        );
        drop(first);
        drop(quota.reserve(&agent, &usage, 70).unwrap());
        assert!(quota.arriving().is_empty());
        let after = |stored, refs| quota.allow(&agent, &Usage { stored, refs, uploads: 0 });
        assert!(after(100, 10).is_ok() && after(101, 1).is_err() && after(1, 11).is_err());
    }
}
