//! A change inside a definition is reported once, where it was made: descriptions, schemas, orders.

use crate::common::{Project, shop};
use serde_json::Value;

#[test]
fn a_new_description_is_told_once() {
    let project = shop::project();
    project.ok("version create --auto-push");
    shop::edit(
        &project,
        "src/skills/tools/TrackOrderTool.ts",
        "Tells where an order is",
        "Says where an order is",
    );
    project.ok("version create --auto-push");
    insta::assert_snapshot!(project.run("version diff 1 2").changes(), @"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Skills:
      ~ orders 1.0.0 → 1.0.1
          ~ tool track_order
              description:
                - Tells where an order is
                + Says where an order is
    Files:
      M src/skills/tools/TrackOrderTool.ts
    ");
    // Nor is the description of what it takes; what it lets through is.
    let schema = |from: &str, to: &str| {
        shop::edit(&project, "src/skills/tools/TrackOrderTool.ts", from, to);
        let answer = project.json("push --dry-run");
        let change = answer["diff"]["reaches"]["modules"].as_array().map_or(0, Vec::len);
        (answer["changed"].clone(), change)
    };
    let before = project.read("src/skills/tools/TrackOrderTool.ts");
    assert!(before.contains("inputSchema = z.object({ id: z.string() })"), "{before}");
    assert_eq!(
        schema("id: z.string()", "id: z.string().describe('Of the order').min(1)"),
        (true.into(), 1)
    );
    project.ok("push");
    assert_eq!(schema("'Of the order'", "'Which order'"), (true.into(), 0));
    assert_eq!(schema(".describe('Which order')", ""), (true.into(), 0));
    // Only where the definition has it: in code it may be what a model is asked.
    shop::edit(
        &project,
        "src/skills/tools/TrackOrderTool.ts",
        "return find(input.id);",
        "return find(z.string().describe('One').parse(input.id));",
    );
    project.ok("push");
    assert_eq!(schema("describe('One')", "describe('Two')"), (true.into(), 1));
    project.ok("push");
    // A property that is no field of a tool is code of its own.
    shop::edit(
        &project,
        "src/skills/tools/TrackOrderTool.ts",
        "  async execute",
        "  limit = 5;\n\n  async execute",
    );
    project.ok("push");
    shop::edit(&project, "src/skills/tools/TrackOrderTool.ts", "limit = 5", "limit = 6");
    let change = &project.json("push --dry-run")["diff"]["reaches"]["modules"];
    assert_eq!(change[0]["declarations"], serde_json::json!(["TrackOrderTool"]), "{change:#}");
}

#[test]
fn the_order_of_skills_and_processors_is_kept_and_told() {
    let project = Project::new();
    let agent = |skills: &str, processors: &str| {
        format!(
            "import {{ LuaAgent, LuaSkill, PreProcessor }} from 'lua-cli';\n\
             const a = new LuaSkill({{ name: 'a', tools: [] }});\n\
             const b = new LuaSkill({{ name: 'b', tools: [] }});\n\
             const c = new LuaSkill({{ name: 'c', tools: [] }});\n\
             const one = new PreProcessor({{ name: 'one', execute: async () => 1 }});\n\
             const two = new PreProcessor({{ name: 'two', execute: async () => 2 }});\n\
             export const agent = new LuaAgent({{ name: 'a', skills: [{skills}], preProcessors: [{processors}] }});\n"
        )
    };
    project.write("src/index.ts", agent("a, b", "one, two"));
    for line in ["init", "push", "version create"] {
        project.ok(line);
    }
    project.write("src/index.ts", agent("b, a", "two, one"));
    project.ok("version create --auto-push");
    insta::assert_snapshot!(project.run("version diff 1 2").changes(), @r#"
    $ lua-store version diff 1 2
    Diff v1 → v2
    order of preprocessors: ["one","two"] → ["two","one"]
    order of skills: ["a","b"] → ["b","a"]
    Files:
      M src/index.ts
    "#);
    // An insertion changes no order.
    project.write("src/index.ts", agent("b, c, a", "two, one"));
    let items = project.json("push")["items"].clone();
    let changed: Vec<&Value> =
        items.as_array().unwrap().iter().filter(|item| item["change"] != "unchanged").collect();
    assert_eq!(changed.len(), 1, "{changed:#?}");
    assert_eq!((&changed[0]["name"], &changed[0]["change"]), (&"c".into(), &"new".into()));
    project.write("src/index.ts", agent("c, b, a", "two, one"));
    assert_eq!(project.json("push --dry-run")["changed"], true);
}
