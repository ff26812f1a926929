//! `gc`: what nothing reaches goes after a grace period, and nothing else does.

use crate::common::shop::{self, edit};
use crate::common::{Project, faults};
use lua_store::internals::error::Kind;
use lua_store::internals::object::{Id, Sink, Source};
use lua_store::internals::progress::Progress;
use lua_store::internals::store::{Store, refs};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// 2026-11-21T09:30:00Z, the clock of every project.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_253_400)
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn packs(project: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project.join(".lua/objects")).unwrap().map(Result::unwrap);
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some()).collect()
}

/// Gives every pack this time.
fn date(project: &Path, time: SystemTime) {
    for pack in packs(project) {
        std::fs::File::options().write(true).open(pack).unwrap().set_modified(time).unwrap();
    }
}

/// Stores a blob that nothing names.
fn garbage(project: &Project, text: &str) -> Id {
    project.write("garbage", text);
    project.ok("hash-object -w garbage");
    std::fs::remove_file(project.path("garbage")).unwrap();
    Id::of_blob(text.as_bytes())
}

fn has(project: &Path, id: &Id) -> bool {
    Store::open(&project.join(".lua")).unwrap().objects().contains(id).unwrap()
}

/// A history with everything that is a root: versions, a promotion, a deletion, a snapshot.
fn history() -> Project {
    let project = shop::project();
    project.ok("push");
    project.ok("version create");
    project.ok("version promote 1");
    edit(&project, "src/skills/orders.skill.ts", "Knows about orders", "Knows every order");
    project.ok("push");
    project.ok("version create");
    project.ok("version delete 2 --force");
    project.write("unpushed.txt", "of the snapshot only");
    project.ok("source rollback --version 1 --force");
    project
}

/// Everything that the names of a history lead to.
fn content(project: &Project) -> Vec<String> {
    let names = ["source/v1", "source/v2", "source/v3", "v1", "v2"];
    let mut all: Vec<String> =
        names.iter().map(|name| project.ok(&format!("ls-tree -r {name}"))).collect();
    all.push(project.ok("log --ledger"));
    all
}

