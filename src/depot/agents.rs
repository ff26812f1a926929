//! The agents of a depot, for who runs it: how much each has, archived ones, and their end.

use super::Depot;
use super::uploads;
use crate::error::{Error, Kind, Result};
use crate::fs::{self, Clobber};
use crate::protocol::{AgentId, limits};
use std::time::{Duration, SystemTime};

/// What an agent has and takes.
#[derive(Clone, Debug)]
pub struct Overview {
    pub agent: AgentId,
    pub source: usize,
    pub versions: usize,
    /// The version that is live.
    pub active: Option<u64>,
    pub packs: usize,
    pub bytes: u64,
    pub objects: u64,
    /// Packs that nothing needs, on their way out.
    pub condemned: usize,
    /// Uploads that are unfinished, and their bytes.
    pub uploads: (usize, u64),
    pub archived: bool,
    /// When the newest transaction with a token landed, in milliseconds since 1970-01-01 UTC.
    pub changed_ms: Option<u64>,
}

/// What a deletion freed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Freed {
    pub packs: usize,
    pub bytes: u64,
}

impl Depot {
    /// An agent as it is; `None` where nobody ever pushed it.
    pub fn overview(&self, agent: &AgentId) -> Result<Option<Overview>> {
        let seen = self.look(agent)?;
        let head = &seen.head;
        if seen.token.is_none() {
            return Ok(None);
        }
        Ok(Some(Overview {
            agent: agent.clone(),
            source: head.source.len(),
            versions: head.versions.len(),
            active: head.active.and_then(|active| active.version),
            packs: head.packs.len(),
            bytes: head.packs.iter().map(|held| held.bytes).sum(),
            objects: head.packs.iter().map(|held| held.objects).sum(),
            condemned: head.condemned.len(),
            uploads: uploads::size(&self.layout.incoming(agent))?,
            archived: self.is_archived(agent),
            changed_ms: head.receipts.list.last().map(|receipt| receipt.at_ms),
        }))
    }

    /// Whether the agent takes nothing new. That is one look at a name.
    pub fn is_archived(&self, agent: &AgentId) -> bool {
        self.layout.archived(agent).exists()
    }

    /// Refused where the agent takes nothing new.
    pub(super) fn check_open(&self, agent: &AgentId) -> Result<()> {
        if !self.is_archived(agent) {
            return Ok(());
        }
        let message = format!("agent \"{agent}\" is archived: it can be read, and takes nothing new");
        Err(Error::new(Kind::Forbidden, message).hint(format!(
            "whoever runs the server opens it again: `lua-store serve agents archive {agent} --undo`"
        )))
    }

    /// Closes an agent for everything new, or opens it again; false where it was so before.
    pub fn archive(&self, agent: &AgentId, archived: bool) -> Result<bool> {
        if self.is_archived(agent) == archived {
            return Ok(false);
        }
        let mark = self.layout.archived(agent);
        if archived {
            let _ = fs::write_new(&mark, b"", Clobber::Never)?;
        } else {
            fs::remove(&mark)?;
            fs::sync_dir(&self.layout.agent(agent))?;
        }
        Ok(true)
    }

    /// Removes an agent for good; `None` where there is none.
    ///
    /// First the head, by comparison as in a swap: a transaction that runs meanwhile loses its race. Then the packs that the
    /// head named. Nothing uses their keys again, unlike those of packs that no head knows yet: these may be in the next
    /// head, and are left to upkeep.
    pub fn delete(&self, agent: &AgentId, now: SystemTime) -> Result<Option<Freed>> {
        let mut removed = None;
        for race in 0..limits::RACES {
            self.pause(race)?;
            let seen = self.look(agent)?;
            let Some(token) = &seen.token else { break };
            if self.heads.remove(agent, token)? {
                removed = Some(seen);
                break;
            }
        }
        let Some(seen) = removed else {
            return match self.look(agent)?.token {
                None => Ok(None),
                Some(_) => Err(Error::unavailable(format!("agent \"{agent}\" is busy: it was not deleted"))),
            };
        };
        let mut freed = Freed::default();
        let condemned = seen.head.condemned.iter().map(|condemned| (&condemned.key, 0));
        for (key, bytes) in seen.head.files().chain(condemned) {
            self.packs.delete(key)?;
            freed.packs += 1;
            freed.bytes += bytes;
        }
        self.clear_uploads(agent, now, Duration::ZERO)?;
        self.archive(agent, false)?;
        Ok(Some(freed))
    }
}
