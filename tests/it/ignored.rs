//! Ignore rules and the reader: both know the same files of a project.
//!
//! A rule says what is no part of the project by itself, an import says what is one all the same. So a version has every file
//! that its agent was read from, and of the ignored ones no other.

// Some of the files are links.
#![cfg(unix)]

use crate::common::{Project, shop};
use serde_json::Value;

/// Path, text, and whether a version has it.
const FILES: [(&str, &str, bool); 19] = [
    (".gitignore", "node_modules\n*.gen.ts\n/src/local.ts\n/lib/\nnotes/\n", true),
    (".luaignore", "/prompts/\n", true),
    // Below, the rules of the folder are nearer: this one takes a file back in, and ignores another one.
    ("src/skills/.gitignore", "!back.gen.ts\ndraft.ts\n", true),
    ("src/skills/.luaignore", "sauce.ts\n", true),
    (
        "src/local.ts",
        "export { sauce } from './skills/sauce';\nexport * from './skills/draft';\n",
        true,
    ),
    (
        "src/skills/sauce.ts",
        "import { real } from '../linked';\nexport const sauce = 'Sauce, ' + real;\n",
        true,
    ),
    (
        "src/skills/draft.ts",
        "import { word } from './word.gen';\nexport const draft = word;\n",
        true,
    ),
    ("src/skills/word.gen.ts", "export const word = 'drafted';\n", true),
    ("src/skills/back.gen.ts", "export const nobody = 1;\n", true),
    ("lib/real.ts", "export const real = 'behind a link';\n", true),
    ("prompts/ava.md", "You are Ava.\n", true),
    // A file that nothing imports stays ignored, even one that looks like an agent.
    (
        "src/other.gen.ts",
        "import { LuaAgent } from 'lua-cli';\nexport const a = new LuaAgent({ name: 'No' });\n",
        false,
    ),
    ("lib/unused.ts", "export const unused = 1;\n", false),
    ("prompts/notes.md", "mine\n", false),
    ("notes/today.md", "mine\n", false),
    ("src/skills/deep/notes/more.md", "mine\n", false),
    // A package is what the lock file says of it: neither its code nor what is beside it.
    (
        "node_modules/pad/package.json",
        "{ \"name\": \"pad\", \"version\": \"1.0.0\", \"main\": \"index.js\" }\n",
        false,
    ),
    ("node_modules/pad/index.js", "exports.pad = 'never read';\n", false),
    (
        "node_modules/pad/agent.ts",
        "import { LuaAgent } from 'lua-cli';\nexport const a = new LuaAgent({ name: 'No' });\n",
        false,
    ),
];

fn project() -> Project {
    let project = shop::project();
    for (path, text, _) in FILES {
        let before = if path == ".gitignore" { project.read(path) } else { String::new() };
        project.write(path, before + text);
    }
    std::os::unix::fs::symlink("../lib/real.ts", project.path("src/linked.ts")).unwrap();
    shop::edit(
        &project,
        "src/index.ts",
        "import nightly",
        "import { readFileSync } from 'node:fs';\nimport { pad } from 'pad';\n\
         import { sauce, draft } from './local';\nimport nightly",
    );
    shop::edit(
        &project,
        "src/index.ts",
        "`You are Ava.\nYou help customers shop.`",
        "readFileSync('prompts/ava.md', 'utf8') + sauce + draft",
    );
    project
}

fn names(listed: &Value) -> Vec<&str> {
    listed.as_array().unwrap().iter().map(|entry| entry["path"].as_str().unwrap()).collect()
}

#[test]
fn a_version_has_every_file_that_its_agent_was_read_from_and_no_other_ignored_one() {
    let project = project();
    project.ok("push");
    let listed = project.list("ls-tree -r source/v1:source");
    let kept = names(&listed);
    for (path, _, is_kept) in FILES {
        assert_eq!(kept.contains(&path), is_kept, "{path}: {kept:?}");
    }
    assert!(kept.contains(&"src/linked.ts"), "the link itself: {kept:?}");
    let status = project.json("status");
    let mut said = names(&status["keptAlthoughIgnored"]);
    said.sort_unstable();
    assert_eq!(
        said,
        [
            "lib/real.ts",
            "prompts/ava.md",
            "src/local.ts",
            "src/skills/draft.ts",
            "src/skills/sauce.ts",
            "src/skills/word.gen.ts",
        ]
    );
    assert_eq!(status["notPushed"]["files"], serde_json::json!([]));
}

/// The reader of a folder that has nothing but the version's files reads the same agent.
#[test]
fn the_files_of_a_version_are_read_as_the_same_agent() {
    let project = project();
    let here = project.json("compile");
    assert_eq!(here["agent"]["persona"], "You are Ava.\nSauce, behind a linkdrafted", "{here}");
    project.ok("push");
    let there = Project::new();
    for path in names(&project.list("ls-tree -r source/v1:source")) {
        if path == "src/linked.ts" {
            std::fs::create_dir_all(there.path("src")).unwrap();
            std::os::unix::fs::symlink("../lib/real.ts", there.path(path)).unwrap();
        } else {
            there.write(path, project.ok(&format!("cat-file source/v1:source/{path}")));
        }
    }
    assert_eq!(there.json("compile"), here);
    // A file that is needed and not there is an error, and not another agent.
    std::fs::remove_file(there.path("lib/real.ts")).unwrap();
    let outcome = there.run("compile");
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(outcome.stderr.contains("\"../linked\""), "{outcome}");
}
