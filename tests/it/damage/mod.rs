//! Damage matrix: each file of the store empty, cut off, changed, foreign or missing. An ordinary
//! command names the thing, `fsck` finds it, the rest stays readable, and nothing is changed by looking.

mod packs;
mod ref_files;
mod state;

use crate::common::shop::{self, edit};
use crate::common::{Outcome, Project};
use lua_store::internals::store::Store;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Pushed twice, v1 active and v2 staged, packed refs beside loose ones; and the pack of the first push.
fn history() -> (Project, PathBuf) {
    let project = shop::project();
    project.ok("push");
    let first = packs(&project).remove(0);
    project.ok("version create -m one");
    project.ok("version promote 1");
    let store = Store::open(&project.path(".lua")).unwrap();
    store.refs().pack_refs(&store.lock().unwrap()).unwrap();
    edit(&project, "src/index.ts", "You are Ava.", "You are Eve.");
    project.ok("push");
    project.ok("version create -m two");
    (project, first)
}

fn packs(project: &Project) -> Vec<PathBuf> {
    let names = std::fs::read_dir(project.path(".lua/objects")).unwrap();
    names.map(|entry| entry.unwrap().path()).collect()
}

/// Every file of the project and the store, caches aside.
fn everything(project: &Project) -> BTreeMap<PathBuf, Vec<u8>> {
    let walk = walkdir::WalkDir::new(project.root()).into_iter().map(Result::unwrap);
    let files = walk.filter(|entry| {
        entry.file_type().is_file() && !entry.path().parent().unwrap().ends_with("cache")
    });
    files.map(|entry| (entry.path().to_owned(), std::fs::read(entry.path()).unwrap())).collect()
}

/// Runs a command that must leave everything as it is.
fn look(project: &Project, line: &str) -> Outcome {
    let before = everything(project);
    let outcome = project.run(line);
    assert!(everything(project) == before, "something was changed by:\n{outcome}");
    outcome
}

/// Puts `bytes` in the place of a file while `check` runs; `None` takes the file away.
fn with(project: &Project, path: &str, bytes: Option<&[u8]>, check: impl FnOnce()) {
    let path = project.path(path);
    let sound = std::fs::read(&path).ok();
    match bytes {
        Some(bytes) => std::fs::write(&path, bytes).unwrap(),
        None => std::fs::remove_file(&path).unwrap(),
    }
    check();
    match sound {
        Some(sound) => std::fs::write(&path, sound).unwrap(),
        None => std::fs::remove_file(&path).unwrap(),
    }
    assert_eq!(project.run("fsck").code, 0);
}

/// The command fails as damage does and says `what`; `fsck` finds it too.
fn refused(project: &Project, lines: &[&str], what: &str) {
    for line in lines {
        let outcome = look(project, line);
        assert!(outcome.code == 1 && outcome.stdout.is_empty(), "{outcome}");
        assert!(
            outcome.stderr.contains(what) && outcome.stderr.contains("hint: "),
            "no {what:?}: {outcome}"
        );
    }
    let outcome = look(project, "fsck");
    assert!(outcome.code == 1 && outcome.stdout.contains(what), "no {what:?}: {outcome}");
}

fn readable(project: &Project, lines: &[&str]) {
    for line in lines {
        let outcome = look(project, line);
        assert_eq!(outcome.code, 0, "{outcome}");
    }
}

const READING: [&str; 8] = [
    "version list",
    "version show 2",
    "version diff 1 2",
    "source list",
    "source diff v1 v2",
    "source rollback --version 1 --dry-run",
    "log --verify",
    "push --dry-run",
];
