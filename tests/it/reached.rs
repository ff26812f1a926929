//! A version holds what its agent reaches: an import wins over ignore rules and over the names of built folders.

use crate::common::shop::edit;
use crate::common::{Project, shop};
use crate::remote::{copy_of, shared};
use serde_json::json;

/// The shop, some of whose files are where nothing is kept by itself.
fn fill(project: &Project) {
    edit(
        project,
        "src/index.ts",
        "import nightly",
        "import { readFileSync } from 'node:fs';\nimport nightly",
    );
    edit(
        project,
        "src/index.ts",
        "`You are Ava.\nYou help customers shop.`",
        "readFileSync('prompts/ava.md', 'utf8')",
    );
    edit(
        project,
        "src/skills/orders.skill.ts",
        "import { LuaSkill } from 'lua-cli';",
        "import { LuaSkill } from 'lua-cli';\nimport { about } from '../../dist/about';\n\
         import type { Order } from '../coverage/types';",
    );
    edit(project, "src/skills/orders.skill.ts", "'Knows about orders'", "about");
    project.write(
        "dist/about.ts",
        "import { word } from './deep/word';\nexport const about = 'Knows ' + word;\n",
    );
    project.write("dist/deep/word.ts", "export const word = 'orders';\n");
    project.write("dist/index.js", "built\n");
    project.write("src/coverage/types.ts", "export interface Order { id: string }\n");
    project.write("src/coverage/report.html", "built\n");
    project.write("prompts/ava.md", "You are Ava.\n");
    project.write("prompts/notes.md", "mine\n");
    project.write(".luaignore", "/prompts/\n");
}

fn paths(project: &Project, version: &str) -> Vec<String> {
    let listed = project.list(&format!("ls-tree -r {version}:source"));
    listed
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["path"].as_str().unwrap().to_owned())
        .collect()
}

const NEEDED: [&str; 4] =
    ["dist/about.ts", "dist/deep/word.ts", "prompts/ava.md", "src/coverage/types.ts"];

#[test]
fn what_the_agent_needs_is_kept_and_said() {
    let project = shop::project();
    fill(&project);
    let outcome = project.run("push");
    assert_eq!(outcome.code, 0, "{outcome}");
    for said in [
        "kept although ignored: dist/about.ts, imported by src/skills/orders.skill.ts:2",
        "kept although ignored: dist/deep/word.ts, imported by dist/about.ts:1",
        "kept although ignored: src/coverage/types.ts, imported by src/skills/orders.skill.ts:3",
        "kept although ignored: prompts/ava.md, imported by src/index.ts:",
    ] {
        assert!(outcome.stderr.contains(said), "{said}: {outcome}");
    }
    let kept = paths(&project, "source/v1");
    for path in NEEDED {
        assert!(kept.iter().any(|one| one == path), "{path}: {kept:?}");
    }
    for path in ["dist/index.js", "src/coverage/report.html", "prompts/notes.md"] {
        assert!(!kept.iter().any(|one| one == path), "{path}");
    }
    let status = project.json("status");
    assert_eq!(status["notPushed"]["files"], json!([]));
    assert_eq!(
        status["keptAlthoughIgnored"][0],
        json!({"path": "dist/about.ts", "importedBy": "src/skills/orders.skill.ts:2"})
    );
    assert_eq!(status["keptAlthoughIgnored"].as_array().unwrap().len(), NEEDED.len());
}

#[test]
fn a_clone_of_it_compiles_and_a_pull_brings_what_changed() {
    let ana = shared();
    fill(&ana);
    ana.ok("push");
    let url = ana.path("../data").canonicalize().unwrap().join("agent_shop");
    let ben = Project::new();
    ben.ok(&format!("clone \"{}\" \"{}\"", url.display(), ben.path("shop").display()));
    for path in NEEDED {
        assert_eq!(ben.read(&format!("shop/{path}")), ana.read(path), "{path}");
    }
    assert!(!ben.path("shop/dist/index.js").exists());
    let mut compile = ben.lua_store("compile --json");
    assert!(compile.current_dir(ben.path("shop")).status().unwrap().success());
    let cleo = copy_of(&ana, "cleo@example.com");
    ana.write("dist/deep/word.ts", "export const word = 'parcels';\n");
    ana.ok("push");
    cleo.ok("pull");
    assert_eq!(cleo.read("dist/deep/word.ts"), "export const word = 'parcels';\n");
    assert_eq!(cleo.read("dist/index.js"), "built\n");
    assert_eq!(cleo.json("status")["notPushed"]["files"], json!([]));
}

