//! Reader of a pack file that somebody sends.
//!
//! What was read of the map is counted, so that of a large pack little stays in the memory of the process.

use super::list::Mapped;
use std::io::{self, Read};
use std::ops::Range;

/// Bytes of a pack, read like a file.
pub struct MappedReader<'a> {
    pack: &'a Mapped,
    left: Range<u64>,
}

impl Mapped {
    /// Its bytes in a range, which is cut at its end.
    pub fn reader(&self, range: Range<u64>) -> MappedReader<'_> {
        let len = self.bytes().len() as u64;
        MappedReader { pack: self, left: range.start.min(len)..range.end.min(len) }
    }
}

impl Read for MappedReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.left.start as usize..self.left.end as usize;
        let read = (&self.pack.bytes()[left]).read(out)?;
        self.pack.count_read(read);
        // Zeros in the place of what the disk does not give are sent to nobody.
        if self.pack.is_torn() {
            return Err(io::Error::other("the disk can no longer read all of the pack"));
        }
        self.left.start += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Sink;
    use crate::store::Store;

    #[test]
    fn a_range_is_read_and_cut_at_the_end_of_the_pack() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::init(&dir.path().join(".lua")).unwrap();
        let mut batch = store.batch();
        batch.put_blob(b"some content".to_vec(), None).unwrap();
        batch.commit().unwrap();
        let packs = store.objects().latest().unwrap();
        let pack = Mapped(packs.good[0].clone());
        let len = pack.bytes().len() as u64;
        for range in [0..len, 0..u64::MAX, 7..20, 20..20, len..len, len + 5..len + 9] {
            let mut read = Vec::new();
            pack.reader(range.clone()).read_to_end(&mut read).unwrap();
            let cut = range.start.min(len) as usize..range.end.min(len) as usize;
            assert_eq!(read, pack.bytes()[cut], "{range:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn of_a_large_pack_that_is_sent_little_stays_in_memory() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join(".lua");
        let store = Store::init(&root).unwrap();
        let mut batch = store.batch();
        let mut noise = blake3::Hasher::new().finalize_xof();
        for _ in 0..6 {
            let mut blob = vec![0; 8 << 20];
            noise.fill(&mut blob);
            batch.put_blob(blob, None).unwrap();
        }
        batch.commit().unwrap();
        let packs = store.objects().latest().unwrap();
        let pack = Mapped(packs.good[0].clone());
        let path = root.join("objects").join(pack.id().file_name());
        assert!(pack.bytes().len() > 48 << 20);
        let (mut reader, mut piece, mut most) = (pack.reader(0..u64::MAX), [0; 64 << 10], 0);
        for number in 0.. {
            if reader.read(&mut piece).unwrap() == 0 {
                break;
            }
            if number % 16 == 0 {
                most = most.max(crate::fs::resident(&path));
            }
        }
        assert!(most > 1 << 20, "{most}: the pack was read");
        assert!(most < 20 << 20, "{most}");
    }
}
