//! Records that only `ACTIVE` has: each is found, and none is lost, whatever takes the place of the file.

use super::super::{Active, Heads, refs};
use super::*;
use crate::error::Kind;
use crate::object::{Tree, TreeEntry};
use crate::progress::Progress;
use std::collections::BTreeSet;

const RECORDS_IN_POINTER: u32 = MOST_OBJECTS / 2;

struct Ledger {
    _project: tempfile::TempDir,
    store: Store,
    pointer: Option<Active>,
    /// Every object of every record.
    objects: Vec<Id>,
}

impl Ledger {
    fn new() -> Ledger {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        store.refs().create(&store.lock().unwrap(), "refs/versions/v1", Id::of_blob(b"v")).unwrap();
        Ledger { _project: project, store, pointer: None, objects: Vec::new() }
    }

    fn with_records(count: u32) -> Ledger {
        let mut ledger = Ledger::new();
        (0..count).for_each(|_| ledger.append().unwrap());
        ledger
    }

    /// Appends a record as a process of its own.
    fn append(&mut self) -> Result<()> {
        let mut record = Memory::default();
        let text = format!("record {}", self.objects.len());
        let mut entries = vec![TreeEntry::file("record", record.put_blob(text.into(), None)?)];
        entries.extend(self.pointer.map(|before| TreeEntry::directory("previous", before.ledger)));
        let ledger = record.put_tree(&Tree::new(entries)?, None)?;
        let (store, new) = (self.reopened(), Active { version: Some(1), ledger });
        let lock = store.lock()?;
        let look = store.read_heads_under(&lock)?;
        store.append_record((&lock, &look), self.pointer.as_ref(), &new, &record)?;
        self.objects.extend(record.iter().map(|(id, _)| *id));
        self.pointer = Some(new);
        Ok(())
    }

    fn reopened(&self) -> Store {
        Store::open(self.store.dir()).unwrap()
    }

    fn file(&self) -> PathBuf {
        self.store.path("ACTIVE")
    }

    fn copy(&self) -> PathBuf {
        self.store.path("cache/records")
    }

    /// Objects of packs that are files.
    fn in_folder(&self) -> BTreeSet<Id> {
        Odb::open(&self.store.path("objects")).ids().unwrap().into_iter().collect()
    }

    #[track_caller]
    fn assert_whole(&self) {
        let store = self.reopened();
        assert_eq!(store.active().unwrap(), self.pointer);
        for id in &self.objects {
            assert!(store.objects().find(id).unwrap().is_some(), "{id} is lost");
        }
        assert_eq!(store.objects().check(&Progress::default()).unwrap().damage, []);
    }

    #[track_caller]
    fn assert_all_in_folder(&self) {
        let stored = self.in_folder();
        assert!(self.objects.iter().all(|id| stored.contains(id)), "a record is in no file");
        let store = self.reopened();
        assert_eq!(store.objects().ids_in_active_packs().unwrap(), []);
    }
}

#[test]
fn a_record_is_in_the_file_that_names_it() {
    let mut ledger = Ledger::new();
    for count in 1..=3 {
        ledger.append().unwrap();
        ledger.assert_whole();
        let bytes = std::fs::read(ledger.file()).unwrap();
        let lines = ledger.pointer.unwrap().encode();
        let pack = bytes.strip_prefix(lines.as_bytes()).unwrap();
        assert_eq!(PackReader::open(pack).unwrap().count(), 2 * count);
        assert_eq!(std::fs::read(ledger.copy()).unwrap(), pack);
    }
    assert_eq!(ledger.in_folder(), BTreeSet::new());
    assert_eq!(std::fs::read(ledger.store.path("format")).unwrap(), b"lua-store 3\n");
}

#[test]
fn many_records_get_a_pack_before_the_next_one() {
    let mut ledger = Ledger::with_records(RECORDS_IN_POINTER);
    let full: BTreeSet<Id> = ledger.objects.iter().copied().collect();
    assert_eq!(ledger.in_folder(), BTreeSet::new());
    ledger.append().unwrap();
    assert_eq!(ledger.in_folder(), full);
    assert_eq!(ledger.reopened().objects().ids_in_active_packs().unwrap().len(), 2);
    ledger.assert_whole();
    for _ in 0..2 * RECORDS_IN_POINTER {
        ledger.append().unwrap();
    }
    assert_eq!(ledger.reopened().objects().counts().unwrap().packs, 3);
    ledger.assert_whole();
}

