//! A purge in a project with a remote: the remote repeats it, and every clone that fetches follows.

use super::purge::{SECRET, contains, leaky};
use crate::common::server::{Server, data, token};
use crate::common::shop::{self, edit};
use crate::common::{Project, faults};
use crate::remote::{copy, copy_of, shared};
use lua_store::internals::client::{FolderRemote, Remote, push};
use lua_store::internals::object::{Id, Source};
use lua_store::internals::pack::PackId;
use lua_store::internals::progress::Progress;
use lua_store::internals::remote_store::RemoteStore;
use lua_store::internals::store::{Heads, Mapped, Odb, Store};
use std::path::Path;

const AGENT: &str = "agent_shop";

const PURGE: &str = "purge src/lib/store.ts notes --reason \"the code leaked\" --force";

/// Pushes clean, then with the secret, twice; v2 is active.
fn push_history(project: &Project) {
    project.ok("push");
    project.ok("version create -m clean");
    project.write("src/lib/store.ts", leaky());
    project.write("notes/plan.txt", format!("the code: {SECRET}\n"));
    project.ok("push");
    project.ok("version create -m leaky");
    project.ok("version promote 2");
    edit(project, "src/skills/orders.skill.ts", "Knows about orders", "Knows every order");
    project.ok("push");
}

fn published() -> Project {
    let project = shared();
    push_history(&project);
    project
}

fn heads(root: &Path) -> Heads {
    Store::open(&root.join(".lua")).unwrap().heads().unwrap()
}

/// Checks that a remote has exactly what the project has, whole, and none of the secret.
fn assert_forgotten(project: &Project, data: &Path) {
    assert_eq!(contains(&project.root(), SECRET), [""; 0]);
    faults::assert_clean(&project.root());
    project.ok("log --verify");
    let store = RemoteStore::open(data).unwrap();
    let agent = AGENT.parse().unwrap();
    assert_eq!(store.check(&agent).unwrap(), Vec::<String>::new());
    assert_eq!(store.head(&agent).unwrap().unwrap().heads, heads(&project.root()));
    assert_eq!(in_remote(data), [""; 0]);
}

/// Files of a remote that have the secret, as they are or in an object of a pack.
fn in_remote(data: &Path) -> Vec<String> {
    let has = |bytes: &[u8]| bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
    let (mut found, mut packs) = (Vec::new(), Vec::new());
    for entry in walkdir::WalkDir::new(data).into_iter().map(Result::unwrap) {
        if !entry.file_type().is_file() {
            continue;
        }
        let bytes = std::fs::read(entry.path()).unwrap();
        found.extend(has(&bytes).then(|| entry.path().display().to_string()));
        packs.extend(Mapped::open(entry.path(), PackId::of(&bytes)).ok());
    }
    let objects = Odb::over(packs);
    for id in objects.ids().unwrap() {
        // An object without its base cannot be read by anybody.
        if let Ok(Some((_, bytes))) = objects.find(&id) {
            found.extend(has(&bytes).then(|| format!("object {id}")));
        }
    }
    found
}

#[test]
fn a_folder_repeats_it_and_a_clone_follows() {
    let project = published();
    let ben = copy_of(&project, "ben@example.com");
    // Work of his that nobody has: the same secret once more, and a file of his own.
    ben.write("copied.txt", format!("the code: {SECRET}\n"));
    ben.write("own.txt", "of ben");
    ben.ok("push --offline");
    assert!(!in_remote(&data(&project)).is_empty());
    let done = project.run(PURGE);
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stdout.contains("✓ Purged 3 object(s)"), "{done}");
    assert_forgotten(&project, &data(&project));
    let ledger = project.list("log --ledger");
    assert_eq!(
        (&ledger[0]["event"], &ledger[0]["reason"]),
        (&"purge".into(), &"the code leaked".into())
    );

    // A command that does not fetch says what to do.
    let refused = ben.run("push");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(
        refused.stderr.contains("run `lua-store fetch origin` to do the same here"),
        "{refused}"
    );
    let told = ben.run("fetch");
    assert_eq!(told.code, 0, "{told}");
    assert!(
        told.stderr.contains("origin purged 3 object(s), and now this store too: by ana@example.com at 2026-11-21T09:30:00.000Z: the code leaked"),
        "{told}"
    );
    assert_eq!(contains(&ben.root(), SECRET), [""; 0]);
    faults::assert_clean(&ben.root());
    assert_eq!(ben.ok("cat-file source/v4:own.txt"), "of ben");
    assert!(ben.ok("cat-file source/v4:copied.txt").starts_with("lua-store tombstone 1\n"));
    std::fs::remove_file(ben.path("copied.txt")).unwrap();
    std::fs::remove_dir_all(ben.path("notes")).unwrap();
    ben.write("src/lib/store.ts", "export const find = async (id: string) => ({ id });\n");
    ben.ok("pull");
    ben.ok("push");
    assert_forgotten(&ben, &data(&project));
    assert_eq!(heads(&ben.root()).source.len(), 5);
}

