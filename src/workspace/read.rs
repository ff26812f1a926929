//! Reading a file of the project faithfully: the bytes belong together, or it is read again.

use super::scan::read_metadata;
use super::secret;
use super::stat::EntryKind;
use crate::error::{At, Error, Result};
use crate::fs::{self, Stat};
use crate::object::Mode;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Files above this are never held in memory whole.
pub const STREAMED: u64 = 8 << 20;

/// Attempts to read a file that changes meanwhile.
const ATTEMPTS: usize = 5;

/// Result of reading a file.
#[derive(Debug)]
pub enum FileRead<T> {
    /// Result of the work on its bytes, with its stat and mode before and after.
    Read(T, Stat, Mode),
    /// Left out, and why.
    Secret(String),
    /// It is gone, or it is no file any more.
    Gone,
}

/// An open file and its stat at that time.
pub struct OpenFile {
    file: File,
    path: std::path::PathBuf,
    stat: Stat,
    mode: Mode,
}

/// Opens a file that was seen as `seen`; `None` when it is gone or something else now.
fn open(path: &Path, seen: &Stat) -> Result<Option<OpenFile>> {
    let file = match fs::open_file(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            // A link in its place cannot be opened, and is no failure of reading.
            let still = read_metadata(path)?.is_some_and(|now| now.is_file());
            return if still { Err(error).at("read", path) } else { Ok(None) };
        }
    };
    let metadata = fs::open_metadata(&file, path).at("read", path)?;
    let (stat, EntryKind::Leaf(mode)) = (Stat::from(&metadata), EntryKind::of(&metadata)) else {
        return Ok(None);
    };
    let replaced = stat.inode != seen.inode;
    if replaced
        && !read_metadata(path)?
            .is_some_and(|now| now.is_file() && Stat::from(&now).inode == stat.inode)
    {
        return Ok(None);
    }
    Ok(Some(OpenFile { file, path: path.to_owned(), stat, mode }))
}

impl OpenFile {
    fn is_untouched(&self) -> Result<bool> {
        let now = fs::open_metadata(&self.file, &self.path).at("read", &self.path)?;
        Ok(Stat::from(&now) == self.stat)
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.stat.size as usize);
        // No further than its former length: growth is noticed by its time and size.
        (&self.file).take(self.stat.size).read_to_end(&mut bytes).at("read", &self.path)?;
        Ok(bytes)
    }
}

/// Reads a file that is small enough to hold. `secrets` says whether its text is searched for keys.
pub fn file(path: &Path, seen: &Stat, secrets: bool) -> Result<FileRead<Vec<u8>>> {
    if let Some((bytes, mode)) = as_seen(path, seen)? {
        return Ok(searched(path, bytes, *seen, mode, secrets));
    }
    for _ in 0..ATTEMPTS {
        let Some(open) = open(path, seen)? else { return Ok(FileRead::Gone) };
        let bytes = open.bytes()?;
        if bytes.len() as u64 != open.stat.size || !open.is_untouched()? {
            continue;
        }
        return Ok(searched(path, bytes, open.stat, open.mode, secrets));
    }
    Err(unstable(path))
}

/// The bytes of a file that is untouched since the scan saw it: of the looks before and after reading, that of the scan is the
/// first. `None` for any other, which is looked at anew.
fn as_seen(path: &Path, seen: &Stat) -> Result<Option<(Vec<u8>, Mode)>> {
    let Ok(file) = fs::open_file(path) else { return Ok(None) };
    let mut bytes = Vec::with_capacity(seen.size as usize);
    (&file).take(seen.size).read_to_end(&mut bytes).at("read", path)?;
    let metadata = fs::open_metadata(&file, path).at("read", path)?;
    let is_whole = bytes.len() as u64 == seen.size && Stat::from(&metadata) == *seen;
    Ok(match EntryKind::of(&metadata) {
        EntryKind::Leaf(mode) if is_whole && mode.is_file() => Some((bytes, mode)),
        _ => None,
    })
}

fn searched(
    path: &Path,
    bytes: Vec<u8>,
    stat: Stat,
    mode: Mode,
    secrets: bool,
) -> FileRead<Vec<u8>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let secret = if secrets { secret::by_content(&name, &bytes) } else { None };
    secret.map_or(FileRead::Read(bytes, stat, mode), FileRead::Secret)
}

/// Reads a file of any size through `take`, which may be called again with the same file. Its text
/// is searched for keys first.
pub fn large<T>(
    path: &Path,
    seen: &Stat,
    secrets: bool,
    take: &mut dyn FnMut(&mut dyn Read) -> Result<T>,
) -> Result<FileRead<T>> {
    for _ in 0..ATTEMPTS {
        let Some(open) = open(path, seen)? else { return Ok(FileRead::Gone) };
        let reader = || (&open.file).take(open.stat.size);
        if secrets && let Some(reason) = search(path, reader())? {
            return Ok(FileRead::Secret(reason));
        }
        io::Seek::rewind(&mut &open.file).at("read", path)?;
        let made = take(&mut reader())
            .map_err(|error| error.context(format!("\"{}\"", path.display())))?;
        if open.is_untouched()? {
            return Ok(FileRead::Read(made, open.stat, open.mode));
        }
    }
    Err(unstable(path))
}

/// Searches a large text piece by piece; the pieces overlap by more than a key is long.
fn search(path: &Path, mut reader: impl Read) -> Result<Option<String>> {
    const PIECE: u64 = 1 << 20;
    const OVERLAP: usize = 4096;
    let mut bytes = Vec::new();
    let (mut lines, mut is_first, mut little) = (0, true, None);
    loop {
        let before = bytes.len();
        reader.by_ref().take(PIECE).read_to_end(&mut bytes).at("read", path)?;
        let narrowed = secret::narrow(&bytes, little);
        let is_binary = is_first && narrowed.is_none() && crate::object::is_binary(&bytes);
        if bytes.len() == before || is_binary {
            return Ok(None);
        }
        is_first = false;
        little = narrowed.as_ref().map(|(_, little)| *little);
        let text = narrowed.as_ref().map_or(&bytes, |(text, _)| text);
        if let Some(hit) = secret::find_all(text).next() {
            let line = secret::line_of(text, hit.range.start);
            return Ok(Some(secret::reason(hit.what, lines + line)));
        }
        let done = bytes.len().saturating_sub(OVERLAP) & !1;
        lines += bytes.drain(..done).filter(|b| *b == b'\n').count();
    }
}

/// The target of a link, byte for byte.
pub fn link(path: &Path) -> Result<FileRead<Vec<u8>>> {
    let Some(metadata) = read_metadata(path)?.filter(std::fs::Metadata::is_symlink) else {
        return Ok(FileRead::Gone);
    };
    let target = match std::fs::read_link(path) {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FileRead::Gone),
        Err(error) => return Err(error).at("read", path),
    };
    let target = target.into_os_string().into_string().map_err(|_| {
        Error::failed(format!(
            "cannot store \"{}\": the target of this link is not UTF-8",
            path.display()
        ))
        .hint("ignore it in `.luaignore`")
    })?;
    Ok(FileRead::Read(target.into_bytes(), Stat::from(&metadata), Mode::Symlink))
}

fn unstable(path: &Path) -> Error {
    Error::new(
        crate::error::Kind::Unavailable,
        format!("cannot read \"{}\": it keeps changing", path.display()),
    )
    .hint("stop what writes to it, or ignore it in `.luaignore`")
}
