//! Live version according to a remote that answers, that is gone, that hangs, and to none.

mod asking;

use super::served::AGENT;
use super::{copy_of, published};
use crate::common::shop::{edit, two_versions, versioned};
use crate::common::{Outcome, Project};
use insta::assert_snapshot;
use serde_json::json;

/// Each way of asking what is live, and what it must say when that is v2, promoted by the pipeline.
const READERS: [&str; 8] = [
    "status",
    "version list",
    "version show active",
    "show active",
    "version status",
    "log",
    "log --ledger",
    "persona list",
];

fn said(outcome: &Outcome) -> String {
    assert_eq!(outcome.code, 0, "{outcome}");
    format!("{}{}", outcome.stdout, outcome.stderr)
}

/// Another persona, pushed and made the next version.
fn next_version(project: &Project, from: &str, to: &str) {
    edit(project, "src/index.ts", from, to);
    project.ok("push");
    project.ok("version create -m second");
    project.ok("push");
}

/// Ana's project, whose v2 the pipeline promoted at 14:07; and Ben's, who has both versions and saw nothing of it.
fn promoted_elsewhere() -> (Project, Project) {
    let mut ana = published();
    next_version(&ana, "You help customers shop.", "You help.");
    let mut ben = copy_of(&ana, "ben@example.com");
    ana.set("LUA_STORE_NOW", "2026-11-21T14:07:00Z");
    ana.set("LUA_STORE_AUTHOR", "ci@example.com");
    ana.ok("version promote 2 -m \"the diff looks right\"");
    ben.set("LUA_STORE_NOW", "2026-11-21T16:10:00Z");
    (ana, ben)
}

