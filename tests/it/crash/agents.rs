//! The end of an agent, its closing and its opening, cut at every step: it is wholly there or gone, all others are
//! sound, and the same command finishes what was cut off.

use super::{Case, commands, copy_folder};
use crate::common::Project;
use crate::common::shop::{self, edit};
use lua_store::internals::pack::PackId;
use lua_store::internals::protocol::AgentId;
use lua_store::internals::remote_store::RemoteStore;
use std::path::{Path, PathBuf};

const DATA: &str = "depot/data";

fn agent() -> AgentId {
    "shop".parse().unwrap()
}

/// A project whose remote store is in it, with two packs and an upload that goes on.
fn prepared() -> Project {
    let project = shop::project();
    std::fs::create_dir(project.path("depot")).unwrap();
    project.ok("remote add origin depot/data/shop");
    project.ok("push");
    edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds all products");
    project.ok("push");
    upload(&project.path(DATA), b"abc").unwrap();
    project
}

/// Begins to.
fn upload(data: &Path, pack: &[u8; 3]) -> lua_store::internals::error::Result<u64> {
    RemoteStore::open_existing(data)?.receive(&agent(), &PackId::of(pack), 0, 3, &mut &pack[..1])
}

/// All files of agents but locks and heads.
fn files(data: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(data.join("a")).into_iter().filter_map(Result::ok);
    let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path());
    files
        .filter(|path| {
            !path.ends_with("head") && path.extension().is_none_or(|kind| kind != "lock")
        })
        .collect()
}

fn is_sound(project: &Project, copy: &Path) {
    let output = commands::command(project, "serve fsck --data depot/data")(copy).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// As it was, or gone; then whoever may push can make it anew.
fn there_or_gone(project: &Project, copy: &Path, archived: bool) {
    is_sound(project, copy);
    let store = RemoteStore::open_existing(&copy.join(DATA)).unwrap();
    if let Some(overview) = store.overview(&agent()).unwrap() {
        assert_eq!((overview.source, overview.packs, overview.archived), (2, 2, archived));
        return;
    }
    assert!(store.head(&agent()).unwrap().is_none());
    let dir = tempfile::tempdir().unwrap();
    copy_folder(&copy.join(DATA), &dir.path().join("data"));
    upload(&dir.path().join("data"), b"new").unwrap();
}

fn gone(project: &Project, copy: &Path) {
    is_sound(project, copy);
    let data = copy.join(DATA);
    let store = RemoteStore::open_existing(&data).unwrap();
    assert!(store.overview(&agent()).unwrap().is_none());
    assert_eq!(files(&data), Vec::<PathBuf>::new());
}

#[test]
fn a_deletion() {
    let project = prepared();
    project.ok("serve agents archive shop --data depot/data");
    assert_eq!(files(&project.path(DATA)).len(), 4, "two packs, an upload, a mark");
    let case = Case {
        atomic: false,
        prepared: &project.root(),
        command: &commands::command(&project, "serve agents delete shop --force --data depot/data"),
        old_or_new: &|copy| there_or_gone(&project, copy, true),
        new: &|copy| gone(&project, copy),
    };
    case.run();
}

#[test]
fn archived_and_opened_again() {
    let project = prepared();
    for (line, after) in [
        ("serve agents archive shop --data depot/data", true),
        ("serve agents archive shop --undo --data depot/data", false),
    ] {
        let is = |copy: &Path, states: &[bool]| {
            let store = RemoteStore::open_existing(&copy.join(DATA)).unwrap();
            let overview = store.overview(&agent()).unwrap().unwrap();
            assert!(states.contains(&overview.archived) && overview.source == 2);
            is_sound(&project, copy);
        };
        let case = Case {
            atomic: false,
            prepared: &project.root(),
            command: &commands::command(&project, line),
            old_or_new: &|copy| is(copy, &[true, false]),
            new: &|copy| is(copy, &[after]),
        };
        case.run();
        project.ok(line);
    }
}
