//! A restore cut at every step: each path is old or new, and running it again finishes it.

use super::Case;
use lua_store::internals::error::Result;
use lua_store::internals::progress::Progress;
use lua_store::internals::store::{Store, refs};
use lua_store::internals::workspace::{self, SnapshotOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const TARGET: &str = "LUA_STORE_TEST_RESTORE";

/// The process that a case cuts. In an ordinary run there is nothing to restore.
#[test]
fn helper() {
    let Ok(target) = std::env::var(TARGET) else { return };
    if let Err(error) = restore(&std::env::current_dir().unwrap(), &target) {
        panic!("{error}");
    }
}

fn restore(project: &Path, target: &str) -> Result<()> {
    let store = Store::open(&project.join(".lua"))?;
    let (now, view) = workspace::preview(project, store.objects(), &SnapshotOptions::default())?;
    let plan = workspace::plan(&view, now.tree, target.parse()?)?;
    let progress = Progress::default();
    workspace::sweep(project, &now.leftovers, store.objects(), &progress)?;
    workspace::apply(&plan, project, store.objects(), &progress).map(drop)?;
    // Nobody saved anything meanwhile.
    assert_eq!(progress.remarks(), Vec::<String>::new());
    Ok(())
}

type Files = BTreeMap<String, String>;

fn files(list: &[(&str, &str)]) -> Files {
    list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn fill(project: &Path, files: &Files) {
    for (path, text) in files {
        let path = project.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// Files of the project, without the store.
fn on_disk(project: &Path) -> Files {
    let walk = walkdir::WalkDir::new(project)
        .into_iter()
        .filter_entry(|entry| entry.file_name() != ".lua");
    let found = walk.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let text = |path: &Path| std::fs::read_to_string(path).unwrap();
    let name = |path: &Path| path.strip_prefix(project).unwrap().to_str().unwrap().to_owned();
    found.map(|entry| (name(entry.path()), text(entry.path()))).collect()
}

/// A project with `old` files whose store holds a snapshot of `new` ones, and the id of that.
fn prepared(old: &Files, new: &Files) -> (tempfile::TempDir, String) {
    let project = tempfile::tempdir().unwrap();
    fill(project.path(), new);
    let store = Store::init(&project.path().join(".lua")).unwrap();
    let mut batch = store.batch();
    let taken =
        workspace::snapshot(project.path(), &mut batch, None, &SnapshotOptions::default()).unwrap();
    batch.commit().unwrap();
    let lock = store.lock().unwrap();
    store.refs().append(&lock, refs::SOURCE, taken.tree).unwrap();
    for entry in std::fs::read_dir(project.path()).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            _ if path.ends_with(".lua") => {}
            true => std::fs::remove_dir_all(path).unwrap(),
            false => std::fs::remove_file(path).unwrap(),
        }
    }
    fill(project.path(), old);
    // A command keeps what it replaces before.
    let mut batch = store.batch();
    workspace::snapshot(project.path(), &mut batch, None, &SnapshotOptions::default()).unwrap();
    batch.commit_under(Some(&lock)).unwrap();
    (project, taken.tree.to_string())
}

fn cut(old: Files, new: Files) {
    // The store writes its git guard in both.
    let guarded = |files: Files| {
        files.into_iter().chain([(".gitignore".into(), "/.lua/\n".into())]).collect()
    };
    let (old, new): (&Files, &Files) = (&guarded(old), &guarded(new));
    let (project, target) = prepared(old, new);
    let command = |project: &Path| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "crash::restore::helper", "--nocapture"]);
        command.current_dir(project).env(TARGET, &target);
        command
    };
    let old_or_new = |project: &Path| {
        let now = on_disk(project);
        let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for path in paths {
            let (found, old, new) = (now.get(path), old.get(path), new.get(path));
            assert!(found == old || found == new, "{path}: {found:?}");
        }
    };
    let restored = |project: &Path| assert_eq!(on_disk(project), *new);
    let prepared = project.path();
    Case { prepared, command: &command, atomic: true, old_or_new: &old_or_new, new: &restored }
        .run();
}

#[test]
fn restoring_a_few_files() {
    // Replaced, removed, made, a folder for a file and the reverse.
    let old = files(&[
        ("a", "old"),
        ("b/gone", "old"),
        ("same", "same"),
        ("to-file/x", "old"),
        ("to-folder", "old"),
    ]);
    let new = files(&[
        ("a", "new"),
        ("c/made", "new"),
        ("same", "same"),
        ("to-file", "new"),
        ("to-folder/x", "new"),
    ]);
    cut(old, new);
}
