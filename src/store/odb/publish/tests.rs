//! A writer and who removes objects, one step of each at a time: two handles of one store.

use super::*;
use crate::error::Kind;
use crate::object::{Sink, Tree, TreeEntry};
use crate::progress::Progress;
use crate::store::{CompactScope, FilesChange, Operation, Store, operation_log, refs};
use std::collections::HashSet;

const LINES: &str = "a line that other files have too\n";

fn store() -> (tempfile::TempDir, Store) {
    let project = tempfile::tempdir().unwrap();
    let store = Store::init(&project.path().join(".lua")).unwrap();
    (project, store)
}

/// Another process at the same store.
fn reopened(store: &Store) -> Store {
    Store::open(store.dir()).unwrap()
}

/// A text of which others can be deltas.
fn text() -> Vec<u8> {
    (0..200).flat_map(|n| format!("{n} {LINES}").into_bytes()).collect()
}

fn put(store: &Store, bytes: &[u8]) -> Id {
    let mut batch = store.batch();
    let id = batch.put_blob(bytes.to_vec(), None).unwrap();
    batch.commit().unwrap();
    id
}

fn tree(store: &Store, file: Id) -> Result<Id> {
    let mut batch = store.batch();
    let tree = Tree::new(vec![TreeEntry::file("f", file)])?;
    let id = batch.put_tree(&tree, None)?;
    batch.commit().map(|_| id)
}

fn remove(store: &Store, id: Id) -> Option<crate::store::Compacted> {
    let (left_out, nothing) = (HashSet::from([id]), || Ok(()));
    reopened(store).objects().compact_without(&left_out, nothing, &Progress::default()).unwrap()
}

fn purge(store: &Store, id: Id) {
    let mut list = store.purged().unwrap();
    list.insert(id, Id::of_blob(b"tombstone"));
    store.set_purged(&store.lock().unwrap(), &list).unwrap();
}

fn assert_clean(store: &Store) {
    assert_eq!(reopened(store).objects().check(&Progress::default()).unwrap().damage, []);
}

#[test]
fn what_a_pack_of_meanwhile_builds_on_or_links_to_is_not_left_out() {
    for links in [false, true] {
        let (_project, store) = store();
        let base = put(&store, &text());
        let kept = put(&store, b"kept");
        let changed = [&text()[..], b"one more line\n"].concat();
        let meanwhile = || {
            let other = reopened(&store);
            if links {
                return tree(&other, base);
            }
            let mut batch = other.batch();
            let id = batch.put_blob(changed.clone(), Some(base))?;
            batch.commit().map(|_| id)
        };
        let (left_out, progress) = (HashSet::from([base]), Progress::default());
        let refused = store.objects().compact_without(&left_out, meanwhile, &progress).unwrap();
        assert_eq!(refused, None, "links: {links}");
        assert_clean(&store);
        assert!(reopened(&store).objects().contains(&base).unwrap());
        // The next one sees both. A delta needs its base no more; a tree needs what it links to.
        let done = remove(&store, base);
        assert_eq!((done.is_none(), store.objects().contains(&kept).unwrap()), (links, true));
        if !links {
            let now = reopened(&store);
            assert!(!now.objects().contains(&base).unwrap());
            assert_eq!(now.objects().blob(&Id::of_blob(&changed)).unwrap(), changed);
        }
        assert_clean(&store);
    }
}

#[test]
fn a_pack_is_not_stored_whose_base_was_removed() {
    let (_project, store) = store();
    let base = put(&store, &text());
    put(&store, b"kept");
    let late = reopened(&store);
    let mut batch = late.batch();
    let changed = [&text()[..], b"one more line\n"].concat();
    let changed = batch.put_blob(changed, Some(base)).unwrap();
    assert!(remove(&store, base).is_some());
    let refused = batch.commit().unwrap_err();
    assert_eq!(refused.kind(), Kind::Unavailable, "{refused}");
    assert!(!reopened(&store).objects().contains(&changed).unwrap());
    assert_clean(&store);
}

/// A stored tree has everything below it: who finds one stores nothing of that again.
#[test]
fn a_tree_is_not_stored_whose_file_was_removed() {
    let (_project, store) = store();
    let file = put(&store, b"found stored, then gone");
    put(&store, b"kept");
    let late = reopened(&store);
    let mut batch = late.batch();
    assert_eq!(batch.put_blob(b"found stored, then gone".to_vec(), None).unwrap(), file);
    let named = Tree::new(vec![TreeEntry::file("f", file)]).unwrap();
    let named = batch.put_tree(&named, None).unwrap();
    assert!(remove(&store, file).is_some());
    assert_eq!(batch.commit().unwrap_err().kind(), Kind::Unavailable);
    assert!(!reopened(&store).objects().contains(&named).unwrap());
}

