//! A promotion by somebody whose clone knows less than the remote, or something else: the remote decides.

use super::{copy_of, published};
use crate::common::Project;
use crate::common::proxy::{Fault, Proxy};
use crate::common::server::{Server, data};
use crate::common::shop::edit;
use crate::remote::served::{self, AGENT, copy, head, heads};
use insta::assert_snapshot;
use serde_json::json;

/// Ana's clone knows of v1, which is live there; then Ben pushed, made v2 and promoted it. The remote is a folder.
fn stale() -> (Project, Project) {
    let ana = published();
    let mut ben = copy_of(&ana, "ben@example.com");
    ben.set("LUA_STORE_NOW", "2026-11-21T09:40:00Z");
    edit(&ben, "src/index.ts", "You help customers shop.", "You help. Not.");
    for line in
        ["push -m bad", "version create -m second", "version promote 2 -m \"a new persona\""]
    {
        ben.ok(line);
    }
    let mut ana = ana;
    ana.set("LUA_STORE_NOW", "2026-11-21T09:50:00Z");
    (ana, ben)
}

/// The same remote, reached over HTTP.
fn over_http(ana: &mut Project, ben: &Project) -> Server {
    let server = served::serve(ana, "");
    served::aim(ben, &server.url);
    server
}

/// Live version at the remote.
fn live(of: &Project) -> Option<u64> {
    head(&data(of)).heads.active.unwrap().version
}

