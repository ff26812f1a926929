//! A remote that lost or changed what was seen there: nothing of it is believed, and nothing is renumbered.

use super::served::{AGENT, aim, head, heads, serve};
use super::{copy, copy_of, published};
use crate::common::Project;
use crate::common::server::data;
use crate::common::shop::edit;
use crate::common::stub::Stub;
use serde_json::json;
use std::path::PathBuf;

fn backup(project: &Project) -> PathBuf {
    project.path("../backup")
}

/// State of the project that must not change: its refs, its files, and the remote-tracking refs.
fn held(project: &Project) -> (lua_store::internals::store::Heads, String, Vec<u8>) {
    let tracking = std::fs::read(project.path(".lua/refs/remotes/origin")).unwrap();
    (heads(&project.root()), project.read("src/index.ts"), tracking)
}

/// A remote of two versions that was put back from a backup of its first one; then somebody else pushed there.
fn put_back(others: bool) -> Project {
    let project = published();
    copy(&data(&project), &backup(&project));
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    for line in ["push", "version create -m second", "version promote 2"] {
        project.ok(line);
    }
    std::fs::remove_dir_all(data(&project)).unwrap();
    copy(&backup(&project), &data(&project));
    if others {
        let ben = copy_of_before(&project);
        edit(&ben, "src/index.ts", "You help customers shop.", "You help. Not.");
        for line in ["push", "version create -m other"] {
            ben.ok(line);
        }
    }
    project
}

/// Somebody who knows the remote only as it is now.
fn copy_of_before(project: &Project) -> Project {
    let ben = Project::new();
    let url = data(project).canonicalize().unwrap().join(AGENT);
    ben.ok(&format!("clone {} ben", url.display()));
    let other = Project::new();
    copy(&ben.path("ben"), &other.root());
    other
}

#[test]
fn a_remote_that_lost_versions_is_named_and_nothing_is_renumbered() {
    for (others, told) in [
        (false, ["source version v2 is missing", "version v2 is missing"]),
        (true, ["source version v2 is ", "version v2 is missing"]),
    ] {
        let project = put_back(others);
        let before = held(&project);
        for line in ["fetch", "pull", "pull --theirs", "push", "version promote 1", "sync --check"]
        {
            let outcome = project.run(line);
            assert_eq!(outcome.code, 1, "{outcome}");
            assert!(outcome.stderr.contains("the remote \"origin\" was rewritten: "), "{outcome}");
            assert!(told.iter().all(|told| outcome.stderr.contains(told)), "{outcome}");
            assert!(outcome.stderr.contains("nothing was changed here"), "{outcome}");
            assert_eq!(held(&project), before, "{line}");
        }
        let told: serde_json::Value =
            serde_json::from_str(&project.run("fetch --json").stdout).unwrap();
        assert_eq!(told["error"]["code"], "rewritten");
        let status = project.run("status");
        assert!(status.code == 0 && status.stderr.contains("was rewritten"), "{status}");
        assert_eq!(held(&project), before);
        project.ok("fsck");
    }
}

#[test]
fn a_ledger_that_lost_a_promotion_is_seen_too() {
    let project = published();
    copy(&data(&project), &backup(&project));
    project.ok("version promote 1 -m again");
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    for line in ["push", "version create -m second", "push"] {
        project.ok(line);
    }
    let ben = copy_of(&project, "ben@example.com");
    for line in ["version promote 2", "version promote 1"] {
        project.ok(line);
    }
    project.ok("fetch");
    // A head with all versions and an older ledger.
    let now = head(&data(&project));
    let older = json!({
        "agent": AGENT, "source": now.heads.source, "versions": now.heads.versions,
        "active": heads(&ben.root()).active,
    });
    let stub = Stub::with_refs(older.to_string());
    let before = held(&project);
    let url = |to: &str| {
        let config = project.read(".lua/config.toml");
        let line = config.lines().find(|line| line.starts_with("url")).unwrap().to_owned();
        project
            .write(".lua/config.toml", config.replace(&line, &format!("url = \"{to}/{AGENT}\"")));
    };
    url(&stub.url);
    for line in ["fetch", "pull", "push", "version promote 1"] {
        let outcome = project.run(line);
        assert_eq!(outcome.code, 1, "{outcome}");
        assert!(outcome.stderr.contains("its ledger has no record "), "{outcome}");
        assert_eq!(held(&project), before);
    }
    assert!(project.run("status").stderr.contains("was rewritten"));
}

