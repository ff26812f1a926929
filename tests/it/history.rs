//! `log`, `status`, `diff`, `show`: what was, what is, and what is inside.

use crate::common::shop::two_versions;
use crate::common::{Project, shop};
use insta::assert_snapshot;

#[test]
fn the_log_tells_the_history() {
    let project = two_versions();
    project.ok("version promote 1");
    project.ok("version promote 2 -m \"ship it\"");
    assert_snapshot!(redact_ids(project.run("log")), @"
    $ lua-store log
    v2 (active)  [ID]
      2026-11-21 09:30 by ana@example.com
      second
      3 change(s), from source version v2

    v1 (superseded)  [ID]
      2026-11-21 09:30 by ana@example.com
      first
      7 change(s), from source version v1
    ");
    assert_snapshot!(redact_ids(project.run("log --ledger --verify")), @"
    $ lua-store log --ledger --verify
    [ID]  2026-11-21 09:30  promote v2  by ana@example.com  ship it
    [ID]  2026-11-21 09:30  promote v1  by ana@example.com
    --- stderr
    ✓ Verified the ledger: 2 record(s).
    ");
    assert_snapshot!(redact_ids(project.run("log -n 1")), @"
    $ lua-store log -n 1
    v2 (active)  [ID]
      2026-11-21 09:30 by ana@example.com
      second
      3 change(s), from source version v2
    ");
}

/// However many versions were never live, they are one line.
#[test]
fn the_newest_staged_versions_are_named_and_the_others_counted() {
    let project = crate::counted::history(12);
    let staged = |project: &Project| {
        let status = project.ok("status");
        status.lines().find(|line| line.starts_with("Staged:")).unwrap().to_owned()
    };
    assert_eq!(
        staged(&project),
        "Staged:          v12, v11, v10, v9, v8 and 6 older (created, never live)"
    );
    assert_eq!(project.json("status")["staged"].as_array().unwrap().len(), 11);
    (7..12).for_each(|number| drop(project.ok(&format!("version delete {number} --force"))));
    project.ok("version delete 2 --force");
    assert_eq!(staged(&project), "Staged:          v12, v6, v5, v4, v3 (created, never live)");
}

#[test]
fn where_things_stand_is_one_screen() {
    let project = two_versions();
    project.ok("version promote 1");
    assert_snapshot!(project.run("status"), @"
    $ lua-store status
    Active version:  v1  first
      Live since 09:30 UTC (just now) by ana@example.com
    Newest version:  v2  second
    Pushed source:   v2
    Staged:          v2 (created, never live)
    Nothing to push: the project is as it was pushed.
    --- stderr
    hint: run `lua-store version promote v2` to make it active
    ");
    shop::edit(&project, "src/jobs/nightly.ts", "0 3 * * *", "0 4 * * *");
    project.write("docs/new.md", "new\n");
    assert_snapshot!(project.run("status"), @"
    $ lua-store status
    Active version:  v1  first
      Live since 09:30 UTC (just now) by ana@example.com
    Newest version:  v2  second
    Pushed source:   v2
    Staged:          v2 (created, never live)
    Not pushed:
      ~ job nightly (changed)
      A docs/new.md
      M src/jobs/nightly.ts
    --- stderr
    hint: run `lua-store version promote v2` to make it active
    hint: run `lua-store push` to store it
    ");
    assert_snapshot!(project.run("diff").changes(), @"
    $ lua-store diff
    Diff v2 → project
    Jobs:
      ~ nightly 1.0.0 → 1.0.1
          schedule.expression: 0 3 * * * → 0 4 * * *
    Files:
      A docs/new.md
      M src/jobs/nightly.ts
    ");
    assert_snapshot!(project.run("diff --patch v1 v2").changes(), @"
    $ lua-store diff --patch v1 v2
    Diff v1 → v2
    Skills:
      ~ catalog 1.0.0 → 1.0.1
          ~ tool search
              description:
                - Finds products
                + Finds products by name
    MCP servers:
      ~ docs (config changed: url)
          url: https://docs.example.com/mcp → https://help.example.com/mcp
    Persona: v1 → v2
      - You help customers shop.
      + You help customers shop well.
    Files:
    diff --git a/src/index.ts b/src/index.ts
    --- a/src/index.ts
    +++ b/src/index.ts
    @@ -6,13 +6,13 @@
     const docs = new LuaMCPServer({
       name: 'docs',
       transport: 'streamable-http',
    -  url: 'https://docs.example.com/mcp',
    +  url: 'https://help.example.com/mcp',
     });
     
     export const agent = new LuaAgent({
       name: 'shop',
       persona: `You are Ava.
    -You help customers shop.`,
    +You help customers shop well.`,
       model: 'openai/gpt-4o',
       skills: [orders, catalog],
       jobs: [nightly],
    diff --git a/src/skills/catalog.skill.ts b/src/skills/catalog.skill.ts
    --- a/src/skills/catalog.skill.ts
    +++ b/src/skills/catalog.skill.ts
    @@ -3,7 +3,7 @@
     
     const search = defineTool({
       name: 'search',
    -  description: 'Finds products',
    +  description: 'Finds products by name',
       inputSchema: z.object({ query: z.string() }),
       execute: async (input) => [input.query],
     });
    ");
    assert_snapshot!(project.run("diff --stat v1 v2").changes(), @"
    $ lua-store diff --stat v1 v2
    Diff v1 → v2
    Skills:
      ~ catalog 1.0.0 → 1.0.1
          ~ tool search
              description:
                - Finds products
                + Finds products by name
    MCP servers:
      ~ docs (config changed: url)
          url: https://docs.example.com/mcp → https://help.example.com/mcp
    Persona: v1 → v2
      - You help customers shop.
      + You help customers shop well.
    Files:
      M src/index.ts  +2 -2
      M src/skills/catalog.skill.ts  +1 -1
    ");
    assert_snapshot!(project.run("diff --name-only v1 v2"), @"
    $ lua-store diff --name-only v1 v2
    src/index.ts
    src/skills/catalog.skill.ts
    ");
}

#[test]
fn what_is_inside_a_version_can_be_shown() {
    let project = two_versions();
    assert_snapshot!(project.run("show v1:state/persona"), @"
    $ lua-store show v1:state/persona
    You are Ava.
    You help customers shop.
    ");
    assert_snapshot!(project.run("show v1:state"), @"
    $ lua-store show v1:state
    agent.json
    jobs/
    mcp-servers/
    persona
    skills/
    versions.json
    ");
    assert_snapshot!(project.run("show v1:source/src/lib/store.ts"), @"
    $ lua-store show v1:source/src/lib/store.ts
    export const find = (id: string) => ({ id, at: 'the door' });
    ");
    assert_snapshot!(project.run("show v1:source/none"), @r#"
    $ lua-store show v1:source/none
    --- stderr
    Error: there is no "source/none" in v1
    hint: run `lua-store ls-tree -r v1` to list its entries
    --- exit 3
    "#);
    assert_snapshot!(redact_ids(project.run("show v2").changes()), @"
    $ lua-store show v2
    Version v2 (staged)
      Id:      [ID]
      Created: 2026-11-21T09:30:00.000Z by ana@example.com
      Message: second
    Diff v1 → v2
    Skills:
      ~ catalog 1.0.0 → 1.0.1
          ~ tool search
              description:
                - Finds products
                + Finds products by name
    MCP servers:
      ~ docs (config changed: url)
          url: https://docs.example.com/mcp → https://help.example.com/mcp
    Persona: v1 → v2
      - You help customers shop.
      + You help customers shop well.
    ");
}

/// Ids hold the hash of everything; that they are ids is enough to see.
fn redact_ids(outcome: crate::common::Outcome) -> String {
    let text = outcome.to_string();
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_id = matches!(digits.len(), 8 | 64)
            && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        out.push_str(&if is_id { word.replace(digits, "[ID]") } else { word.to_owned() });
    }
    out
}