#[test]
fn a_rollback_takes_it_back_and_keeps_what_was_not_pushed() {
    let project = shop::project();
    project.ok("push");
    fill(&project);
    project.ok("push");
    project.write("dist/deep/word.ts", "export const word = 'not pushed';\n");
    assert_eq!(project.json("status")["notPushed"]["files"][0]["path"], "dist/deep/word.ts");
    assert!(project.ok("diff --name-only").contains("dist/deep/word.ts"));
    project.ok("source rollback --version 2 --force");
    assert_eq!(project.read("dist/deep/word.ts"), "export const word = 'orders';\n");
    project.ok("source rollback --snapshot 1 --force");
    assert_eq!(project.read("dist/deep/word.ts"), "export const word = 'not pushed';\n");
    project.ok("push");
    // Files that the first push did not have are removed, and files that nobody needs stay.
    project.ok("source rollback --version 1 --force");
    assert!(!project.path("dist/deep").exists());
    assert_eq!(project.read("dist/index.js"), "built\n");
    // The rule that ignored this went as well.
    assert_eq!(project.read("prompts/notes.md"), "mine\n");
    let status = project.json("status");
    let files = status["notPushed"]["files"].as_array().unwrap();
    assert_eq!(files.iter().map(|file| &file["path"]).collect::<Vec<_>>(), ["prompts/notes.md"]);
}

#[test]
fn what_is_needed_no_more_is_ignored_again() {
    let project = shop::project();
    fill(&project);
    project.ok("push");
    edit(&project, "src/skills/orders.skill.ts", "import { about } from '../../dist/about';\n", "");
    edit(
        &project,
        "src/skills/orders.skill.ts",
        "description: about",
        "description: 'Knows about orders'",
    );
    project.ok("push");
    assert!(!paths(&project, "source/v2").iter().any(|path| path.starts_with("dist/")));
    assert_eq!(project.read("dist/deep/word.ts"), "export const word = 'orders';\n");
    assert_eq!(project.json("status")["notPushed"]["files"], json!([]));
}

/// Files alone are kept where the code cannot be read; then those that were needed before are.
#[test]
fn a_backup_holds_it_too() {
    let project = shop::project();
    fill(&project);
    project.ok("push backup");
    assert!(paths(&project, "source/v1").contains(&"dist/deep/word.ts".to_owned()));
    edit(&project, "src/index.ts", "export const agent", "export const = ");
    project.ok("push backup");
    assert!(paths(&project, "source/v2").contains(&"dist/deep/word.ts".to_owned()));
}

#[test]
fn an_installed_package_is_no_part_of_it() {
    let project = shop::project();
    project.write(
        "node_modules/left-pad/package.json",
        r#"{"name":"left-pad","version":"1.3.0","main":"index.js"}"#,
    );
    project.write("node_modules/left-pad/index.js", "module.exports = (s) => s;\n");
    edit(&project, "src/index.ts", "import nightly", "import pad from 'left-pad';\nimport nightly");
    project.ok("push");
    assert!(!paths(&project, "source/v1").iter().any(|path| path.contains("node_modules")));
}

#[test]
fn a_file_beside_the_project_is_refused_with_its_place() {
    let project = shop::project();
    project.write("../shared/names.ts", "export const shared = 'Knows about orders';\n");
    edit(
        &project,
        "src/skills/orders.skill.ts",
        "import { LuaSkill } from 'lua-cli';",
        "import { LuaSkill } from 'lua-cli';\nimport { shared } from '../../../shared/names';",
    );
    edit(&project, "src/skills/orders.skill.ts", "'Knows about orders'", "shared");
    let outcome = project.run("push");
    assert_eq!(outcome.code, 1, "{outcome}");
    let said = "Error: src/skills/orders.skill.ts:2: cannot push: \"../shared/names.ts\" is imported, and is outside of the project";
    assert!(outcome.stderr.contains(said), "{outcome}");
    assert!(
        outcome
            .stderr
            .contains("run `lua-store push backup` to store only the files of the project"),
        "{outcome}"
    );
    assert_eq!(project.run("status").code, 0);
    assert_eq!(project.run("diff").code, 0);
    assert_eq!(project.list("source list"), json!([]));
    project.ok("push backup");
    assert!(!paths(&project, "source/v1").iter().any(|path| path.contains("names.ts")));
}