/// Checks that `fsck` and `log --verify` find nothing wrong.
fn assert_verified(project: &Project) {
    faults::assert_clean(&project.root());
    project.ok("log --verify");
}

/// A purge names all versions of the remote, also those that a clone has not or has others of.
#[test]
fn it_is_verified_without_the_versions_that_only_the_remote_has() {
    let project = published();
    let [ben, eve, joe] = ["ben", "eve", "joe"].map(|name| copy_of(&project, name));
    project.write("notes/more.txt", format!("again: {SECRET}\n"));
    project.ok("push");
    // Each has no v4, or another one: before the purge, which is then of the remote, or after it.
    ben.ok("pull");
    ben.ok("undo");
    joe.write("own.txt", "of joe");
    joe.ok("push --offline");
    for clone in [&ben, &eve, &joe] {
        clone.ok(PURGE);
        clone.ok("version promote 1");
        let has = heads(&clone.root());
        assert_eq!(has.source.len(), if clone.path("own.txt").exists() { 4 } else { 3 });
        let purges = |entry: &serde_json::Value| entry["event"] == "purge";
        assert_eq!(
            clone
                .list("log --ledger")
                .as_array()
                .unwrap()
                .iter()
                .filter(|entry| purges(entry))
                .count(),
            1
        );
        assert_verified(clone);
    }
    assert_eq!(joe.ok("cat-file source/v4:own.txt"), "of joe");
    std::fs::remove_dir_all(eve.path("notes")).unwrap();
    eve.write("src/lib/store.ts", "export const find = async (id: string) => ({ id });\n");
    eve.ok("pull");
    assert_verified(&eve);
}

/// A version of the remote counts only if the purge created it: any other leaves the purge wrong.
#[test]
fn a_purge_of_a_version_that_nobody_has_is_reported() {
    let project = published();
    let ben = copy_of(&project, "ben@example.com");
    project.write("notes/more.txt", format!("again: {SECRET}\n"));
    project.ok("push");
    project.ok(PURGE);
    ben.ok(PURGE);
    assert_verified(&ben);
    let store = Store::open(&ben.path(".lua")).unwrap();
    let mut tracking = store.remote("origin").unwrap().unwrap();
    let there = tracking.heads.source.pop().unwrap();
    for (source, reason) in [
        (None, "names source version v4, which does not exist"),
        (Some(tracking.heads.versions[0]), "names source version v4, which does not exist"),
    ] {
        let mut tracking = tracking.clone();
        tracking.heads.source.extend(source);
        store.set_remote(&store.lock().unwrap(), "origin", &tracking).unwrap();
        for line in ["fsck", "log --verify"] {
            let found = ben.run(line);
            assert_ne!(found.code, 0, "{found}");
            assert!(format!("{found}").contains(reason), "{found}");
        }
    }
    tracking.heads.source.push(there);
    store.set_remote(&store.lock().unwrap(), "origin", &tracking).unwrap();
    assert_verified(&ben);
}

/// The one who purged goes on: push, create, promote, and a new clone.
#[test]
fn everybody_goes_on_after_it() {
    let project = published();
    project.ok(PURGE);
    let again = project.run(PURGE);
    assert_eq!((again.code, again.stdout.as_str()), (0, "Already purged. No change.\n"), "{again}");
    let refused = project.run("push");
    assert_eq!(refused.code, 1, "{refused}");
    project.write("src/lib/store.ts", "export const find = async (id: string) => ({ id });\n");
    std::fs::remove_dir_all(project.path("notes")).unwrap();
    for line in ["push", "version create -m after", "version promote 3", "status", "sync --check"] {
        project.ok(line);
    }
    assert_forgotten(&project, &data(&project));
    let url = data(&project).join(AGENT);
    let other = Project::new();
    other.ok(&format!("clone \"{}\" .", url.display()));
    assert_forgotten(&other, &data(&project));
    assert_eq!(
        other.ok("cat-file v1:src/lib/store.ts").lines().next(),
        Some("lua-store tombstone 1")
    );
    // The clone knows what must not come back.
    other.write("moved.txt", format!("the code: {SECRET}\n"));
    assert_eq!(other.run("push").code, 1);
}

