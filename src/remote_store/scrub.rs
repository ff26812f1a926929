//! Scrub: reads every byte of an agent again, at the pace of the caller.

use super::RemoteStore;
use super::engine::{PackKey, SharedNote};
use super::head::LoadedHead;
use crate::error::{Error, Kind, Result};
use crate::pack::PackId;
use crate::protocol::AgentId;
use crate::remote_store::open_agent::OpenAgent;
use crate::store::Damage;

/// Size of one read.
const PIECE: u64 = 4 << 20;

/// Pace of a scrub: asked after each piece, it takes its time to answer, and may stop the scrub.
pub trait Pace {
    fn goes_on(&mut self, bytes: u64) -> bool;
}

/// Progress of a scrub of the whole remote store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrubState {
    /// Milliseconds since 1970-01-01 UTC.
    pub began_ms: u64,
    /// Bytes read so far.
    pub bytes: u64,
    /// The agent that was read last; they are in order.
    pub after: Option<AgentId>,
}

impl ScrubState {
    pub fn begin(now_ms: u64) -> ScrubState {
        ScrubState { began_ms: now_ms, bytes: 0, after: None }
    }

    fn to_text(&self) -> String {
        let after = self.after.as_ref().map_or("", AgentId::as_str);
        format!("{} {} {after}\n", self.began_ms, self.bytes)
    }

    fn parse(text: &str) -> Option<ScrubState> {
        let mut words = text.strip_suffix('\n')?.splitn(3, ' ');
        let (began_ms, bytes) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let after = match words.next()? {
            "" => None,
            agent => Some(agent.parse().ok()?),
        };
        Some(ScrubState { began_ms, bytes, after })
    }
}

impl RemoteStore {
    /// Progress that was saved last. One that cannot be parsed counts as none.
    pub fn scrub_state(&self) -> Result<Option<ScrubState>> {
        let bytes = self.notes.read(SharedNote::Scrub)?;
        Ok(bytes.and_then(|bytes| ScrubState::parse(std::str::from_utf8(&bytes).ok()?)))
    }

    pub fn set_scrub_state(&self, state: &ScrubState) -> Result<()> {
        self.notes.write(SharedNote::Scrub, state.to_text().as_bytes())
    }

    /// Bytes of the packs and pages of an agent.
    pub fn size(&self, agent: &AgentId) -> Result<u64> {
        Ok(self.load_head(agent)?.head.files().map(|(_, bytes)| bytes).sum())
    }

    /// Reads every pack of an agent and every object in them. What is damaged is noted, and what is whole again is
    /// forgotten. False when it was broken off.
    pub fn scrub(&self, agent: &AgentId, pace: &mut dyn Pace) -> Result<bool> {
        let (seen, packs) = self.open_agent(agent)?;
        for pack_ref in &seen.head.packs {
            if packs.get(&pack_ref.key).is_some()
                && !self.scrub_pack(&seen, &packs, &pack_ref.key, pack_ref.bytes, pace)?
            {
                return Ok(false);
            }
        }
        for page in &seen.head.pages {
            if self.scrub_bytes(&seen, &page.key, page.bytes, pace)?.is_none() {
                return Ok(false);
            }
        }
        self.forget_damage(&self.load_head(agent)?.head);
        Ok(true)
    }

    fn scrub_pack(
        &self,
        seen: &LoadedHead,
        packs: &OpenAgent,
        key: &PackKey,
        len: u64,
        pace: &mut dyn Pace,
    ) -> Result<bool> {
        let agent = &seen.head.agent;
        match self.scrub_bytes(seen, key, len, pace)? {
            None => return Ok(false),
            Some(false) => return Ok(true),
            Some(true) => {}
        }
        let Some(open_pack) = packs.get(key) else { return Ok(true) };
        let mut damage: Vec<Damage> = Vec::new();
        // A group that was decompressed before the damage says nothing about the disk now.
        if !packs
            .without(&[])
            .check_one(&open_pack.mapped, &mut damage, &mut |bytes| pace.goes_on(bytes))
        {
            return Ok(false);
        }
        self.note(agent, packs, &damage);
        self.forget_cured(key, &damage);
        Ok(true)
    }

    /// True if the bytes could be read, whatever they are; `None`: stopped.
    fn scrub_bytes(
        &self,
        seen: &LoadedHead,
        key: &PackKey,
        len: u64,
        pace: &mut dyn Pace,
    ) -> Result<Option<bool>> {
        match self.hash_stored(key, len, pace) {
            Ok(None) => return Ok(None),
            Ok(Some(pack)) if pack == key.pack => {}
            Ok(Some(_)) => {
                _ = self.note_pack(key, "its bytes have another hash than its name says")
            }
            // A disk that cannot read it would end the process where it is mapped.
            Err(error) => {
                let gone = error.kind() == Kind::NotFound;
                // It may have been put together with others meanwhile.
                if !gone || self.load_head(&key.agent)?.token == seen.token {
                    self.note_pack(key, error.message());
                }
                return Ok(Some(false));
            }
        }
        Ok(Some(true))
    }

    /// Read through the engine, not through a mapping: an error is an error then. `None`: broken off.
    fn hash_stored(&self, key: &PackKey, len: u64, pace: &mut dyn Pace) -> Result<Option<PackId>> {
        let gone = || Error::not_found(format!("pack \"{}\" is gone", key.file_name()));
        let mut hasher = blake3::Hasher::new();
        for start in (0..len).step_by(PIECE as usize) {
            let bytes =
                self.packs.get(key, Some(start..len.min(start + PIECE)))?.ok_or_else(gone)?;
            hasher.update(&bytes);
            if !pace.goes_on(bytes.len() as u64) {
                return Ok(None);
            }
        }
        Ok(Some(PackId::from(hasher.finalize())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_is_is_one_line() {
        let begin = ScrubState::begin(1_795_253_400_000);
        assert_eq!(begin.to_text(), "1795253400000 0 \n");
        let later =
            ScrubState { bytes: 70_000, after: Some("agent_1".parse().unwrap()), ..begin.clone() };
        assert_eq!(later.to_text(), "1795253400000 70000 agent_1\n");
        for state in [begin, later] {
            assert_eq!(ScrubState::parse(&state.to_text()), Some(state));
        }
        for other in ["", "\n", "1 2\n", "1 2 a", "x 2 a\n", "1 2 ..\n"] {
            assert_eq!(ScrubState::parse(other), None, "{other:?}");
        }
    }
}
