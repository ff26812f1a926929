//! In-memory engine, for tests, and for a server that stores nothing. It gives other threads a turn wherever a real engine would.

use super::engine::{Cas, CasToken, Expect, HeadStore, PackKey, PackStore};
use super::probe::{self, ProbeReport};
use crate::error::{Error, Result};
use crate::protocol::AgentId;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

#[derive(Default)]
pub struct MemHeads(Mutex<BTreeMap<AgentId, (Bytes, u64)>>);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn token_of(generation: u64) -> CasToken {
    CasToken::new(&generation.to_le_bytes())
}

impl HeadStore for MemHeads {
    fn load(&self, agent: &AgentId) -> Result<Option<(Bytes, CasToken)>> {
        let found = locked(&self.0).get(agent).cloned();
        std::thread::yield_now();
        Ok(found.map(|(bytes, generation)| (bytes, token_of(generation))))
    }

    fn swap(&self, agent: &AgentId, expect: Expect<'_>, new: &[u8]) -> Result<Cas> {
        std::thread::yield_now();
        let mut heads = locked(&self.0);
        let found = heads.get(agent).map(|(_, generation)| *generation);
        let holds = match (expect, found) {
            (Expect::Absent, None) => true,
            (Expect::Match(token), Some(generation)) => *token == token_of(generation),
            _ => false,
        };
        std::thread::yield_now();
        if !holds {
            return Ok(Cas::Lost);
        }
        let generation = found.unwrap_or(0) + 1;
        heads.insert(agent.clone(), (Bytes::copy_from_slice(new), generation));
        Ok(Cas::Won(token_of(generation)))
    }

    fn agents(&self, after: Option<&AgentId>) -> Result<Vec<AgentId>> {
        let heads = locked(&self.0);
        Ok(heads.keys().filter(|agent| after.is_none_or(|after| *agent > after)).cloned().collect())
    }

    fn probe(&self) -> Result<ProbeReport> {
        probe::heads("memory", &MemHeads::default())
    }
}

#[derive(Default)]
pub struct MemPacks(Mutex<BTreeMap<PackKey, Bytes>>);

impl PackStore for MemPacks {
    fn put_new(&self, key: &PackKey, source: &mut dyn Read, len: u64) -> Result<()> {
        let mut bytes = Vec::new();
        let read = source.take(len).read_to_end(&mut bytes);
        read.map_err(|error| Error::failed(format!("cannot read a pack: {error}")))?;
        if bytes.len() as u64 != len {
            return Err(Error::failed(format!("\"{}\" ends too early", key.file_name())));
        }
        let mut packs = locked(&self.0);
        if packs.contains_key(key) {
            return Err(Error::conflict(format!("\"{}\" exists", key.file_name())));
        }
        packs.insert(key.clone(), bytes.into());
        Ok(())
    }

    fn get(&self, key: &PackKey, range: Option<Range<u64>>) -> Result<Option<Bytes>> {
        let found = locked(&self.0).get(key).cloned();
        std::thread::yield_now();
        Ok(found.map(|bytes| match range {
            None => bytes,
            Some(range) => {
                let at = |offset: u64| (offset as usize).min(bytes.len());
                bytes.slice(at(range.start)..at(range.end).max(at(range.start)))
            }
        }))
    }

    fn stat(&self, key: &PackKey) -> Result<Option<u64>> {
        std::thread::yield_now();
        Ok(locked(&self.0).get(key).map(|bytes| bytes.len() as u64))
    }

    fn list(
        &self,
        agent: &AgentId,
        after: Option<&PackKey>,
    ) -> Result<Vec<(PackKey, u64, SystemTime)>> {
        let packs = locked(&self.0);
        let wanted = |key: &&PackKey| key.agent == *agent && after.is_none_or(|after| *key > after);
        let keys = packs.keys().filter(wanted);
        Ok(keys.map(|key| (key.clone(), packs[key].len() as u64, SystemTime::UNIX_EPOCH)).collect())
    }

    fn delete(&self, key: &PackKey) -> Result<()> {
        locked(&self.0).remove(key);
        std::thread::yield_now();
        Ok(())
    }

    fn probe(&self) -> Result<ProbeReport> {
        probe::packs("memory", &MemPacks::default())
    }
}
