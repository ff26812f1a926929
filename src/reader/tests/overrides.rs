//! Files that differ from those on the disk: the result is that of a disk with these files.

use super::Project;
use crate::reader::{project, project_with};
use std::collections::BTreeMap;

const INDEX: &str = "import { LuaAgent } from 'lua-cli'; import a from './a';
    export default new LuaAgent({ name: 'x', skills: [a] });";
const A: &str = "import { LuaSkill } from 'lua-cli'; import { words } from './lib/words';
    export default new LuaSkill({ name: 'a', description: words, context: 'c', tools: [] });";

type Layout<'f> = &'f [(&'f str, &'f str)];

/// Reads the second project by way of the first one's folder, and from a folder of its own.
fn check(before: Layout<'_>, after: Layout<'_>) {
    let (here, there) = (Project::new(before), Project::new(after));
    let text = |layout: Layout<'_>, path: &str| {
        layout.iter().find(|(name, _)| *name == path).map(|(_, text)| text.as_bytes().to_vec())
    };
    let paths = before.iter().chain(after).map(|(path, _)| *path);
    let overrides: BTreeMap<String, Option<Vec<u8>>> = paths
        .filter(|path| text(before, path) != text(after, path))
        .map(|path| (path.to_owned(), text(after, path)))
        .collect();
    let (read, expected) = (project_with(here.0.path(), &overrides), project(there.0.path()));
    match (read, expected) {
        (Ok(read), Ok(expected)) => assert_eq!(read, expected),
        (Err(read), Err(expected)) => {
            let told = |text: &str, project: &Project| {
                text.replace(&*project.0.path().canonicalize().unwrap().to_string_lossy(), "")
            };
            assert_eq!(told(read.message(), &here), told(expected.message(), &there));
        }
        (read, expected) => panic!("{read:?}\n{expected:?}"),
    }
    assert!(project(here.0.path()).is_ok(), "the files themselves are as they were");
}

#[test]
fn the_files_are_read_as_if_they_stood_there() {
    let words = ("src/lib/words.ts", "export const words = 'one';");
    let now = [("src/index.ts", INDEX), ("src/a.ts", A), words];
    check(&now, &[now[0], now[1], ("src/lib/words.ts", "export const words = 'two';")]);
    // A folder in the place of a file, and the reverse.
    check(&now, &[now[0], now[1], ("src/lib/words/index.ts", "export const words = 'three';")]);
    check(&[now[0], now[1], ("src/lib/words/index.ts", "export const words = 'three';")], &now);
    // The file is gone.
    check(&now, &[now[0], now[1]]);
    // Another entry, found by searching.
    check(
        &now,
        &[("lib/deep/shop.ts", INDEX), ("lib/deep/a.ts", A), ("lib/deep/lib/words.ts", words.1)],
    );
    check(
        &now,
        &[
            now[0],
            now[1],
            words,
            ("index.ts", "import { LuaAgent } from 'lua-cli'; new LuaAgent({ name: 'y' });"),
        ],
    );
}

#[test]
fn what_stands_beside_the_sources_counts_too() {
    let a =
        A.replace("./lib/words", "@lib/words") + "import { z } from 'zod'; export const used = z;";
    let config =
        r#"{ "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["src/lib/*"] } } }"#;
    let words = ("src/lib/words.ts", "export const words = 'one';");
    let script = (
        "src/workflows/w.workflow.script.js",
        "export const meta = { description: 'd' }; return 1;",
    );
    let now = [("src/index.ts", INDEX), ("src/a.ts", A), words];
    check(&now, &[now[0], ("src/a.ts", &a), words, ("tsconfig.json", config), script]);
    check(&[now[0], ("src/a.ts", &a), words, ("tsconfig.json", config), script], &now);
    let package = |zod: &str| format!("{{ \"dependencies\": {{ \"zod\": \"{zod}\" }} }}");
    let tool = "import { LuaAgent, LuaWebhook } from 'lua-cli'; import { z } from 'zod';
        new LuaAgent({ name: 'x', webhooks: [new LuaWebhook({ name: 'w', execute: async () => z.string() })] });";
    check(&[("index.ts", tool)], &[("index.ts", tool), ("package.json", &package("3.1.0"))]);
    check(
        &[("index.ts", tool), ("package.json", &package("3.1.0"))],
        &[("index.ts", tool), ("package.json", &package("3.2.0"))],
    );
}
