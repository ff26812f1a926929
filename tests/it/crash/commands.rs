//! The commands that write, cut at every disk step of the real program.

use super::{Case, state};
use crate::common::Project;
use lua_store::internals::object::{Id, Source};
use lua_store::internals::store::Store;
use std::path::Path;
use std::process::Command;

/// `lua-store` with these arguments in a copy of the prepared project.
pub fn command<'a>(project: &'a Project, line: &'a str) -> impl Fn(&Path) -> Command + 'a {
    move |copy| {
        let mut command = project.lua_store(line);
        command.current_dir(copy);
        command
    }
}

fn open(copy: &Path) -> Store {
    let store = Store::open(&copy.join(".lua")).unwrap();
    let survey = store.refs().check();
    assert!(survey.problems.is_empty(), "{:?}", survey.problems);
    store
}

#[test]
fn init() {
    let project = Project::new();
    project.write("lua.skill.yaml", "agent:\n  agentId: agent_1\n");
    let no_store_or_one = |copy: &Path| {
        if copy.join(".lua/format").exists() {
            open(copy);
        }
    };
    let one = |copy: &Path| assert_eq!(open(copy).config().unwrap().agent(), Some("agent_1"));
    // The store is one commit point, the agent's id in its configuration another.
    let case = Case {
        atomic: false,
        prepared: &project.root(),
        command: &command(&project, "init"),
        old_or_new: &no_store_or_one,
        new: &one,
    };
    case.run();
}

#[test]
fn hash_object() {
    let project = Project::new();
    project.ok("init");
    project.write("a.txt", "a");
    let id = Id::of_blob(b"a");
    let absent_or_whole = |copy: &Path| {
        let found = open(copy).objects().find(&id).unwrap();
        assert!(found.is_none_or(|(_, bytes)| bytes == b"a"));
    };
    let before = state(&project.root());
    let whole = |copy: &Path| {
        assert_eq!(open(copy).objects().blob(&id).unwrap(), b"a");
        assert_eq!(state(copy), before, "an object alone moves no ref");
    };
    let case = Case {
        atomic: true,
        prepared: &project.root(),
        command: &command(&project, "hash-object -w a.txt"),
        old_or_new: &absent_or_whole,
        new: &whole,
    };
    case.run();
}

#[test]
fn gc() {
    let project = Project::new();
    project.ok("init");
    project.write("kept.txt", "kept");
    project.ok("push backup");
    project.write("kept.txt", "kept, too");
    project.ok("push backup");
    project.write("garbage.txt", "garbage");
    project.ok("hash-object -w garbage.txt");
    let sound = |copy: &Path| {
        crate::common::faults::assert_clean(copy);
        for text in ["kept", "kept, too"] {
            assert_eq!(
                open(copy).objects().blob(&Id::of_blob(text.as_bytes())).unwrap(),
                text.as_bytes()
            );
        }
    };
    let gone = |copy: &Path| {
        sound(copy);
        assert!(!open(copy).objects().contains(&Id::of_blob(b"garbage")).unwrap());
    };
    let case = Case {
        atomic: false,
        prepared: &project.root(),
        command: &command(&project, "gc --prune-older-than 0"),
        old_or_new: &sound,
        new: &gone,
    };
    case.run();
}

/// Everything but the purged objects is readable after each cut, and the same command finishes it.
#[test]
fn purge() {
    let project = crate::forget::purge::history();
    let secret = crate::forget::purge::SECRET;
    let sound = |copy: &Path| {
        let checked = lua_store::internals::history::project::Project::open(copy).unwrap();
        let survey = checked.store().refs().check();
        assert!(survey.problems.is_empty(), "{:?}", survey.problems);
        let packs = checked.store().objects().check(&Default::default()).unwrap();
        let problems =
            lua_store::internals::history::verify::Walk::all(&checked, &survey.refs, &packs.graph);
        let other: Vec<_> = problems.iter().filter(|problem| problem.subject != "purged").collect();
        assert!(other.is_empty(), "{other:?}");
        let store = open(copy);
        assert_eq!(store.refs().list("refs/source").unwrap().len(), 4);
        assert_eq!(store.refs().list("refs/versions").unwrap().len(), 3);
        assert_eq!(store.active().unwrap().unwrap().version, Some(2));
        assert_eq!(
            store.objects().blob(&Id::of_blob(b"of the snapshot only")).unwrap(),
            b"of the snapshot only"
        );
    };
    let gone = |copy: &Path| {
        sound(copy);
        crate::common::faults::assert_clean(copy);
        assert_eq!(crate::forget::purge::contains(copy, secret), [""; 0]);
    };
    let case = Case {
        atomic: false,
        prepared: &project.root(),
        command: &command(
            &project,
            "purge source/v2:src/lib/store.ts notes --reason leaked --force",
        ),
        old_or_new: &sound,
        new: &gone,
    };
    case.run();
}