/// A reader that listed the packs at any earlier moment finds every record.
#[test]
fn readers_find_a_record_wherever_it_moved() {
    let mut ledger = Ledger::new();
    let mut readers: Vec<Store> = Vec::new();
    for _ in 0..=RECORDS_IN_POINTER + 1 {
        let reader = ledger.reopened();
        reader.objects().ids().unwrap();
        readers.push(reader);
        ledger.append().unwrap();
        let newest = ledger.pointer.unwrap().ledger;
        assert!(readers.iter().all(|reader| reader.objects().find(&newest).unwrap().is_some()));
    }
    ledger.store.empty_active_pack(&ledger.store.lock().unwrap()).unwrap();
    let late = ledger.reopened();
    ledger.store.objects().compact(super::super::CompactScope::All, &Progress::default()).unwrap();
    for reader in readers.iter().chain([&late]) {
        for id in &ledger.objects {
            assert!(reader.objects().find(id).unwrap().is_some());
        }
        assert!(!reader.objects().lost_objects().unwrap());
    }
}

/// Each step that replaces the file by one without records.
#[test]
fn what_takes_the_place_of_the_file_stores_the_records_first() {
    type Step = fn(&mut Ledger, &Store, &StoreLock);
    let steps: [Step; 5] = [
        |ledger, store, lock| {
            let first = ledger.objects.iter().find(|id| store.objects().tree(id).is_ok()).unwrap();
            let new = Active { version: None, ledger: *first };
            store.swap_active(lock, ledger.pointer.as_ref(), &new).unwrap();
            ledger.pointer = Some(new);
        },
        |ledger, store, lock| {
            let (before, version) = (store.heads().unwrap(), Id::of_blob(b"v"));
            let first = ledger.objects.iter().find(|id| store.objects().tree(id).is_ok()).unwrap();
            let active = Some(Active { version: Some(1), ledger: *first });
            let after = Heads { versions: vec![version], active, ..Heads::default() };
            store.replace_refs(lock, &before, &after).unwrap();
            ledger.pointer = active;
        },
        |ledger, store, lock| {
            store.clear_active(lock, &ledger.pointer.unwrap()).unwrap();
            ledger.pointer = None;
        },
        |ledger, store, lock| store.restore_pointer(lock, &ledger.pointer.unwrap()).unwrap(),
        |_, store, lock| store.empty_active_pack(lock).unwrap(),
    ];
    for step in steps {
        let mut ledger = Ledger::with_records(3);
        let store = ledger.reopened();
        step(&mut ledger, &store, &store.lock().unwrap());
        assert!(!ledger.copy().exists());
        ledger.assert_all_in_folder();
        ledger.assert_whole();
        ledger.append().unwrap();
        ledger.assert_whole();
    }
}

#[test]
fn refs_that_are_replaced_alone_leave_the_records_where_they_are() {
    let ledger = Ledger::with_records(3);
    let (store, file) = (ledger.reopened(), std::fs::read(ledger.file()).unwrap());
    let before = store.heads().unwrap();
    let after = Heads { source: vec![Id::of_blob(b"s")], ..before.clone() };
    store.replace_refs(&store.lock().unwrap(), &before, &after).unwrap();
    assert_eq!(std::fs::read(ledger.file()).unwrap(), file);
    assert_eq!(store.refs().list(refs::SOURCE).unwrap().len(), 1);
    ledger.assert_whole();
}

/// A person may write the two lines again, as the hint of a lost pointer says, or bring an older file back.
#[test]
fn the_copy_has_the_records_of_a_file_that_was_overwritten() {
    let mut older = Vec::new();
    for overwrite in [
        (|ledger: &Ledger, _: &[u8]| {
            std::fs::write(ledger.file(), ledger.pointer.unwrap().encode()).unwrap();
        }) as fn(&Ledger, &[u8]),
        |ledger, older| {
            let pack = pack_in(older);
            let lines = ledger.pointer.unwrap().encode();
            std::fs::write(ledger.file(), [lines.as_bytes(), pack].concat()).unwrap();
        },
        |ledger, _| {
            std::fs::remove_file(ledger.file()).unwrap();
            let store = ledger.reopened();
            store.restore_pointer(&store.lock().unwrap(), &ledger.pointer.unwrap()).unwrap();
        },
    ] {
        let mut ledger = Ledger::with_records(2);
        older.clone_from(&std::fs::read(ledger.file()).unwrap());
        ledger.append().unwrap();
        overwrite(&ledger, &older);
        ledger.assert_whole();
        ledger.append().unwrap();
        std::fs::remove_dir_all(ledger.store.path("cache")).unwrap();
        ledger.assert_whole();
    }
}