#[test]
fn a_server_repeats_it_for_an_admin_only() {
    let mut project = shop::project();
    let server = Server::start(&project, "");
    project.ok(&format!("remote add origin {}/{AGENT}", server.url));
    let [promote, admin] = ["promote", "admin"]
        .map(|scope| token(&project, &format!("--agent {AGENT} --scope {scope}")));
    project.set("LUA_STORE_TOKEN", &promote);
    push_history(&project);
    let mut ben = Project::new();
    copy(&project.root(), &ben.root());
    ben.set("LUA_STORE_TOKEN", &promote);
    let before = heads(&project.root());
    let refused = project.run(PURGE);
    assert_eq!(refused.code, 10, "{refused}");
    assert_eq!(heads(&project.root()), before);
    assert!(!in_remote(&data(&project)).is_empty() && contains(&project.root(), SECRET).len() > 1);

    project.set("LUA_STORE_TOKEN", &admin);
    let done = project.json(PURGE);
    assert_eq!((&done["changed"], &done["source"]), (&true.into(), &serde_json::json!([1, 2, 3])));
    assert_forgotten(&project, &data(&project));
    // A pull follows as a fetch does.
    let told = ben.run("pull");
    assert_eq!(told.code, 0, "{told}");
    assert!(told.stderr.contains("origin purged 3 object(s)"), "{told}");
    assert_forgotten(&ben, &data(&project));
    ben.write("src/lib/store.ts", "export const find = async (id: string) => ({ id });\n");
    std::fs::remove_dir_all(ben.path("notes")).unwrap();
    ben.ok("push");
    project.ok("serve fsck --data ../data");
    let log = server.log();
    assert!(
        log.contains("\"asked\":\"purge 3 object(s)\"") && log.contains("\"did\":\"purge\""),
        "{log}"
    );
}

/// Cut at any disk step, here or in the folder of the remote, the same command finishes it.
#[test]
fn cut_off_anywhere_it_is_finished_by_the_same_command() {
    let prepared = crate::remote::shop_with_remote_store();
    prepared.write("notes/plan.txt", format!("the code: {SECRET}\n"));
    prepared.ok("push");
    prepared.ok("version create -m leaky");
    let run = |fault: Option<usize>| {
        let copied = crate::remote::copy_of_folder(&prepared);
        let mut command = copied.lua_store("purge notes --reason leaked --force");
        let trace = copied.path("../trace");
        command.env(
            "LUA_STORE_FAULT",
            match fault {
                Some(step) => format!("kill={step}"),
                None => format!("trace={}", trace.display()),
            },
        );
        let output = command.output().unwrap();
        (copied, output, trace)
    };
    let (whole, output, trace) = run(None);
    assert!(output.status.success(), "{output:?}");
    assert_forgotten(&whole, &whole.path("../depot"));
    let steps = std::fs::read_to_string(trace).unwrap().lines().count();
    for step in (1..=steps).step_by(3) {
        let (copied, output, _) = run(Some(step));
        assert_eq!(output.status.code(), None, "step {step}: {output:?}");
        let again = copied.run("purge notes --reason leaked --force");
        assert_eq!(again.code, 0, "step {step}: {again}");
        copied.ok("pull");
        assert_forgotten(&copied, &copied.path("../depot"));
    }
}

/// The other side of a merge is in no ref of ours, and the files have both sides.
#[test]
fn an_open_merge_is_closed_first() {
    let (ann, ben) = crate::merging::sharing();
    edit(&ben, "src/index.ts", "You are Ava.", "You are Ben.");
    ben.ok("push");
    edit(&ann, "src/index.ts", "You are Ava.", "You are Ann.");
    assert_eq!(ann.run("pull --markers").code, 1);
    let before = heads(&ann.root());
    let refused = ann.run("purge src/index.ts --reason leaked --force");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("cannot purge while a merge is open"), "{refused}");
    // Nor does a clone with an open merge follow, before it is closed.
    ben.ok("purge src/index.ts --reason leaked --force");
    let refused = ann.run("fetch");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("cannot purge while a merge is open"), "{refused}");
    assert_eq!(heads(&ann.root()), before);
    ann.ok("pull --abort");
    ann.ok("fetch");
    assert_ne!(heads(&ann.root()), before);
}

