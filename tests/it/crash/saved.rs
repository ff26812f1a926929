//! A rollback is killed right after somebody saved a file that it was about to take out of its place: what was saved
//! has a name afterwards, and the rollback, run again, says which.

use super::{copy_folder, let_time_pass, parse};
use crate::common::{Project, shop};
use std::path::Path;
use std::process::Output;

const LINE: &str = "source rollback --version 1 --force";

fn prepared() -> Project {
    let project = shop::project();
    project.write("text.md", "first\n");
    project.write("gone/deep.md", "first\n");
    project.ok("push");
    project.write("text.md", "second\n");
    project.write("added/later.md", "not pushed\n");
    std::fs::remove_dir_all(project.path("gone")).unwrap();
    project
}

fn rollback(project: &Project, copy: &Path, fault: &str) -> Output {
    let mut command = project.lua_store(LINE);
    command.current_dir(copy).env("LUA_STORE_FAULT", fault).output().unwrap()
}

fn copy(project: &Project) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy");
    copy_folder(&project.root(), &copy);
    let_time_pass(dir.path());
    (dir, copy)
}

/// Files that a person sees: those without a temporary name.
fn seen(root: &Path) -> Vec<(String, String)> {
    let walk =
        walkdir::WalkDir::new(root).into_iter().filter_entry(|entry| entry.file_name() != ".lua");
    let files = walk.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let named = files.map(|entry| {
        let name = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        (name, String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned())
    });
    named.filter(|(name, _)| !name.contains(".lua-store-tmp-")).collect()
}

#[test]
fn what_was_saved_in_the_moment_of_death_has_a_name() {
    let project = prepared();
    let (_dir, whole) = copy(&project);
    let trace = whole.with_file_name("trace");
    assert!(rollback(&project, &whole, &format!("trace={}", trace.display())).status.success());
    let steps: Vec<_> = std::fs::read_to_string(trace).unwrap().lines().map(parse).collect();
    let is_moment = |(word, path): &(String, std::path::PathBuf)| {
        let name = path.file_name().unwrap().to_string_lossy();
        let ours = path.starts_with(whole.join(".lua")) || name.starts_with(".lua-store-tmp-");
        (word == "Rename" || word == "Aside") && !ours
    };
    let moments: Vec<usize> =
        (1..=steps.len()).filter(|step| is_moment(&steps[step - 1])).collect();
    assert!(moments.len() >= 3, "a file replaced, one removed, one made: {steps:?}");
    for saved in moments {
        // Up to the end of what becomes of this one file, and of the command.
        for killed in saved + 1..=saved + 4 {
            dies(&project, saved, killed);
        }
    }
}

fn dies(project: &Project, saved: usize, killed: usize) {
    let (_dir, copy) = copy(project);
    rollback(project, &copy, &format!("save={saved},kill={killed}"));
    let text = format!("saved before step {saved}\n");
    let mut told = String::new();
    let mut done = false;
    for _ in 0..3 {
        let output = rollback(project, &copy, "");
        told.push_str(&String::from_utf8_lossy(&output.stderr));
        told.push_str(&String::from_utf8_lossy(&output.stdout));
        done |= output.status.success();
        if done {
            break;
        }
    }
    let context = format!("saved before {saved}, killed at {killed}: {told} {:?}", seen(&copy));
    assert!(done, "{context}");
    let file = seen(&copy).into_iter().find(|(_, held)| *held == text);
    if let Some((name, _)) = file {
        return assert!(told.contains(&format!("\"{name}\"")), "{context}");
    }
    let number = told.lines().rev().find_map(|line| line.split("safety snapshot ").nth(1));
    let number =
        number.unwrap_or_else(|| panic!("lost: {context}")).trim_end_matches('.').to_owned();
    let mut back = project.lua_store(&format!("source rollback --force --snapshot {number}"));
    assert!(back.current_dir(&copy).output().unwrap().status.success(), "{context}");
    assert!(seen(&copy).iter().any(|(_, held)| *held == text), "lost: {context}");
}

/// Beside a file that is kept although it is ignored too, and `status` names it until then.
#[test]
fn a_leftover_in_an_ignored_folder_is_found() {
    let project = shop::project();
    let import = "import { LuaSkill } from 'lua-cli';";
    shop::edit(
        &project,
        "src/skills/orders.skill.ts",
        import,
        &format!("{import}\nimport {{ about }} from '../../dist/about';"),
    );
    shop::edit(&project, "src/skills/orders.skill.ts", "'Knows about orders'", "about");
    project.write("dist/about.ts", "export const about = 'Knows orders';\n");
    project.ok("push");
    let name = "dist/.lua-store-tmp-old-7-1-about.ts";
    project.write(name, "saved\n");
    let status = project.run("status");
    assert!(
        status.stderr.contains(&format!("\"{name}\" is left by an interrupted restore")),
        "{status}"
    );
    assert_eq!(project.json("status")["leftovers"], serde_json::json!([name]));
    let back = project.run("source rollback --version 1 --force");
    assert!(back.code == 0 && back.stderr.contains("file is \"dist/about.ts.saved-1\""), "{back}");
    assert_eq!(project.read("dist/about.ts.saved-1"), "saved\n");
    assert_eq!(project.json("status")["leftovers"], serde_json::json!([]));
}
