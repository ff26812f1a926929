//! Open agent: the head, the packs and the objects of an agent, kept open while the head stays the
//! same. Every request on an agent goes through it; opening costs a read of the head and of each
//! index.

use super::RemoteStore;
use super::engine::PackKey;
use super::head::{LoadedHead, StoredHead};
use super::page::{HeadPage, Rows};
use crate::error::{At, Error, Kind, Result};
use crate::fs::{self, AtomicFile};
use crate::object::Id;
use crate::pack::PackId;
use crate::protocol::{AgentId, Head};
use crate::store::{GroupCache, Mapped, Odb};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Size of one read of a pack that has to be copied.
const PIECE: u64 = 8 << 20;

/// A pack of an agent, to be read.
#[derive(Clone)]
pub struct OpenPack {
    pub key: PackKey,
    pub mapped: Mapped,
    /// The copy that is mapped, where the engine keeps packs elsewhere. It goes with the last reader.
    copy: Option<Arc<AtomicFile>>,
}

impl OpenPack {
    /// A pack that lies on this machine and is stored under the key.
    pub fn new(key: PackKey, mapped: Mapped) -> OpenPack {
        OpenPack { key, mapped, copy: None }
    }
}

/// All packs of an agent at one moment.
pub struct OpenAgent {
    pub packs: Vec<OpenPack>,
    /// Packs that cannot be opened, and why: their objects may be in others too.
    pub damaged: Vec<(PackKey, String)>,
    pub objects: Odb,
    groups: GroupCache,
}

impl OpenAgent {
    /// The newest pack is read most, so it comes first.
    pub fn new(
        packs: Vec<OpenPack>,
        damaged: Vec<(PackKey, String)>,
        groups: GroupCache,
    ) -> OpenAgent {
        let mapped = packs.iter().rev().map(|open_pack| open_pack.mapped.clone());
        OpenAgent { objects: Odb::over_with(mapped, groups.clone()), packs, damaged, groups }
    }

    pub fn with(&self, open_pack: OpenPack) -> OpenAgent {
        let packs = self.packs.iter().cloned().chain([open_pack]).collect();
        OpenAgent::new(packs, self.damaged.clone(), self.groups.clone())
    }

    /// The packs but some, nothing of them being decompressed yet.
    pub fn without(&self, keys: &[PackKey]) -> Odb {
        let others = self.packs.iter().rev().filter(|open_pack| !keys.contains(&open_pack.key));
        Odb::over(others.map(|open_pack| open_pack.mapped.clone()))
    }

    /// One that is damaged may be mended in its place.
    fn are(&self, head: &StoredHead) -> bool {
        self.damaged.is_empty()
            && !self.packs.iter().any(|open_pack| open_pack.mapped.is_torn())
            && self
                .packs
                .iter()
                .map(|open_pack| &open_pack.key)
                .eq(head.packs.iter().map(|pack_ref| &pack_ref.key))
    }

    /// The error for objects that are in no readable pack, but may be in one that cannot be opened.
    pub fn unreadable_pack(&self, ids: &[Id]) -> Option<Error> {
        let ((_, reason), id) = (self.damaged.first()?, ids.first()?);
        Some(Error::corrupt(format!("object {id} is lost: {reason}")))
    }

    /// Bytes of the packs that were copied to this machine.
    fn copied_bytes(&self) -> u64 {
        let copied = self.packs.iter().filter(|open_pack| open_pack.copy.is_some());
        copied.map(|open_pack| open_pack.mapped.bytes().len() as u64).sum()
    }

    pub fn get(&self, key: &PackKey) -> Option<OpenPack> {
        self.packs.iter().find(|open_pack| open_pack.key == *key).cloned()
    }

    pub fn by_id(&self, pack: &PackId) -> Option<&OpenPack> {
        self.packs.iter().find(|open_pack| open_pack.key.pack == *pack)
    }
}

