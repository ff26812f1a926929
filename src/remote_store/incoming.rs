//! Incoming packs: received piece by piece, and whole when they have the hash of their name.
//!
//! Nothing here is durable or seen by anybody: a transaction proves the pack, stores it under a key of
//! its own, and makes it part of the agent.

use super::RemoteStore;
use super::uploads::{Sender, forget_sender};
use crate::error::{At, Error, Result};
use crate::fs::Growing;
use crate::pack::PackId;
use crate::protocol::{AgentId, limits};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Bytes taken from the sender before they are written.
const PIECE: usize = 256 << 10;

impl RemoteStore {
    /// Number of bytes of a pack that have arrived. A pack that the agent has already is whole.
    pub fn offset(&self, agent: &AgentId, pack: &PackId) -> Result<u64> {
        for path in [self.layout.whole(agent, pack), self.layout.part(agent, pack)] {
            if let Some(len) = len_of(&path)? {
                return Ok(len);
            }
        }
        let seen = self.load_head(agent)?;
        Ok(seen.head.packs.iter().find(|held| held.key.pack == *pack).map_or(0, |held| held.bytes))
    }

    /// Takes what a sender has of a pack from `offset` on, and says how much there is then; `total` is
    /// how long the pack will be. What arrived stays when the sender breaks off. A sender that goes on
    /// at another place than where the pack ends is a conflict; a pack that is whole and has another
    /// hash than its name is damage, and is thrown away.
    pub fn receive(
        &self,
        agent: &AgentId,
        pack: &PackId,
        offset: u64,
        total: u64,
        body: &mut dyn Read,
    ) -> Result<u64> {
        self.receive_from(&Sender::nobody(), agent, pack, offset, total, body)
    }

    /// [`RemoteStore::receive`] from somebody who may have so many unfinished uploads at once.
    pub fn receive_from(
        &self,
        sender: &Sender,
        agent: &AgentId,
        pack: &PackId,
        offset: u64,
        total: u64,
        body: &mut dyn Read,
    ) -> Result<u64> {
        if total == 0 || total > limits::MAX_PACK || offset > total {
            return Err(Error::usage(format!(
                "cannot take a pack of {total} bytes: the limit is {}",
                limits::MAX_PACK
            )));
        }
        self.check_open(agent)?;
        let found = self.offset(agent, pack)?;
        if found != offset {
            return Err(elsewhere(pack, found));
        }
        if found < total {
            self.make_room(sender, agent, pack, offset)?;
            self.take(sender, agent, pack, offset, total, body)?;
        }
        let part = self.layout.part(agent, pack);
        match len_of(&part)? {
            Some(len) if len == total => self.complete(agent, pack, total),
            Some(len) => Ok(len),
            None => self.offset(agent, pack),
        }
    }

    fn take(
        &self,
        sender: &Sender,
        agent: &AgentId,
        pack: &PackId,
        mut at: u64,
        total: u64,
        body: &mut dyn Read,
    ) -> Result<()> {
        let part = self.layout.part(agent, pack);
        let mut piece = vec![0; PIECE];
        loop {
            let read = fill(body, &mut piece);
            let len = read.as_ref().map_or_else(|(len, _)| *len, |len| *len);
            if len as u64 > total - at {
                return Err(Error::usage(format!(
                    "more than the {total} bytes of pack {pack} were sent"
                )));
            }
            if at == 0 && len > 0 && (len as u64) < total {
                self.note_sender(agent, pack, sender.token.as_deref())?;
            }
            if len > 0 {
                // Held for this piece only: a sender that fell silent blocks no other one.
                let mut file = Growing::hold(&part)?;
                if file.len()? != at {
                    return Err(elsewhere(pack, file.len()?));
                }
                file.append(&piece[..len])?;
                at += len as u64;
            }
            match read {
                Ok(len) if len < PIECE => return Ok(()),
                Ok(_) => {}
                Err((_, error)) => {
                    return Err(Error::unavailable(format!(
                        "the upload of pack {pack} was interrupted after {at} of {total} bytes: {error}"
                    )));
                }
            }
        }
    }

    /// All bytes are there: are they the right ones?
    fn complete(&self, agent: &AgentId, pack: &PackId, total: u64) -> Result<u64> {
        let part = self.layout.part(agent, pack);
        let file = Growing::hold(&part)?;
        if file.len()? != total {
            return Err(elsewhere(pack, file.len()?));
        }
        if hash(&part)? != *pack {
            file.remove()?;
            forget_sender(&part)?;
            return Err(Error::corrupt(format!(
                "the received bytes are not pack {pack}: its bytes have another hash"
            ))
            .hint("send it again from its beginning"));
        }
        self.share_upload(agent, pack, &part)?;
        file.rename(&self.layout.whole(agent, pack))?;
        forget_sender(&part)?;
        Ok(total)
    }
}

fn elsewhere(pack: &PackId, found: u64) -> Error {
    Error::conflict(format!("{found} bytes of pack {pack} have arrived: continue from there"))
}

fn len_of(path: &Path) -> Result<Option<u64>> {
    match path.metadata() {
        Ok(data) => Ok(Some(data.len())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at("read", path),
    }
}

/// Reads until the piece is full or the sender is done. With an error comes what was read before it.
fn fill(body: &mut dyn Read, piece: &mut [u8]) -> Result<usize, (usize, io::Error)> {
    let mut len = 0;
    while len < piece.len() {
        match body.read(&mut piece[len..]) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err((len, error)),
        }
    }
    Ok(len)
}

/// BLAKE3 of a file, as `b3sum` prints it.
pub(super) fn hash(path: &Path) -> Result<PackId> {
    let file = File::open(path).at("open", path)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).at("read", path)?;
    Ok(PackId::from(hasher.finalize()))
}
