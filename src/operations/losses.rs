//! Losses of the stock compiler in the files of a version, and a cache of them.
//!
//! Files never change under their id, so that an entry stays right for the reader that made it. Without the cache
//! each look at two versions reads the TypeScript of both.

use crate::error::Result;
use crate::fs;
use crate::model::agent::Dropped;
use crate::object::{Id, Source};
use crate::operations::stock;
use crate::reader::Unreadable;
use crate::reader::cache::READER;
use crate::store::{self, Store};
use std::path::PathBuf;

/// Limit on the bytes of the file: 2,500 entries without losses.
const MAX_LEN: u64 = 256 << 10;

/// The newest entries are in so many bytes: 70 without losses.
const NEWEST_LEN: u64 = 8 << 10;

/// Parts of the files that `lua compile` leaves out, or the reason why the files cannot be read.
pub fn of_files(
    store: &Store,
    objects: &dyn Source,
    files: Id,
) -> Result<Result<Vec<Dropped>, Unreadable>> {
    let cache = LossCache::of(store);
    if let Some(known) = cache.get(files) {
        return Ok(Ok(known));
    }
    let read = stock::agent_of(store.project(), objects, files)?.map(|agent| agent.dropped);
    if let Ok(dropped) = &read {
        cache.add(files, dropped);
    }
    Ok(read)
}

/// The file of the cache: one line per entry, `READER FILES LOSSES SUM`, the losses in JSON and the sum of what
/// precedes it. Lines are appended, as a push has no time for more, and never synced.
pub struct LossCache {
    path: PathBuf,
}

impl LossCache {
    pub fn of(store: &Store) -> LossCache {
        LossCache { path: store.path(store::LOSSES) }
    }

    fn get(&self, files: Id) -> Option<Vec<Dropped>> {
        self.newest().and_then(|text| find(&text, files)).or_else(|| find(&self.load()?, files))
    }

    /// The newest entries, which are the ones that somebody looks for: the whole file is read for others only.
    fn newest(&self) -> Option<String> {
        let mut end = fs::read_end(&self.path, NEWEST_LEN).ok()??;
        // The file may have begun before, in the middle of a line or of a letter.
        if end.len() as u64 == NEWEST_LEN {
            let line = end.iter().position(|byte| *byte == b'\n')?;
            end.drain(..=line);
        }
        String::from_utf8(end).ok()
    }

    fn load(&self) -> Option<String> {
        String::from_utf8(fs::read_if_exists(&self.path).ok()??).ok()
    }

    /// Adds the losses of an agent that was read from these files alone. A cache that cannot be written costs the next
    /// command time, and nothing else.
    pub fn add(&self, files: Id, dropped: &[Dropped]) {
        let Ok(losses) = serde_json::to_string(dropped) else { return };
        let entry = format!("{READER} {files} {losses}");
        let line = format!("{entry} {}\n", sum(&entry));
        let has_room = std::fs::metadata(&self.path)
            .is_ok_and(|file| file.len() + line.len() as u64 <= MAX_LEN);
        drop(match has_room {
            true => fs::append_unsynced(&self.path, line.as_bytes()),
            false => self.begin(&line),
        });
    }

    /// Begins the file with the newer half of its lines; of one that cannot be read, with none.
    fn begin(&self, line: &str) -> Result<()> {
        let text = self.load().unwrap_or_default();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let newer = lines[lines.len() / 2..].concat();
        fs::create_dir_all(self.path.parent().unwrap_or(&self.path))?;
        fs::replace_unsynced(&self.path, format!("{newer}{line}").as_bytes())
    }
}

fn find(text: &str, files: Id) -> Option<Vec<Dropped>> {
    let begins = format!("{READER} {files} ");
    text.lines().rev().find_map(|line| {
        let (entry, last) = line.strip_prefix(&*begins).and(line.rsplit_once(' '))?;
        let losses = entry.get(begins.len()..).filter(|_| last == sum(entry))?;
        serde_json::from_str(losses).ok()
    })
}

fn sum(entry: &str) -> String {
    blake3::hash(entry.as_bytes()).to_hex()[..16].to_owned()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]
mod tests {
    use super::*;
    use crate::object::Memory;

    fn loss(name: &str) -> Dropped {
        let (path, reason) = ("src/index.ts".to_owned(), "a spread".to_owned());
        let (kind, name) = ("skill".to_owned(), name.to_owned());
        Dropped {
            path,
            line: 1,
            column: 2,
            reason,
            field: None,
            otherwise: false,
            kind,
            of: None,
            name,
        }
    }

    fn files(number: u64) -> Id {
        Id::of_blob(&number.to_le_bytes())
    }

    #[test]
    fn known_losses_need_no_file_and_others_are_read() {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        let cache = LossCache::of(&store);
        cache.add(files(1), &[loss("shop")]);
        cache.add(files(2), &[]);
        // No object exists here, so that any reading of files is an error.
        let nothing = Memory::default();
        let of = |number| of_files(&store, &nothing, files(number)).map(Result::unwrap);
        assert_eq!((of(1).unwrap(), of(2).unwrap()), (vec![loss("shop")], Vec::new()));
        assert!(of(3).is_err());
        let text = std::fs::read_to_string(&cache.path).unwrap();
        for (at, byte) in text.bytes().enumerate() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if byte == b'x' { b'y' } else { b'x' };
            std::fs::write(&cache.path, bytes).unwrap();
            let found = cache.get(files(1));
            assert!(found.is_none() || found == Some(vec![loss("shop")]), "byte {at}");
        }
        std::fs::write(&cache.path, text.replace(READER, "0000000000000000")).unwrap();
        assert!(of(1).is_err(), "another reader could find other losses");
    }

    #[test]
    fn the_oldest_entries_go() {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        let cache = LossCache::of(&store);
        cache.add(files(1), &[loss("shop")]);
        let line = std::fs::read_to_string(&cache.path).unwrap();
        let count = MAX_LEN as usize / line.len();
        std::fs::write(&cache.path, line.repeat(count)).unwrap();
        cache.add(files(2), &[]);
        cache.add(files(3), &[]);
        let len = std::fs::metadata(&cache.path).unwrap().len();
        assert!((MAX_LEN / 3..MAX_LEN * 2 / 3).contains(&len), "{len}");
        assert_eq!(
            (cache.get(files(2)), cache.get(files(3))),
            (Some(Vec::new()), Some(Vec::new()))
        );
        // A file that is no text is begun anew.
        std::fs::write(&cache.path, vec![0xff; MAX_LEN as usize]).unwrap();
        cache.add(files(2), &[]);
        assert_eq!(cache.get(files(2)), Some(Vec::new()));
    }
}
