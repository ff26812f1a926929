//! The one memory map.

use super::regular::open_regular;
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
use super::torn::Watch;
use crate::error::{At, Result};
use std::io::Read;
use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A read-only view of a whole file of ours.
pub struct Map {
    // Before the map, which must not end while it is watched.
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    watch: Option<Watch>,
    map: Option<memmap2::Mmap>,
    /// Bytes of one that is no file.
    memory: Vec<u8>,
    /// Bytes that were read since the memory was given back.
    read: AtomicUsize,
}

/// Bytes of a map that may be in the memory of the process, about: the system counts them as used by it.
const RESIDENT: usize = 16 << 20;

impl Map {
    /// Bytes in memory, to be read like a file.
    pub fn of(memory: Vec<u8>) -> Map {
        Map {
            #[cfg(any(target_os = "linux", target_vendor = "apple"))]
            watch: None,
            map: None,
            memory,
            read: AtomicUsize::new(0),
        }
    }

    /// Counts bytes that are about to be read, and gives memory back where it was much: the file has the bytes, and the
    /// system keeps them as long as nobody else needs the room.
    pub fn count_read(&self, bytes: usize) {
        if self.read.fetch_add(bytes, Ordering::Relaxed) + bytes > RESIDENT {
            self.read.store(0, Ordering::Relaxed);
            self.release();
        }
    }

    #[cfg(unix)]
    #[allow(unsafe_code, reason = "the call is unsafe for maps of other kinds")]
    fn release(&self) {
        let Some(map) = &self.map else { return };
        // SAFETY: the map is read-only and of a file that is never changed, so that whoever reads on, on any thread, finds the
        // same bytes. A failure leaves them where they are.
        let _ = unsafe { map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
    }

    #[cfg(not(unix))]
    fn release(&self) {}

    /// True if the disk could not give some of it: its file was cut short, or has bad sectors. That
    /// part reads as zeros until the file is mapped again. On a system without a signal for it,
    /// such a read ends the process.
    pub fn is_torn(&self) -> bool {
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        return self.watch.as_ref().is_some_and(Watch::is_torn);
        #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
        return false;
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.map.as_deref().unwrap_or(&self.memory)
    }
}

/// Size up to which a file is read into memory instead. Windows lets nobody replace or remove a file while it is mapped.
const READ_INSTEAD: u64 = 8 << 20;

/// Maps a file. Only for files that this program wrote to their end: those are never changed
/// in place nor cut short, only renamed, replaced or removed, so the mapping stays valid. Files of the
/// project are read instead: whoever works on them changes them in place all the time.
#[allow(unsafe_code, reason = "mapping is a thing that the standard library cannot do safely")]
pub fn map(path: &Path) -> Result<Map> {
    let (mut file, size) = open_regular(path)?;
    if size == 0 || cfg!(windows) && size <= READ_INSTEAD {
        let mut memory = Vec::with_capacity(size as usize);
        file.read_to_end(&mut memory).at("read", path)?;
        return Ok(Map::of(memory));
    }
    // SAFETY: finished files are immutable (see above); the map is read-only.
    let map = unsafe { memmap2::MmapOptions::new().len(size as usize).map(&file) };
    let map = Some(map.at("map", path)?);
    Ok(Map {
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        watch: map.as_deref().map(Watch::over),
        map,
        memory: Vec::new(),
        read: AtomicUsize::new(0),
    })
}

/// Bytes of a mapped file that are in the memory of this process.
#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::disallowed_methods, reason = "it is a file of the system")]
pub fn resident(path: &Path) -> usize {
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mine = maps.lines().skip_while(|line| !line.ends_with(path.to_str().unwrap()));
    let rss = mine.filter_map(|line| line.strip_prefix("Rss:")).next().unwrap();
    rss.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

#[cfg(all(test, any(target_os = "linux", target_vendor = "apple")))]
#[allow(clippy::disallowed_methods, reason = "somebody else cuts a file short")]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn of_a_large_file_that_is_read_to_its_end_little_stays_in_memory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap().join("large");
        std::fs::write(&path, vec![7; 64 << 20]).unwrap();
        let map = map(&path).unwrap();
        for piece in map.chunks(1 << 20) {
            map.count_read(piece.len());
            assert!(piece.iter().all(|byte| *byte == 7));
        }
        let resident = resident(&path);
        assert!((1..=RESIDENT + (1 << 20)).contains(&resident), "{resident}");
        assert!(map.iter().all(|byte| *byte == 7));
    }

    #[test]
    fn of_a_file_that_was_cut_short_the_rest_is_zeros() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, vec![7; 300_000]).unwrap();
        let (cut, whole) = (map(&path).unwrap(), dir.path().join("b"));
        std::fs::copy(&path, &whole).unwrap();
        let whole = map(&whole).unwrap();
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(100_000).unwrap();
        assert!(cut[..100_000].iter().all(|byte| *byte == 7) && !cut.is_torn());
        let read = std::thread::scope(|scope| {
            let reads: Vec<_> = (0..4).map(|_| scope.spawn(|| cut.to_vec())).collect();
            reads.into_iter().map(|read| read.join().unwrap()).collect::<Vec<_>>()
        });
        for bytes in read {
            assert_eq!(bytes.iter().filter(|byte| **byte == 7).count(), 100_000);
        }
        assert!(cut.is_torn() && !whole.is_torn());
        drop(cut);
        // Its range is used again, by one that is whole.
        let again = map(&path).unwrap();
        assert!(again.iter().all(|byte| *byte == 7) && !again.is_torn());
    }
}
