//! What a push finds changed below a primitive: what its imports resolve to decides, and layout does not.

use crate::common::{Project, shop};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The hook of an agent, whose `price` comes from elsewhere.
fn agent(import: &str, body: &str) -> String {
    format!(
        "import {{ LuaAgent, LuaWebhook }} from 'lua-cli';\n{import}\n\
         const hook = new LuaWebhook({{ name: 'hook', execute: async () => {body} }});\n\
         export const agent = new LuaAgent({{ name: 'a', webhooks: [hook] }});\n"
    )
}

const V1: (&str, &str) = ("src/pricing-v1.ts", "export const price = () => 1;\n");
const V2: (&str, &str) = ("src/pricing-v2.ts", "export const price = () => 2;\n");

/// What is imported, the code that uses it, the files beside it, and the edit that gives it something else. Every file
/// that was reached before stays as it was.
struct Case {
    what: &'static str,
    import: &'static str,
    body: &'static str,
    files: Vec<(&'static str, &'static str)>,
    edit: (&'static str, String),
}

fn cases() -> Vec<Case> {
    let case = |what, import, files: &[(&'static str, &'static str)], path, text: &str| Case {
        what,
        import,
        body: "price()",
        files: [&[V1, V2], files].concat(),
        edit: (path, text.to_owned()),
    };
    let barrel = "import { price } from './prices';";
    let paths = |version: u8| {
        format!(r#"{{"compilerOptions": {{"paths": {{"@p": ["./src/pricing-v{version}.ts"]}}}}}}"#)
    };
    let imports = |version: u8| format!(r##"{{"imports": {{"#p": "./src/pricing-v{version}.ts"}}}}"##);
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let both = ("src/all.ts", "export const net = () => 1;\nexport const gross = () => 2;\n");
    let swapped = "import { net as price, gross as other } from './all';";
    let mut cases = vec![
        case(
            "a barrel",
            barrel,
            &[("src/prices.ts", "export * from './pricing-v1';\n")],
            "src/prices.ts",
            "export * from './pricing-v2';\n",
        ),
        case(
            "a name of a barrel",
            barrel,
            &[both, ("src/prices.ts", "export { net as price } from './all';\n")],
            "src/prices.ts",
            "export { gross as price } from './all';\n",
        ),
        case(
            "paths of tsconfig",
            "import { price } from '@p';",
            &[("tsconfig.json", leak(paths(1)))],
            "tsconfig.json",
            &paths(2),
        ),
        case(
            "paths of a base of tsconfig",
            "import { price } from '@p';",
            &[("tsconfig.json", "{\"extends\": \"./base.json\"}"), ("base.json", leak(paths(1)))],
            "base.json",
            &paths(2),
        ),
        case(
            "imports of package.json",
            "import { price } from '#p';",
            &[("package.json", leak(imports(1)))],
            "package.json",
            &imports(2),
        ),
        case(
            "a file that resolves first",
            barrel,
            &[("src/prices/index.ts", "export const price = () => 1;\n")],
            "src/prices.ts",
            "export const price = () => 2;\n",
        ),
        case(
            "a namespace",
            "import * as prices from './prices';\nconst price = () => prices.now.price();",
            &[("src/prices.ts", "export * as now from './pricing-v1';\n")],
            "src/prices.ts",
            "export * as now from './pricing-v2';\n",
        ),
    ];
    let entry = |what, import: &'static str, to: &str, body, files: &[(&'static str, &'static str)]| Case {
        what,
        import,
        body,
        files: files.to_vec(),
        edit: ("src/index.ts", agent(to, body)),
    };
    cases.extend([
        entry(
            "two names that change places",
            swapped,
            "import { gross as price, net as other } from './all';",
            "price() - other()",
            &[both],
        ),
        entry(
            "another export of a package",
            "import { v4 as price } from 'uuid';",
            "import { v1 as price } from 'uuid';",
            "price()",
            &[],
        ),
        entry(
            "another part of a package",
            "import price from 'lodash/get';",
            "import price from 'lodash/set';",
            "price()",
            &[],
        ),
        entry(
            "another part of Node",
            "import { cwd as price } from 'process';",
            "import { uptime as price } from 'node:process';",
            "price()",
            &[],
        ),
    ]);
    cases
}

fn hook(push: &Value) -> (String, String) {
    let item = push["items"].as_array().unwrap().iter().find(|item| item["name"] == "hook").unwrap();
    (item["change"].as_str().unwrap().to_owned(), item["to"].as_str().unwrap().to_owned())
}

#[test]
fn an_import_that_resolves_to_something_else_is_a_change() {
    for Case { what, import, body, files, edit } in cases() {
        let project = Project::new();
        project.write("src/index.ts", agent(import, body));
        files.iter().for_each(|(path, text)| project.write(path, text));
        project.ok("init");
        assert_eq!(hook(&project.json("push")).0, "new", "{what}");
        // The second look comes from the cache.
        let status = project.json("status");
        assert_eq!(status["notPushed"]["primitives"].as_array().unwrap().len(), 0, "{what}: {status:#}");
        project.write(edit.0, &edit.1);
        assert_eq!(hook(&project.json("push --dry-run")).0, "changed", "{what}");
        assert_eq!(hook(&project.json("push")), ("changed".to_owned(), "1.0.1".to_owned()), "{what}");
        assert_eq!(hook(&project.json("push")).0, "unchanged", "{what}");
        // What an editor does to the text of an import is no change of what it resolves to.
        let index = project.read("src/index.ts");
        project.write("src/index.ts", index.replace('\'', "\"").replace("{ ", "{\n  "));
        assert_eq!(hook(&project.json("push")).0, "unchanged", "{what}");
    }
}

#[test]
fn the_state_keeps_the_module_that_is_reached_now_and_the_difference_names_both() {
    let project = Project::new();
    project.write("src/index.ts", agent("import { price } from './prices';", "price()"));
    for (path, text) in [V1, V2, ("src/prices.ts", "export * from './pricing-v1';\n")] {
        project.write(path, text);
    }
    for line in ["init", "push", "version create"] {
        project.ok(line);
    }
    project.write("src/prices.ts", "export * from './pricing-v2';\n");
    project.ok("push");
    project.ok("version create");
    let kept = project.ok("ls-tree -r v2:state/webhooks/hook/modules");
    assert!(kept.contains("pricing-v2.ts") && !kept.contains("pricing-v1.ts"), "{kept}");
    insta::assert_snapshot!(project.run("version diff 1 2"), @"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Skills: (no changes)
    Webhooks:
      ~ hook 1.0.0 → 1.0.1
          only code or packages it reaches (see below)
    Jobs: (no changes)
    Preprocessors: (no changes)
    Postprocessors: (no changes)
    Triggers: (no changes)
    MCP servers: (no changes)
    Persona: (unchanged)
    Model: (unchanged)
    Voice: (unchanged)
    Code:
      - src/pricing-v1.ts reached webhook hook
      + src/pricing-v2.ts reaches webhook hook
      ~ src/index.ts: price is src/pricing-v2.ts#price now (was src/pricing-v1.ts#price) for webhook hook
    ");
}

/// The shop with a file of code moved, and every import of it corrected.
fn with_moved_file() -> Project {
    let project = shop::project();
    project.ok("push");
    project.ok("version create");
    let text = project.read("src/skills/tools/TrackOrderTool.ts");
    std::fs::remove_file(project.path("src/skills/tools/TrackOrderTool.ts")).unwrap();
    project.write("src/skills/track/TrackOrderTool.ts", text);
    shop::edit(&project, "src/skills/orders.skill.ts", "./tools/TrackOrderTool", "./track/TrackOrderTool");
    project
}

#[test]
fn a_file_that_moves_renumbers_nothing_and_is_told_as_moved() {
    let project = with_moved_file();
    let push = project.json("push");
    assert!(push["items"].as_array().unwrap().iter().all(|item| item["change"] == "unchanged"), "{push:#}");
    assert_eq!(project.ok("version create"), "No staged changes since the previous version.\n");
    insta::assert_snapshot!(project.run("source diff 1 2"), @"
    $ lua-store source diff 1 2
      M src/skills/orders.skill.ts
      R src/skills/tools/TrackOrderTool.ts → src/skills/track/TrackOrderTool.ts
    ");
    // With an edit in it, it is a move and an edit.
    shop::edit(
        &project,
        "src/skills/track/TrackOrderTool.ts",
        "return find(input.id);",
        "return find(input.id) ?? null;",
    );
    project.ok("push");
    project.ok("version create");
    insta::assert_snapshot!(project.run("version diff 1 2"), @"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Skills:
      ~ orders 1.0.0 → 1.0.1
          ~ tool track_order
              code changed
              path: src/skills/tools/TrackOrderTool.ts → src/skills/track/TrackOrderTool.ts
    Webhooks: (no changes)
    Jobs: (no changes)
    Preprocessors: (no changes)
    Postprocessors: (no changes)
    Triggers: (no changes)
    MCP servers: (no changes)
    Persona: (unchanged)
    Model: (unchanged)
    Voice: (unchanged)
    Code:
      ~ src/skills/tools/TrackOrderTool.ts → src/skills/track/TrackOrderTool.ts (TrackOrderTool) reaches skill orders
    ");
}

#[test]
fn quotes_around_keys_and_empty_statements_are_no_code() {
    let project = Project::new();
    let text = |body: &str| agent("", &format!("{{\n{body}\n}}"));
    let before = "const a = { \"one\": 1, \"2\": 2, \"not-a-name\": 3, [\"b\"]: 4 }\nclass C { \"f\"() {} }\nfunction g() {}\n(a.one)\nreturn a";
    let after = "const a = { one: 1, 2: 2, \"not-a-name\": 3, [\"b\"]: 4 };\nclass C { f() {} }\nfunction g() {}\n;(a.one)\nreturn a";
    project.write("src/index.ts", text(before));
    project.ok("init");
    project.ok("push");
    project.write("src/index.ts", text(after));
    assert_eq!(hook(&project.json("push")).0, "unchanged");
    // In brackets a name is looked up: that is another key.
    project.write("src/index.ts", text(&after.replace("[\"b\"]", "[b]")));
    assert_eq!(hook(&project.json("push")).0, "changed");
    project.write("src/index.ts", text(&after.replace("2: 2", "\"02\": 2")));
    assert_eq!(hook(&project.json("push")).0, "changed");
}

#[test]
fn a_new_description_is_told_once() {
    let project = shop::project();
    project.ok("push");
    project.ok("version create");
    shop::edit(
        &project,
        "src/skills/tools/TrackOrderTool.ts",
        "Tells where an order is",
        "Says where an order is",
    );
    project.ok("push");
    project.ok("version create");
    insta::assert_snapshot!(project.run("version diff 1 2"), @"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Skills:
      ~ orders 1.0.0 → 1.0.1
          ~ tool track_order
              description:
                - Tells where an order is
                + Says where an order is
    Webhooks: (no changes)
    Jobs: (no changes)
    Preprocessors: (no changes)
    Postprocessors: (no changes)
    Triggers: (no changes)
    MCP servers: (no changes)
    Persona: (unchanged)
    Model: (unchanged)
    Voice: (unchanged)
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
    assert_eq!(schema("id: z.string()", "id: z.string().describe('Of the order').min(1)"), (true.into(), 1));
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
    // What is no field of a tool is code of its own.
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
    project.ok("push");
    project.ok("version create");
    insta::assert_snapshot!(project.run("version diff 1 2"), @r#"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Skills: (no changes)
    Webhooks: (no changes)
    Jobs: (no changes)
    Preprocessors: (no changes)
    Postprocessors: (no changes)
    Triggers: (no changes)
    MCP servers: (no changes)
    Persona: (unchanged)
    Model: (unchanged)
    Voice: (unchanged)
    order of preprocessors: ["one","two"] → ["two","one"]
    order of skills: ["a","b"] → ["b","a"]
    "#);
    // What comes in between changes the order of nothing.
    project.write("src/index.ts", agent("b, c, a", "two, one"));
    let items = project.json("push")["items"].clone();
    let changed: Vec<&Value> =
        items.as_array().unwrap().iter().filter(|item| item["change"] != "unchanged").collect();
    assert_eq!(changed.len(), 1, "{changed:#?}");
    assert_eq!((&changed[0]["name"], &changed[0]["change"]), (&"c".into(), &"new".into()));
    project.write("src/index.ts", agent("c, b, a", "two, one"));
    assert_eq!(project.json("push --dry-run")["changed"], true);
}

#[test]
fn a_wrapped_tool_goes_by_its_own_file() {
    let project = shop::project();
    project.write(
        "src/lib/guard.ts",
        "export const guarded = (tool: any) => ({ ...tool, execute: async (input: any) => tool.execute(input) });\n",
    );
    shop::edit(
        &project,
        "src/skills/orders.skill.ts",
        "tools: [new TrackOrderTool()]",
        "tools: [guarded(new TrackOrderTool())]",
    );
    shop::edit(
        &project,
        "src/skills/orders.skill.ts",
        "import { TrackOrderTool",
        "import { guarded } from '../lib/guard';\nimport { TrackOrderTool",
    );
    project.ok("push");
    let definition = project.ok("cat-file source/v1:state/skills/orders/definition.json");
    let definition: Value = serde_json::from_str(&definition).unwrap();
    assert_eq!(definition["tools"][0]["path"], "src/skills/tools/TrackOrderTool.ts");
}

#[test]
fn a_package_that_another_one_needs_is_told_when_it_moves() {
    let project = Project::new();
    project.write("src/index.ts", agent("import price from 'axios';", "price()"));
    let lock = |version: &str, other: &str| {
        format!(
            r#"{{"lockfileVersion": 3, "packages": {{"node_modules/axios": {{"version": "1.7.2", "dependencies": {{"follow-redirects": "^1.15.0"}}}},
            "node_modules/follow-redirects": {{"version": "{version}"}}, "node_modules/typescript": {{"version": "{other}"}}}}}}"#
        )
    };
    project.write(
        "package.json",
        r#"{"dependencies": {"axios": "^1.6.0"}, "devDependencies": {"typescript": "^5.0.0"}}"#,
    );
    project.write("package-lock.json", lock("1.15.5", "5.0.0"));
    for line in ["init", "push", "version create"] {
        project.ok(line);
    }
    project.write("package-lock.json", lock("1.15.5", "5.1.0"));
    assert_eq!(hook(&project.json("push")).0, "unchanged", "nothing of it needs the compiler");
    project.write("package-lock.json", lock("1.15.6", "5.1.0"));
    project.ok("push");
    project.ok("version create");
    insta::assert_snapshot!(project.run("version diff 1 2"), @"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Skills: (no changes)
    Webhooks:
      ~ hook 1.0.0 → 1.0.1
          only code or packages it reaches (see below)
    Jobs: (no changes)
    Preprocessors: (no changes)
    Postprocessors: (no changes)
    Triggers: (no changes)
    MCP servers: (no changes)
    Persona: (unchanged)
    Model: (unchanged)
    Voice: (unchanged)
    Packages:
      ~ follow-redirects 1.15.5 → 1.15.6 reaches webhook hook
    ");
}

/// Node with prettier beside it, and projects to format. `PRETTIER` is the path of its folder in `node_modules`.
#[test]
fn what_prettier_does_is_no_change() {
    let Some(prettier) = std::env::var_os("PRETTIER").map(std::path::PathBuf::from) else {
        return;
    };
    let projects = std::env::var_os("PRETTIER_PROJECTS").unwrap_or_default();
    let projects: Vec<_> = std::env::split_paths(&projects).collect();
    for from in projects.iter().map(Some).chain([None]) {
        for style in [
            "",
            "--no-semi --single-quote",
            "--print-width 40 --tab-width 8",
            "--quote-props consistent --arrow-parens avoid --trailing-comma none",
        ] {
            let project = match from {
                Some(from) => copied(from),
                None => shop::project(),
            };
            project.ok("init");
            project.ok("push --force");
            let mut command = Command::new("node");
            command.arg(prettier.join("bin/prettier.cjs")).args(style.split_whitespace());
            command.args(["--ignore-path", "/dev/null", "--write", "**/*.{ts,tsx,js,mjs,json}"]);
            let output = command.current_dir(project.root()).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
            let push = project.json("push --dry-run");
            let changed: Vec<&Value> = push["items"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|item| item["change"] != "unchanged")
                .collect();
            assert!(changed.is_empty(), "{from:?} {style}: {changed:#?}\n{}", project.run("push --dry-run"));
        }
    }
}

fn copied(from: &Path) -> Project {
    let project = Project::new();
    for entry in
        walkdir::WalkDir::new(from).into_iter().filter_entry(|entry| entry.file_name() != "node_modules")
    {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(from).unwrap();
            project.write(&path.to_string_lossy(), std::fs::read(entry.path()).unwrap());
        }
    }
    project
}

/// What an import resolves to is looked up again when a file comes first that no tree holds.
#[test]
fn an_ignored_file_that_newly_comes_first_is_read() {
    for (config, specifier, first) in [
        (
            r#"{"compilerOptions": {"paths": {"@lib": ["./made/lib.ts", "./src/lib.ts"]}}}"#,
            "@lib",
            "made/lib.ts",
        ),
        (r#"{"compilerOptions": {"paths": {"@/*": ["./made/*", "./src/*"]}}}"#, "@/lib", "made/lib/index.ts"),
        (r#"{"compilerOptions": {"baseUrl": "made", "paths": {"zod": ["./zod.ts"]}}}"#, "zod", "made/zod.ts"),
        ("{}", "../src/lib.js", "src/lib.tsx"),
    ] {
        let project = Project::new();
        project.write("tsconfig.json", config);
        project.write(".gitignore", "/made/\n*.tsx\n");
        project.write("package.json", r#"{"dependencies": {"zod": "^3"}}"#);
        project.write("src/lib.ts", "export const context = 'old';\n");
        let index = "import { LuaAgent, LuaSkill } from 'lua-cli';\nimport { context } from 'LIB';
const shop = new LuaSkill({ name: 'shop', description: 'd', context, tools: [] });
export const agent = new LuaAgent({ name: 'Shop', persona: 'You sell.', skills: [shop] });\n";
        project.write("src/index.ts", index.replace("LIB", specifier));
        project.ok("init");
        project.ok("push");
        assert!(!project.ok("status").contains("skill shop"));
        project.write(first, "export const context = 'new';\n");
        let told = project.ok("status");
        let is_first = !first.ends_with(".tsx");
        assert_eq!(told.contains("~ skill shop"), is_first, "{specifier}: {told}");
    }
}