impl RemoteStore {
    /// The head as it is now; one look at the engine when it did not change.
    pub(super) fn load_head(&self, agent: &AgentId) -> Result<Arc<LoadedHead>> {
        loop {
            let Some((bytes, token)) = self.heads.load(agent)? else {
                return Ok(Arc::new(LoadedHead::empty(agent)));
            };
            let known = self.seen.get(agent);
            if let Some(known) = known.as_ref().filter(|known| known.token.as_ref() == Some(&token))
            {
                return Ok(known.clone());
            }
            let known = known.as_ref().map(|known| &known.head);
            match StoredHead::read(agent, &bytes, known, &mut |page| self.load_page(page)) {
                Ok(head) => {
                    let seen = Arc::new(LoadedHead {
                        head,
                        token: Some(token),
                        hash: Id::of_blob(&bytes),
                    });
                    self.seen.put(agent.clone(), seen.clone());
                    return Ok(seen);
                }
                // A page may become part of another one between the two looks; then the head is another one.
                Err(error) if error.kind() == Kind::NotFound => {
                    if self.heads.load(agent)?.is_some_and(|(_, again)| again == token) {
                        return self.note_error(
                            agent,
                            Err(Error::corrupt(format!("agent \"{agent}\" is damaged: {error}"))),
                        );
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes in a head that says what is known of it already, without making it durable.
    pub(super) fn load_known(&self, agent: &AgentId, known: &Head) -> Result<()> {
        let mut decoded = None;
        let mut is_known = |bytes: &[u8]| {
            let read = StoredHead::read(agent, bytes, None, &mut |page| self.load_page(page));
            let read = read.ok().map(|head| (head, Id::of_blob(bytes)));
            let is_known = read.as_ref().is_some_and(|(head, _)| head.says(known));
            decoded = read;
            is_known
        };
        let loaded = self.heads.load_unless_durable(agent, &mut is_known)?;
        if let (Some((_, token)), Some((head, hash))) = (loaded, decoded) {
            let seen = LoadedHead { head, token: Some(token), hash };
            self.seen.put(agent.clone(), Arc::new(seen));
        }
        Ok(())
    }

    fn load_page(&self, page: &HeadPage) -> Result<Rows> {
        let rows = page.load(&*self.packs);
        match &rows {
            Ok(_) => self.forget_cured(&page.key, &[]),
            // One that is gone may belong to an old head.
            Err(error) if error.kind() == Kind::Corrupt => {
                _ = self.note_pack(&page.key, error.message())
            }
            Err(_) => {}
        }
        rows
    }

    /// The packs that a head names. A pack that is gone is an error of the kind *not found*: the head
    /// is an old one then.
    pub(super) fn packs(&self, seen: &LoadedHead) -> Result<Arc<OpenAgent>> {
        let agent = &seen.head.agent;
        if let Some(known) = self.open_agents.get(agent).filter(|known| known.are(&seen.head)) {
            return Ok(known);
        }
        let packs = Arc::new(self.open_packs(&seen.head)?);
        self.open_agents
            .put_within(agent.clone(), packs.clone(), self.most_copied, |open| open.copied_bytes());
        Ok(packs)
    }

    /// The same for a head that may never become one. What is open already is not opened again.
    pub(super) fn open_packs(&self, head: &StoredHead) -> Result<OpenAgent> {
        let known = self.open_agents.get(&head.agent);
        let open_pack = |key: &PackKey| match known.as_ref().and_then(|known| known.get(key)) {
            Some(open_pack) if !open_pack.mapped.is_torn() => Ok(open_pack),
            _ => self.open_pack(key),
        };
        let (mut packs, mut damaged) = (Vec::new(), Vec::new());
        for pack_ref in &head.packs {
            match open_pack(&pack_ref.key) {
                Ok(open_pack) => packs.push(open_pack),
                Err(error) if error.kind() == Kind::Corrupt => {
                    self.note_pack(&pack_ref.key, error.message());
                    damaged.push((pack_ref.key.clone(), error.message().to_owned()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(OpenAgent::new(packs, damaged, self.groups.clone()))
    }

    /// The head and its packs. Packs may be put together with others between the two looks; then the
    /// head is another one.
    pub(super) fn open_agent(&self, agent: &AgentId) -> Result<(Arc<LoadedHead>, Arc<OpenAgent>)> {
        let mut seen = self.load_head(agent)?;
        loop {
            let error = match self.packs(&seen) {
                Ok(packs) => return Ok((seen, packs)),
                Err(error) if error.kind() == Kind::NotFound => error,
                Err(error) => return Err(error),
            };
            let again = self.load_head(agent)?;
            if again.token == seen.token {
                return Err(Error::corrupt(format!("agent \"{agent}\" is damaged: {error}")));
            }
            seen = again;
        }
    }

    fn open_pack(&self, key: &PackKey) -> Result<OpenPack> {
        let gone = || Error::not_found(format!("pack \"{}\" is gone", key.file_name()));
        if let Some(path) = self.packs.path(key) {
            let mapped = Mapped::open(&path, key.pack).map_err(|error| match error.io_kind() {
                Some(std::io::ErrorKind::NotFound) => gone(),
                _ => error.context(format!("cannot open pack \"{}\"", key.file_name())),
            })?;
            return Ok(OpenPack::new(key.clone(), mapped));
        }
        let len = self.packs.stat(key)?.ok_or_else(gone)?;
        let mut temp = AtomicFile::create_in(&self.scratch()?)?;
        for start in (0..len).step_by(PIECE as usize) {
            let bytes =
                self.packs.get(key, Some(start..len.min(start + PIECE)))?.ok_or_else(gone)?;
            let path = temp.path().to_owned();
            temp.write_all(&bytes).at("write", &path)?;
        }
        let mapped = Mapped::open(temp.path(), key.pack)?;
        Ok(OpenPack { key: key.clone(), mapped, copy: Some(Arc::new(temp)) })
    }

    /// The folder for files that disappear when they are dropped. It is swept by the first who needs it: with each fetch
    /// that would be a look at every file that is kept.
    pub(super) fn scratch(&self) -> Result<PathBuf> {
        let dir = self.layout.cache();
        fs::create_dir_all(&dir)?;
        if !self.swept.swap(true, Ordering::Relaxed) {
            fs::sweep(&dir)?;
        }
        Ok(dir)
    }

    /// Removes what killed processes left in the folder for temporary files.
    pub fn sweep_scratch(&self) -> Result<()> {
        let dir = self.layout.cache();
        if dir.is_dir() { fs::sweep(&dir) } else { Ok(()) }
    }
}
