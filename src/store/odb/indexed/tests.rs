//! Few packs of many are opened, and an index that is stale or damaged changes no answer.

use super::*;
use crate::error::Kind;
use crate::object::{Sink, Source, Tree, TreeEntry};
use crate::progress::Progress;
use crate::store::{CompactScope, Store};
use std::fs::{read, write};
use std::path::PathBuf;

/// More packs than are opened without an index.
const PACKS: u32 = 20;

fn put(store: &Store, bytes: &[u8]) -> Id {
    let mut batch = store.batch();
    let id = batch.put_blob(bytes.to_vec(), None).unwrap();
    batch.commit().unwrap();
    id
}

fn text(number: u32) -> Vec<u8> {
    format!("text {number}").into_bytes()
}

/// A store with a blob in each of its packs, and an index of them.
fn store() -> (tempfile::TempDir, Store, Vec<Id>) {
    let project = tempfile::tempdir().unwrap();
    let store = Store::init(&project.path().join(".lua")).unwrap();
    let ids = (0..PACKS).map(|number| put(&store, &text(number))).collect();
    store.objects().keep_index(false);
    assert!(index(&store).exists());
    (project, store, ids)
}

fn index(store: &Store) -> PathBuf {
    store.path(layout::MULTI_PACK_INDEX)
}

/// Another process at the same store.
fn reopened(store: &Store) -> Odb {
    Store::open(store.dir()).unwrap().objects().clone()
}

/// Numbers of the covered and of the other packs that are open; `None` once all are.
fn opened(odb: &Odb) -> Option<(usize, usize)> {
    let indexed = odb.indexed()?;
    let covered = indexed.covered.iter().filter(|pack| pack.get().is_some_and(Option::is_some));
    Some((covered.count(), indexed.others.good.len()))
}

/// The file of the pack that has an object.
fn pack_of(store: &Store, id: &Id) -> PathBuf {
    let packs = reopened(store).latest().unwrap();
    let (pack, _) = packs.copies(id).next().unwrap();
    store.path(layout::OBJECTS).join(pack.id.file_name())
}

#[test]
fn packs_are_opened_when_an_object_in_them_is_read() {
    let (_project, store, ids) = store();
    let odb = reopened(&store);
    assert_eq!(odb.blob(&ids[3]).unwrap(), text(3));
    assert_eq!(odb.blob_len(&ids[3]).unwrap(), 6);
    assert_eq!(opened(&odb), Some((1, 0)));
    let later = put(&store, b"later");
    let tree = Tree::new(vec![TreeEntry::file("f", ids[7])]).unwrap();
    let mut batch = store.batch();
    let tree_id = batch.put_tree(&tree, None).unwrap();
    batch.commit().unwrap();
    let odb = reopened(&store);
    assert_eq!((odb.tree(&tree_id).unwrap(), odb.blob(&later).unwrap()), (tree, b"later".to_vec()));
    assert_eq!(opened(&odb), Some((0, 2)));
    assert!(odb.contains(&ids[5]).unwrap() && odb.big(&ids[5]).unwrap().is_none());
    assert_eq!(odb.kind_and_len(&ids[5]).unwrap().unwrap().1, 6);
    assert_eq!(opened(&odb), Some((1, 2)));
    // A missing object is looked for in all of them.
    assert!(!odb.contains(&Id::of_blob(b"nowhere")).unwrap());
    assert_eq!(opened(&odb), None);
    assert_eq!(odb.counts().unwrap().packs, u64::from(PACKS) + 2);
}

#[test]
fn the_index_is_written_for_many_new_packs_and_goes_when_they_are_few() {
    let (_project, store, ids) = store();
    let before = read(index(&store)).unwrap();
    for number in 0..OUTSIDE as u32 {
        put(&store, &text(PACKS + number));
        store.objects().keep_index(true);
    }
    assert_eq!(read(index(&store)).unwrap(), before, "few packs are outside");
    put(&store, b"one more");
    store.objects().keep_index(false);
    let after = MultiPackIndex::open(&index(&store)).unwrap();
    assert_eq!(after.packs().len(), PACKS as usize + OUTSIDE + 1);
    store.objects().compact(CompactScope::All, &Progress::default()).unwrap();
    assert!(!index(&store).exists());
    assert_eq!(reopened(&store).blob(&ids[0]).unwrap(), text(0));
}

#[test]
fn with_a_damaged_index_everything_is_found() {
    let (_project, store, ids) = store();
    let whole = read(index(&store)).unwrap();
    for at in (0..whole.len()).step_by(3) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        write(index(&store), &bytes).unwrap();
        let odb = reopened(&store);
        for (id, number) in ids.iter().zip(0..) {
            assert_eq!(odb.blob(id).unwrap(), text(number), "byte {at}");
        }
    }
    // A damaged header is noticed at once, a damaged record by who reads all.
    for (at, is_verified) in [(30, false), (whole.len() - 1, true)] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        write(index(&store), &bytes).unwrap();
        store.objects().keep_index(is_verified);
        assert_eq!(read(index(&store)).unwrap(), whole);
    }
}

#[test]
fn objects_of_packs_that_were_combined_meanwhile_are_found() {
    let (_project, store, ids) = store();
    let outdated = read(index(&store)).unwrap();
    let before = reopened(&store);
    assert_eq!(before.blob(&ids[0]).unwrap(), text(0));
    store.objects().compact(CompactScope::All, &Progress::default()).unwrap();
    assert_eq!(before.blob(&ids[1]).unwrap(), text(1));
    write(index(&store), outdated).unwrap();
    let late = reopened(&store);
    assert_eq!(late.blob(&ids[1]).unwrap(), text(1));
    assert!(late.indexed().is_none(), "an index of packs that are all gone");
}

#[test]
#[cfg_attr(
    windows,
    ignore = "a small pack is read and not mapped there, so that no damage reaches one that is open"
)]
fn a_damaged_copy_is_passed_over_and_without_another_one_named() {
    let (_project, store, ids) = store();
    let path = pack_of(&store, &ids[4]);
    let mut bytes = read(&path).unwrap();
    bytes[12] ^= 1;
    write(&path, bytes).unwrap();
    let error = reopened(&store).find(&ids[4]).unwrap_err();
    std::fs::rename(index(&store), index(&store).with_extension("away")).unwrap();
    let expected = reopened(&store).find(&ids[4]).unwrap_err();
    std::fs::rename(index(&store).with_extension("away"), index(&store)).unwrap();
    assert_eq!((error.kind(), error.message()), (Kind::Corrupt, expected.message()));
    // It is stored again, in a pack outside of the index.
    put(&store, &text(4));
    assert_eq!(reopened(&store).blob(&ids[4]).unwrap(), text(4));
}

/// Objects may be removed between the first look and the publication of a pack that needs them.
#[test]
fn an_object_that_was_seen_by_the_index_alone_and_is_gone_is_lost() {
    let (_project, store, ids) = store();
    let odb = reopened(&store);
    assert!(odb.contains(&ids[2]).unwrap());
    let path = pack_of(&store, &ids[2]);
    fs::remove(&path).unwrap();
    assert!(odb.lost_objects().unwrap() && odb.is_lost(&ids[2]));
    let other = reopened(&store);
    assert!(other.contains(&ids[3]).unwrap());
    assert!(!other.lost_objects().unwrap(), "it never saw that one");
}
