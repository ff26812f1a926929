//! A `lua-store serve` as the platform of both commands: this program deploys to it, `lua` reads what runs; `lua` pushes to
//! it, and this program imports that.

use super::{edit, sums};
use crate::common::server::Server;
use crate::common::stock::{AGENT, Ran, Stock, fixtures};
use insta::assert_snapshot;

/// The project of this program beside that of the `lua` command.
const OURS: &str = "../ours";

/// Projects of both commands, with a primitive of every kind. Nothing is pushed.
fn both() -> Option<Stock> {
    let mut stock = Stock::empty()?;
    stock.project.set("LUA_API_KEY", &stock.token);
    // A number is that of the first backup after it: with a clock that stands still nobody knows which that is.
    stock.project.set("LUA_STORE_NOW", "");
    stock.server = Server::start(&stock.project, "");
    stock.url.clone_from(&stock.server.url);
    for folder in [".", OURS] {
        stock.fill(folder, AGENT);
        let brief = std::fs::read(fixtures().join("workflow/brief.ts")).unwrap();
        stock.project.write(&format!("{folder}/src/brief.ts"), brief);
        let index = format!("{folder}/src/index.ts");
        edit(
            &stock,
            &index,
            "import { line }",
            "import { brief } from './brief';\nimport { line }",
        );
        edit(&stock, &index, "  voices:", "  workflows: [brief],\n  voices:");
    }
    Some(stock)
}

fn ours(stock: &Stock, line: &str) -> String {
    stock.project.ok(&format!("-C {OURS} {line}"))
}

/// Output of a command of ours, with its exit code, and without how much of the code was compared.
fn shown(stock: &Stock, line: &str) -> String {
    shown_in(stock, OURS, line)
}

fn shown_in(stock: &Stock, folder: &str, line: &str) -> String {
    let outcome = stock.project.run(&format!("-C {folder} {line}"));
    let text = outcome.to_string().replace(&stock.url, "[URL]");
    let is_time = |line: &&str| !line.starts_with("`lua compile` took");
    let lines = text.lines().filter(is_time).map(|line| line.split(" · code of ").next().unwrap());
    lines.map(|line| without_time(line) + "\n").collect()
}

fn of_lua(ran: &Ran) -> String {
    ran.to_string().lines().map(|line| without_time(line) + "\n").collect()
}

/// A line with a mark in place of each digit of a time.
fn without_time(line: &str) -> String {
    let is_time = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        digits >= 4 && word.contains([':', '-', '/']) && !word.contains("http")
    };
    let blank = |word: &str| match is_time(word) {
        true => word.replace(|letter: char| letter.is_ascii_digit(), "0"),
        false => word.to_owned(),
    };
    let words =
        line.split(' ').map(|words| words.split('\t').map(blank).collect::<Vec<_>>().join("\t"));
    words.collect::<Vec<_>>().join(" ")
}

/// The files of a project of ours are compiled once.
fn compiled(stock: &Stock) -> String {
    let ran = stock.lua_in(OURS, "compile");
    assert_eq!(ran.code, 0, "{ran}");
    "--compiled .".to_owned()
}

fn remote(stock: &Stock) {
    ours(stock, "init");
    ours(stock, &format!("remote add origin lua+{}/{AGENT}", stock.url));
}