#[test]
fn a_stale_clone_takes_back_what_it_has_never_seen() {
    let (ana, ben) = stale();
    let source = ana.read("src/index.ts");
    assert_snapshot!(ana.run("version promote 1 -m \"v2 is rude\""), @r#"
    $ lua-store version promote 1 -m "v2 is rude"
    ✓ Promoted v1. Previous active: v2.
    --- stderr
    Downloaded from origin:
      promoted v2  2026-11-21 09:40  ben@example.com  a new persona
    This takes back v2, promoted by ben@example.com, 2026-11-21 09:40: a new persona
    hint: run `lua-store version promote v2` to take it back
    "#);
    assert_eq!(live(&ana), Some(1));
    let there = head(&data(&ana));
    let here = heads(&ana.root());
    assert_eq!((here.active, &here.versions), (there.heads.active, &there.heads.versions));
    assert_eq!(here.source.len(), 1, "what was only pushed is not ours before a pull");
    assert_eq!(ana.read("src/index.ts"), source);
    assert_snapshot!(ana.ok("log --ledger"), @"
    f7a77dba  2026-11-21 09:50  promote v1  by ana@example.com  v2 is rude
    e65b04f6  2026-11-21 09:40  promote v2  by ben@example.com  a new persona
    9426a22a  2026-11-21 09:30  promote v1  by ana@example.com
    ");
    ana.ok("fsck");
    ana.ok("log --verify");
    ben.ok("version promote 2");
    // The pull finds no ledger to take over, and the files.
    ana.ok("pull");
    assert!(ana.read("src/index.ts").contains("Not."));
    assert_eq!(heads(&ana.root()), heads(&ben.root()));
}

#[test]
fn over_http_it_is_the_same() {
    let (mut ana, ben) = stale();
    let server = over_http(&mut ana, &ben);
    let answer = ana.json("version promote 1");
    assert_eq!(
        answer,
        json!({
            "schemaVersion": 1, "kind": "promotion", "promoted": 1, "previousActive": 2, "changed": true,
            "dryRun": false, "wouldChange": null, "diff": null, "remote": "origin",
            "brought": [{
                "event": "promote", "version": 2, "by": "ben@example.com", "at": "2026-11-21T09:40:00.000Z",
                "reason": "a new persona", "id": answer["brought"][0]["id"],
            }],
            "undoes": {
                "version": 2, "by": "ben@example.com", "at": "2026-11-21T09:40:00.000Z",
                "reason": "a new persona",
            },
            "again": false, "undo": "lua-store version promote v2", "git": null, "deployed": null, "plan": null,
            "followers": [], "next": [["lua-store", "version", "promote", "v2"]],
        })
    );
    assert_eq!(head(server.data()).heads.active, heads(&ana.root()).active);
    assert_eq!(head(server.data()).heads.active.unwrap().version, Some(1));
    ana.ok("fsck");
}

#[test]
fn a_fetch_changes_nothing_of_that() {
    for http in [false, true] {
        let (mut ana, ben) = stale();
        let _server = http.then(|| over_http(&mut ana, &ben));
        let before = heads(&ana.root());
        ana.ok("fetch");
        assert_eq!(heads(&ana.root()), before, "a fetch moves nothing of ours");
        assert_eq!(ana.json("version promote 1")["changed"], true);
        assert_eq!(live(&ana), Some(1));
    }
}

#[test]
fn what_is_live_is_what_is_expected_previous_and_active() {
    let (ana, _ben) = stale();
    let refused = ana.run("version promote 1 --expect 1");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("v2 is active, not v1 as expected"), "{refused}");
    assert_eq!(live(&ana), Some(2));
    let settled = ana.json("version promote active");
    assert_eq!((&settled["promoted"], &settled["changed"]), (&json!(2), &json!(false)));
    assert_eq!(heads(&ana.root()).active.unwrap().version, Some(2), "the ledger is here now");
    assert_eq!(ana.json("version promote previous --expect 2")["promoted"], 1);
    assert_eq!(live(&ana), Some(1));
}

#[test]
fn a_dry_run_asks_and_changes_nothing_anywhere() {
    for http in [false, true] {
        let (mut ana, ben) = stale();
        let _server = http.then(|| over_http(&mut ana, &ben));
        let store = || {
            let walk = walkdir::WalkDir::new(ana.path(".lua")).sort_by_file_name();
            let files =
                walk.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
            let kept =
                |path: &std::path::Path| !path.components().any(|part| part.as_os_str() == "cache");
            files.filter(|e| kept(e.path())).map(|e| e.path().to_owned()).collect::<Vec<_>>()
        };
        let before = (heads(&ana.root()), head(&data(&ana)), store());
        let told = ana.run("version promote 1 --dry-run");
        assert!(told.stdout.starts_with("Would promote v1. Active now: v2.\n"), "{told}");
        assert!(told.stderr.contains("promoted v2  2026-11-21 09:40  ben@example.com"), "{told}");
        assert_eq!(ana.json("version promote 2 --dry-run")["changed"], false);
        assert_eq!((heads(&ana.root()), head(&data(&ana)), store()), before);
    }
}

#[test]
fn previous_twice_says_whose_rollback_it_undoes() {
    let (ana, mut ben) = stale();
    ana.ok("version promote previous -m rude");
    ben.set("LUA_STORE_NOW", "2026-11-21T09:55:00Z");
    assert_snapshot!(ben.run("version promote previous"), @"
    $ lua-store version promote previous
    ✓ Promoted v2. Previous active: v1.
    --- stderr
    Downloaded from origin:
      promoted v1  2026-11-21 09:50  ana@example.com  rude
    warning: this undoes a rollback: v2 was taken back by ana@example.com, 2026-11-21 09:50: rude
    hint: run `lua-store version promote v1` to take it back
    ");
    assert_eq!(ben.list("log --ledger").as_array().unwrap().len(), 4);
}

#[cfg(unix)]
#[test]
fn on_a_terminal_previous_twice_is_asked() {
    let (ana, ben) = stale();
    let (shown, code) = ana.on_terminal("version promote previous --color never", "");
    assert_snapshot!(shown, @"
    Downloaded from origin:
      promoted v2  2026-11-21 09:40  ben@example.com  a new persona
    This takes back v2, promoted by ben@example.com, 2026-11-21 09:40: a new persona
    ✓ Promoted v1. Previous active: v2.
      ~ persona
          - You help.
          - Not.
      … and 1 more: `lua-store version diff v2 v1`
    hint: run `lua-store version promote v2` to take it back
    ");
    assert_eq!((code, live(&ana)), (0, Some(1)));
    let (shown, code) = ben.on_terminal("version promote previous --color never", "n\n");
    // The typed word appears between these.
    for told in [
        "promoted v1  2026-11-21 09:50  ana@example.com",
        "warning: this undoes a rollback: v2 was taken back by ana@example.com, 2026-11-21 09:50",
        "Promote v2 again? [y/N]",
        "Aborted.",
    ] {
        assert!(shown.contains(told), "{shown}");
    }
    assert_eq!((code, live(&ana)), (0, Some(1)));
    ben.on_terminal("version promote previous --color never", "y\n");
    assert_eq!(live(&ana), Some(2));
}

#[test]
fn a_version_that_only_the_remote_has_can_be_promoted() {
    let (ana, ben) = stale();
    ben.ok("version promote 1");
    assert_eq!(ana.run("version promote 2 --offline").code, 3);
    assert_eq!(ana.json("version promote 2")["changed"], true);
    assert_eq!(live(&ana), Some(2));
    assert_eq!(heads(&ana.root()).active, head(&data(&ana)).heads.active);
}

/// Both made a v2 of their own.
fn both_made_one() -> (Project, Project) {
    let (ana, ben) = stale();
    edit(&ana, "src/index.ts", "You help customers shop.", "You help a lot.");
    ana.ok("push --offline");
    ana.ok("version create -m \"by ana\"");
    (ana, ben)
}

#[test]
fn a_version_of_ours_with_the_same_number_does_not_stand_in_the_way() {
    for http in [false, true] {
        let (mut ana, ben) = both_made_one();
        let _server = http.then(|| over_http(&mut ana, &ben));
        let before = heads(&ana.root());
        assert_eq!(ana.json("version promote 1")["previousActive"], 2);
        let here = heads(&ana.root());
        assert_eq!(live(&ana), Some(1));
        assert_eq!(here.active, head(&data(&ana)).heads.active);
        assert_eq!(
            (here.source, here.versions),
            (before.source, before.versions),
            "ours stay what they are"
        );
        ana.ok("fsck");
        ana.ok("log --verify");
        assert!(ana.ok("log --ledger").contains("promote origin/v2  by ben@example.com"));
        let refused = ana.run("version promote 2");
        assert_eq!(refused.code, 1, "{refused}");
        assert!(
            refused.stderr.contains("v2 here and v2 at the remote are different versions"),
            "{refused}"
        );
        let previous = ana.run("version promote previous --offline");
        assert!(previous.stderr.contains("origin/v2 has no local number"), "{previous}");
        ana.ok("pull --ours");
        assert_eq!(ana.list("version list").as_array().unwrap().len(), 3);
        assert_eq!(ana.json("version promote 3")["changed"], true);
        ana.ok("fsck");
    }
}

#[test]
fn ledgers_that_parted_are_refused_with_the_way_on() {
    let (ana, _ben) = both_made_one();
    ana.ok("version promote 2 --offline -m mine");
    let before = (heads(&ana.root()), head(&data(&ana)));
    let refused = ana.run("version promote 1");
    assert_snapshot!(refused, @r#"
    $ lua-store version promote 1
    --- stderr
    here:
      promoted v2  2026-11-21 09:50  ana@example.com  mine
    there:
      promoted v2  2026-11-21 09:40  ben@example.com  a new persona
    Error: cannot promote v1: the records that were created offline and the ledger of "origin" have diverged
    hint: run `lua-store version promote v1 --theirs` to continue from theirs and leave yours out; nothing was changed
    --- exit 1
    "#);
    assert_eq!((heads(&ana.root()), head(&data(&ana))), before);
    assert_snapshot!(ana.run("version promote 1 --theirs"), @"
    $ lua-store version promote 1 --theirs
    ✓ Promoted v1. Previous active: v2.
    --- stderr
    Downloaded from origin:
      promoted v2  2026-11-21 09:40  ben@example.com  a new persona
    Left out, because the ledger of origin does not contain it:
      promoted v2  2026-11-21 09:50  ana@example.com  mine
    This takes back v2, promoted by ben@example.com, 2026-11-21 09:40: a new persona
    hint: run `lua-store version promote v2` to take it back
    ");
    assert_eq!(live(&ana), Some(1));
    assert_eq!(heads(&ana.root()).active, head(&data(&ana)).heads.active);
    ana.ok("fsck");
}

#[test]
fn what_waits_here_is_judged_by_the_remote_too() {
    let project = published();
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    for line in ["push", "version create -m second", "push", "version promote 2 --offline"] {
        project.ok(line);
    }
    assert_eq!(live(&project), Some(1));
    let ambiguous = project.run("version promote active");
    assert_eq!(ambiguous.code, 1, "{ambiguous}");
    assert!(ambiguous.stderr.contains("\"active\" is v1 at the remote and v2 here"), "{ambiguous}");
    let sent = project.json("version promote 2");
    assert_eq!((&sent["changed"], &sent["previousActive"]), (&json!(true), &json!(1)));
    assert_eq!(live(&project), Some(2));
    assert_eq!(heads(&project.root()).active, head(&data(&project)).heads.active);
}

#[test]
fn a_remote_that_is_behind_gets_what_was_promoted_offline_before() {
    let project = published();
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    for line in ["push --offline", "version create -m second", "version promote 2 --offline"] {
        project.ok(line);
    }
    let answer = project.json("version promote 1");
    assert_eq!((&answer["changed"], &answer["previousActive"]), (&json!(true), &json!(1)));
    assert_eq!(live(&project), Some(1));
    assert_eq!(
        project.list("log --ledger").as_array().unwrap().len(),
        3,
        "both records are in the history"
    );
    served::assert_same(&project);
}

#[test]
fn a_deletion_is_judged_by_the_remote() {
    let (ana, ben) = stale();
    let live = ana.run("version delete 2 --force");
    assert_eq!(live.code, 1, "{live}");
    assert!(live.stderr.contains("Cannot delete v2: it is the active version"), "{live}");
    ana.ok("version delete 1 --force");
    let there = head(&data(&ana)).heads.active;
    assert_eq!((heads(&ana.root()).active, there.unwrap().version), (there, Some(2)));
    assert_eq!(ben.json("version delete 1 --force")["changed"], false);
    assert_eq!(heads(&ben.root()).active, there);
    assert!(ben.run("version promote 1").stderr.contains("it was deleted"));
}

#[test]
fn a_remote_that_cannot_be_reached_decides_nothing() {
    let (mut ana, _ben) = stale();
    ana.set("LUA_STORE_TRIES", "1");
    ana.ok(&format!("remote set-url origin http://127.0.0.1:9/{AGENT}"));
    let before = heads(&ana.root());
    for line in ["version promote 1", "version promote 1 --dry-run", "version delete 1 --force"] {
        let outcome = ana.run(line);
        assert_eq!(outcome.code, 11, "{outcome}");
        assert!(outcome.stderr.contains("nothing was changed; add `--offline`"), "{outcome}");
    }
    assert_eq!(heads(&ana.root()), before);
    assert_eq!(ana.ok("version promote 1 --offline"), "v1 is already active. No change.\n");
}

/// Whichever part is lost on the way, a second run of the command completes it, and no record is
/// made twice.
#[test]
fn a_lost_answer_is_found_by_asking_again() {
    let (ana, _ben) = stale();
    let taken = || {
        let mut ana = copy(&ana);
        let server = served::serve(&mut ana, "");
        let proxy = Proxy::before(server.url.strip_prefix("http://").unwrap().parse().unwrap());
        served::aim(&ana, &proxy.url());
        ana.set("LUA_STORE_TRIES", "1");
        (ana, server, proxy)
    };
    let (undisturbed, _server, proxy) = taken();
    undisturbed.ok("version promote 1");
    let (up, down, _) = proxy.traffic();
    let cuts =
        (1..=10).flat_map(|part| [Fault::CutUp(up * part / 10), Fault::CutDown(down * part / 10)]);
    let cuts: Vec<Fault> = cuts.collect();
    served::for_each(0..cuts.len(), |number| {
        let (ana, server, proxy) = taken();
        proxy.next([cuts[number]]);
        let first = ana.run("version promote 1 -m rude");
        let there = head(server.data());
        if first.code != 0 {
            assert_eq!(first.code, 11, "{first}");
            let has_moved = there.heads.active.unwrap().version == Some(1);
            assert!(
                !has_moved || first.stderr.contains("the remote may have accepted it"),
                "{first}"
            );
        }
        ana.ok("version promote 1 -m rude");
        let records = ana.list("log --ledger");
        assert_eq!(records.as_array().unwrap().len(), 3, "{:?}: {records}", cuts[number]);
        assert_eq!(heads(&ana.root()).active, head(server.data()).heads.active);
        ana.ok("fsck");
    });
}
