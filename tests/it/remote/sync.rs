//! `sync`: drift in the words of the stock command, and both ways out of it.

use super::served::{copy, serve};
use super::{copy_of, published, shared};
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
      "standing": "in_sync",
      "drift": false,
      "compared": 1,
      "published": 1,
      "active": 1,
      "promotedAt": "2026-11-21T09:30:00.000Z",
      "promotedBy": "ana@example.com",
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
    hint: `lua-store sync --push` pushes what is here
    hint: `lua-store sync --accept` takes name, persona and model of v1
    hint: `lua-store sync --pull` brings back all files of v1, which is live
    --- exit 1
    "#);
    assert_snapshot!(project.run("sync --check --json"), @r#"
    $ lua-store sync --check --json
    {
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

    ✅ Persona synced from server (src/index.ts)
    ✅ Model synced from server (src/index.ts)

    ✅ Sync complete.
    ");
    let after = ben.read("src/index.ts");
    assert!(after.contains("model: 'openai/gpt-5'"), "{after}");
    let changed: Vec<&str> = after.lines().filter(|line| !before.lines().any(|old| old == *line)).collect();
    assert_eq!(changed.len(), 2, "{changed:?}");
    assert_snapshot!(ben.run("sync --check"), @"
    $ lua-store sync --check
    ✅ No drift detected. Local code is in sync with server.
    In sync with v2, the newest version ever promoted. Live now: v2, promoted 09:30 UTC by ana@example.com
    ");
}

/// Ana publishes another persona, which is written where her agent names it; Ben has the project as it was before.
fn another_persona(index: &str, files: &[(&str, &str)]) -> [crate::common::Project; 2] {
    let ana = shared();
    files.iter().for_each(|(path, text)| ana.write(path, text));
    ana.write("src/index.ts", index);
    for line in ["push", "version create -m first", "version promote 1"] {
        ana.ok(line);
    }
    let ben = copy_of(&ana, "ben@example.com");
    ana.write(
        "src/index.ts",
        "import { LuaAgent, LuaWebhook } from 'lua-cli';\nimport { TEXT } from './texts';\n\
         const hook = new LuaWebhook({ name: 'hook', execute: async () => TEXT });\n\
         export const agent = new LuaAgent({ name: 'a', persona: 'Be brief.', webhooks: [hook] });\n",
    );
    for line in ["push", "version create -m second", "version promote 2"] {
        ana.ok(line);
    }
    [ana, ben]
}

const TEXTS: (&str, &str) = ("src/texts.ts", "export const TEXT = 'Be kind.';\n");

#[test]
fn a_constant_that_others_use_stays_as_it_is() {
    let index = "import { LuaAgent, LuaWebhook } from 'lua-cli';\nimport { TEXT } from './texts';\n\
        const hook = new LuaWebhook({ name: 'hook', execute: async () => TEXT });\n\
        export const agent = new LuaAgent({ name: 'a', persona: TEXT, webhooks: [hook] });\n";
    let [_ana, ben] = another_persona(index, &[TEXTS]);
    assert_snapshot!(ben.run("sync --accept"), @r#"
    $ lua-store sync --accept

    ⚠️  Drift detected. Auto-accepting server state...

    ✅ Persona synced from server (src/index.ts)

    ✅ Sync complete.
    --- stderr
    "TEXT" in "src/texts.ts" stays as it is, since other code uses it too.
    "#);
    assert_eq!(ben.read("src/texts.ts"), TEXTS.1);
    assert_eq!(ben.read("src/index.ts"), index.replace("persona: TEXT", "persona: 'Be brief.'"));
    assert_eq!(ben.run("sync --check").code, 0);
}

#[test]
fn a_persona_that_is_read_from_a_file_is_written_into_that_file() {
    let index = "import { LuaAgent, LuaWebhook } from 'lua-cli';\nimport { readFileSync } from 'fs';\nimport { join } from 'path';\n\
        import { TEXT } from './texts';\n\
        const hook = new LuaWebhook({ name: 'hook', execute: async () => TEXT });\n\
        export const agent = new LuaAgent({ name: 'a', persona: readFileSync(join(__dirname, 'persona.md'), 'utf8').trim(), webhooks: [hook] });\n";
    let [_ana, ben] = another_persona(index, &[TEXTS, ("src/persona.md", "Be kind.\n")]);
    assert_snapshot!(ben.run("sync --accept"), @"
    $ lua-store sync --accept

    ⚠️  Drift detected. Auto-accepting server state...

    ✅ Persona synced from server (src/persona.md)

    ✅ Sync complete.
    ");
    assert_eq!(
        (ben.read("src/index.ts").as_str(), ben.read("src/persona.md").as_str()),
        (index, "Be brief.\n")
    );
    assert_eq!(ben.run("sync --check").code, 0);
    // A file that something else reads as well is not the persona's alone.
    let two = index
        .replace("'hook', ", "'hook', description: readFileSync(join(__dirname, 'persona.md'), 'utf8'), ");
    let [_ana, ben] = another_persona(&two, &[TEXTS, ("src/persona.md", "Be kind.\n")]);
    ben.run("sync --accept");
    assert_eq!(ben.read("src/persona.md"), "Be kind.\n");
    assert!(ben.read("src/index.ts").contains("persona: 'Be brief.'"), "{}", ben.read("src/index.ts"));
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
    hint: `lua-store sync --push` pushes what is here
    hint: `lua-store sync --accept --against active` takes name, persona and model of v1
    hint: `lua-store sync --pull` brings back all files of v1, which is live
    --- exit 1
    "#);
    assert_snapshot!(project.run("sync --check --against active --json"), @r#"
    $ lua-store sync --check --against active --json
    {
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
    hint: `lua-store sync --push` pushes what is here
    hint: `lua-store sync --accept --against latest` takes name, persona and model of v2
    hint: `lua-store sync --pull` brings back all files of v1, which is live
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
    hint: `lua-store version list --all` shows what there is after `lua-store fetch`
    --- exit 3
    ");
    assert_snapshot!(project.run("sync --check --against source/v1"), @r#"
    $ lua-store sync --check --against source/v1
    --- stderr
    Error: "source/v1" is no version to compare with
    hint: say `published`, `active`, `latest`, `previous`, or a number like `v2`
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
        shown.contains("   Local:  (ends before line 2)\n   Server: \"You help customers shop.\" (line 2)"),
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
    hint: `lua-store push backup` keeps the files as they are
    --- exit 1
    ");
    assert_snapshot!(project.run("sync --check --json"), @r#"
    $ lua-store sync --check --json
    {
      "standing": "unreadable",
      "reason": "src/index.ts:16:9: Expected `,` or `}` but found `string`\n    model 'openai/gpt-4o',\n          ^"
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
    // What it had when it answered last is all there is to say.
    let check = project.run("sync --check");
    assert_eq!((check.code, &*check.stdout), (0, ""), "{check}");
    assert!(check.stderr.contains("v1 was live, as origin had it at 09:30 UTC, 2 h ago"), "{check}");
    let check = project.json("sync --check");
    assert_eq!((&check["standing"], &check["live"]["version"]), (&"unknown".into(), &1.into()));
    assert_eq!(check["asOf"], "2026-11-21T09:30:00.000Z");
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
    ✅ Persona synced from server (src/index.ts)

    ✅ Sync complete.
    "#);
    assert!(project.read("src/index.ts").contains("You help customers shop.`"));
    assert!(project.read("src/index.ts").contains("openai/gpt-5"), "skipped");
}