#[test]
fn a_remote_that_was_begun_anew_on_purpose_is_taken_when_that_is_said() {
    let project = put_back(false);
    assert_eq!(project.run("push").code, 1);
    project.ok("remote set-url origin ../data/agent_shop");
    project.ok("push");
    assert_eq!(heads(&project.root()).source, head(&data(&project)).heads.source);
}

/// A reader without a project gets the same message, and reads the old content.
#[test]
fn a_reader_without_a_project_is_told_too() {
    let project = published();
    copy(&data(&project), &backup(&project));
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    for line in ["push", "version create -m second", "version promote 2"] {
        project.ok(line);
    }
    let ops = Project::new();
    let url = data(&project).canonicalize().unwrap().join(AGENT);
    let line = format!("version list --remote {}", url.display());
    let right = ops.ok(&line);
    std::fs::remove_dir_all(data(&project)).unwrap();
    copy(&backup(&project), &data(&project));
    let caches = ops.home().join(".cache/lua-store/remotes");
    let cache = walkdir::WalkDir::new(&caches).max_depth(2).into_iter().map(Result::unwrap);
    let cache = cache.map(|entry| entry.into_path()).find(|path| path.ends_with(".lua")).unwrap();
    let told = |outcome: &crate::common::Outcome| {
        let said =
            format!("warning: \"{}\" was rewritten: source version v2 is missing", url.display());
        assert!(outcome.stderr.contains(&said), "{outcome}");
        let key = cache.parent().unwrap().file_name().unwrap().to_string_lossy();
        assert!(
            outcome.stderr.contains(&format!("/remotes/{key}\"` to remove the earlier data")),
            "{outcome}"
        );
    };
    for reader in [line.clone(), format!("show v2 --remote {}", url.display()), line.clone()] {
        let outcome = ops.run(&reader);
        assert_eq!(outcome.code, 0, "{outcome}");
        told(&outcome);
        assert!(!outcome.stderr.contains("has it now"), "{outcome}");
    }
    assert_eq!(ops.run(&line).stdout, right, "what was there is still read");
    // Damage here does not make it forget.
    for file in ["packed-refs", "refs/remotes/origin"] {
        let sound = std::fs::read(cache.join(file)).unwrap();
        std::fs::write(cache.join(file), "x").unwrap();
        let outcome = ops.run(&line);
        assert!(outcome.stderr.contains("was rewritten"), "{outcome}");
        std::fs::write(cache.join(file), sound).unwrap();
        assert_eq!(ops.run(&line).stdout, right, "{file}");
    }
    std::fs::remove_dir_all(cache.parent().unwrap()).unwrap();
    assert!(!ops.ok(&line).contains("v2"));
}

/// A clone that was cut off remembers what it saw.
#[test]
fn a_clone_that_goes_on_holds_the_remote_to_what_it_had() {
    let project = published();
    copy(&data(&project), &backup(&project));
    // Neither the versions nor the ledger tell of it.
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push");
    let url = data(&project).canonicalize().unwrap().join(AGENT);
    let line = format!("clone {} ben", url.display());
    let begun = (1..).find_map(|step| {
        let ben = Project::new();
        let outcome =
            ben.lua_store(&line).env("LUA_STORE_FAULT", format!("kill={step}")).output().unwrap();
        assert!(!outcome.status.success(), "no clone was cut between what it saw and its refs");
        ben.path("ben/.lua/refs/remotes/origin").exists().then_some(ben)
    });
    let ben = begun.unwrap();
    std::fs::remove_dir_all(data(&project)).unwrap();
    copy(&backup(&project), &data(&project));
    let outcome = ben.run(&line);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(outcome.stderr.contains("was rewritten: source version v2 is missing"), "{outcome}");
    assert!(!ben.path("ben/src").exists());
}

/// A second remote that went on from v1 otherwise: a v2 of its own. Gives what ours is without origin's v2.
fn with_mirror() -> Project {
    let project = published();
    copy(&data(&project), &project.path("../mirror"));
    let ben = Project::new();
    let mirror = project.path("../mirror").canonicalize().unwrap().join(AGENT);
    ben.ok(&format!("clone {} ben", mirror.display()));
    edit(&ben, "ben/src/index.ts", "You help customers shop.", "You help customers shop. Now.");
    for line in ["push -m other", "version create -m other", "push"] {
        ben.ok(&format!("{line} -C ben"));
    }
    project.ok(&format!("remote add mirror {}", mirror.display()));
    edit(&project, "src/skills/orders.skill.ts", "Knows about orders", "Knows all about orders");
    project
}

