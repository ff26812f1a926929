//! `sync --accept`: what is live goes into the files, and only the value changes.

use super::super::{copy_of, published, shared};
use crate::common::shop::edit;
use insta::assert_snapshot;

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
    let changed: Vec<&str> =
        after.lines().filter(|line| !before.lines().any(|old| old == *line)).collect();
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
    "TEXT" in "src/texts.ts" was not changed, because other code uses it too.
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
    let two = index.replace(
        "'hook', ",
        "'hook', description: readFileSync(join(__dirname, 'persona.md'), 'utf8'), ",
    );
    let [_ana, ben] = another_persona(&two, &[TEXTS, ("src/persona.md", "Be kind.\n")]);
    ben.run("sync --accept");
    assert_eq!(ben.read("src/persona.md"), "Be kind.\n");
    assert!(
        ben.read("src/index.ts").contains("persona: 'Be brief.'"),
        "{}",
        ben.read("src/index.ts")
    );
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
    hint: run `lua-store push` to store them first
    hint: add `--force` to overwrite them; they are stored as a safety snapshot
    --- exit 1
    ");
    assert_snapshot!(ben.run("sync --pull"), @"
    $ lua-store sync --pull
    --- stderr
    Error: Refusing to pull — 1 local file(s) have changes that were not pushed: src/index.ts
    hint: run `lua-store push` to store them first
    hint: add `--force` to overwrite them; they are stored as a safety snapshot
    --- exit 1
    ");
    assert_eq!(ben.run("sync --pull --force").code, 0);
    assert_eq!(ben.read("src/index.ts"), ana.read("src/index.ts"));
    assert_eq!(ben.run("sync --check").code, 0);
    ben.ok("source rollback --snapshot 1 --force");
    assert!(ben.read("src/index.ts").contains("my shop"));
}

/// The code takes the white space off what it reads: no file gives the value that is live.
#[test]
fn what_would_be_read_as_another_value_is_not_written() {
    let ana = shared();
    let agent = |persona: &str| {
        format!(
            "import {{ LuaAgent }} from 'lua-cli';\nimport {{ readFileSync }} from 'fs';\n\
             export const agent = new LuaAgent({{ name: 'a', persona: {persona} }});\n"
        )
    };
    let read = agent("readFileSync(new URL('./persona.md', import.meta.url), 'utf8').trim()");
    ana.write("src/index.ts", &read);
    ana.write("src/persona.md", "Be kind.\n");
    for line in ["push", "version create -m first", "version promote 1"] {
        ana.ok(line);
    }
    let ben = copy_of(&ana, "ben@example.com");
    ana.write("src/index.ts", agent("'  Be brief.  '"));
    for line in ["push", "version create -m second", "version promote 2"] {
        ana.ok(line);
    }
    assert_snapshot!(ben.run("sync --accept"), @r#"
    $ lua-store sync --accept

    ⚠️  Drift detected. Auto-accepting server state...

    --- stderr
    Error: cannot set "persona": "src/persona.md" computes it
    hint: write `persona: '…'` as a plain text in "src/persona.md", then try again
    --- exit 1
    "#);
    assert_eq!(
        (ben.read("src/index.ts"), ben.read("src/persona.md")),
        (read, "Be kind.\n".to_owned())
    );
    // A value that the code returns unchanged is written.
    ana.write("src/index.ts", agent("'Be brief.'"));
    for line in ["push", "version create -m third", "version promote 3"] {
        ana.ok(line);
    }
    assert_eq!(ben.run("sync --accept").code, 0);
    assert_eq!(ben.read("src/persona.md"), "Be brief.\n");
}

#[test]
fn a_question_needs_a_terminal() {
    let project = published();
    assert_snapshot!(project.run("sync"), @"
    $ lua-store sync
    --- stderr
    Error: cannot ask what to do without a terminal
    hint: run `lua-store sync --check` to see only what differs
    hint: add `--accept`, `--push` or `--pull` to act
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