#[test]
fn a_stale_clone_is_told_what_the_remote_serves() {
    let (_ana, ben) = promoted_elsewhere();
    assert_snapshot!(ben.run("status"), @"
    $ lua-store status
    Active version:  v2  second
      Live since 14:07 UTC (2 h) by ci@example.com, the diff looks right
      as origin has it now
      v1 is still active here: run `lua-store pull` to get the version of origin
    Newest version:  v2  second
    Pushed source:   v2
    Nothing to push: the project is as it was pushed.
    ");
    assert_snapshot!(ben.run("version list"), @"
    $ lua-store version list
    VERSION  STATUS      CREATED           BY               PROMOTED          MESSAGE
    v2*      active      2026-11-21 09:30  ana@example.com  2026-11-21 14:07  second
    v1       superseded  2026-11-21 09:30  ana@example.com  2026-11-21 09:30  first
    --- stderr
    as origin has it now
    v1 is still active here: run `lua-store pull` to get the version of origin
    ");
    for reader in READERS {
        let said = said(&ben.run(reader));
        assert!(said.contains("as origin has it now"), "{reader}: {said}");
        assert!(said.contains("v1 is still active here"), "{reader}: {said}");
    }
    for reader in ["status", "version show active", "show active", "version status"] {
        let said = said(&ben.run(reader));
        let sentence = "Live since 14:07 UTC (2 h) by ci@example.com, the diff looks right";
        assert!(said.contains(sentence), "{reader}: {said}");
    }
    assert!(ben.ok("show active").starts_with("Version v2 (active)"));
    assert!(ben.ok("log --ledger").lines().next().unwrap().contains("promote v2"));
    assert_eq!(ben.list("persona list")[0]["status"], "current");
    // A report changes nothing.
    assert!(ben.ok("version list --remote origin").contains("v2*"));
    assert_eq!(ben.pointer().lines().next(), Some("ref: refs/versions/v1"));
}

#[test]
fn programs_are_told_as_of_when_and_whose_word_it_is() {
    let (_ana, ben) = promoted_elsewhere();
    let status = ben.json("status");
    assert_eq!(status["active"], 2);
    assert_eq!(status["activeHere"], 1);
    assert_eq!(
        status["live"],
        json!({"version": 2, "since": "2026-11-21T14:07:00.000Z", "by": "ci@example.com", "reason": "the diff looks right", "via": null})
    );
    assert_eq!(
        status["unsent"],
        json!({"source": [], "versions": [], "promotions": 0, "deletions": 0, "undeletions": 0})
    );
    let list = ben.list("version list");
    assert_eq!(list[0]["promotedAt"], "2026-11-21T14:07:00.000Z");
    assert_eq!(list[0]["promotedBy"], "ci@example.com");
    assert_eq!((&list[0]["status"], &list[1]["status"]), (&json!("active"), &json!("superseded")));
    assert_eq!(ben.json("version status")["active"], 2);
    for reader in READERS {
        let answer = ben.json(reader);
        let rows = ["versions", "records", "personas"].iter().find_map(|list| answer[list].get(0));
        let first = rows.unwrap_or(&answer);
        assert_eq!(first["asOf"], "2026-11-21T16:10:00.000Z", "{reader}");
        assert_eq!(first["remote"], "origin", "{reader}");
        assert!(!first["unsent"].is_null(), "{reader}");
    }
}

#[test]
fn a_version_that_was_never_pulled_is_shown_when_it_is_live() {
    let mut ana = published();
    let mut ben = copy_of(&ana, "ben@example.com");
    next_version(&ana, "You help customers shop.", "You help.");
    ana.set("LUA_STORE_NOW", "2026-11-20T14:07:00Z");
    ana.ok("version promote 2");
    ben.set("LUA_STORE_NOW", "2026-11-22T16:10:00Z");
    let status = ben.ok("status");
    assert!(status.contains("Active version:  v2  second"), "{status}");
    assert!(
        status.contains("Live since 2026-11-20 14:07 UTC (2 days) by ana@example.com"),
        "{status}"
    );
    assert!(ben.ok("show active").starts_with("Version v2 (active)"));
    assert!(ben.ok("show active:src/index.ts").contains("You help.`"));
    assert_eq!(ben.run("fsck").code, 0);
    assert!(!ben.path(".lua/refs/versions/v2").exists(), "a look makes no version here");
}

#[test]
fn without_an_answer_it_is_what_the_remote_had() {
    let (ana, mut ben) = promoted_elsewhere();
    ben.set("LUA_STORE_NOW", "2026-11-21T14:10:00Z");
    ben.ok("status");
    // The folder is on a disk that is not there now.
    std::fs::rename(ana.path("../data"), ana.path("../elsewhere")).unwrap();
    ben.set("LUA_STORE_NOW", "2026-11-21T16:10:00Z");
    for reader in READERS {
        let said = said(&ben.run(reader));
        assert!(said.contains("as origin had it at 14:10 UTC, 2 h ago"), "{reader}: {said}");
        assert!(!said.contains("has it now"), "{reader}: {said}");
    }
    let status = ben.json("status");
    assert_eq!(
        (&status["active"], &status["asOf"]),
        (&json!(2), &json!("2026-11-21T14:10:00.000Z"))
    );
    assert!(ben.ok("version list").contains("v2*"));
    // The remembered answer is a cache: without it the last fetch counts, and its time is unknown.
    std::fs::remove_dir_all(ben.path(".lua/cache/heard")).unwrap();
    let said = said(&ben.run("version list"));
    assert!(said.contains("as origin had it when it was last asked"), "{said}");
    assert!(said.contains("v1*"), "{said}");
    assert_eq!(ben.json("status")["asOf"], json!(null));
}

#[test]
fn a_remote_that_was_never_asked_is_said_to_be_unknown() {
    let project = versioned();
    project.ok("version promote 1");
    project.ok("remote add origin http://127.0.0.1:1/agent_shop");
    let outcome = project.run("status");
    assert_eq!(outcome.code, 0, "{outcome}");
    assert!(outcome.stderr.contains("origin could not be asked, and never was"), "{outcome}");
    assert!(outcome.stdout.contains("Active version:  v1"), "{outcome}");
    assert_eq!(project.json("status")["remote"], json!(null));
}

#[test]
fn a_pointer_that_is_only_here_is_not_what_is_live() {
    let project = published();
    next_version(&project, "You help customers shop.", "You help.");
    project.ok("version promote 2 --offline");
    assert_snapshot!(project.run("status"), @"
    $ lua-store status
    Active version:  v1  first
      Live since 09:30 UTC (just now) by ana@example.com
      as origin has it now
      v2 is active here only; origin serves v1
    Newest version:  v2  second
    Pushed source:   v2
    Staged:          v2 (created, never live)
    Not sent to origin: 1 promotion
    --- stderr
    hint: run `lua-store version promote v2` to make it active
    hint: run `lua-store push` to send it
    ");
    assert_snapshot!(project.run("version list"), @"
    $ lua-store version list
    VERSION  STATUS  CREATED           BY               PROMOTED          MESSAGE
    v2       staged  2026-11-21 09:30  ana@example.com  -                 second
    v1*      active  2026-11-21 09:30  ana@example.com  2026-11-21 09:30  first
    --- stderr
    as origin has it now
    v2 is active here only; origin serves v1
    Not sent to origin: 1 promotion
    ");
    for reader in READERS {
        let said = said(&project.run(reader));
        assert!(said.contains("v2 is active here only; origin serves v1"), "{reader}: {said}");
        assert!(said.contains("Not sent to origin: 1 promotion"), "{reader}: {said}");
    }
    let status = project.json("status");
    assert_eq!((&status["active"], &status["activeHere"]), (&json!(1), &json!(2)));
    assert_eq!(status["unsent"]["promotions"], 1);
    let ledger = project.list("log --ledger");
    assert_eq!((&ledger[0]["version"], &ledger[0]["unsent"]), (&json!(2), &json!(true)));
    assert_eq!((&ledger[1]["version"], &ledger[1]["unsent"]), (&json!(1), &json!(false)));
    assert!(project.ok("log --ledger").lines().next().unwrap().ends_with("(local only)"));
    project.ok("push");
    let said = said(&project.run("status"));
    assert!(said.contains("Active version:  v2") && !said.contains("here only"), "{said}");
    assert!(said.contains("Nothing to push: the project is as it was pushed."), "{said}");
}

#[test]
fn what_was_not_sent_is_listed() {
    let project = published();
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push --offline");
    project.write("notes.md", "later");
    project.ok("push --offline");
    project.ok("version create -m second");
    project.ok("version promote 2 --offline");
    project.ok("version promote 1 --offline");
    project.ok("version delete 2 --force --offline");
    let said = said(&project.run("status"));
    let line = "Not sent to origin: source v2..v3, version v2, 2 promotions, 1 deletion";
    assert!(said.contains(line), "{said}");
    assert!(!said.contains("Nothing to push"), "{said}");
    assert!(!said.contains("here only"), "the pointer is where the remote has it: {said}");
    let status = project.json("status");
    assert_eq!(
        status["unsent"],
        json!({"source": [2, 3], "versions": [2], "promotions": 2, "deletions": 1, "undeletions": 0})
    );
    let list = project.list("version list");
    assert_eq!((&list[0]["unsent"], &list[1]["unsent"]), (&json!(true), &json!(false)));
    assert!(project.run("version list --offline").stderr.contains(line));
    // A push that sends nothing says what waits for one that does.
    for push in ["push --dry-run", "push --offline", "push --dry-run --offline"] {
        assert!(project.run(push).stderr.contains(line), "{push}");
        assert_eq!(project.json(push)["unsent"], status["unsent"], "{push}");
    }
    project.ok("push");
    assert_eq!(
        project.json("push --dry-run")["unsent"],
        json!({"source": [], "versions": [], "promotions": 0, "deletions": 0, "undeletions": 0})
    );
    assert_eq!(project.json("push")["unsent"], json!(null), "all of it was sent");
}

#[test]
fn without_a_remote_nothing_is_said_of_one() {
    let project = versioned();
    project.ok("version promote 1 -m launch");
    assert_snapshot!(project.run("status"), @"
    $ lua-store status
    Active version:  v1  first
      Live since 09:30 UTC (just now) by ana@example.com, launch
    Newest version:  v1  first
    Pushed source:   v1
    Nothing to push: the project is as it was pushed.
    ");
    assert!(
        project
            .ok("version show active")
            .contains("  Live since 09:30 UTC (just now) by ana@example.com, launch\n")
    );
    for reader in READERS {
        let said = said(&project.run(reader));
        assert!(!said.contains("origin") && !said.contains("sent"), "{reader}: {said}");
    }
    let status = project.json("status");
    assert_eq!((&status["remote"], &status["unsent"]), (&json!(null), &json!(null)));
    assert_eq!(
        (&status["asOf"], &status["active"]),
        (&json!("2026-11-21T09:30:00.000Z"), &json!(1))
    );
}

#[test]
fn of_several_remotes_one_has_to_be_named() {
    let project = published();
    let url = project.path("../data").canonicalize().unwrap().join(AGENT);
    project.ok(&format!("remote add backup \"{}\"", url.display()));
    project.ok("remote remove origin");
    project.ok("remote add other http://127.0.0.1:1/agent_shop");
    let outcome = project.run("version list");
    assert_eq!(outcome.code, 0, "{outcome}");
    assert!(outcome.stderr.contains("there are several remotes: backup, other"), "{outcome}");
    assert!(said(&project.run("version list --remote backup")).contains("as backup has it now"));
    assert_eq!(project.run("version list --remote nowhere").code, 3);
}

#[test]
fn latest_never_means_a_deleted_version() {
    let project = two_versions();
    project.ok("version promote 1");
    project.ok("version delete 2 --force");
    assert_eq!(project.json("status")["latest"], 1);
    assert!(project.ok("status").contains("Newest version:  v1"));
    assert!(project.ok("show").starts_with("Version v1 "));
    assert!(project.ok("version show latest").starts_with("Version v1 "));
    assert!(project.ok("diff").starts_with("Diff v1 → project"));
    assert!(project.ok("version diff latest v2").starts_with("Diff v1 → v2"));
    assert_eq!(project.ok("rev-parse latest"), project.ok("rev-parse v1"));
    assert_eq!(
        project.ok("rev-parse latest:src/index.ts"),
        project.ok("rev-parse v1:src/index.ts")
    );
    assert!(project.ok("version promote latest").contains("v1 is already active"));
    // A number is never given twice.
    project.ok("version create");
    assert_eq!(project.list("version list")[0]["version"], 3);
    // One that was deleted elsewhere counts as soon as it is known.
    let ana = published();
    next_version(&ana, "You help customers shop.", "You help.");
    let ben = copy_of(&ana, "ben@example.com");
    ana.ok("version delete 2 --force");
    assert!(ben.ok("version show latest").starts_with("Version v1 "));
    assert!(ben.ok("diff").starts_with("Diff v1 → project"), "as it was heard");
}

#[test]
fn hints_name_versions_that_can_be_promoted() {
    let project = two_versions();
    let refused = project.run("show active");
    assert_eq!(refused.code, 3, "{refused}");
    assert!(refused.stderr.contains("`lua-store version promote v2`"), "{refused}");
    project.ok("version delete 2 --force");
    let refused = project.run("show active");
    assert!(refused.stderr.contains("`lua-store version promote v1`"), "{refused}");
    let refused = project.run("version promote 2");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(
        refused.stderr.contains("`lua-store version promote 1` to promote the newest that can be"),
        "{refused}"
    );
    assert!(
        project
            .run("status")
            .stderr
            .contains("run `lua-store version promote v1` to make it active")
    );
    project.ok("version promote v1");
    // A version that was live once can be live again.
    project.ok("version create");
    project.ok("version promote 3");
    let refused = project.run("version promote 2");
    assert!(refused.stderr.contains("`lua-store version promote 1` to promote"), "{refused}");
}