/// Numbers that one remote has stay, whatever another one has.
#[test]
fn a_pull_renumbers_nothing_that_another_remote_has() {
    let project = with_mirror();
    for line in ["push", "version create -m second", "push"] {
        project.ok(line);
    }
    let before = held(&project);
    for line in
        ["pull mirror", "pull mirror --theirs", "push --remote mirror --overwrite-remote --force"]
    {
        let outcome = project.run(line);
        assert_eq!(outcome.code, 1, "{outcome}");
        let told = "Error: the remote \"origin\" has our source version v2 and version v2 under the same number";
        assert!(outcome.stderr.contains(told), "{outcome}");
        assert!(outcome.stderr.contains("`lua-store remote remove origin`"), "{outcome}");
        assert_eq!(held(&project), before, "{line}");
    }
    project.ok("remote remove origin");
    let pulled = project.json("pull mirror");
    assert_eq!(pulled["renumbered"]["versions"], json!([{"from": 2, "to": 3}]), "{pulled}");
    project.ok("fsck");
}

/// The same where nobody else has them.
#[test]
fn a_pull_renumbers_what_nobody_has() {
    let project = with_mirror();
    for line in ["push --offline", "version create -m second"] {
        project.ok(line);
    }
    let pulled = project.json("pull mirror");
    assert_eq!(pulled["renumbered"]["source"], json!([{"from": 2, "to": 3}]), "{pulled}");
    assert_eq!(pulled["renumbered"]["versions"], json!([{"from": 2, "to": 3}]), "{pulled}");
    // Origin has neither, and takes both.
    project.ok("push");
}

/// Says that it did what it was asked for, and has something else.
#[test]
fn a_done_that_is_none_is_no_success() {
    let mut project = published();
    let now = head(&data(&project));
    let server = serve(&mut project, "");
    project.ok("fetch");
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push --offline");
    let lying = |versions: &[lua_store::internals::object::Id], source: serde_json::Value| json!({"agent": AGENT, "source": source, "versions": versions, "active": now.heads.active});
    let other = lua_store::internals::object::Id::of_blob(b"something else");
    for done in [
        lying(&now.heads.versions, json!(now.heads.source)),
        lying(&now.heads.versions, json!([now.heads.source[0], other])),
    ] {
        let refs = lying(&now.heads.versions, json!(now.heads.source)).to_string();
        let stub = Stub::with_answers(move |request| match request {
            _ if request.starts_with("GET ") => (200, refs.clone()),
            _ if request.starts_with("PATCH ") => (204, String::new()),
            _ => (200, json!({ "done": done }).to_string()),
        });
        aim(&project, &stub.url);
        let outcome = project.run("push");
        assert_eq!(outcome.code, 1, "{outcome}");
        assert!(outcome.stderr.contains("reports success, but contains other data"), "{outcome}");
        assert!(!project.path(".lua/refs/remotes/origin").exists(), "nothing of it is remembered");
    }
    aim(&project, &server.url);
    project.ok("push");
    super::served::assert_same(&project);
}

/// The remote always has another state than expected, and answers so for ever.
#[test]
fn a_remote_that_always_moved_is_given_up() {
    let project = published();
    let now = head(&data(&project));
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push --offline");
    let answer = move |grown: usize| {
        let receipts = json!({"tokens": [], "list": vec![[0, grown, 0, 0, 0]; grown.min(1)]});
        json!({"agent": AGENT, "source": now.heads.source, "versions": now.heads.versions, "active": now.heads.active, "receipts": receipts})
    };
    let count = std::sync::atomic::AtomicUsize::new(0);
    let stub = Stub::with_answers(move |request| {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match request {
            _ if request.starts_with("GET ") => (200, answer(number).to_string()),
            _ if request.starts_with("PATCH ") => (204, String::new()),
            _ => (409, json!({"refused": {"moved": answer(number)}}).to_string()),
        }
    });
    aim(&project, &stub.url);
    let outcome = project.run("push");
    assert_eq!(outcome.code, 11, "{outcome}");
    assert!(outcome.stderr.contains("others pushed to "), "{outcome}");
    let asked = stub.requests().iter().filter(|line| line.ends_with("/transactions")).count();
    assert_eq!(asked, 32);
}
