//! A client cut at every disk step of a command that goes to a remote: a folder, so that the steps there
//! are cut as well.

use super::Case;
use crate::common::shop::edit;
use crate::common::{Project, faults};
use crate::remote::{copy_of_folder, shop_with_remote_store};
use lua_store::internals::protocol::{AgentId, Head};
use lua_store::internals::remote_store::RemoteStore;
use lua_store::internals::store::{Depth, Heads, Store};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

fn agent() -> AgentId {
    "agent_shop".parse().unwrap()
}

fn here(copy: &Path) -> Heads {
    faults::assert_clean(&copy.join("project"));
    Store::open(&copy.join("project/.lua")).unwrap().heads().unwrap()
}

fn there(copy: &Path) -> Head {
    let store = RemoteStore::open(&copy.join("depot")).unwrap();
    assert_eq!(store.check(&agent()).unwrap(), Vec::<String>::new());
    store.head(&agent()).unwrap().unwrap_or_else(|| Head::empty(agent()))
}

/// Cuts a command in the project; the remote store lies beside it. Whenever it is run it is later than before.
fn cut(project: &Project, line: &'static str, sources: usize, active: u64) {
    cut_beside(project, line, sources, sources, active);
}

/// The same where others pushed something that is not here.
fn cut_beside(
    project: &Project,
    line: &'static str,
    sources: usize,
    sources_there: usize,
    active: u64,
) {
    let folder = project.root().parent().unwrap().to_owned();
    let later = AtomicU32::new(0);
    let command = |copy: &Path| -> Command {
        let mut command = project.lua_store(line);
        let now = later.fetch_add(1, Ordering::Relaxed);
        let now = format!("2026-11-22T{:02}:{:02}:{:02}Z", now / 3600, now / 60 % 60, now % 60);
        command.current_dir(copy.join("project")).env("LUA_STORE_NOW", now);
        command
    };
    let before = (here(&folder), there(&folder));
    let old_or_new = |copy: &Path| {
        let (here, there) = (here(copy), there(copy));
        assert!(
            here.source.starts_with(&before.0.source)
                && there.heads.source.starts_with(&before.1.heads.source)
        );
        let old = [before.0.active, before.1.heads.active].map(|old| old.unwrap().version);
        let is_known = |now: Option<u64>| old.contains(&now) || now == Some(active);
        assert!(
            is_known(here.active.unwrap().version) && is_known(there.heads.active.unwrap().version)
        );
    };
    let new = |copy: &Path| {
        let (here, there) = (here(copy), there(copy));
        assert_eq!((&here.versions, here.active), (&there.heads.versions, there.heads.active));
        assert!(there.heads.source.starts_with(&here.source));
        assert_eq!((here.source.len(), there.heads.source.len()), (sources, sources_there));
        assert_eq!(here.active.unwrap().version, Some(active));
    };
    Case {
        atomic: false,
        prepared: &folder,
        command: &command,
        old_or_new: &old_or_new,
        new: &new,
    }
    .run();
}

#[test]
fn a_push() {
    let project = shop_with_remote_store();
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    cut(&project, "push", 2, 1);
}

#[test]
fn a_promotion() {
    let project = shop_with_remote_store();
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push --offline");
    project.ok("version create -m second");
    cut(&project, "version promote 2", 2, 2);
}

#[test]
fn an_undeletion() {
    let project = shop_with_remote_store();
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    for line in
        ["push", "version create -m second", "version promote 2", "version delete 1 --force"]
    {
        project.ok(line);
    }
    cut(&project, "version undelete 1", 2, 2);
    assert_eq!(project.list("version list")[1]["status"], "deleted", "a copy was cut");
}

/// Ben promoted a v2 that Ana does not know.
fn two_people() -> (Project, Project) {
    let ana = shop_with_remote_store();
    let ben = copy_of_folder(&ana);
    edit(&ben, "src/index.ts", "You help customers shop.", "You help.");
    ben.ok("push");
    ben.ok("version create -m second");
    ben.ok("version promote 2");
    (ana, ben)
}

