//! Reach of primitives, and the edits that change it.

use super::{Project, only};
use crate::model::agent::{RULES, Reach};
use std::collections::BTreeMap;

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

/// `file: declaration`.
fn names(reach: &Reach) -> Vec<String> {
    let named = |(file, declarations): (&String, &BTreeMap<String, String>)| {
        declarations.keys().map(|name| format!("{file}: {name}")).collect::<Vec<_>>()
    };
    reach.modules.iter().flat_map(named).collect()
}

/// True for each kind whose only primitive reaches something else after an edit of a file.
fn moves(project: &Project, kinds: &[&str], file: &str, text: &str) -> Vec<bool> {
    let before: Vec<Reach> = kinds.iter().map(|kind| reach(project, kind)).collect();
    project.write(file, text);
    kinds.iter().zip(before).map(|(kind, before)| reach(project, kind) != before).collect()
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
    // Variables that only `price.ts` as a whole reads are not those of `price`.
    assert_eq!(hook.env.iter().collect::<Vec<_>>(), ["KEY", "OTHER"]);
    let job = reach(&project, "job");
    assert_eq!(job.modules.keys().collect::<Vec<_>>(), ["src/job.ts"]);
    assert_eq!(job.packages.len(), 0);
    assert_eq!(names(&hook), ["src/hook.ts: default", "src/price.ts: price"]);
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
    assert_ne!(changed.modules["src/price.ts"]["price"], hook.modules["src/price.ts"]["price"]);
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

#[test]
fn declarations_in_one_file_are_apart() {
    let parts = |first: &str, second: &str| {
        format!(
            "import {{ LuaWebhook, LuaJob }} from 'lua-cli'; import {{ net }} from './a'; import axios from 'axios';
             const rate = 2;
             export const hook = new LuaWebhook({{ name: 'h', execute: async () => {first} }});
             export const job = new LuaJob({{ name: 'j', execute: async () => {second} }});"
        )
    };
    let project = Project::agent(
        "name: 'a', webhooks: [hook], jobs: [job]",
        "import { hook, job } from './both';",
        &[
            ("src/both.ts", &parts("net(rate)", "axios()")),
            (
                "src/a.ts",
                "import { deep as down } from './barrel'; export const net = (x: number) => down.tax(x);",
            ),
            ("src/barrel.ts", "export * as deep from './deep';"),
            (
                "src/deep.ts",
                "export const tax = (x: number) => rates.low * x;\nconst rates = { low: 1 }; export const other = 1;",
            ),
        ],
    );
    let (hook, job) = (reach(&project, "webhook"), reach(&project, "job"));
    let expected = [
        "src/a.ts: net",
        "src/both.ts: hook",
        "src/both.ts: rate",
        "src/deep.ts: rates",
        "src/deep.ts: tax",
    ];
    assert_eq!(names(&hook), expected);
    assert_eq!(names(&job), ["src/both.ts: job"]);
    assert_eq!((hook.packages.len(), job.packages.len()), (0, 1));
    let kinds = ["webhook", "job"];
    let edit = |file: &str, text: &str| moves(&project, &kinds, file, text);
    assert_eq!(edit("src/both.ts", &parts("net(rate)", "axios(1)")), [false, true]);
    let deep = |low: u8, other: u8| {
        format!(
            "export const tax = (x: number) => rates.low * x;\nconst rates = {{ low: {low} }}; export const other = {other};"
        )
    };
    assert_eq!(edit("src/deep.ts", &deep(1, 2)), [false, false]);
    assert_eq!(edit("src/deep.ts", &deep(3, 2)), [true, false]);
}

#[test]
fn side_effects_count_for_whoever_imports_the_module() {
    let project = Project::agent(
        "name: 'a', webhooks: [hook], jobs: [job]",
        "import hook from './hook'; import job from './job';",
        &[
            (
                "src/hook.ts",
                "import { LuaWebhook } from 'lua-cli'; import { used } from './lib';\nexport default new LuaWebhook({ name: 'h', execute: async () => used });",
            ),
            (
                "src/job.ts",
                "import { LuaJob } from 'lua-cli';\nexport default new LuaJob({ name: 'j', execute: async () => 1 });",
            ),
            ("src/lib.ts", "import './setup'; export const used = new Map(); used.set('a', 1);"),
            (
                "src/setup.ts",
                "import 'dotenv/config'; import { level } from './level';\nconsole.log(level, process.env.LEVEL);",
            ),
            ("src/level.ts", "export const level = 1;"),
        ],
    );
    let hook = reach(&project, "webhook");
    let expected =
        ["src/hook.ts: default", "src/level.ts: level", "src/lib.ts: used", "src/setup.ts: *"];
    assert_eq!(names(&hook), expected);
    assert_eq!(hook.packages.keys().collect::<Vec<_>>(), ["dotenv"]);
    assert!(hook.env.contains("LEVEL"));
    assert_eq!(names(&reach(&project, "job")), ["src/job.ts: default"]);
    let lib = "import './setup'; export const used = new Map(); used.set('a', 2);";
    assert_eq!(moves(&project, &["webhook", "job"], "src/lib.ts", lib), [true, false]);
}

#[test]
fn what_is_written_in_the_agent_reaches_only_its_own_names() {
    let index = |persona: &str, job: &str| {
        format!(
            "import {{ LuaAgent, LuaWebhook, LuaJob }} from 'lua-cli'; import * as lib from './lib';
             export const agent = new LuaAgent({{ name: 'a', persona: '{persona}',
               webhooks: [new LuaWebhook({{ name: 'h', async execute() {{ return lib.one(agent); }} }})],
               jobs: [new LuaJob({{ name: 'j', execute: async () => {job} }})] }});"
        )
    };
    let lib = |two: u8| format!("export const one = () => 1; export const two = () => {two};");
    let project =
        Project::new(&[("src/index.ts", &index("p", "lib.two()")), ("src/lib.ts", &lib(2))]);
    assert_eq!(names(&reach(&project, "webhook")), ["src/index.ts: agent", "src/lib.ts: one"]);
    let edit = |file: &str, text: &str| moves(&project, &["webhook", "job"], file, text);
    assert_eq!(edit("src/index.ts", &index("q", "lib.two()")), [false, false]);
    assert_eq!(edit("src/lib.ts", &lib(3)), [false, true]);
    assert_eq!(edit("src/index.ts", &index("q", "lib.two() + 1")), [false, true]);
    // A name that is only known at run time could be any of them.
    assert_eq!(edit("src/index.ts", &index("q", "lib[String(agent)]")), [false, true]);
    assert_eq!(edit("src/lib.ts", &lib(4)), [false, true]);
    assert_eq!(
        names(&reach(&project, "job")),
        ["src/index.ts: agent", "src/lib.ts: one", "src/lib.ts: two"]
    );
}

#[test]
fn a_factory_reaches_what_it_was_called_with() {
    let project = Project::agent(
        "name: 'a', skills: [skill]",
        "import { skill } from './skill';",
        &[
            (
                "src/skill.ts",
                "import { LuaSkill } from 'lua-cli'; import { tool } from './make'; import { url, other } from './urls';\nimport { Fetch } from './fetch';\nexport const skill = new LuaSkill({ name: 's', tools: [tool('a', url), new Fetch('b', other)] });",
            ),
            (
                "src/make.ts",
                "export function tool(name: string, url: string) { const at = url + '/'; return { name, execute: async () => fetch(at) }; }",
            ),
            (
                "src/fetch.ts",
                "import { LuaTool } from 'lua-cli'; export class Fetch implements LuaTool { constructor(readonly name: string, private at: string) {} async execute() { return fetch(this.at); } }",
            ),
            (
                "src/urls.ts",
                "export const url = 'https://a.example'; export const other = 'https://b.example'; export const third = 1;",
            ),
        ],
    );
    let edit = |text: &str| moves(&project, &["skill"], "src/urls.ts", text);
    let text = |a: &str, b: &str, c: u8| {
        format!(
            "export const url = 'https://{a}.example'; export const other = 'https://{b}.example'; export const third = {c};"
        )
    };
    assert_eq!(edit(&text("a", "b", 2)), [false]);
    assert_eq!(edit(&text("c", "b", 2)), [true]);
    assert_eq!(edit(&text("c", "d", 2)), [true]);
}

#[test]
fn a_check_inside_a_shared_schema_is_code() {
    let schema = |limit: u8| {
        format!(
            "import {{ z }} from 'zod'; export const shape = z.object({{ n: z.number().refine((n) => n > {limit}) }});"
        )
    };
    let project = Project::agent(
        "name: 'a', skills: [new LuaSkill({ name: 's', tools: [tool] })]",
        "import { shape } from './shape'; const tool = defineTool({ name: 't', inputSchema: shape, execute: async () => 1 });",
        &[("src/shape.ts", &schema(1))],
    );
    assert_eq!(moves(&project, &["skill"], "src/shape.ts", &schema(2)), [true]);
}

#[test]
fn what_a_loop_of_the_top_level_makes_reaches_the_loop() {
    let text = |limit: u8| {
        format!(
            "import {{ LuaSkill }} from 'lua-cli'; export const skill = new LuaSkill({{ name: 's', tools: [] }});
             const limits = [{limit}];
             for (const n of limits) {{ skill.addTool({{ name: 't', execute: async () => n }}); }}"
        )
    };
    let project = Project::agent(
        "name: 'a', skills: [skill]",
        "import { skill } from './skill';",
        &[("src/skill.ts", &text(1))],
    );
    assert_eq!(names(&reach(&project, "skill")), ["src/skill.ts: limits", "src/skill.ts: skill"]);
    assert_eq!(moves(&project, &["skill"], "src/skill.ts", &text(2)), [true]);
}

#[test]
fn a_local_name_that_sounds_like_a_declaration_is_no_use_of_it() {
    let body = "import { LuaJob } from 'lua-cli';
        const rate = 1; const used = 2; const tax = 3; const Row = { make: () => 4 }; const late = 5;
        function sum(rate: number) {
          const add = (tax = 0) => { let late = 1; late += tax; return rate + late; };
          try { add(); } catch (used) { return used; }
          return add() + used;
        }
        const typed = <Row,>(x: Row) => Row.make(x);
        export default new LuaJob({ name: 'j', execute: async () => [sum(1), typed(2)] });";
    let project = Project::agent(
        "name: 'a', jobs: [job]",
        "import job from './job';",
        &[("src/job.ts", body)],
    );
    let reach = reach(&project, "job");
    let names = names(&reach);
    assert_eq!(
        names,
        [
            "src/job.ts: Row",
            "src/job.ts: default",
            "src/job.ts: sum",
            "src/job.ts: typed",
            "src/job.ts: used"
        ]
    );
}

/// Stores compare hashes that were made at different times. Where this changes, [`RULES`] gets its next number, or
/// everything that was stored before counts as changed.
#[test]
fn rules_that_make_other_hashes_have_another_number() {
    let project = project();
    project.write(
        "src/price.ts",
        "export enum E { A = 1 }\nexport class C<T> { private 'x': T = { \"a\": 1, '2': `b`, c: /d/gi } as any; f() {} ; }\n\
         export const price = async (...all: unknown[]) => { ;(await new C().f()) ?? E.A; for (const [a] of all) { return !a } };",
    );
    let hook = reach(&project, "webhook").to_json();
    let hash = blake3::hash(&serde_json::to_vec(&hook).unwrap()).to_hex();
    insta::assert_snapshot!(format!("rules {RULES}: {}", &hash[..16]), @"rules 2: 113cd28c6d95572e");
}
