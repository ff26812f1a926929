//! What primitives reach, and which edits change it.

use super::{Project, only};
use crate::agent::model::Reach;

fn project() -> Project {
    Project::agent(
        "name: 'a', webhooks: [hook], jobs: [job]",
        "import hook from './hook'; import job from './job';",
        &[
            ("package.json", r#"{"dependencies":{"axios":"^1.0.0","zod":"^3.0.0"}}"#),
            ("package-lock.json", r#"{"packages":{"node_modules/axios":{"version":"1.7.2"}}}"#),
            (
                "src/hook.ts",
                "import { LuaWebhook, env } from 'lua-cli';\nimport axios from 'axios';\nimport { price } from './price';\nimport type { T } from './types';\nimport { U } from './types';\nconst u: U = 1;\nexport default new LuaWebhook({ name: 'h', execute: async () => price(axios, env('KEY'), process.env.OTHER) });",
            ),
            (
                "src/job.ts",
                "import { LuaJob } from 'lua-cli';\nimport { readFile } from 'fs/promises';\nexport default new LuaJob({ name: 'j', execute: async () => readFile('x') });",
            ),
            (
                "src/price.ts",
                "import './index';\nconst { THIRD } = process.env;\nexport const price = (...all: unknown[]) => all;",
            ),
            ("src/types.ts", "export type T = 1; export type U = 1;"),
        ],
    )
}

fn reach(project: &Project, kind: &str) -> Reach {
    only(&project.read(), kind).reach.clone()
}

#[test]
fn modules_packages_and_environment() {
    let project = project();
    let hook = reach(&project, "webhook");
    assert_eq!(hook.modules.keys().collect::<Vec<_>>(), ["src/hook.ts", "src/price.ts"]);
    let packages: Vec<_> =
        hook.packages.iter().map(|(name, version)| (name.as_str(), version.as_str())).collect();
    assert_eq!(packages, [("axios", "1.7.2"), ("lua-cli", "unknown")]);
    assert_eq!(hook.env.iter().collect::<Vec<_>>(), ["KEY", "OTHER", "THIRD"]);
    let job = reach(&project, "job");
    assert_eq!(job.modules.keys().collect::<Vec<_>>(), ["src/job.ts"]);
    assert_eq!(job.packages.keys().collect::<Vec<_>>(), ["lua-cli"]);
}

#[test]
fn comments_and_layout_change_nothing_and_code_changes_what_reaches_it() {
    let project = project();
    let (hook, job) = (reach(&project, "webhook"), reach(&project, "job"));
    let definition = only(&project.read(), "webhook").definition.clone();
    project.write("src/price.ts", "// cheap\nimport \"./index\"\n\nconst { THIRD }\n  = process.env\nexport const price = ( ...all : unknown[] ) => (all)");
    project.write("src/types.ts", "export type T = 2; export type U = 1;");
    assert_eq!(reach(&project, "webhook"), hook);
    project.write("src/price.ts", "import './index';\nconst { THIRD } = process.env;\nexport const price = (...all: unknown[]) => [all];");
    let changed = reach(&project, "webhook");
    assert_ne!(changed.modules["src/price.ts"], hook.modules["src/price.ts"]);
    assert_eq!(changed.modules["src/hook.ts"], hook.modules["src/hook.ts"]);
    assert_eq!(reach(&project, "job"), job);
    assert_eq!(only(&project.read(), "webhook").definition, definition);
}

#[test]
fn what_is_declared_in_the_agents_file_reaches_it() {
    let before = "const hook = new LuaWebhook({ name: 'h', execute: async () => 1 });";
    let agent = Project::agent("name: 'a', webhooks: [hook]", before, &[]).read();
    assert_eq!(only(&agent, "webhook").reach.modules.keys().collect::<Vec<_>>(), ["src/index.ts"]);
}

#[test]
fn data_reaches_nothing_and_the_agent_s_file_counts_only_with_code_in_it() {
    let project = |tool: &str| {
        Project::agent(
            "name: 'a', skills: [skill], mcpServers: [docs]",
            &format!(
                "import {{ T }} from './tool'; import {{ LuaSkill, LuaMCPServer }} from 'lua-cli';
                 const docs = new LuaMCPServer({{ name: 'd', url: 'https://d.example.com' }});
                 const skill = new LuaSkill({{ name: 's', tools: [{tool}] }});"
            ),
            &[(
                "src/tool.ts",
                "import { LuaTool } from 'lua-cli';\nexport class T implements LuaTool { name = 't'; async execute() {} }",
            )],
        )
    };
    let apart = project("new T()");
    assert_eq!(reach(&apart, "mcp-server"), Reach::default());
    assert_eq!(reach(&apart, "skill").modules.keys().collect::<Vec<_>>(), ["src/tool.ts"]);
    let inside = project("{ name: 't', execute: async () => T }");
    assert!(reach(&inside, "skill").modules.contains_key("src/index.ts"));
}
