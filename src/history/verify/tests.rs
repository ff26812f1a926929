//! Number of objects that a check of the history reads.

use super::*;
use crate::history::record::{SourceRecord, VersionMeta};
use crate::object::{Sink, Tree, TreeEntry};
use crate::store::Odb;

/// Source versions and versions of a project with so many files in each of three folders, of which one line changes.
fn grown(dir: &std::path::Path, count: u64, files: usize) -> Project {
    let store = Store::init(&dir.join(".lua")).unwrap();
    let (mut batch, mut after) = (store.objects().batch(), Heads::default());
    for number in 1..=count {
        let mut blob = |text: String| batch.put_blob(text.into_bytes(), None).unwrap();
        let same = blob("the same in every version\n".to_owned());
        let edited = blob(format!("edition {number}\n"));
        let named = |name: usize| {
            TreeEntry::file(&format!("f{name}"), if name == 0 { edited } else { same })
        };
        let mut inner =
            batch.put_tree(&Tree::new((0..files).map(named).collect()).unwrap(), None).unwrap();
        for folder in ["c", "b", "a"] {
            let mut entries: Vec<TreeEntry> = (1..files).map(named).collect();
            entries.push(TreeEntry::directory(folder, inner));
            inner = batch.put_tree(&Tree::new(entries).unwrap(), None).unwrap();
        }
        let state = crate::history::state::State::default().store(&mut batch, None).unwrap();
        let (by, at_ms) = ("ann@example.com".to_owned(), number as i64);
        let record = SourceRecord {
            by: by.clone(),
            at_ms,
            triggered_by: "push".into(),
            message: None,
            highest: Default::default(),
            unread: None,
        };
        let source = crate::history::source::put(&mut batch, &record, state, inner, None).unwrap();
        after.source.push(source);
        let meta = VersionMeta {
            by,
            at_ms,
            message: None,
            commit: None,
            source_version: number,
            unread: None,
        };
        after.versions.push(version::put(&mut batch, &meta, state, inner, None).unwrap());
    }
    batch.commit().unwrap();
    store.replace_refs(&store.lock().unwrap(), &Heads::default(), &after).unwrap();
    Project::open(dir).unwrap()
}

/// Objects that this thread reads after the check of the packs, which has the newer half of the source versions.
fn reads(count: u64, files: usize) -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let project = grown(dir.path(), count, files);
    let checked = project.store().objects().check(&Default::default()).unwrap();
    let refs = project.store().refs().check().refs;
    assert_eq!(refs.len() as u64, 2 * count);
    let before = Odb::objects_read();
    assert_eq!(Walk::all(&project, &refs, &checked.graph), []);
    Odb::objects_read() - before
}

/// Most objects that both threads need, so that either of them may be the one that reads them.
const SHARED: u64 = 8;

/// More entries than are kept of decoded trees: whoever needs a tree of files again reads it again. That is the walk; of
/// each version the rules read the tree of its source version twice.
#[test]
fn a_check_reads_no_tree_of_files_twice() {
    let [few, many] = [4, 400].map(|files| reads(20, files));
    assert!(many <= few + 20 + SHARED, "{many} objects, and {few} of few files");
}

#[test]
fn each_version_costs_the_same_however_many_there_are() {
    let [ten, twenty, forty] = [10, 20, 40].map(|count| reads(count, 4));
    assert!(forty - twenty <= 2 * (twenty - ten) + 3 * SHARED, "{ten}, {twenty}, {forty}");
}
