//! Projects that cannot be read, and shapes that must end in an answer.

use super::{Project, only, tool_names};
use crate::error::Kind;

#[test]
fn a_folder_without_an_agent_is_no_project() {
    let project =
        Project::new(&[("src/index.ts", "export const x = 1;"), ("README.md", "new LuaAgent(")]);
    let error = project.error();
    assert_eq!(error.kind(), Kind::Unreadable);
    assert!(
        error.message().starts_with("no `new LuaAgent({...})` found in \""),
        "{}",
        error.message()
    );
    assert!(error.hint_text().is_some());
}

#[test]
fn without_an_agent_every_primitive_of_the_files_is_read() {
    let project = Project::new(&[
        (
            "src/skill.ts",
            "import { LuaSkill, defineTool } from 'lua-cli'; import { Find } from './find';
            export const price = defineTool({ name: 'price', execute: async () => 1 });
            const shop = new LuaSkill({ name: 'shop', tools: [price, new Find()] });
            export default shop; export { shop as again };",
        ),
        (
            "src/find.ts",
            "import type { LuaTool } from 'lua-cli'; export class Find implements LuaTool { name = 'find'; }
            export class Lost implements LuaTool { name = 'lost'; }",
        ),
        (
            "src/hook.ts",
            "import { defineWebhook } from 'lua-cli'; export default defineWebhook({ name: 'h' });",
        ),
        ("src/barrel.ts", "export * from './skill'; export { default as hook } from './hook'; // lua-cli"),
        (
            "src/skill.test.ts",
            "import { defineJob } from 'lua-cli'; export const j = defineJob({ name: 'j' });",
        ),
    ]);
    let agent = project.read();
    assert_eq!((agent.name.as_str(), agent.entry.as_str()), ("", ""));
    let names: Vec<_> =
        agent.primitives.iter().map(|one| (one.kind.word, one.name.as_str())).collect();
    assert_eq!(names, [("skill", "shop"), ("webhook", "h")]);
    assert_eq!(tool_names(only(&agent, "skill")), ["price", "find"]);
    let notes: Vec<_> = agent.notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(
        notes,
        [
            "no file creates a `new LuaAgent({...})`: every primitive of the project is read",
            "this tool is left out: no skill lists it",
        ]
    );
}

#[test]
fn a_syntax_error_shows_its_place_and_line() {
    let project = Project::agent(
        "name: 'a', webhooks: [hook]",
        "import hook from './hook';",
        &[("src/hook.ts", "const a = 1;\n\tconst b = = 2;\n")],
    );
    let error = project.error();
    assert_eq!(error.kind(), Kind::Unreadable);
    let lines: Vec<&str> = error.message().lines().collect();
    assert!(lines[0].starts_with("src/hook.ts:2:12: "), "{}", error.message());
    assert_eq!(&lines[1..], ["   const b = = 2;", "             ^"], "{}", error.message());
}

#[test]
fn two_of_one_kind_with_one_name_are_both_named() {
    let before = "const one = new LuaWebhook({ name: 'h' });\nconst two = new LuaWebhook({ name: 'h' });\nconst job = new LuaJob({ name: 'h' });";
    let error = Project::agent("name: 'a', webhooks: [one, two], jobs: [job]", before, &[]).error();
    assert_eq!(
        error.message(),
        "two webhooks are named \"h\": \"src/index.ts:2\" and \"src/index.ts:3\""
    );
    let agent = Project::agent("name: 'a', webhooks: [one, one], jobs: [job]", before, &[]).read();
    assert_eq!(agent.primitives.len(), 2);
}

#[test]
fn a_missing_module_is_named_with_its_place() {
    let error =
        Project::agent("name: 'a', webhooks: [hook]", "import hook from './gone';", &[]).error();
    assert_eq!(error.message(), "cannot find \"./gone\", imported at \"src/index.ts:2:18\"");
    let hook = "import { LuaWebhook } from 'lua-cli';\nimport { x } from '../lib/y';\nexport default new LuaWebhook({ name: 'h', execute: () => x });";
    let project = Project::agent(
        "name: 'a', webhooks: [hook]",
        "import hook from './hook';",
        &[("src/hook.ts", hook)],
    );
    assert_eq!(
        project.error().message(),
        "cannot find \"../lib/y\", imported at \"src/hook.ts:2:19\""
    );
}

