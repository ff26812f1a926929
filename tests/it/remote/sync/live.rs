//! Target of a comparison: the live version, the newest published one, or a named one.

use super::super::{copy_of, published};
use crate::common::shop::edit;
use insta::assert_snapshot;

/// v2 is published and taken back: v1 is live again, and the project still has the code of v2.
fn rolled_back() -> crate::common::Project {
    let project = published();
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    for line in ["push", "version create -m second", "version promote 2"] {
        project.ok(line);
    }
    let mut ben = copy_of(&project, "ben@example.com");
    ben.set("LUA_STORE_NOW", "2026-11-21T14:10:00Z");
    ben.ok("pull");
    ben.ok("version promote 1");
    project
}

#[test]
fn what_was_compared_and_what_is_live_are_two_things() {
    let mut project = rolled_back();
    // No command here has asked the remote since then: what it knew of it is stale.
    assert_snapshot!(project.run("sync --check"), @"
    $ lua-store sync --check
    ✅ No drift detected. Local code is in sync with server.
    In sync with v2, the newest version ever promoted. Live now: v1, promoted 14:10 UTC by ben@example.com
    ");
    project.set("LUA_STORE_NOW", "2026-11-22T08:00:00Z");
    assert_snapshot!(project.run("sync --check --against active"), @r#"
    $ lua-store sync --check --against active

    ============================================================
    🔍 Drift Check Summary
    ============================================================

    ⚠️  Persona drift detected:
       Local:  "You help." (line 2)
       Server: "You help customers shop." (line 2)

       - You help customers shop.
       + You help.

    ============================================================
    Total: 1 component(s) with drift
    Compared with v1, which is live now, promoted 2026-11-21 14:10 UTC by ben@example.com
    Local code is behind the server: changed there.
    --- stderr
    hint: run `lua-store sync --push` to push the local code
    hint: run `lua-store sync --accept --against active` to take name, persona and model of v1
    hint: run `lua-store sync --pull` to restore all files of v1, which is live
    --- exit 1
    "#);
    assert_snapshot!(project.run("sync --check --against active --json"), @r#"
    $ lua-store sync --check --against active --json
    {
      "schemaVersion": 1,
      "kind": "drift",
      "standing": "behind",
      "drift": true,
      "compared": 1,
      "published": 2,
      "active": 1,
      "promotedAt": "2026-11-21T14:10:00.000Z",
      "promotedBy": "ben@example.com",
      "total": 1,
      "components": [
        {
          "component": "persona",
          "standing": "behind",
          "server": "You are Ava.\nYou help customers shop.",
          "local": "You are Ava.\nYou help."
        }
      ],
      "next": [
        [
          "lua-store",
          "sync",
          "--push"
        ],
        [
          "lua-store",
          "sync",
          "--accept",
          "--against",
          "active"
        ],
        [
          "lua-store",
          "sync",
          "--pull"
        ]
      ]
    }
    --- exit 1
    "#);
    assert_snapshot!(project.run("sync --check --against v2"), @"
    $ lua-store sync --check --against v2
    ✅ No drift detected. Local code is in sync with server.
    In sync with v2. Live now: v1, promoted 2026-11-21 14:10 UTC by ben@example.com
    ");
}

#[test]
fn after_a_rollback_what_is_live_is_in_sync_whatever_its_numbers_are() {
    let project = rolled_back();
    project.ok("sync --pull --force");
    assert!(project.read("src/index.ts").contains("You help customers shop."));
    assert_snapshot!(project.run("sync --check"), @"
    $ lua-store sync --check
    ✅ No drift detected. Local code is in sync with server.
    In sync with v1, which is live now, promoted 14:10 UTC by ben@example.com. v2, the newest version ever promoted, differs
    ");
    assert_eq!(project.json("sync --check")["compared"], 1);
    assert_eq!(project.run("sync --check --against active").code, 0);
    assert_snapshot!(project.run("sync --check --against latest"), @r#"
    $ lua-store sync --check --against latest

    ============================================================
    🔍 Drift Check Summary
    ============================================================

    ⚠️  Persona drift detected:
       Local:  "You help customers shop." (line 2)
       Server: "You help." (line 2)

       - You help.
       + You help customers shop.

    ============================================================
    Total: 1 component(s) with drift
    Compared with v2. Live now: v1, promoted 14:10 UTC by ben@example.com
    Local code differs from v2.
    --- stderr
    hint: run `lua-store sync --push` to push the local code
    hint: run `lua-store sync --accept --against latest` to take name, persona and model of v2
    hint: run `lua-store sync --pull` to restore all files of v1, which is live
    --- exit 1
    "#);
    // Pushed again the same content gets new numbers, and is the same content.
    project.ok("pull");
    project.ok("push --force");
    assert_eq!(project.run("sync --check").code, 0);
    edit(&project, "src/index.ts", "You help customers shop.", "You help customers.");
    let answer = project.run("sync --check");
    assert_eq!(answer.code, 1, "{answer}");
}

#[test]
fn only_versions_can_be_compared_with() {
    let project = published();
    assert_snapshot!(project.run("sync --check --against v9"), @"
    $ lua-store sync --check --against v9
    --- stderr
    Error: the remote has no version v9
    hint: run `lua-store fetch`, then `lua-store version list --all` to list them
    --- exit 3
    ");
    assert_snapshot!(project.run("sync --check --against source/v1"), @r#"
    $ lua-store sync --check --against source/v1
    --- stderr
    Error: "source/v1" is not a version to compare with
    hint: use `published`, `active`, `latest`, `previous`, or a number like `v2`
    --- exit 2
    "#);
    assert_eq!(project.run("sync --check --against nonsense").code, 2);
    assert_eq!(project.run("sync --pull --against v1").code, 2);
}

#[test]
fn a_deleted_version_is_not_what_was_published_last() {
    let project = rolled_back();
    project.ok("pull");
    project.ok("version delete 2 --force");
    assert_eq!(project.json("sync --check --against v2")["compared"], 2);
    let answer = project.run("sync --check --json");
    let answer: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!((&answer["published"], &answer["standing"]), (&1.into(), &"ahead".into()));
}