#[test]
fn a_deployment_of_ours_is_what_the_command_reads() {
    let Some(stock) = both() else { return };
    remote(&stock);
    ours(&stock, "push -m first");
    ours(&stock, "version create -m first --offline");
    assert_snapshot!(shown(&stock, "version promote 1"), @r"
    $ lua-store -C ../ours version promote 1
    ✓ Promoted v1. (No previous active version.)
       live at once  MCP server docs (#7)
       live at once  persona (#12)
       staged        version of v1 (#23)
       switch        version 1 is made active (#27)
    Active v1 there · 7 of 8 primitives at their numbers · persona, model, 1 MCP server equal
      voice line is unknown: voices are neither sent to the platform nor compared with it
    --- stderr
    warning: v1 is the first version of this agent on the platform, where each publish was live by itself until now
    Not sent, as voices are neither sent to the platform nor compared with it: line (the `lua` command sends them)
    ");
    let (lua, of_ours) = (|line: &str| stock.lua_in(OURS, line), format!("{OURS}/src/index.ts"));
    assert_snapshot!(of_lua(&lua("version show 1")), @r"
    $ lua version show 1
    Version v1 (active)
      Created: 0000-00-00T00:00:00.000Z by ana@example.com
      Message: first
      Model:   openai/gpt-4o
      Snapshot:
        Skills:         2
        Webhooks:       1
        Triggers:       1
        Jobs:           1
        Preprocessors:  1
        Postprocessors: 1
        MCP servers:    1
        Persona:        v1
    ");
    assert_snapshot!(of_lua(&lua("version status")), @r"
    $ lua version status
    Active agent version: v1
       TYPE           NAME        ACTIVE VERSION  LOCAL
       skill          catalog     v1.0.0          v1.0.0
       skill          orders      v1.0.0          v1.0.0
       webhook        order-paid  v1.0.0          v1.0.0
       job            nightly     v1.0.0          v1.0.0
       preprocessor   guard       v1.0.0          v1.0.0
       postprocessor  polish      v1.0.0          v1.0.0
       trigger        new-review  v1.0.0          v1.0.0
    ");
    let sources = lua("source list").stdout;
    assert!(
        sources.contains("v1 *") && sources.contains("lua-store push v1 of source"),
        "{sources}"
    );
    let persona = lua("persona production view").stdout;
    assert!(
        persona.contains("Version: 1 ⭐") && persona.contains("help customers shop"),
        "{persona}"
    );
    assert_snapshot!(of_lua(&lua("sync --check").brief()), @r#"
    $ lua sync --check
    📥 Added "docs" MCP server from server
    ✅ YAML MCP servers synced with server
    🔧 Creating 1 new devices on server...
       ✅ Created "label-printer" (ID: [ID])
    ✅ Created 1 devices on server
    🔧 Creating 1 new device triggers on server...
       ✅ Created "doorbell" (ID: [ID])
    ✅ Created 1 device triggers on server
    🔧 Creating 1 new voices on server...
       ✅ Created "line" (ID: [ID])
    ✅ Created 1 voices on server
    🔧 Creating 1 new workflows on server...
       ✅ Created "brief" (ID: [ID])
    ✅ Created 1 workflows on server
    ============================================================
    🔍 Drift Check Summary
    ============================================================
    Primitive drift detected:
      [31mMCP SERVERS     [0m docs (server only)
    ============================================================
    Total: 1 component(s) with drift
    💡 Use 'lua sync --push' to push local changes to server
       Use 'lua sync --accept' to pull server state to local
       Use 'lua sync' for interactive resolution
    --- stderr
    ✖ error: Operation failed
    --- exit 1
    "#);
    let status: serde_json::Value = serde_json::from_str(&lua("status --json").stdout).unwrap();
    assert_eq!(status["persona"]["status"], "synced", "{status:#}");

    // A second version, and back.
    edit(&stock, &of_ours, "You help customers shop.", "You help everybody.");
    edit(
        &stock,
        &format!("{OURS}/src/skills/catalog.skill.ts"),
        "Finds products",
        "Finds all products",
    );
    let options = compiled(&stock);
    ours(&stock, &format!("push -m second {options}"));
    ours(&stock, "version create -m second --offline");
    ours(&stock, &format!("version promote 2 {options}"));
    assert_snapshot!(of_lua(&lua("version diff 1 2")), @r"
    $ lua version diff 1 2
    Diff v1 → v2
    Skills:
      ~ catalog 1.0.0 → 1.0.1
    Webhooks: (no changes)
    Jobs: (no changes)
    Preprocessors: (no changes)
    Postprocessors: (no changes)
    Triggers: (no changes)
    MCP servers: (no changes)
    Persona: v1 → v2
    Model: (unchanged)
    Voice: (unchanged)
    ");
    // A restore by the command brings the files that were deployed.
    assert_eq!(stock.lua("pull --force").code, 0);
    assert_eq!(sums(&stock, "."), sums(&stock, OURS));
    assert_snapshot!(shown(&stock, "version promote previous"), @r"
    $ lua-store -C ../ours version promote previous
    ✓ Promoted v1. Previous active: v2.
       switch        version 1 is made active (#27)
    Active v1 there · 7 of 8 primitives at their numbers · persona, model, 1 MCP server equal
      voice line is unknown: voices are neither sent to the platform nor compared with it
    --- stderr
    This takes back v2, promoted by ana@example.com, 0000-00-00 00:00
    hint: run `lua-store version promote v2` to take it back
    Not sent, as voices are neither sent to the platform nor compared with it: line (the `lua` command sends them)
    ");
    assert_snapshot!(shown(&stock, "remote verify"), @r"
    $ lua-store -C ../ours remote verify
    Active v1 there · 7 of 8 primitives at their numbers · persona, model, 1 MCP server equal
      voice line is unknown: voices are neither sent to the platform nor compared with it
    --- exit 11
    ");
    assert_snapshot!(of_lua(&lua("version list")), @r"
    $ lua version list
    VERSION  STATUS      CREATED           BY               MESSAGE
    v2       superseded  0000-00-00 00:00  ana@example.com  second
    v1*      active      0000-00-00 00:00  ana@example.com  first
    ");
    let persona = lua("persona production view").stdout;
    assert!(
        persona.contains("Version: 1 ⭐") && persona.contains("help customers shop"),
        "{persona}"
    );
}

#[test]
fn edits_of_the_command_are_seen_and_merged() {
    let Some(stock) = both() else { return };
    remote(&stock);
    ours(&stock, "push -m first");
    ours(&stock, "version create -m first --offline");
    ours(&stock, "version promote 1");
    // A colleague edits the persona, and deploys one skill alone.
    edit(&stock, "src/index.ts", "You help customers shop.", "You help everybody.");
    stock.ok("push persona --force");
    assert_snapshot!(shown(&stock, "sync --check"), @r"
    $ lua-store -C ../ours sync --check
    Local code is in sync with v1, the newest version ever promoted. Live now: v1, promoted 00:00 UTC by ana@example.com
    Active v1 there · 7 of 8 primitives at their numbers · model, 1 MCP server equal · persona not equal
      persona as served is not the text of v1: somebody edited it there, or the promote moved only the mark
      persona version is 2, v1 has 1
      voice line is unknown: voices are neither sent to the platform nor compared with it
    --- exit 1
    ");
    edit(&stock, "src/skills/catalog.skill.ts", "Finds products", "Finds all products");
    stock.ok("push skill --name catalog --force");
    stock.ok("deploy skill --name catalog --set-version latest --force");
    // Another file is edited here at the same time.
    edit(
        &stock,
        &format!("{OURS}/src/skills/orders.skill.ts"),
        "Knows about orders",
        "Knows orders",
    );
    let seen = shown(&stock, "sync --check");
    assert!(seen.contains("SKILLS           catalog (local differs from server v1.0.1)"), "{seen}");
    assert!(seen.contains("Live now: v2") && seen.ends_with("--- exit 1\n"), "{seen}");
    assert_snapshot!(shown(&stock, "pull"), @r"
    $ lua-store -C ../ours pull
    source v2  0000-00-00 00:00  platform  push skill catalog
        ~ skill catalog 1.0.0 → 1.0.1
            ~ tool search
                description:
                  - Finds products
                  + Finds all products
        - device label-printer
        - device trigger doorbell
        - voice line
        - workflow brief
        ~ persona
            - You help customers shop.
            + You help everybody.
    source v3  0000-00-00 00:00  platform  deploy skill catalog 1.0.1
        ~ persona
            - You help everybody.
            + You help customers shop.
    source v4  0000-00-00 00:00  platform  deploy skill catalog 1.0.1: as v3
        ~ persona
            - You help customers shop.
            + You help everybody.
    version v2  0000-00-00 00:00  ana@example.com  deploy skill catalog 1.0.1
    promoted v2  0000-00-00 00:00  platform  as the platform has it; it does not say when and by whom
    ✅ Pulled from origin: 3 file(s) changed
    --- stderr
    Your earlier files are stored as safety snapshot 1.
    hint: run `lua-store snapshot restore 1` to restore them
    ");
    let merged = stock.project.read(&format!("{OURS}/src/index.ts"));
    assert!(merged.contains("You help everybody."), "{merged}");
    let options = compiled(&stock);
    ours(&stock, &format!("push -m merged {options}"));
    ours(&stock, "version create -m merged --offline");
    assert_snapshot!(shown(&stock, &format!("version promote latest {options}")), @r"
    $ lua-store -C ../ours version promote latest --compiled .
    ✓ Promoted v3. Previous active: v2.
       live at once  persona version 2 (#13)
       staged        version of v3 (#23)
       switch        version 3 is made active (#27)
    Active v3 there · 7 of 8 primitives at their numbers · persona, model, 1 MCP server equal
      voice line is unknown: voices are neither sent to the platform nor compared with it
    --- stderr
    hint: run `lua-store version promote v2` to take it back
    Not sent, as voices are neither sent to the platform nor compared with it: line (the `lua` command sends them)
    ");
    assert_snapshot!(shown(&stock, "remote verify"), @r"
    $ lua-store -C ../ours remote verify
    Active v3 there · 7 of 8 primitives at their numbers · persona, model, 1 MCP server equal
      voice line is unknown: voices are neither sent to the platform nor compared with it
    --- exit 11
    ");
    assert_snapshot!(of_lua(&stock.lua("version list")), @r"
    $ lua version list
    VERSION  STATUS      CREATED           BY               MESSAGE
    v3*      active      0000-00-00 00:00  ana@example.com  merged
    v2       superseded  0000-00-00 00:00  ana@example.com  deploy skill catalog 1.0.1
    v1       superseded  0000-00-00 00:00  ana@example.com  first
    ");
}

#[test]
fn a_history_of_the_command_is_imported() {
    let Some(stock) = both() else { return };
    stock.ok("push all --force");
    stock.ok("version create -m first");
    stock.ok("version promote 1");
    edit(&stock, "src/skills/catalog.skill.ts", "Finds products", "Finds all products");
    stock.ok("push all --force");
    stock.ok("version create -m second");
    stock.ok("version promote 2");
    let clone = format!("clone lua+{}/{AGENT} ../clone", stock.url);
    let cloned = stock.project.ok(&clone).replace(&stock.url, "[URL]");
    assert_snapshot!(cloned, @r"
    ✓ Cloned agent_paint into [DIR]/project/../clone
       12 file(s), 2 source version(s), 2 version(s)
       Active: v2
    ");
    assert_eq!(sums(&stock, "."), sums(&stock, "../clone"));
    assert_snapshot!(shown_in(&stock, "../clone", "version list"), @r"
    $ lua-store -C ../clone version list
    VERSION  STATUS      CREATED           BY               PROMOTED  MESSAGE
    v2*      active      0000-00-00 00:00  ana@example.com  unknown   second
    v1       superseded  0000-00-00 00:00  ana@example.com  unknown   first
    --- stderr
    as origin has it now
    ");
    let sources = stock.project.list("-C ../clone source list");
    assert_eq!(sources.as_array().unwrap().len(), 2, "{sources:#}");
    assert_snapshot!(shown_in(&stock, "../clone", "version diff 1 2"), @r"
    $ lua-store -C ../clone version diff 1 2
    Diff v1 → v2
    Skills:
      ~ catalog 1.0.1 → 1.0.2
          ~ tool search
              description:
                - Finds products
                + Finds all products
    No changes: webhooks, jobs, preprocessors, postprocessors, triggers, MCP servers, persona, model, voice
    Files:
      M lua.skill.yaml
      M src/skills/catalog.skill.ts
    ");
    assert_snapshot!(shown_in(&stock, "../clone", "remote verify"), @r"
    $ lua-store -C ../clone remote verify
    Active v2 there · 7 of 8 primitives at their numbers · persona, model, 1 MCP server equal
      voice line is unknown: voices are neither sent to the platform nor compared with it
    --- exit 11
    ");
}