#[test]
fn what_has_no_name_or_no_value_is_left_out_with_a_note() {
    let before = "const named = new LuaWebhook({ name: process.env.NAME });\nconst bare = new LuaWebhook({});\ndeclare const other: any;";
    let agent =
        Project::agent("name: 'a', webhooks: [named, bare, other(), 7], jobs: load()", before, &[])
            .read();
    assert_eq!(agent.primitives.len(), 0);
    let messages: Vec<_> =
        agent.notes.iter().map(|note| (note.line, note.message.as_str())).collect();
    assert!(
        messages.contains(&(
            2,
            "a webhook is left out: its name reads the environment variable \"NAME\""
        )),
        "{messages:?}"
    );
    assert!(messages.contains(&(3, "a webhook is left out: it has no name")), "{messages:?}");
    assert!(messages.contains(&(5, "a webhook is left out: it is not an object")), "{messages:?}");
    assert!(
        messages
            .iter()
            .any(|(line, text)| *line == 5 && text.starts_with("\"jobs\" is left out: it")),
        "{messages:?}"
    );
}

#[test]
fn a_long_chain_and_a_cycle_of_imports_end() {
    let project = Project::agent(
        "name: a0, webhooks: [hook]",
        "import { a0 } from './m0'; import hook from './hook';",
        &[
            (
                "src/hook.ts",
                "import './m0';\nimport { LuaWebhook } from 'lua-cli';\nexport default new LuaWebhook({ name: 'h', execute: async () => 1 });",
            ),
            (
                "src/m3000.ts",
                "import { a0 } from './m0'; export const a3000 = 'end'; export const loop = a0;",
            ),
        ],
    );
    for at in 0..3000 {
        let next = at + 1;
        let (path, code) = match at % 3 {
            0 => (
                format!("src/m{at}.ts"),
                format!("export {{ a{next} as a{at} }} from './m{next}';"),
            ),
            1 => (
                format!("src/m{at}.ts"),
                format!("import {{ a{next} }} from './m{next}'; export const a{at} = a{next};"),
            ),
            _ => (
                format!("src/m{at}.ts"),
                format!(
                    "import * as n from './m{next}'; import {{ a{next} }} from './m{next}'; export {{ a{next} as a{at} }}; n;"
                ),
            ),
        };
        project.write(&path, &code);
    }
    let agent = project.read();
    assert_eq!(agent.name, "end");
    // A third of the modules only re-export declarations of others.
    assert_eq!(only(&agent, "webhook").reach.modules.len(), 2002);
}

#[test]
fn a_cycle_of_values_is_a_note() {
    let agent = Project::agent(
        "name: 'a', model: x",
        "import { x } from './x';",
        &[
            ("src/x.ts", "import { y } from './y'; export const x = y;"),
            ("src/y.ts", "import { x } from './x'; export const y = x;"),
        ],
    )
    .read();
    assert!(agent.settings["model"].get("$source").is_some(), "{:?}", agent.settings);
    assert_eq!(agent.notes.len(), 1, "{:?}", agent.notes);
}