/// A remote that lost versions and purged something else besides is not believed: the purge does not explain what differs.
#[test]
fn a_purge_explains_nothing_but_itself() {
    let project = shared();
    project.write("notes/plan.txt", format!("the code: {SECRET}\n"));
    project.ok("push");
    copy(&data(&project), &project.path("../backup"));
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push");
    // The remote is put back, and somebody who knows it only so pushes another v2 and purges.
    std::fs::remove_dir_all(data(&project)).unwrap();
    copy(&project.path("../backup"), &data(&project));
    let other = Project::new();
    other.ok(&format!("clone \"{}\" .", data(&project).join(AGENT).display()));
    std::fs::remove_dir_all(other.path("notes")).unwrap();
    other.ok("push");
    other.ok("purge notes --reason leaked --force");
    let before = (heads(&project.root()), project.read(".lua/refs/remotes/origin"));
    for line in ["fetch", "pull", "purge notes --reason leaked --force"] {
        let refused = project.run(line);
        assert_eq!(refused.code, 1, "{refused}");
        assert!(refused.stderr.contains("the remote \"origin\" was rewritten: "), "{refused}");
        assert_eq!((heads(&project.root()), project.read(".lua/refs/remotes/origin")), before);
    }
    assert!(!project.path(".lua/purged").exists());
    faults::assert_clean(&project.root());
}

/// A store that only reads a remote keeps nothing of what the remote purged.
#[test]
fn the_cache_of_a_remote_that_is_no_projects_follows_it() {
    let project = published();
    let ops = Project::new();
    let url = data(&project).canonicalize().unwrap().join(AGENT);
    let line = format!("cat-file v2:notes/plan.txt --remote \"{}\"", url.display());
    assert!(ops.ok(&line).contains(SECRET));
    let cache = ops.home().join(".cache/lua-store/remotes");
    assert!(!in_remote(&cache).is_empty());
    project.ok(PURGE);
    let now = ops.run(&line);
    assert_eq!(now.code, 0, "{now}");
    assert!(now.stdout.starts_with("lua-store tombstone 1\n"), "{now}");
    assert_eq!(in_remote(&cache), [""; 0]);
}

/// The remote purges an object that it does not have yet: somebody who was asked before may be sending it.
#[test]
fn a_push_that_began_before_it_is_refused_and_says_what_to_do() {
    let project = shared();
    push_history(&project);
    let ben = copy_of(&project, "ben@example.com");
    for (who, path) in [(&project, "own.txt"), (&ben, "copied.txt")] {
        who.write(path, "another code: 99-99-99\n");
        who.ok("push backup --offline");
    }
    let now = std::time::SystemTime::now();
    let remote = FolderRemote::new(&data(&project), &AGENT.parse().unwrap(), now);
    let head = remote.head(None).unwrap();
    project.ok("purge own.txt --reason leaked --force");
    let store = Store::open(&ben.path(".lua")).unwrap();
    let sent = push::push(&store, "origin", &remote, head, &Progress::default());
    let refused = sent.err().unwrap();
    let object = Id::of_blob(b"another code: 99-99-99\n");
    let words = format!("contains object {object}, which was purged: fetch first");
    assert!(refused.message().contains(&words), "{refused}");
    let hints = format!("{refused:?}");
    assert!(hints.contains("FollowPurge"), "{hints}");
    assert_eq!(remote.head(None).unwrap().heads.source.len(), 3);

    let told = ben.run("fetch");
    assert!(told.stderr.contains("origin purged 1 object(s)"), "{told}");
    std::fs::remove_file(ben.path("copied.txt")).unwrap();
    ben.ok("pull");
    ben.ok("push backup");
    assert!(ben.ok("cat-file source/v4:source/copied.txt").starts_with("lua-store tombstone 1\n"));
    assert_eq!(
        RemoteStore::open(&data(&project)).unwrap().check(&AGENT.parse().unwrap()).unwrap(),
        [""; 0]
    );
}
