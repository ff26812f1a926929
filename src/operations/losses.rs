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
use std::path::{Path, PathBuf};

/// Limit on the bytes of a file, of which there are 16: 150 entries without losses. A look reads one whole file. The end
/// of a single long file would be less to read for the newest versions, but an older one then reads all 256 KiB.
const MAX_LEN: u64 = 16 << 10;

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
    let read = stock::agent_of(Some(store.project()), objects, files)?.map(|agent| agent.dropped);
    if let Ok(dropped) = &read {
        cache.add(files, dropped);
    }
    Ok(read)
}

/// The folder of the cache: a file for each first digit of the id, so that a look reads a few kilobytes, however many
/// versions there are. Its lines are `READER FILES LOSSES SUM`, the losses in JSON and the sum of what precedes it. Lines
/// are appended, as a push has no time for more, and never synced.
pub struct LossCache {
    folder: PathBuf,
}

impl LossCache {
    pub fn of(store: &Store) -> LossCache {
        LossCache { folder: store.path(store::LOSSES) }
    }

    fn path(&self, files: Id) -> PathBuf {
        self.folder.join(&files.to_string()[..1])
    }

    fn get(&self, files: Id) -> Option<Vec<Dropped>> {
        find(&load(&self.path(files))?, files)
    }

    /// Adds the losses of an agent that was read from these files alone. A cache that cannot be written costs the next
    /// command time, and nothing else.
    pub fn add(&self, files: Id, dropped: &[Dropped]) {
        let Ok(losses) = serde_json::to_string(dropped) else { return };
        let entry = format!("{READER} {files} {losses}");
        let (line, path) = (format!("{entry} {}\n", sum(&entry)), self.path(files));
        let has_room =
            std::fs::metadata(&path).is_ok_and(|file| file.len() + line.len() as u64 <= MAX_LEN);
        drop(match has_room {
            true => fs::append_unsynced(&path, line.as_bytes()),
            false => self.begin(&path, &line),
        });
    }

    /// Begins a file with the newer half of its lines; of one that cannot be read, with none.
    fn begin(&self, path: &Path, line: &str) -> Result<()> {
        let text = load(path).unwrap_or_default();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let newer = lines[lines.len() / 2..].concat();
        // An older program had one file for all.
        if self.folder.is_file() {
            fs::remove(&self.folder)?;
        }
        fs::create_dir_all(&self.folder)?;
        fs::replace_unsynced(path, format!("{newer}{line}").as_bytes())
    }
}

fn load(path: &Path) -> Option<String> {
    String::from_utf8(fs::read_if_exists(path).ok()??).ok()
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
        let path = cache.path(files(1));
        let text = std::fs::read_to_string(&path).unwrap();
        for (at, byte) in text.bytes().enumerate() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if byte == b'x' { b'y' } else { b'x' };
            std::fs::write(&path, bytes).unwrap();
            let found = cache.get(files(1));
            assert!(found.is_none() || found == Some(vec![loss("shop")]), "byte {at}");
        }
        std::fs::write(&path, text.replace(READER, "0000000000000000")).unwrap();
        assert!(of(1).is_err(), "another reader could find other losses");
    }

    #[test]
    fn the_oldest_entries_go() {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        let cache = LossCache::of(&store);
        cache.add(files(1), &[loss("shop")]);
        // Others of the same file.
        let path = cache.path(files(1));
        let alike = (2..).map(files).filter(|other| cache.path(*other) == path).take(3);
        let [two, three, four] = alike.collect::<Vec<_>>()[..] else { panic!() };
        let line = std::fs::read_to_string(&path).unwrap();
        let count = MAX_LEN as usize / line.len();
        std::fs::write(&path, line.repeat(count)).unwrap();
        cache.add(two, &[]);
        cache.add(three, &[]);
        let len = std::fs::metadata(&path).unwrap().len();
        assert!((MAX_LEN / 3..MAX_LEN * 2 / 3).contains(&len), "{len}");
        assert_eq!((cache.get(two), cache.get(three)), (Some(Vec::new()), Some(Vec::new())));
        // A file that is no text is begun anew.
        std::fs::write(&path, vec![0xff; MAX_LEN as usize]).unwrap();
        cache.add(four, &[]);
        assert_eq!((cache.get(four), cache.get(three)), (Some(Vec::new()), None));
    }

    #[test]
    fn the_file_of_an_older_program_gives_way() {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        let cache = LossCache::of(&store);
        std::fs::create_dir_all(cache.folder.parent().unwrap()).unwrap();
        std::fs::write(&cache.folder, "lines\n").unwrap();
        assert_eq!(cache.get(files(1)), None);
        cache.add(files(1), &[loss("shop")]);
        assert_eq!(cache.get(files(1)), Some(vec![loss("shop")]));
    }
}
