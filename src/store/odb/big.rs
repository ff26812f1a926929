//! Blobs too large to hold: compressed and decompressed piece by piece, in bounded memory.

use crate::error::{At, Error, Result};
use crate::fs::AtomicFile;
use crate::object::{Id, ObjectKind};
use crate::pack::{self, EntryContent, PackEntry};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Blobs up to this many bytes are held in memory; larger ones are streamed.
pub(super) const HELD: u64 = 8 << 20;

const PIECE: usize = 256 << 10;

/// Length of the magic number of a zstd frame, which a pack leaves out.
const MAGIC_LEN: u64 = 4;

pub(super) fn write_failed(id: &Id, error: &io::Error) -> Error {
    Error::failed(format!("cannot write the bytes of object {id}: {error}"))
}

/// True if the entry is a blob that is streamed rather than held.
pub(super) fn is_big(entry: &PackEntry<'_>) -> bool {
    entry.content() == EntryContent::Object(ObjectKind::Blob)
        && entry.base().is_none()
        && entry.raw_len() > HELD
}

/// Writes the blob of an entry without base. The hash is known only at the end: what `out` has got
/// is worth something only after `Ok`.
pub(super) fn copy(entry: &PackEntry<'_>, id: &Id, out: &mut dyn Write) -> Result<u64> {
    let mut source: Box<dyn Read + '_> = match (entry.plain(), entry.frame()) {
        (Some(bytes), _) => Box::new(bytes),
        (None, Some(frame)) => Box::new(pack::unpacker(frame).map_err(|error| unreadable(&error))?),
        (None, None) => return Err(Error::corrupt("a streamed entry has a base")),
    };
    let mut hasher = Id::blob_hasher();
    let mut piece = vec![0; PIECE];
    let mut len = 0;
    loop {
        let read = source.read(&mut piece).map_err(|error| unreadable(&error))?;
        if read == 0 {
            break;
        }
        len += read as u64;
        if len > entry.raw_len() {
            break;
        }
        hasher.update(&piece[..read]);
        out.write_all(&piece[..read]).map_err(|error| write_failed(id, &error))?;
    }
    if len != entry.raw_len() || Id::from(hasher.finalize()) != *id {
        return Err(Error::corrupt("its bytes have another hash"));
    }
    Ok(len)
}

fn unreadable(error: &io::Error) -> Error {
    Error::corrupt(error.to_string())
}

/// A blob on its way into a pack, compressed into a file of its own: its hash, and so whether it is
/// new at all, is known only when all of it was read.
pub(super) struct BlobSpool {
    file: AtomicFile,
    pub id: Id,
    raw_len: u64,
    frame_len: u64,
}

impl BlobSpool {
    /// Reads to the end.
    pub fn fill(dir: &Path, reader: &mut dyn Read, level: i32) -> Result<BlobSpool> {
        let temp = AtomicFile::create_in(dir)?;
        let path = temp.path().to_owned();
        let out = BufWriter::with_capacity(PIECE * 4, temp);
        let mut encoder = zstd::stream::write::Encoder::new(out, level).at("write", &path)?;
        let mut hasher = Id::blob_hasher();
        let mut piece = vec![0; PIECE];
        let mut raw_len = 0;
        loop {
            let read = match reader.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::failed(format!("cannot read: {error}"))),
            };
            hasher.update(&piece[..read]);
            encoder.write_all(&piece[..read]).at("write", &path)?;
            raw_len += read as u64;
        }
        let out = encoder.finish().at("write", &path)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error).at("write", &path)?;
        let len = file.file().metadata().at("read", &path)?.len();
        Ok(BlobSpool { file, id: hasher.finalize().into(), raw_len, frame_len: len - MAGIC_LEN })
    }

    pub fn head(&self) -> Vec<u8> {
        pack::zstd_head(EntryContent::Object(ObjectKind::Blob), self.raw_len, self.frame_len)
    }

    /// The frame without its magic number.
    pub fn frame(&self) -> Result<impl Read + '_> {
        let mut file = self.file.file();
        file.seek(SeekFrom::Start(MAGIC_LEN)).at("read", self.file.path())?;
        Ok(file)
    }
}
