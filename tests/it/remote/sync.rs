//! `sync`: drift in the words of the stock command, and both ways out of it.

use super::{copy_of, published, shared};
use crate::common::shop::edit;
use insta::assert_snapshot;

#[test]
fn without_a_difference_there_is_no_drift() {
    let project = published();
    assert_snapshot!(project.run("sync --check"), @"
    $ lua-store sync --check
    ✅ No drift detected. Local code is in sync with server.
    ");
    assert_snapshot!(project.run("sync --check --json"), @r#"
    $ lua-store sync --check --json
    {
      "standing": "in_sync",
      "drift": false,
      "published": 1,
      "active": 1,
      "total": 0,
      "components": []
    }
    "#);
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
       Local:  "You are Ava.
    You help customers shop well."
       Server: "You are Ava.
    You help customers shop."

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
    Local code is ahead of the server: changed here, and not promoted yet.
    --- stderr
    hint: `lua-store sync --push` pushes what is here
    hint: `lua-store sync --accept` takes name, persona and model of the server, `--pull` all its files
    --- exit 1
    "#);
    assert_snapshot!(project.run("sync --check --json"), @r#"
    $ lua-store sync --check --json
    {
      "standing": "ahead",
      "drift": true,
      "published": 1,
      "active": 1,
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
fn accepting_changes_only_the_value_and_keeps_what_was_there() {
    let ana = published();
    let ben = copy_of(&ana, "ben@example.com");
    edit(&ana, "src/index.ts", "You help customers shop.", r"Costs \`\${5}\` and a \\ backslash.");
    edit(&ana, "src/index.ts", "openai/gpt-4o", "openai/gpt-5");
    for line in ["push", "version create -m second", "version promote 2"] {
        ana.ok(line);
    }
    let before = ben.read("src/index.ts");
    assert_snapshot!(ben.run("sync --accept"), @"
    $ lua-store sync --accept

    ⚠️  Drift detected. Auto-accepting server state...

    ✅ Persona synced from server
    ✅ Model synced from server

    ✅ Sync complete.
    ");
    let after = ben.read("src/index.ts");
    assert!(after.contains("model: 'openai/gpt-5'"), "{after}");
    let changed: Vec<&str> = after.lines().filter(|line| !before.lines().any(|old| old == *line)).collect();
    assert_eq!(changed.len(), 2, "{changed:?}");
    assert_snapshot!(ben.run("sync --check"), @"
    $ lua-store sync --check
    ✅ No drift detected. Local code is in sync with server.
    ");
}

#[test]
fn edits_that_were_not_pushed_are_not_overwritten_unasked() {
    let ana = published();
    let ben = copy_of(&ana, "ben@example.com");
    edit(&ana, "src/index.ts", "You help customers shop.", "You help.");
    for line in ["push", "version create -m second", "version promote 2"] {
        ana.ok(line);
    }
    edit(&ben, "src/index.ts", "name: 'shop'", "name: 'my shop'");
    assert_snapshot!(ben.run("sync --accept"), @"
    $ lua-store sync --accept

    ⚠️  Drift detected. Auto-accepting server state...

    --- stderr
    Error: Refusing to pull — 1 local file(s) have changes that were not pushed: src/index.ts
    hint: `lua-store push` saves them first
    hint: `--force` overwrites them; what is there is kept as a safety snapshot
    --- exit 1
    ");
    assert_snapshot!(ben.run("sync --pull"), @"
    $ lua-store sync --pull
    --- stderr
    Error: Refusing to pull — 1 local file(s) have changes that were not pushed: src/index.ts
    hint: `lua-store push` saves them first
    hint: `--force` overwrites them; what is there is kept as a safety snapshot
    --- exit 1
    ");
    assert_eq!(ben.run("sync --pull --force").code, 0);
    assert_eq!(ben.read("src/index.ts"), ana.read("src/index.ts"));
    assert_eq!(ben.run("sync --check").code, 0);
    ben.ok("source rollback --snapshot 1 --force");
    assert!(ben.read("src/index.ts").contains("my shop"));
}

#[test]
fn after_a_rollback_both_what_is_live_and_what_was_published_are_in_sync() {
    let project = published();
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    for line in ["push", "version create -m second", "version promote 2", "version promote 1"] {
        project.ok(line);
    }
    assert_eq!(project.run("sync --check").code, 0);
    project.ok("sync --pull --force");
    assert!(project.read("src/index.ts").contains("You help customers shop."));
    assert_snapshot!(project.run("sync --check"), @r#"
    $ lua-store sync --check

    ============================================================
    🔍 Drift Check Summary
    ============================================================

    ⚠️  Persona drift detected:
       Local:  "You are Ava.
    You help customers shop."
       Server: "You are Ava.
    You help."

       - You help.
       + You help customers shop.

    ============================================================
    Total: 1 component(s) with drift
    Local code is ahead of the server: changed here, and not promoted yet.
    --- stderr
    hint: `lua-store sync --push` pushes what is here
    hint: `lua-store sync --accept` takes name, persona and model of the server, `--pull` all its files
    --- exit 1
    "#);
}

#[test]
fn a_question_needs_a_terminal() {
    let project = published();
    assert_snapshot!(project.run("sync"), @"
    $ lua-store sync
    --- stderr
    Error: cannot ask what to do without a terminal
    hint: `lua-store sync --check` only says what differs
    hint: `--accept`, `--push` or `--pull` says what to do
    --- exit 2
    ");
}

#[cfg(unix)]
#[test]
fn on_a_terminal_each_component_is_asked_for() {
    let project = published();
    edit(&project, "src/index.ts", "You help customers shop.", "You help customers shop well.");
    project.ok("push");
    edit(&project, "src/index.ts", "openai/gpt-4o", "openai/gpt-5");
    project.ok("push");
    let (shown, code) = project.on_terminal("sync --color never", "u\nx\ns\n");
    assert_eq!(code, 0, "{shown}");
    assert_snapshot!(shown, @r#"
    u
    x
    s

    ============================================================
    PERSONA DIFF
    - Server (deployed)  + Local (code)
    ============================================================

      You are Ava.
    - You help customers shop.
    + You help customers shop well.

    ============================================================

    What would you like to do with the persona? [p]ush local to server, p[u]ll server to local, [s]kip: 
    ============================================================
    MODEL DIFF
    ============================================================
    - Server: "openai/gpt-4o"
    + Local:  "openai/gpt-5"
    ============================================================

    What would you like to do with the model? [p]ush local to server, p[u]ll server to local, [s]kip: Type one of the letters in brackets.
    What would you like to do with the model? [p]ush local to server, p[u]ll server to local, [s]kip: Skipped the model.
    ✅ Persona synced from server

    ✅ Sync complete.
    "#);
    assert!(project.read("src/index.ts").contains("You help customers shop.`"));
    assert!(project.read("src/index.ts").contains("openai/gpt-5"), "skipped");
}