#[test]
fn what_is_purged_while_it_is_written_is_not_stored() {
    let (_project, store) = store();
    let mut batch = store.batch();
    let secret = batch.put_blob(b"secret".to_vec(), None).unwrap();
    purge(&reopened(&store), secret);
    let refused = batch.commit().unwrap_err();
    assert!(refused.message().contains("which was purged"), "{refused}");
    assert!(!store.objects().contains(&secret).unwrap());
}

/// Nor a tree that links to it: it was stored when the writer looked.
#[test]
fn a_tree_of_what_is_purged_meanwhile_is_not_stored() {
    let (_project, store) = store();
    let secret = put(&store, b"secret");
    let late = reopened(&store);
    let mut batch = late.batch();
    let named = Tree::new(vec![TreeEntry::file("f", secret)]).unwrap();
    let named = batch.put_tree(&named, None).unwrap();
    purge(&reopened(&store), secret);
    assert_eq!(batch.commit().unwrap_err().kind(), Kind::Unavailable);
    assert!(!reopened(&store).objects().contains(&named).unwrap());
}

/// Nor does it get a name where it was stored before.
#[test]
fn what_leads_to_a_purged_object_gets_no_name() {
    let (_project, store) = store();
    let named = tree(&store, put(&store, b"secret")).unwrap();
    let other = tree(&store, put(&store, b"other")).unwrap();
    purge(&reopened(&store), Id::of_blob(b"secret"));
    let lock = store.lock().unwrap();
    let refused = store.append_ref(&lock, refs::SNAPSHOTS, named).unwrap_err();
    assert_eq!(refused.kind(), Kind::Unavailable, "{refused}");
    assert_eq!(store.append_ref(&lock, refs::SNAPSHOTS, other).unwrap(), 1);
}

/// A command that ends beside a purge may write down what it did after the purge cleared that log.
#[test]
fn the_log_of_operations_keeps_nothing_that_was_purged() {
    let (_project, store) = store();
    let named = tree(&store, put(&store, b"secret")).unwrap();
    purge(&store, Id::of_blob(b"secret"));
    let files = Some(FilesChange { before: named, paths: Vec::new(), work_tree: None });
    let operation = Operation { files, ..Operation::default() };
    operation_log::append(store.dir(), &operation).unwrap();
    store.drop_purged(&Progress::default()).unwrap().unwrap();
    assert!(!reopened(&store).objects().contains(&Id::of_blob(b"secret")).unwrap());
    assert_eq!(store.operations(1).unwrap(), []);
}

/// A compaction removes packs all the time, and no object.
#[test]
fn only_a_pack_that_leaves_objects_out_counts_as_lost() {
    let (_project, store) = store();
    let removed = put(&store, b"removed");
    put(&store, b"kept");
    assert_eq!(store.objects().ids().unwrap().len(), 2);
    reopened(&store).objects().compact(CompactScope::All, &Progress::default()).unwrap().unwrap();
    assert!(!store.objects().lost_objects().unwrap());
    assert!(remove(&store, removed).is_some());
    assert!(store.objects().lost_objects().unwrap());
}

/// It is no damage: the command is run again.
#[test]
fn what_was_removed_since_it_was_seen_is_not_called_damaged() {
    let (_project, store) = store();
    let removed = put(&store, b"removed");
    put(&store, b"kept");
    let reader = reopened(&store);
    assert_eq!(reader.objects().ids().unwrap().len(), 2);
    assert!(remove(&store, removed).is_some());
    assert!(reader.objects().lost_objects().unwrap());
    assert_eq!(reader.objects().blob(&removed).unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(reopened(&store).objects().blob(&removed).unwrap_err().kind(), Kind::Corrupt);
    let never = Id::of_blob(b"never stored");
    assert_eq!(reader.objects().blob(&never).unwrap_err().kind(), Kind::Corrupt);
}

/// The holder of the lock publishes under it, and nobody else publishes meanwhile.
#[test]
fn a_pack_gets_its_name_under_the_lock() {
    let (_project, store) = store();
    let other = reopened(&store);
    let mut batch = other.batch();
    let id = batch.put_blob(b"waits".to_vec(), None).unwrap();
    let lock = store.lock().unwrap();
    let mut own = store.batch();
    own.put_blob(b"own".to_vec(), None).unwrap();
    own.commit_under(Some(&lock)).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| batch.commit());
        // It cannot be there before the lock is released, however long this takes.
        std::thread::yield_now();
        assert!(!reopened(&store).objects().contains(&id).unwrap());
        drop(lock);
        waiting.join().unwrap().unwrap();
    });
    assert!(reopened(&store).objects().contains(&id).unwrap());
}
