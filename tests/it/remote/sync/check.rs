//! `sync --check`: what differs from what is live, and nothing is written.

use super::super::served::{copy, serve};
use super::super::{copy_of, published, shared};
use crate::common::shop::edit;
use insta::assert_snapshot;

#[test]
fn without_a_difference_there_is_no_drift() {
    let project = published();
    assert_snapshot!(project.run("sync --check"), @"
    $ lua-store sync --check
    ✅ No drift detected. Local code is in sync with server.
    In sync with v1, the newest version ever promoted. Live now: v1, promoted 09:30 UTC by ana@example.com
    ");
    assert_snapshot!(project.run("sync --check --json"), @r#"
    $ lua-store sync --check --json
    {
      "schemaVersion": 1,
      "kind": "drift",
      "standing": "in_sync",
      "drift": false,
      "compared": 1,
      "published": 1,
      "active": 1,
      "promotedAt": "2026-11-21T09:30:00.000Z",
      "promotedBy": "ana@example.com",
      "total": 0,
      "components": [],
      "next": []
    }
    "#);
}

#[test]
fn what_was_live_before_can_be_compared_with() {
    let project = published();
    edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds products by name");
    project.ok("version create --auto-push -m second");
    project.ok("version promote 2");
    let drift = |against: &str| project.run(&format!("sync --check --json --against {against}"));
    let compared = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let (active, before) = (drift("active"), drift("previous"));
    assert_eq!((active.code, &compared(&active.stdout)["compared"]), (0, &2.into()));
    assert_eq!((before.code, &compared(&before.stdout)["compared"]), (1, &1.into()));
    assert_eq!(compared(&before.stdout)["total"], 1);
}

#[test]
fn nothing_published_is_no_drift() {
    let project = shared();
    project.ok("push");
    assert_snapshot!(project.run("sync --check"), @"
    $ lua-store sync --check
    ✅ No drift detected. Local code is in sync with server.
    --- stderr
    Nothing is published on the server yet.
    ");
}

#[test]
fn a_check_says_what_differs_and_writes_nothing() {
    let project = published();
    edit(&project, "src/index.ts", "You help customers shop.", "You help customers shop well.");
    edit(&project, "src/index.ts", "openai/gpt-4o", "openai/gpt-5");
    edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds products by name");
    let before = project.ok("count-objects --json");
    assert_snapshot!(project.run("sync --check"), @r#"
    $ lua-store sync --check

    ============================================================
    🔍 Drift Check Summary
    ============================================================

    ⚠️  Persona drift detected:
       Local:  "You help customers shop well." (line 2)
       Server: "You help customers shop." (line 2)

       - You help customers shop.
       + You help customers shop well.

    ⚠️  Model drift detected:
       Local:  "openai/gpt-5"
       Server: "openai/gpt-4o"

    Primitive drift detected:
      SKILLS           catalog (local differs from server v1.0.0)
          ~ tool search
              description:
                - Finds products
                + Finds products by name

    ============================================================
    Total: 3 component(s) with drift
    Compared with v1, the newest version ever promoted. Live now: v1, promoted 09:30 UTC by ana@example.com
    Local code is ahead of the server: changed here, and not promoted yet.
    --- stderr
    hint: run `lua-store sync --push` to push the local code
    hint: run `lua-store sync --accept` to take name, persona and model of v1
    hint: run `lua-store sync --pull` to restore all files of v1, which is live
    --- exit 1
    "#);
    assert_snapshot!(project.run("sync --check --json"), @r#"
    $ lua-store sync --check --json
    {
      "schemaVersion": 1,
      "kind": "drift",
      "standing": "ahead",
      "drift": true,
      "compared": 1,
      "published": 1,
      "active": 1,
      "promotedAt": "2026-11-21T09:30:00.000Z",
      "promotedBy": "ana@example.com",
      "total": 3,
      "components": [
        {
          "component": "persona",
          "standing": "ahead",
          "server": "You are Ava.\nYou help customers shop.",
          "local": "You are Ava.\nYou help customers shop well."
        },
        {
          "component": "model",
          "standing": "ahead",
          "server": "openai/gpt-4o",
          "local": "openai/gpt-5"
        },
        {
          "component": "skill",
          "name": "catalog",
          "standing": "ahead"
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
          "--accept"
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
    assert_eq!(project.ok("count-objects --json"), before);
}

#[test]
fn the_five_standings_are_told_apart() {
    let ana = published();
    let mut ben = copy_of(&ana, "ben@example.com");
    let standing = |project: &crate::common::Project| {
        let outcome = project.run("sync --check --json");
        let answer: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        (answer["standing"].as_str().unwrap().to_owned(), outcome.code)
    };
    assert_eq!(standing(&ben), ("in_sync".to_owned(), 0));
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    assert_eq!(standing(&ana), ("ahead".to_owned(), 1));
    ana.ok("push");
    ana.ok("version create -m second");
    assert_eq!(standing(&ana), ("ahead".to_owned(), 1), "staged is not published");
    ana.ok("version promote 2");
    assert_eq!(standing(&ana), ("in_sync".to_owned(), 0));
    assert_eq!(standing(&ben), ("behind".to_owned(), 1));
    edit(&ben, "src/index.ts", "You help customers shop.", "You help a lot.");
    assert_eq!(standing(&ben), ("diverged".to_owned(), 1));
    ben.set("LUA_STORE_TRIES", "1");
    ben.ok("remote set-url origin http://127.0.0.1:9/agent_shop");
    assert_eq!(standing(&ben), ("unknown".to_owned(), 0));
    assert_eq!(ben.run("sync --check --strict").code, 11);
}

#[test]
fn the_first_line_that_differs_is_shown() {
    let project = published();
    let long = "x".repeat(300);
    edit(&project, "src/index.ts", "You help customers shop.", &format!("You help {long} shop."));
    let shown = project.run("sync --check").stdout;
    let local = shown.lines().find(|line| line.contains("Local:")).unwrap();
    assert!(local.contains("\"You help xxx") && local.ends_with("x…\" (line 2)"), "{local}");
    edit(&project, "src/index.ts", &format!("\nYou help {long} shop."), "");
    let shown = project.run("sync --check").stdout;
    assert!(
        shown.contains(
            "   Local:  (ends before line 2)\n   Server: \"You help customers shop.\" (line 2)"
        ),
        "{shown}"
    );
}

#[test]
fn code_that_cannot_be_read_is_neither_in_sync_nor_drift() {
    let project = published();
    edit(&project, "src/index.ts", "model:", "model");
    assert_snapshot!(project.run("sync --check"), @"
    $ lua-store sync --check
    --- stderr
    Error: src/index.ts:16:9: Expected `,` or `}` but found `string`
        model 'openai/gpt-4o',
              ^
    hint: run `lua-store push backup` to store the files as they are
    --- exit 1
    ");
    assert_snapshot!(project.run("sync --check --json"), @r#"
    $ lua-store sync --check --json
    {
      "schemaVersion": 1,
      "kind": "driftUnread",
      "standing": "unreadable",
      "reason": "src/index.ts:16:9: Expected `,` or `}` but found `string`\n    model 'openai/gpt-4o',\n          ^",
      "error": {
        "code": "unreadable",
        "message": "src/index.ts:16:9: Expected `,` or `}` but found `string`\n    model 'openai/gpt-4o',\n          ^",
        "hint": "run `lua-store push backup` to store the files as they are",
        "details": {
          "path": "src/index.ts",
          "line": 16,
          "column": 9
        }
      },
      "next": []
    }
    --- exit 1
    "#);
    project.ok("sync --pull --force");
    assert_eq!(project.run("sync --check").code, 0);
}

#[test]
fn what_needs_the_server_fails_without_it() {
    let mut project = copy(&published());
    let server = serve(&mut project, "");
    project.ok("sync --check");
    project.set("LUA_STORE_TRIES", "1");
    project.set("LUA_STORE_NOW", "2026-11-21T11:30:00Z");
    drop(server);
    for line in ["sync --accept", "sync --push", "sync --pull --force", "sync --check --strict"] {
        assert_eq!(project.run(line).code, 11, "{line}");
    }
    // The last answer of the remote is all that is known.
    let check = project.run("sync --check");
    assert_eq!((check.code, &*check.stdout), (0, ""), "{check}");
    assert!(
        check.stderr.contains("v1 was live, as origin had it at 09:30 UTC, 2 h ago"),
        "{check}"
    );
    let check = project.json("sync --check");
    assert_eq!((&check["standing"], &check["live"]["version"]), (&"unknown".into(), &1.into()));
    assert_eq!(check["asOf"], "2026-11-21T09:30:00.000Z");
}