#[test]
fn a_rollback_by_a_stale_clone() {
    let (ana, ben) = two_people();
    // Her old pointer names v1 too: what is new is the ledger.
    cut_beside(&with_remote_store_of(&ana, &ben), "version promote 1", 1, 2, 1);
}

#[test]
fn a_pull_of_the_published_files() {
    let (ana, ben) = two_people();
    let text = ben.read("src/index.ts");
    let ana = with_remote_store_of(&ana, &ben);
    cut_sync(&ana, &text);
}

#[test]
fn a_fetch_of_what_others_pushed() {
    let (ana, ben) = two_people();
    cut_fetch(&with_remote_store_of(&ana, &ben));
}

/// Objects that were lost after the remote-tracking refs were durable.
#[test]
fn a_fetch_that_brings_lost_objects_again() {
    let (ana, ben) = two_people();
    let ana = with_remote_store_of(&ana, &ben);
    ana.ok("fetch");
    let before = packs(&ana.path(".lua"));
    ana.ok("compact");
    let after = packs(&ana.path(".lua"));
    let new: Vec<_> = after.iter().filter(|path| !before.contains(path)).collect();
    std::fs::remove_file(new[0]).unwrap();
    assert_eq!(ana.run("fsck").code, 1);
    // The note of the damage would make every command sync.
    std::fs::remove_file(ana.path(".lua/cache/damaged")).unwrap();
    cut_fetch(&ana);
}

fn packs(store: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(store.join("objects")).unwrap();
    files.map(|entry| entry.unwrap().path()).collect()
}

fn cut_fetch(project: &Project) {
    let folder = project.root().parent().unwrap().to_owned();
    let command = |copy: &Path| -> Command {
        let mut command = project.lua_store("fetch");
        command.current_dir(copy.join("project"));
        command
    };
    let old = there(&folder);
    let old_or_new = |copy: &Path| assert_eq!(there(copy), old, "nothing is written there");
    let new = |copy: &Path| {
        here(copy);
        let store = Store::open(&copy.join("project/.lua")).unwrap();
        assert_eq!(store.remote("origin").unwrap().unwrap().heads, old.heads);
        let broken = store.broken_trees(&old.heads.roots(), Depth::Read).unwrap();
        assert_eq!(broken, [], "an object is missing");
    };
    Case {
        atomic: false,
        prepared: &folder,
        command: &command,
        old_or_new: &old_or_new,
        new: &new,
    }
    .run();
}

/// Ana's project beside the remote store that ben pushed to.
fn with_remote_store_of(ana: &Project, ben: &Project) -> Project {
    let both = Project::new();
    crate::remote::copy(&ana.root(), &both.root());
    crate::remote::copy(&ben.path("../depot"), &both.path("../depot"));
    both
}

fn cut_sync(project: &Project, text: &str) {
    let folder = project.root().parent().unwrap().to_owned();
    let command = |copy: &Path| -> Command {
        let mut command = project.lua_store("sync --pull --force");
        command.current_dir(copy.join("project"));
        command
    };
    let old = (project.read("src/index.ts"), there(&folder));
    let file = |copy: &Path| std::fs::read_to_string(copy.join("project/src/index.ts")).unwrap();
    let old_or_new = |copy: &Path| {
        here(copy);
        assert!([old.0.as_str(), text].contains(&file(copy).as_str()));
        assert_eq!(there(copy), old.1, "nothing is written there");
    };
    let new = |copy: &Path| {
        old_or_new(copy);
        assert_eq!(file(copy), text);
        let mut check = project.lua_store("sync --check");
        let output = check.current_dir(copy.join("project")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    Case {
        atomic: false,
        prepared: &folder,
        command: &command,
        old_or_new: &old_or_new,
        new: &new,
    }
    .run();
}
