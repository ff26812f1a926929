//! The one memory map, and with it the one `unsafe` of the program.

use super::regular::open_regular;
use crate::error::{At, Result};
use std::ops::Deref;
use std::path::Path;

/// A read-only view of a whole file of ours.
pub struct Map(Option<memmap2::Mmap>);

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

/// Maps a file. Only for files that this program wrote to their end: those are never changed
/// in place nor cut short, only renamed, replaced or removed, so the mapping stays valid. Files of the
/// project are read instead, because a file truncated under a map kills the process.
#[allow(unsafe_code, reason = "mapping is the one thing the standard library cannot do safely")]
pub fn map(path: &Path) -> Result<Map> {
    let file = open_regular(path)?;
    if file.metadata().at("read", path)?.len() == 0 {
        return Ok(Map(None));
    }
    // SAFETY: finished files are immutable (see above); the map is read-only.
    let map = unsafe { memmap2::Mmap::map(&file) }.at("map", path)?;
    Ok(Map(Some(map)))
}
