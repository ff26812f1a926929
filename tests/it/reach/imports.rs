//! An import that resolves to something else is a change of what imports it.

use super::{agent, hook};
use crate::common::{Project, shop};
use serde_json::Value;

const V1: (&str, &str) = ("src/pricing-v1.ts", "export const price = () => 1;\n");

const V2: (&str, &str) = ("src/pricing-v2.ts", "export const price = () => 2;\n");

/// An import, the code that uses it, the files beside it, and the edit that gives it another
/// target. Every file that was reached before stays as it was.
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
    let imports =
        |version: u8| format!(r##"{{"imports": {{"#p": "./src/pricing-v{version}.ts"}}}}"##);
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
    let entry =
        |what, import: &'static str, to: &str, body, files: &[(&'static str, &'static str)]| Case {
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
        assert_eq!(
            status["notPushed"]["primitives"].as_array().unwrap().len(),
            0,
            "{what}: {status:#}"
        );
        project.write(edit.0, &edit.1);
        assert_eq!(hook(&project.json("push --dry-run")).0, "changed", "{what}");
        assert_eq!(
            hook(&project.json("push")),
            ("changed".to_owned(), "1.0.1".to_owned()),
            "{what}"
        );
        assert_eq!(hook(&project.json("push")).0, "unchanged", "{what}");
        // Edits to the text of an import do not change its target.
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
    project.ok("version create --auto-push");
    let kept = project.ok("ls-tree -r v2:state/webhooks/hook/modules");
    assert!(kept.contains("pricing-v2.ts") && !kept.contains("pricing-v1.ts"), "{kept}");
    insta::assert_snapshot!(project.run("version diff 1 2").changes(), @"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Webhooks:
      ~ hook 1.0.0 → 1.0.1
          only code or packages it reaches (see below)
    Code:
      - src/pricing-v1.ts reached webhook hook
      + src/pricing-v2.ts reaches webhook hook
      ~ src/index.ts: price is src/pricing-v2.ts#price now (was src/pricing-v1.ts#price) for webhook hook
    Files:
      M src/prices.ts
    ");
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
    project.ok("version create --auto-push");
    insta::assert_snapshot!(project.run("version diff 1 2").changes(), @"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Webhooks:
      ~ hook 1.0.0 → 1.0.1
          only code or packages it reaches (see below)
    Packages:
      ~ follow-redirects 1.15.5 → 1.15.6 reaches webhook hook
    Files:
      M package-lock.json
    ");
}

/// The target of an import is looked up again if a file comes first that no tree holds.
#[test]
fn an_ignored_file_that_newly_comes_first_is_read() {
    for (config, specifier, first) in [
        (
            r#"{"compilerOptions": {"paths": {"@lib": ["./made/lib.ts", "./src/lib.ts"]}}}"#,
            "@lib",
            "made/lib.ts",
        ),
        (
            r#"{"compilerOptions": {"paths": {"@/*": ["./made/*", "./src/*"]}}}"#,
            "@/lib",
            "made/lib/index.ts",
        ),
        (
            r#"{"compilerOptions": {"baseUrl": "made", "paths": {"zod": ["./zod.ts"]}}}"#,
            "zod",
            "made/zod.ts",
        ),
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
