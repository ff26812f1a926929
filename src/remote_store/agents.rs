//! Administration of the agents of a remote store: overview, archive, delete. For `serve agents`
//! and the administrators' routes.

use super::collect::{Upkeep, millis, retire};
use super::engine::{Cas, Expect, SharedNote};
use super::head::{LoadedHead, StoredHead};
use super::{RemoteStore, uploads};
use crate::error::{Error, Hint, Kind, Result};
use crate::object::Id;
use crate::protocol::AgentId;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Overview of an agent: refs, packs and their bytes.
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
    pub retired: usize,
    /// Uploads that are unfinished, and their bytes.
    pub uploads: (usize, u64),
    pub archived: bool,
    /// Time of the newest transaction with a token, in milliseconds since 1970-01-01 UTC.
    pub changed_ms: Option<u64>,
}

/// So far ahead that nothing is younger.
pub(super) const AGES: Duration = Duration::from_secs(u32::MAX as u64 * 10);

/// Storage that a deletion freed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Freed {
    pub packs: usize,
    pub bytes: u64,
}

impl RemoteStore {
    /// True if the agent has anything; one that was never pushed has not, nor one that was deleted.
    pub fn exists(&self, agent: &AgentId) -> Result<bool> {
        Ok(!self.load_head(agent)?.head.is_void())
    }

    /// An agent as it is; `None` where nobody pushed it, or since it was deleted.
    pub fn overview(&self, agent: &AgentId) -> Result<Option<Overview>> {
        let seen = self.load_head(agent)?;
        let head = &seen.head;
        if head.is_void() {
            return Ok(None);
        }
        Ok(Some(Overview {
            agent: agent.clone(),
            source: head.heads.source.len(),
            versions: head.heads.versions.len(),
            active: head.heads.active.and_then(|active| active.version),
            packs: head.packs.len(),
            bytes: head.packs.iter().map(|pack_ref| pack_ref.bytes).sum(),
            objects: head.packs.iter().map(|pack_ref| pack_ref.objects).sum(),
            retired: head.retired.len(),
            uploads: uploads::size(&self.layout.incoming(agent))?,
            archived: self.is_archived(agent)?,
            changed_ms: head.receipts.list.last().map(|receipt| receipt.at_ms),
        }))
    }

    /// True if the agent takes nothing new. In files that is one look at a name.
    pub fn is_archived(&self, agent: &AgentId) -> Result<bool> {
        self.notes.has(SharedNote::Archived(agent))
    }

    /// Refused where the agent takes nothing new.
    pub(super) fn check_open(&self, agent: &AgentId) -> Result<()> {
        if !self.is_archived(agent)? {
            return Ok(());
        }
        if !self.exists(agent)? {
            // A deletion was cut off before it came to this.
            return self.unmark(agent);
        }
        let message = format!("agent \"{agent}\" is archived: pushes and promotions are refused");
        Err(Error::new(Kind::Forbidden, message).hint(Hint::Unarchive { agent: agent.to_string() }))
    }

    /// Closes an agent for everything new, or opens it again; false where it was so before.
    pub fn archive(&self, agent: &AgentId, archived: bool) -> Result<bool> {
        if self.is_archived(agent)? == archived {
            return Ok(false);
        }
        match archived {
            true => self.notes.write(SharedNote::Archived(agent), b"")?,
            false => self.unmark(agent)?,
        }
        Ok(true)
    }

    fn unmark(&self, agent: &AgentId) -> Result<()> {
        self.notes.remove(SharedNote::Archived(agent))
    }

    /// Deletes an agent for good, or finishes a deletion that was cut off; `None` where nobody ever pushed it.
    ///
    /// That is one swap, to a head that has nothing and retires everything: whoever swaps meanwhile loses, and sees an
    /// agent that was never pushed. The empty head stays: a writer who began before there was any agent would else find
    /// none again, and name a pack that is gone. Then goes what is retired; cut off here, upkeep does it.
    pub fn delete(&self, agent: &AgentId, now: SystemTime) -> Result<Option<Freed>> {
        if self.load_head(agent)?.token.is_none() {
            return Ok(None);
        }
        let end = |seen: &LoadedHead| Ok((!seen.head.is_void()).then(|| void(seen, now)));
        self.change(agent, end).landed?;
        let mut freed = Freed::default();
        for retired in &self.load_head(agent)?.head.retired {
            freed.packs += 1;
            freed.bytes += self.packs.stat(&retired.key)?.unwrap_or(0);
        }
        self.delete_retired(
            agent,
            &Upkeep { spare: Duration::ZERO, ..Upkeep::at(UNIX_EPOCH + AGES) },
        )?;
        self.sweep(agent)?;
        self.clear_uploads(agent, UNIX_EPOCH + AGES, Duration::ZERO)?;
        if self.is_archived(agent)? && !self.exists(agent)? {
            self.unmark(agent)?;
        }
        self.forget_damage(&self.load_head(agent)?.head);
        Ok(Some(freed))
    }

    /// Deletes an agent whose head cannot be read, with every pack that is stored for it. Only for damage: a head of a
    /// newer format is one that another program reads.
    pub fn delete_damaged(&self, agent: &AgentId, now: SystemTime) -> Result<Option<Freed>> {
        let (bytes, token) = match (self.heads.load(agent)?, self.load_head(agent)) {
            (Some(head), Err(error)) if error.kind() == Kind::Corrupt => head,
            (_, Err(error)) => return Err(error),
            _ => return self.delete(agent, now),
        };
        // The count of heads before it is lost. Milliseconds are more than any agent has had.
        let seq = millis(now);
        let empty =
            StoredHead { seq, previous: Id::of_blob(&bytes), ..LoadedHead::empty(agent).head };
        let keys = self.list_packs(agent)?.into_iter().map(|(key, ..)| key).collect();
        let empty = retire(empty, keys, &Upkeep::at(now));
        match self.heads.swap(agent, Expect::Match(&token), &empty.encode())? {
            Cas::Won(_) => self.delete(agent, now),
            Cas::Lost => Err(Error::new(
                Kind::Conflict,
                format!(
                    "the head of agent \"{agent}\" was replaced meanwhile, and nothing was deleted"
                ),
            )),
            Cas::Unknown(error) => Err(error),
        }
    }
}

/// Head of a deleted agent: it keeps only the count of heads before it, and the retired packs.
fn void(seen: &LoadedHead, now: SystemTime) -> StoredHead {
    let StoredHead { agent, seq, previous, retired, .. } = seen.next();
    let empty = StoredHead { seq, previous, retired, ..LoadedHead::empty(&agent).head };
    let files = seen.head.files().map(|(key, _)| key.clone()).collect();
    retire(empty, files, &Upkeep::at(now))
}
