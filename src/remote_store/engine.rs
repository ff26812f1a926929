//! Storage engine: one mutable head per agent, changed by compare-and-swap only, and packs that never change.
//!
//! Files are the engine that comes with the program; an object store or a database implements the same
//! two traits. Calls block. No engine is served on before it has passed its probe.

use super::probe::ProbeReport;
use crate::error::{At, Error, Result};
use crate::object::Id;
use crate::pack::PackId;
use crate::protocol::AgentId;
use bytes::Bytes;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Version of a head that was read, for the compare-and-swap: an etag or whatever the engine has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CasToken(Box<[u8]>);

impl CasToken {
    pub fn new(bytes: &[u8]) -> CasToken {
        CasToken(bytes.into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Expectation of a swap.
#[derive(Clone, Copy, Debug)]
pub enum Expect<'a> {
    Absent,
    Match(&'a CasToken),
}

/// Result of a swap.
#[derive(Debug)]
pub enum Cas<T = CasToken> {
    Won(T),
    Lost,
    /// It may have been applied or not: only another load shows it.
    Unknown(Error),
}

pub trait HeadStore: Send + Sync {
    /// The newest value: whoever begins to load after a swap was answered sees that swap.
    fn load(&self, agent: &AgentId) -> Result<Option<(Bytes, CasToken)>>;

    /// The same for who can tell from a value that it was durable before: that one need not be made durable again.
    fn load_unless_durable(
        &self,
        agent: &AgentId,
        _is_durable: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Option<(Bytes, CasToken)>> {
        self.load(agent)
    }

    /// Never without an expectation, and never tried again inside: a repeated swap that landed at first
    /// looks lost. An error means that nothing changed.
    fn swap(&self, agent: &AgentId, expect: Expect<'_>, new: &[u8]) -> Result<Cas>;

    /// The agents after one of them, ascending; all of them or the first of them. For upkeep: may be stale.
    fn agents(&self, after: Option<&AgentId>) -> Result<Vec<AgentId>>;

    /// Tries, in a corner of its own, whether the engine holds what it promises.
    fn probe(&self) -> Result<ProbeReport>;

    /// An error while the engine is out of reach, or accepts no writes.
    fn ping(&self) -> Result<()> {
        Ok(())
    }
}

pub trait PackStore: Send + Sync {
    /// Stores a pack under a key that was never used; durable when it returns.
    fn put_new(&self, key: &PackKey, source: &mut dyn Read, len: u64) -> Result<()>;

    /// The same from a file on this machine, for engines that need not copy it.
    fn put_file(&self, key: &PackKey, file: &Path) -> Result<()> {
        let mut source = File::open(file).at("open", file)?;
        let len = source.metadata().at("read", file)?.len();
        self.put_new(key, &mut source, len)
    }

    /// The pack's bytes, or those of a range of it.
    fn get(&self, key: &PackKey, range: Option<Range<u64>>) -> Result<Option<Bytes>>;

    /// Length of the pack, where it exists.
    fn stat(&self, key: &PackKey) -> Result<Option<u64>>;

    /// The packs of an agent after one of them, ascending by key; all of them or the first of them.
    fn list(
        &self,
        agent: &AgentId,
        after: Option<&PackKey>,
    ) -> Result<Vec<(PackKey, u64, SystemTime)>>;

    /// Returns only when the pack is gone for good. One that is gone already is fine.
    fn delete(&self, key: &PackKey) -> Result<()>;

    /// Deletes a pack that is retired. After a loss of power it may be there again: upkeep deletes it then.
    fn discard(&self, key: &PackKey) -> Result<()> {
        self.delete(key)
    }

    /// Tries, in a corner of its own, whether the engine holds what it promises.
    fn probe(&self) -> Result<ProbeReport>;

    /// True if servers on other machines have the same packs.
    fn is_shared(&self) -> bool {
        false
    }

    /// Path of the pack on this machine, for engines that keep files.
    fn path(&self, _key: &PackKey) -> Option<PathBuf> {
        None
    }
}

/// A small text that all servers on one engine share, beside heads and packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedNote<'a> {
    /// Exists while the agent accepts nothing new.
    Archived(&'a AgentId),
    /// Progress of the scrub.
    Scrub,
    /// Quotas of the last server, for people.
    Quotas,
    /// URL of the last server, for people.
    Address,
}

pub trait NoteStore: Send + Sync {
    fn read(&self, note: SharedNote<'_>) -> Result<Option<Vec<u8>>>;

    /// Durable when it returns, except for what only people read.
    fn write(&self, note: SharedNote<'_>, text: &[u8]) -> Result<()>;

    /// Removes a note; none is fine.
    fn remove(&self, note: SharedNote<'_>) -> Result<()>;

    /// True if the note exists.
    fn has(&self, note: SharedNote<'_>) -> Result<bool> {
        Ok(self.read(note)?.is_some())
    }
}

/// The name of one stored pack. Every attempt to store takes a fresh one, so that a removal that comes
/// late hits nothing that somebody uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackKey {
    pub agent: AgentId,
    pub fresh: [u8; 16],
    pub pack: PackId,
}

impl PackKey {
    /// A key that nobody has used.
    pub fn fresh(agent: &AgentId, pack: PackId) -> Result<PackKey> {
        Ok(PackKey { agent: agent.clone(), fresh: random()?, pack })
    }

    /// `<32 hexadecimal digits>-<blake3 of the pack>.pack`
    pub fn file_name(&self) -> String {
        format!("{:032x}-{}.pack", u128::from_be_bytes(self.fresh), self.pack)
    }

    /// `None` for a name that no stored pack has.
    pub fn from_file_name(agent: &AgentId, name: &str) -> Option<PackKey> {
        let (fresh, pack) = name.strip_suffix(".pack")?.split_once('-')?;
        let fresh = u128::from_str_radix(fresh, 16).ok()?.to_be_bytes();
        let key =
            PackKey { agent: agent.clone(), fresh, pack: PackId::from(pack.parse::<Id>().ok()?) };
        (key.file_name() == name).then_some(key)
    }
}

/// Bits that nobody can guess or repeat.
pub(super) fn random() -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::failed(format!("cannot get random bits: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_file_name_and_back() {
        let agent: AgentId = "agent_1".parse().unwrap();
        let key = PackKey { agent: agent.clone(), fresh: [0xab; 16], pack: PackId::of(b"") };
        let name = "abababababababababababababababab-af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262.pack";
        assert_eq!(key.file_name(), name);
        assert_eq!(PackKey::from_file_name(&agent, name), Some(key));
        for bad in [
            "",
            "x.pack",
            &name[1..],
            &name.to_uppercase(),
            &name.replace("ab-", "+b-"),
            "tmp-1-0-1",
        ] {
            assert_eq!(PackKey::from_file_name(&agent, bad), None, "{bad}");
        }
        assert_ne!(
            PackKey::fresh(&agent, PackId::of(b"")).unwrap(),
            PackKey::fresh(&agent, PackId::of(b"")).unwrap()
        );
    }
}
