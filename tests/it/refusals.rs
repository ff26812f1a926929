//! Refusals for programs: who made the change because of which a command is refused, what it was, and when.

use crate::common::{Project, shop};
use serde_json::{Value, json};

const AT: &str = "2026-11-21T09:30:00.000Z";

/// The `details` of a command that is refused, and the commands to run next.
fn refused(project: &Project, line: &str) -> (Value, Value) {
    let outcome = project.run(&format!("{line} --json"));
    assert_eq!(outcome.code, 1, "{outcome}");
    let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
    (answer["error"]["details"].clone(), answer["next"].clone())
}

fn by(author: &str, event: &str, version: u64, message: Option<&str>) -> Value {
    json!({"event": event, "version": version, "by": author, "at": AT, "message": message})
}

#[test]
fn a_push_after_another_source_version_says_whose_it_is() {
    let project = shop::project();
    project.ok("push -m first");
    project.ok("push backup -m first");
    shop::edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push -m second --author ben@example.com");
    shop::edit(&project, "src/index.ts", "You help.", "You help a lot.");
    let (details, next) = refused(&project, "push --expect-source v1");
    assert_eq!(
        details,
        json!({"expected": 1, "newest": by("ben@example.com", "push", 2, Some("second"))})
    );
    assert_eq!(next, json!([["lua-store", "status"]]));
}

#[test]
fn a_promotion_says_who_promoted_what_is_active() {
    let project = shop::two_versions();
    project.ok("version promote 2 --reason launch --author ben@example.com");
    let (details, next) = refused(&project, "version promote 1 --expect v1");
    let launch = by("ben@example.com", "promote", 2, Some("launch"));
    assert_eq!(details, json!({"version": 1, "expected": 1, "active": 2, "changed": launch}));
    assert_eq!(next, json!([["lua-store", "log", "--ledger"]]));
    let (details, _) = refused(&project, "version delete 2 --force");
    assert_eq!(details, json!({"version": 2, "expected": null, "active": 2, "changed": launch}));
    project.ok("version delete 1 --force --author eva@example.com");
    let (details, next) = refused(&project, "version promote 1");
    assert_eq!(
        details,
        json!({"version": 1, "expected": null, "active": null, "changed": by("eva@example.com", "delete", 1, None)})
    );
    assert_eq!(next[0], json!(["lua-store", "version", "undelete", "v1"]));
}

#[test]
fn a_push_and_a_promotion_that_are_behind_say_who_came_first() {
    let ana = shop::two_versions();
    ana.ok("remote add origin ../data/agent_shop");
    ana.ok("version promote 1 --offline");
    ana.ok("push");
    ana.ok("clone ../data/agent_shop ../ben");
    ana.write("../ben/notes.md", "of ben\n");
    ana.ok("-C ../ben push -m notes --author ben@example.com");
    ana.write("mine.md", "of ana\n");
    let (details, next) = refused(&ana, "push");
    assert_eq!(details["sourceVersions"], json!([3]));
    assert_eq!(details["changes"], json!([by("ben@example.com", "push", 3, Some("notes"))]));
    assert_eq!(next, json!([["lua-store", "pull", "origin"]]));
    // Offline steps on both sides.
    ana.ok("-C ../ben version promote 2 --reason faster --author ben@example.com");
    ana.ok("version promote 2 --offline");
    let (details, _) = refused(&ana, "version promote 1");
    assert_eq!(details["remote"], "origin");
    let theirs = json!([by("ben@example.com", "promote", 2, Some("faster"))]);
    assert_eq!(details["theirs"], theirs, "{details}");
}

#[test]
fn a_promotion_can_be_seen_before_it_is_made() {
    let project = shop::two_versions();
    project.ok("version promote 1");
    let would = project.json("version promote 2 --dry-run");
    assert_eq!((&would["wouldChange"], &would["changed"]), (&json!(true), &json!(false)));
    let diff = project.json("version diff 1 2");
    for key in ["changed", "skills", "mcpServers", "reaches"] {
        assert_eq!(would["diff"][key], diff[key], "{key}");
    }
    assert!(!would["diff"]["skills"]["changed"].as_array().unwrap().is_empty(), "{would}");
    assert_eq!(would["next"], json!([["lua-store", "version", "promote", "v2"]]));
    let settled = project.json("version promote 1 --dry-run");
    assert_eq!((&settled["wouldChange"], &settled["next"]), (&json!(false), &json!([])));
    let promoted = project.json("version promote 2");
    assert_eq!((&promoted["wouldChange"], &promoted["diff"]), (&json!(null), &json!(null)));
    assert_eq!(promoted["next"], json!([["lua-store", "version", "promote", "v1"]]));
}

#[test]
fn a_new_version_names_its_source_version() {
    let project = shop::project();
    assert_eq!(project.json("push")["next"], json!([["lua-store", "version", "create"]]));
    let created = project.json("version create");
    assert_eq!((&created["sourceVersion"], &created["pushed"]), (&json!(1), &json!(null)));
    assert_eq!(created["next"], json!([["lua-store", "version", "promote", "v1"]]));
    shop::edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    assert_eq!(project.json("status")["next"][1], json!(["lua-store", "push"]));
    let created = project.json("version create --auto-push");
    assert_eq!((&created["sourceVersion"], &created["pushed"]), (&json!(2), &json!(2)));
    let again = project.json("version create");
    assert_eq!((&again["created"], &again["sourceVersion"]), (&json!(false), &json!(2)));
    // The directory of the command is in its next commands.
    let here = project.json("-C src status");
    assert_eq!(here["next"][0], json!(["lua-store", "-C", "src", "version", "promote", "v2"]));
}

/// The commands that the text names in hints are in the answer too.
#[test]
fn answers_name_the_next_commands() {
    let project = shop::project();
    let next = |project: &Project, line: &str| project.json(line)["next"].clone();
    project.ok("init");
    assert_eq!(next(&project, "version status"), json!([["lua-store", "version", "create"]]));
    assert_eq!(next(&project, "git status"), json!([["lua-store", "git", "connect"]]));
    let added = next(&project, "remote add origin ../share/agent_shop");
    assert_eq!(added, json!([["lua-store", "push"]]));
    project.ok("push");
    project.ok("version create --promote -m one");
    project.ok("push");
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    project.ok("push");
    let ahead =
        json!([["lua-store", "version", "create"], ["lua-store", "version", "promote", "latest"]]);
    assert_eq!(next(&project, "version status"), ahead);
    let cloned = next(&project, "clone ../share/agent_shop ../copy");
    let copy = "[DIR]/project/../copy";
    assert_eq!(cloned, json!([["lua-store", "-C", copy, "version", "list"]]));
}