fn pack_in(bytes: &[u8]) -> &[u8] {
    super::active::pack_in(bytes).unwrap()
}

#[test]
fn a_damaged_copy_is_none() {
    let mut ledger = Ledger::with_records(1);
    let sound = std::fs::read(ledger.copy()).unwrap();
    let mut damaged: Vec<Vec<u8>> = (0..sound.len()).map(|len| sound[..len].to_vec()).collect();
    damaged.extend((0..sound.len()).map(|at| {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        bytes
    }));
    damaged.push([&sound[..], b"\n"].concat());
    for bytes in damaged {
        std::fs::write(ledger.copy(), bytes).unwrap();
        let store = ledger.reopened();
        assert!(ledger.objects.iter().all(|id| store.objects().find(id).unwrap().is_some()));
        assert_eq!(store.objects().check(&Progress::default()).unwrap().damage, []);
    }
    ledger.append().unwrap();
    ledger.assert_whole();
}

/// Every cut and every changed byte is noticed: by the pointer, by the record that it names, or by the check of objects.
#[test]
fn damage_of_the_file_is_noticed() {
    let ledger = Ledger::with_records(1);
    let sound = std::fs::read(ledger.file()).unwrap();
    std::fs::remove_file(ledger.copy()).unwrap();
    let cuts = (0..sound.len()).map(|len| sound[..len].to_vec());
    let flips = (0..sound.len()).map(|at| {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        bytes
    });
    for bytes in cuts.chain(flips) {
        std::fs::write(ledger.file(), &bytes).unwrap();
        let store = ledger.reopened();
        let is_noticed = match store.active() {
            Err(error) => error.kind() == Kind::Corrupt,
            Ok(pointer) => {
                let is_damaged =
                    !store.objects().check(&Progress::default()).unwrap().damage.is_empty();
                let is_read = |id: &Id| matches!(store.objects().find(id), Ok(Some(_)));
                pointer != ledger.pointer || is_damaged || !ledger.objects.iter().all(is_read)
            }
        };
        assert!(is_noticed, "{} bytes", bytes.len());
    }
}

/// Damage is carried on as damage, and stops the step that would drop it.
#[test]
fn a_damaged_record_is_not_left_behind() {
    let mut ledger = Ledger::with_records(2);
    let mut bytes = std::fs::read(ledger.file()).unwrap();
    let at = bytes.windows(8).position(|part| part == b"record 0").unwrap();
    bytes[at] ^= 1;
    std::fs::write(ledger.file(), &bytes).unwrap();
    ledger.append().unwrap();
    let store = ledger.reopened();
    let damage = store.objects().check(&Progress::default()).unwrap().damage;
    assert_eq!(damage.iter().map(|one| &*one.pack).collect::<Vec<_>>(), ["ACTIVE"]);
    let error = store.empty_active_pack(&store.lock().unwrap()).unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt);
    assert_eq!(store.active().unwrap(), ledger.pointer);
    // Somebody stores the object again.
    let mut batch = store.batch();
    batch.put_blob(b"record 0".to_vec(), None).unwrap();
    batch.commit().unwrap();
    store.empty_active_pack(&store.lock().unwrap()).unwrap();
    ledger.assert_all_in_folder();
    ledger.assert_whole();
}

#[test]
fn a_purged_object_is_no_part_of_a_record() {
    let mut ledger = Ledger::with_records(1);
    let mut list = ledger.store.purged().unwrap();
    list.insert(Id::of_blob(b"record 2"), Id::of_blob(b"tombstone"));
    ledger.store.set_purged(&ledger.store.lock().unwrap(), &list).unwrap();
    let error = ledger.append().unwrap_err();
    assert!(error.message().contains("which was purged"), "{error}");
    ledger.assert_whole();
}

#[test]
fn an_unexpected_pointer_refuses_the_record() {
    let mut ledger = Ledger::with_records(2);
    let (file, pointer) = (std::fs::read(ledger.file()).unwrap(), ledger.pointer);
    for expected in [None, Some(Active { version: Some(1), ledger: Id::of_blob(b"other") })] {
        ledger.pointer = expected;
        assert_eq!(ledger.append().unwrap_err().kind(), Kind::Conflict);
    }
    ledger.pointer = pointer;
    assert_eq!(std::fs::read(ledger.file()).unwrap(), file);
    ledger.assert_whole();
}