#[test]
fn endless_and_deep_code_ends_in_an_answer() {
    let deep = "(".repeat(5_000);
    let cases = [
        ("forever()".to_owned(), "const forever = (): number => forever() + 1;".to_owned()),
        ("grow('x')".to_owned(), "const grow = (x: string): string => grow(x + x);".to_owned()),
        (format!("[{}1{}]", "[".repeat(400), "]".repeat(400)), String::new()),
        (format!("'x'{}", " + 'x'".repeat(4_000)), String::new()),
        ("spin()".to_owned(), "const spin = () => { for (;;) {} };".to_owned()),
        ("nest()".to_owned(), "const nest = () => { let a: any = []; while (true) { a = [a]; } };".to_owned()),
        ("wrap()".to_owned(), "import { z } from 'zod'; const wrap = () => { let s: any = z.string(); for (let i = 0; i < 1e5; i++) s = s.array(); return s.optional(); };".to_owned()),
        ("boom".to_owned(), "const a = [1, 1, 1, 1, 1, 1, 1, 1]; const b = a.map(() => a.map(() => a.map(() => a.map(() => a.map(() => a.map(() => a.map(() => a.map(() => a)))))))); const boom = b.map(() => b);".to_owned()),
    ];
    for (probe, before) in cases {
        let agent = Project::agent(&format!("name: 'a', probe: {probe}"), &before, &[]).read();
        assert_eq!(agent.name, "a");
    }
    let error = Project::agent(&format!("name: 'a', probe: {deep}"), "", &[]).error();
    assert!(error.message().contains("nested too deeply to be read"), "{}", error.message());
}

#[test]
fn tools_of_one_name_in_a_skill_are_an_error_and_a_tool_listed_twice_is_one() {
    let before = "const one = defineTool({ name: 't' });\nconst two = defineTool({ name: 't' });";
    let config =
        |tools: &str| format!("name: 'a', skills: [new LuaSkill({{ name: 's', tools: {tools} }})]");
    let error = Project::agent(&config("[one, two]"), before, &[]).error();
    assert_eq!(
        error.message(),
        "two tools are named \"t\": \"src/index.ts:2\" and \"src/index.ts:3\""
    );
    let agent = Project::agent(&config("[one, one]"), before, &[]).read();
    assert_eq!(tool_names(only(&agent, "skill")), ["t"]);
}

#[test]
fn of_several_agents_the_first_by_depth_and_name_is_read() {
    let agent = |name: &str| {
        format!("import {{ LuaAgent }} from 'lua-cli'; new LuaAgent({{ name: '{name}' }});")
    };
    let two = agent("one") + " export const second = new LuaAgent({ name: 'two' });";
    let files =
        [("src/a/deep/x.ts", agent("deep")), ("src/b/b.ts", two), ("src/b/C.ts", agent("c"))];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let agent = Project::new(&files).read();
    assert_eq!((agent.entry.as_str(), agent.name.as_str()), ("src/b/b.ts", "one"));
    let notes: Vec<_> = agent.notes.iter().map(|note| note.message.as_str()).collect();
    // Another folder is another project.
    let told = ["that of \"src/b/b.ts\" is read", "the first one of the file is read"];
    assert_eq!(notes, told.map(|why| format!("this agent is left out: {why}")));
}

#[test]
fn a_config_whose_base_is_not_installed_is_no_hindrance() {
    let config =
        r#"{ "extends": "@tsconfig/node20/tsconfig.json", "compilerOptions": { "baseUrl": "." } }"#;
    let files = [("src/name.ts", "export const name = 'found';"), ("tsconfig.json", config)];
    let agent = Project::agent("name", "import { name } from './name';", &files).read();
    assert_eq!(agent.name, "found");
}

#[test]
fn a_chain_of_ten_thousand_imports_and_a_ring_end_in_an_answer() {
    const LENGTH: usize = 10_000;
    let project = Project::agent(
        "name, persona: ring",
        "import { name } from './m0'; import { ring } from './r0';",
        &[],
    );
    for at in 0..LENGTH {
        let next = at + 1;
        project.write(&format!("src/m{at}.ts"), &format!("export {{ name }} from './m{next}';"));
    }
    project.write(&format!("src/m{LENGTH}.ts"), "export const name = 'end';");
    for at in 0..100 {
        let next = (at + 1) % 100;
        let text = format!(
            "import {{ ring as next }} from './r{next}'; export const ring = next + '{at}';"
        );
        project.write(&format!("src/r{at}.ts"), &text);
    }
    let agent = project.read();
    assert_eq!(agent.name, "end");
    assert!(
        agent.notes.iter().any(|note| note.message.contains("needs itself")),
        "{:?}",
        agent.notes
    );
}