#[test]
fn what_nothing_reaches_goes_when_it_is_old_and_nothing_else_does() {
    let mut project = history();
    let id = garbage(&project, "nothing names this");
    let before = content(&project);
    date(&project.root(), now() - DAY);
    let young = project.json("gc");
    assert_eq!(young["removed"]["objects"], 0);
    assert_eq!(young["young"], serde_json::json!({"objects": 1, "bytes": 18}));
    assert!(has(&project.root(), &id));

    project.set("LUA_STORE_NOW", "2026-12-06T09:30:00Z");
    date(&project.root(), now() - DAY);
    insta::assert_snapshot!(project.run("gc --dry-run"), @"
    $ lua-store gc --dry-run
    Would remove 1 unreachable object(s), 18 bytes.
    ");
    assert!(has(&project.root(), &id), "a dry run removes nothing");
    let done = project.json("gc");
    assert_eq!(done["removed"], serde_json::json!({"objects": 1, "bytes": 18}));
    assert!(!has(&project.root(), &id));
    assert_eq!(packs(&project.root()).len(), 1);
    assert_eq!(content(&project), before);
    faults::assert_clean(&project.root());
    let snapshot = Id::of_blob(b"of the snapshot only");
    assert!(has(&project.root(), &snapshot), "a snapshot is a root");
    assert_eq!(project.json("gc")["removed"]["objects"], 0);
}

/// A compaction gives what is old a new pack; the age is remembered.
#[test]
fn a_compaction_in_between_makes_nothing_young_again() {
    let mut project = history();
    let id = garbage(&project, "nothing names this");
    date(&project.root(), now());
    assert_eq!(project.json("gc")["young"]["objects"], 1);
    project.ok("compact");
    date(&project.root(), now() + 14 * DAY);
    project.set("LUA_STORE_NOW", "2026-12-05T09:29:59Z");
    assert_eq!(project.json("gc")["young"]["objects"], 1, "not yet");
    date(&project.root(), now() + 14 * DAY);
    project.set("LUA_STORE_NOW", "2026-12-05T09:30:00Z");
    assert_eq!(project.json("gc")["removed"]["objects"], 1);
    assert!(!has(&project.root(), &id));
}

#[test]
fn the_span_is_the_users() {
    let project = history();
    garbage(&project, "nothing names this");
    date(&project.root(), now() - 3 * DAY);
    assert_eq!(project.json("gc --dry-run --prune-older-than 4d")["removed"]["objects"], 0);
    assert_eq!(project.json("gc --dry-run --prune-older-than 72h")["removed"]["objects"], 1);
    let wrong = project.run("gc --prune-older-than soon");
    assert_eq!(wrong.code, 2, "{wrong}");
    assert!(wrong.stderr.contains("use `14d`, `12h`, `2w` or `0`"), "{wrong}");
}

/// Objects below something young stay: who finds a tree relies on all that is below.
#[test]
fn an_old_object_below_a_young_tree_stays() {
    let project = history();
    let id = garbage(&project, "old, and below a young tree");
    date(&project.root(), now() - 20 * DAY);
    let store = Store::open(&project.path(".lua")).unwrap();
    let before = packs(&project.root());
    let mut batch = store.batch();
    let entry = lua_store::internals::object::TreeEntry::file("f", id);
    let tree = lua_store::internals::object::Tree::new(vec![entry]).unwrap();
    let tree = batch.put_tree(&tree, None).unwrap();
    batch.commit().unwrap();
    for pack in packs(&project.root()).iter().filter(|pack| !before.contains(pack)) {
        let file = std::fs::File::options().write(true).open(pack).unwrap();
        file.set_modified(now()).unwrap();
    }
    let done = project.json("gc");
    assert_eq!((&done["removed"]["objects"], &done["young"]["objects"]), (&0.into(), &2.into()));
    assert!(has(&project.root(), &id) && has(&project.root(), &tree));
}

#[test]
fn a_damaged_store_loses_nothing() {
    let project = history();
    garbage(&project, "nothing names this");
    project.ok("compact");
    let [pack] = &packs(&project.root())[..] else { panic!("one pack") };
    let mut bytes = std::fs::read(pack).unwrap();
    bytes[40] ^= 1;
    std::fs::remove_file(pack).unwrap();
    std::fs::write(pack, &bytes).unwrap();
    let refused = project.run("gc --prune-older-than 0");
    assert_eq!(refused.code, 1, "{refused}");
    assert_eq!(std::fs::read(pack).unwrap(), bytes);
}

/// A writer that found an object stored, before a collection took it away, must not make a ref that leads to nothing.
#[test]
fn a_writer_that_relied_on_what_went_is_told() {
    let project = history();
    let id = garbage(&project, "found stored, then gone");
    let tree = {
        let store = Store::open(&project.path(".lua")).unwrap();
        let entry = lua_store::internals::object::TreeEntry::file("f", id);
        let mut batch = store.batch();
        let tree = lua_store::internals::object::Tree::new(vec![entry]).unwrap();
        let tree = batch.put_tree(&tree, None).unwrap();
        batch.commit().unwrap();
        tree
    };
    let writer = Store::open(&project.path(".lua")).unwrap();
    assert!(writer.objects().contains(&tree).unwrap());
    date(&project.root(), now() - 20 * DAY);
    assert_eq!(project.json("gc")["removed"]["objects"], 2);
    let before = writer.refs().list(refs::SNAPSHOTS).unwrap();
    let error = writer.append_ref(&writer.lock().unwrap(), refs::SNAPSHOTS, tree).unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable, "{error}");
    assert_eq!(writer.refs().list(refs::SNAPSHOTS).unwrap(), before);
    // A whole tree goes through.
    let whole = writer.refs().list(refs::SOURCE).unwrap()[0].1;
    writer.append_ref(&writer.lock().unwrap(), refs::SNAPSHOTS, whole).unwrap();
}

/// A ref that comes to life while a collection runs keeps what it leads to.
#[test]
fn what_is_reached_meanwhile_stays() {
    let project = history();
    let store = Store::open(&project.path(".lua")).unwrap();
    let entry = lua_store::internals::object::TreeEntry::file("f", garbage(&project, "raced"));
    let mut batch = store.batch();
    let tree = lua_store::internals::object::Tree::new(vec![entry]).unwrap();
    let tree = batch.put_tree(&tree, None).unwrap();
    batch.commit().unwrap();
    date(&project.root(), now() - 20 * DAY);
    let found = store.garbage(now(), DAY).unwrap();
    store.append_ref(&store.lock().unwrap(), refs::SNAPSHOTS, tree).unwrap();
    let error = store.remove_garbage(found, &Progress::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict, "{error}");
    assert_eq!(store.objects().blob(&Id::of_blob(b"raced")).unwrap(), b"raced");
}

#[test]
fn pushes_go_on_beside_collections() {
    let project = shop::project();
    project.ok("push");
    let done = AtomicBool::new(false);
    let pushed = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // One that lost a race removes nothing.
                let outcome = project.run("gc --prune-older-than 0");
                assert!([0, 1, 11].contains(&outcome.code), "{outcome}");
            }
        });
        let pushed = (0..6).map(|round| {
            project.write("what.txt", format!("in round {round}"));
            loop {
                let outcome = project.run("push backup");
                if outcome.code == 0 {
                    return project.list("source list --limit 1")[0]["version"].as_u64().unwrap();
                }
                assert!(outcome.stderr.contains("run the command again"), "{outcome}");
            }
        });
        let pushed: Vec<u64> = pushed.collect();
        done.store(true, Ordering::Relaxed);
        pushed
    });
    for (round, number) in pushed.iter().enumerate() {
        let text = project.ok(&format!("cat-file source/v{number}:source/what.txt"));
        assert_eq!(text, format!("in round {round}"));
    }
    faults::assert_clean(&project.root());
}
