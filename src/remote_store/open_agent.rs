//! An agent as the depot has it open: its head, its packs, its objects. Kept while they stay the same.

use super::RemoteStore;
use super::engine::PackKey;
use super::head::{LoadedHead, StoredHead};
use super::page::{HeadPage, Rows};
use crate::error::{At, Error, Kind, Result};
use crate::fs::{self, Temp};
use crate::object::Id;
use crate::pack::PackId;
use crate::protocol::AgentId;
use crate::store::{GroupCache, Mapped, Odb};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

/// How many bytes of a pack are asked for at once where it has to be copied.
const PIECE: u64 = 8 << 20;

/// A pack of an agent, to be read.
#[derive(Clone)]
pub struct OpenPack {
    pub key: PackKey,
    pub mapped: Mapped,
    /// The copy that is mapped, where the engine keeps packs elsewhere. It goes with the last reader.
    _copy: Option<Arc<Temp>>,
}

impl OpenPack {
    /// A pack that lies on this machine and is stored under the key.
    pub fn new(key: PackKey, mapped: Mapped) -> OpenPack {
        OpenPack { key, mapped, _copy: None }
    }
}

/// All packs of an agent at one moment.
pub struct OpenAgent {
    pub pieces: Vec<OpenPack>,
    /// Packs that cannot be opened, and why: their objects may be in others too.
    pub damaged: Vec<(PackKey, String)>,
    pub objects: Odb,
    groups: GroupCache,
}

impl OpenAgent {
    /// What was stored last is read most, so it comes first.
    pub fn new(
        pieces: Vec<OpenPack>,
        damaged: Vec<(PackKey, String)>,
        groups: GroupCache,
    ) -> OpenAgent {
        let packs = pieces.iter().rev().map(|piece| piece.mapped.clone());
        OpenAgent { objects: Odb::over_with(packs, groups.clone()), pieces, damaged, groups }
    }

    pub fn with(&self, piece: OpenPack) -> OpenAgent {
        let pieces = self.pieces.iter().cloned().chain([piece]).collect();
        OpenAgent::new(pieces, self.damaged.clone(), self.groups.clone())
    }

    /// The packs but some, nothing of them being decompressed yet.
    pub fn without(&self, keys: &[PackKey]) -> Odb {
        let others = self.pieces.iter().rev().filter(|piece| !keys.contains(&piece.key));
        Odb::over(others.map(|piece| piece.mapped.clone()))
    }

    /// One that is damaged may be mended in its place.
    fn are(&self, head: &StoredHead) -> bool {
        self.damaged.is_empty()
            && !self.pieces.iter().any(|piece| piece.mapped.is_torn())
            && self
                .pieces
                .iter()
                .map(|piece| &piece.key)
                .eq(head.packs.iter().map(|held| &held.key))
    }

    /// That an object which is in no pack may be in one that cannot be opened.
    pub fn lost(&self, ids: &[Id]) -> Option<Error> {
        let ((_, reason), id) = (self.damaged.first()?, ids.first()?);
        Some(Error::corrupt(format!("object {id} is lost: {reason}")))
    }

    pub fn get(&self, key: &PackKey) -> Option<OpenPack> {
        self.pieces.iter().find(|piece| piece.key == *key).cloned()
    }

    pub fn by_id(&self, pack: &PackId) -> Option<&OpenPack> {
        self.pieces.iter().find(|piece| piece.key.pack == *pack)
    }
}

impl RemoteStore {
    /// The head as it is now; one look at the engine when it did not change.
    pub(super) fn look(&self, agent: &AgentId) -> Result<Arc<LoadedHead>> {
        loop {
            let Some((bytes, token)) = self.heads.load(agent)? else {
                return Ok(Arc::new(LoadedHead::nothing(agent)));
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
    pub(super) fn pieces(&self, seen: &LoadedHead) -> Result<Arc<OpenAgent>> {
        let agent = &seen.head.agent;
        if let Some(known) = self.pieces.get(agent).filter(|known| known.are(&seen.head)) {
            return Ok(known);
        }
        let pieces = Arc::new(self.open_pieces(&seen.head)?);
        self.pieces.put(agent.clone(), pieces.clone());
        Ok(pieces)
    }

    /// The same for a head that may never become one. What is open already is not opened again.
    pub(super) fn open_pieces(&self, head: &StoredHead) -> Result<OpenAgent> {
        let known = self.pieces.get(&head.agent);
        let piece = |key: &PackKey| match known.as_ref().and_then(|known| known.get(key)) {
            Some(piece) if !piece.mapped.is_torn() => Ok(piece),
            _ => self.open_piece(key),
        };
        let (mut pieces, mut damaged) = (Vec::new(), Vec::new());
        for held in &head.packs {
            match piece(&held.key) {
                Ok(piece) => pieces.push(piece),
                Err(error) if error.kind() == Kind::Corrupt => {
                    self.note_pack(&held.key, error.message());
                    damaged.push((held.key.clone(), error.message().to_owned()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(OpenAgent::new(pieces, damaged, self.groups.clone()))
    }

    /// The head and its packs. Packs may be put together with others between the two looks; then the
    /// head is another one.
    pub(super) fn opened(&self, agent: &AgentId) -> Result<(Arc<LoadedHead>, Arc<OpenAgent>)> {
        let mut seen = self.look(agent)?;
        loop {
            let error = match self.pieces(&seen) {
                Ok(pieces) => return Ok((seen, pieces)),
                Err(error) if error.kind() == Kind::NotFound => error,
                Err(error) => return Err(error),
            };
            let again = self.look(agent)?;
            if again.token == seen.token {
                return Err(Error::corrupt(format!("agent \"{agent}\" is damaged: {error}")));
            }
            seen = again;
        }
    }

    fn open_piece(&self, key: &PackKey) -> Result<OpenPack> {
        let gone = || Error::not_found(format!("pack \"{}\" is gone", key.file_name()));
        if let Some(path) = self.packs.path(key) {
            let mapped = Mapped::open(&path, key.pack).map_err(|error| match error.io_kind() {
                Some(std::io::ErrorKind::NotFound) => gone(),
                _ => error.context(format!("cannot open pack \"{}\"", key.file_name())),
            })?;
            return Ok(OpenPack::new(key.clone(), mapped));
        }
        let len = self.packs.stat(key)?.ok_or_else(gone)?;
        let mut temp = Temp::create_in(&self.scratch()?)?;
        for start in (0..len).step_by(PIECE as usize) {
            let bytes =
                self.packs.get(key, Some(start..len.min(start + PIECE)))?.ok_or_else(gone)?;
            let path = temp.path().to_owned();
            temp.write_all(&bytes).at("write", &path)?;
        }
        let mapped = Mapped::open(temp.path(), key.pack)?;
        Ok(OpenPack { key: key.clone(), mapped, _copy: Some(Arc::new(temp)) })
    }

    /// The folder for files that disappear when they are dropped.
    pub(super) fn scratch(&self) -> Result<PathBuf> {
        let dir = self.layout.cache();
        fs::create_dir_all(&dir)?;
        Ok(dir)
    }
}
