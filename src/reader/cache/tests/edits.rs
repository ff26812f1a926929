//! Random edits of a project: an agent from the cache is the one that a whole reading gives.

use super::Fixture;
use crate::reader;
use proptest::prelude::*;
use proptest::sample::Index;
use std::path::Path;

const INDEX: &str = "import { LuaAgent, LuaWebhook, LuaSkill } from 'lua-cli'; import fs from 'fs';
    import { n } from './lib'; import { all } from './skills'; import { word } from '@/words'; import { one } from './c1';
    const hook = new LuaWebhook({ name: 'h', description: word, execute: async () => n + one });
    export const agent = new LuaAgent({ name: 'a', persona: fs.readFileSync('p.md', 'utf8'), skills: all, webhooks: [hook] });";
const SKILLS: &str = "import { LuaSkill } from 'lua-cli'; import { n } from '../lib';
    export const all = [new LuaSkill({ name: 's', context: 'c' + n, tools: [] })];";
const PATHS: &str = r#"{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"]}}}"#;
const OTHER_PATHS: &str =
    r#"{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["other/*", "src/*"]}}}"#;

/// Files, each with the contents that it is given; the first is that of the beginning.
const FILES: &[(&str, &[&str])] = &[
    ("src/index.ts", &[INDEX]),
    ("src/lib.ts", &["export const n = 1;", "export const n = 2; // two", "export const n = ;"]),
    ("src/skills/index.ts", &[SKILLS]),
    (
        "src/words.ts",
        &["export const word = 'old';", "import { one } from './c2'; export const word = one;"],
    ),
    (
        "src/c1.ts",
        &["import { two } from './c2'; export const one = 'x'; export const t = () => two;"],
    ),
    (
        "src/c2.ts",
        &[
            "import { t } from './c1'; export const two = 2; export const one = 'y';",
            "export const two = 3;",
        ],
    ),
    ("p.md", &["kind", "calm"]),
    ("tsconfig.json", &[PATHS, OTHER_PATHS, r#"{"extends": "./base.json"}"#]),
    ("package.json", &[r#"{"dependencies": {"lua-cli": "^3"}}"#, r#"{"type": "module"}"#]),
    ("notes.md", &["a note", "another"]),
    // Not there at the beginning: each would be read before another one, or by nobody.
    ("src/lib.tsx", &["", "export const n = 7;"]),
    ("src/lib/index.ts", &["", "export const n = 8;"]),
    ("src/lib", &["", "no code"]),
    ("src/skills.ts", &["", "export const all = [];"]),
    ("other/words.ts", &["", "export const word = 'new';"]),
    (
        "index.ts",
        &["", "import { LuaAgent } from 'lua-cli'; export default new LuaAgent({ name: 'b' });"],
    ),
    (
        "src/agent.ts",
        &["", "import { LuaAgent } from 'lua-cli'; export default new LuaAgent({ name: 'c' });"],
    ),
    ("package-lock.json", &["", r#"{"lockfileVersion": 3, "packages": {}}"#]),
    ("src/unused.ts", &["", "export const unused = 1;"]),
];
/// Number of files that exist at the beginning.
const FIRST: usize = 10;

#[derive(Clone, Debug)]
enum Edit {
    Write(Index, Index),
    Remove(Index),
    Rename(Index, Index),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        4 => any::<(Index, Index)>().prop_map(|(file, text)| Edit::Write(file, text)),
        2 => any::<Index>().prop_map(Edit::Remove),
        1 => any::<(Index, Index)>().prop_map(|(from, to)| Edit::Rename(from, to)),
    ];
    prop::collection::vec(edit, 1..10)
}

/// Makes a file of a place, whatever is there, or nothing.
fn put(root: &Path, path: &str, text: Option<&[u8]>) {
    let place = root.join(path);
    for above in place.ancestors().skip(1).take_while(|above| *above != root) {
        drop(std::fs::remove_file(above));
    }
    drop(std::fs::remove_file(&place));
    let Some(text) = text else { return };
    drop(std::fs::remove_dir_all(&place));
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(place, text).unwrap();
}

fn apply(root: &Path, edit: &Edit) {
    match edit {
        Edit::Write(file, text) => {
            let (path, texts) = file.get(FILES);
            put(root, path, Some(text.get(texts).as_bytes()));
        }
        Edit::Remove(file) => put(root, file.get(FILES).0, None),
        Edit::Rename(from, to) => {
            let (from, to) = (from.get(FILES).0, to.get(FILES).0);
            let Ok(text) = std::fs::read(root.join(from)) else { return };
            put(root, from, None);
            put(root, to, Some(&text));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_cached_agent_is_that_of_a_whole_reading(edits in edits(), ignored in any::<Option<Index>>()) {
        let mut fixture = Fixture::new();
        let root = fixture.folder.path().to_owned();
        for (path, texts) in &FILES[..FIRST] {
            put(&root, path, Some(texts[0].as_bytes()));
        }
        let ignored = ignored.map(|ignored| ignored.get(FILES).0);
        for edit in [None].into_iter().chain(edits.iter().map(Some)) {
            edit.iter().for_each(|edit| apply(&root, edit));
            let files = FILES.iter().map(|(path, _)| *path).filter(|path| Some(*path) != ignored);
            let mut files: Vec<&str> = files.filter(|path| root.join(path).is_file()).collect();
            files.sort_by(|a, b| a.split('/').cmp(b.split('/')));
            let tree = fixture.tree(&files);
            let whole = reader::project(&root);
            if let Some(kept) = fixture.kept(tree) {
                prop_assert_eq!(Some(kept), whole.ok(), "after {:?}", edit);
            } else if whole.is_ok() {
                fixture.keep(tree);
            }
        }
    }
}
