//! Fetch: one pack with the objects that the client lacks. Equal requests get equal bytes, so that
//! an interrupted download continues at its offset.

use super::RemoteStore;
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::object::{self, Id};
use crate::pack::PackId;
use crate::protocol::{AgentId, FetchRequest};
use crate::remote_store::open_agent::OpenAgent;
use crate::store::{self, MissingObjects};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Weak};

/// A pack that is ready to be sent, from any place on. Asked for again, it has the same bytes. Where one
/// pack of the agent is just what is asked for, it is that one; otherwise a file that disappears
/// with the last who sends it.
#[derive(Clone)]
pub struct ServedPack(Arc<store::ThinPack>);

impl ServedPack {
    pub fn id(&self) -> PackId {
        self.0.id()
    }

    #[allow(clippy::len_without_is_empty, reason = "a pack is never empty")]
    pub fn len(&self) -> u64 {
        self.0.bytes().len() as u64
    }

    pub(super) fn is_torn(&self) -> bool {
        self.0.mapped().is_torn()
    }

    /// True if somebody sends it, besides that it is kept.
    pub(super) fn is_being_sent(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// The file that was made for it, where it is no pack of the agent.
    pub(super) fn file(&self) -> Option<Weak<store::ThinPack>> {
        self.0.is_new().then(|| Arc::downgrade(&self.0))
    }

    /// Its bytes from `offset` to the end.
    pub fn reader(&self, offset: u64) -> ServedPackReader {
        ServedPackReader { pack: self.clone(), at: offset }
    }
}

/// Reads a thin pack, and keeps its file.
pub struct ServedPackReader {
    pack: ServedPack,
    at: u64,
}

impl Read for ServedPackReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.pack.0.mapped().reader(self.at..u64::MAX).read(out)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl RemoteStore {
    /// Everything that is reachable from what somebody wants and not from what he has, as one pack. Each object
    /// of it was read and hashed; where one cannot be read in any pack nothing is sent.
    pub fn fetch(&self, agent: &AgentId, fetch: &FetchRequest) -> Result<ServedPack> {
        self.thin_packs.get_or_make(agent, fetch, || self.make_thin_pack(agent, fetch))
    }

    fn make_thin_pack(&self, agent: &AgentId, fetch: &FetchRequest) -> Result<ServedPack> {
        let (seen, packs) = self.open_agent(agent)?;
        if seen.head.heads.is_empty() {
            return Err(Error::not_found(format!("there is no agent \"{agent}\"")));
        }
        self.check_wanted(agent, fetch, &packs)?;
        self.thin_packs.make_room(agent)?;
        let missing = MissingObjects::new(&packs.objects, &fetch.want, &fetch.have);
        let missing = self.note_error(agent, missing)?;
        let made = self.scratch().and_then(|dir| self.thin_pack(agent, &packs, &missing, &dir));
        let made = match made {
            Err(error) if error.is_unwritable() => {
                self.thin_pack_elsewhere(agent, &packs, &missing, error)
            }
            made => made,
        };
        Ok(ServedPack(Arc::new(made?)))
    }

    /// Checks that all wanted ids are trees of the agent.
    fn check_wanted(&self, agent: &AgentId, fetch: &FetchRequest, packs: &OpenAgent) -> Result<()> {
        if fetch.want.is_empty() {
            return Err(Error::usage("the list `want` is empty"));
        }
        for id in &fetch.want {
            let found = packs.objects.kind_and_len(id);
            match self.record_damage(agent, packs, &MissingObjects::of_all(vec![*id]), found)? {
                Some((object::ObjectKind::Tree, _)) => {}
                Some((object::ObjectKind::Blob, _)) => {
                    return Err(Error::usage(format!(
                        "object {id} is not a version, a record or a folder"
                    )));
                }
                None => return Err(absent(agent, id, packs)),
            }
        }
        Ok(())
    }

    /// The same where the remote store's own disk takes nothing: in a folder for temporary files, if there is one that does.
    fn thin_pack_elsewhere(
        &self,
        agent: &AgentId,
        packs: &OpenAgent,
        missing: &MissingObjects,
        mut refusal: Error,
    ) -> Result<store::ThinPack> {
        for place in fs::temporary_places() {
            let Ok(folder) = fs::scratch_folder_in(&place, "lua-store-") else { continue };
            match self.thin_pack(agent, packs, missing, folder.path()) {
                Err(error) if error.is_unwritable() => refusal = error,
                made => return made,
            }
        }
        Err(refusal)
    }

    /// One pack of these objects, in a folder if it is a new one. Damaged copies are noted, whether there were
    /// others or not.
    pub(super) fn thin_pack(
        &self,
        agent: &AgentId,
        packs: &OpenAgent,
        missing: &MissingObjects,
        scratch: &Path,
    ) -> Result<store::ThinPack> {
        let pack = packs.objects.thin_pack(missing, scratch);
        let pack = self.record_damage(agent, packs, missing, pack)?;
        self.note(agent, packs, pack.damage());
        Ok(pack)
    }

    /// Records the damaged copies of some objects, after one of them could not be read.
    fn record_damage<T>(
        &self,
        agent: &AgentId,
        packs: &OpenAgent,
        missing: &MissingObjects,
        result: Result<T>,
    ) -> Result<T> {
        if result.as_ref().is_err_and(|error| error.kind() == Kind::Corrupt) {
            self.note(agent, packs, &packs.objects.damaged_copies(missing)?);
        }
        result
    }
}

fn absent(agent: &AgentId, id: &Id, packs: &OpenAgent) -> Error {
    let unknown = || Error::not_found(format!("agent \"{agent}\" has no object {id}"));
    packs.unreadable_pack(&[*id]).unwrap_or_else(unknown)
}
