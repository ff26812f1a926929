//! Pack writer: from the first byte to the last, hashing as it goes.

use super::entry::EncodedEntry;
use super::{HEADER, PackId, index};
use crate::object::Id;
use std::io::{self, Read, Write};

/// Bytes are handed on in pieces of this size: few calls, and BLAKE3 is at its best.
const BUFFER_LEN: usize = 1 << 20;

pub struct PackWriter<W> {
    out: W,
    hasher: blake3::Hasher,
    /// Bytes that `out` has not got yet. It begins at `handed_on`.
    buffer: Vec<u8>,
    handed_on: u64,
    ids: Vec<Id>,
    firsts: Vec<u32>,
    offsets: Vec<u64>,
}

impl<W: Write> PackWriter<W> {
    pub fn new(out: W) -> PackWriter<W> {
        let buffer = HEADER.to_vec();
        let tables = (Vec::new(), Vec::new(), Vec::new());
        let (ids, firsts, offsets) = tables;
        PackWriter {
            out,
            hasher: blake3::Hasher::new(),
            buffer,
            handed_on: 0,
            ids,
            firsts,
            offsets,
        }
    }

    /// Number of its objects; the position of the next one.
    pub fn count(&self) -> u32 {
        self.ids.len() as u32
    }

    pub fn id(&self, position: u32) -> Option<Id> {
        self.ids.get(position as usize).copied()
    }

    /// Number of its bytes.
    pub fn offset(&self) -> u64 {
        self.handed_on + self.buffer.len() as u64
    }

    /// Appends an entry that holds these objects, none of which may be in the pack already. Says
    /// where it begins.
    pub fn append(&mut self, ids: &[Id], entry: &EncodedEntry<'_>) -> io::Result<u64> {
        let offset = self.begin(ids)?;
        entry.parts().into_iter().try_for_each(|part| self.write(part))?;
        Ok(offset)
    }

    /// Appends an entry whose payload comes from a reader.
    pub fn append_from(&mut self, id: Id, head: &[u8], payload: &mut dyn Read) -> io::Result<u64> {
        let offset = self.begin(&[id])?;
        self.write(head)?;
        let mut piece = vec![0; BUFFER_LEN / 4];
        loop {
            match payload.read(&mut piece)? {
                0 => return Ok(offset),
                len => self.write(&piece[..len])?,
            }
        }
    }

    /// Appends an entry as it lies in another pack, with a head that fits this one.
    pub fn append_stored(&mut self, ids: &[Id], head: &[u8], payload: &[u8]) -> io::Result<u64> {
        let offset = self.begin(ids)?;
        self.write(head)?;
        payload.chunks(BUFFER_LEN).try_for_each(|piece| self.write(piece))?;
        Ok(offset)
    }

    fn begin(&mut self, ids: &[Id]) -> io::Result<u64> {
        let count = self.ids.len() + ids.len();
        if u32::try_from(count).is_err() {
            return Err(io::Error::other("a pack contains at most 4294967295 objects"));
        }
        self.firsts.push(self.ids.len() as u32);
        self.offsets.push(self.offset());
        self.ids.extend_from_slice(ids);
        Ok(self.offset())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER_LEN { self.flush_block() } else { Ok(()) }
    }

    fn flush_block(&mut self) -> io::Result<()> {
        self.hasher.update(&self.buffer);
        self.out.write_all(&self.buffer)?;
        self.handed_on += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Bytes written so far: those that `get_ref` has, and from which offset on these follow.
    pub fn tail(&self) -> (u64, &[u8]) {
        (self.handed_on, &self.buffer)
    }

    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// Adds index and footer. The id is the hash of everything written.
    pub fn finish(mut self) -> io::Result<(W, PackId)> {
        let tables = index::encode(&self.ids, &self.firsts, &self.offsets, self.offset());
        self.write(&tables)?;
        self.flush_block()?;
        self.out.flush()?;
        Ok((self.out, self.hasher.finalize().into()))
    }
}
