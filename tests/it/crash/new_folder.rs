//! A restore into a new folder cut at every step: the folder is missing or complete, and the same command makes it.

use super::Case;
use crate::common::{Project, shop};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let found = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let found = found.filter(|entry| entry.file_type().is_file());
    let name = |path: &Path| path.strip_prefix(folder).unwrap().to_owned();
    found.map(|entry| (name(entry.path()), std::fs::read(entry.path()).unwrap())).collect()
}

/// Temporary names beside the new folder.
fn leftovers(copy: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(copy).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(".lua-store-tmp-")).collect()
}

fn cut(project: &Project) {
    project.ok("restore source/v1 ../expected");
    let expected = files(&project.path("../expected"));
    std::fs::remove_dir_all(project.path("../expected")).unwrap();
    assert!(expected.len() > 5, "{:?}", expected.keys());
    let command = |copy: &Path| -> Command {
        let mut command =
            project.lua_store(&format!("restore source/v1 {}", copy.join("out").display()));
        command.current_dir(copy.join("project"));
        command
    };
    let new = |copy: &Path| {
        assert!(files(&copy.join("out")) == expected);
        assert_eq!(leftovers(copy), Vec::<String>::new());
    };
    let old_or_new = |copy: &Path| {
        if copy.join("out").exists() {
            assert!(files(&copy.join("out")) == expected);
        }
    };
    let folder = project.root().parent().unwrap().to_owned();
    Case { atomic: true, prepared: &folder, command: &command, old_or_new: &old_or_new, new: &new }
        .run();
}

fn prepared() -> Project {
    let project = shop::project();
    project.write("assets/deep/er/a.txt", "the only file of these folders");
    project.ok("push");
    project
}

#[test]
fn of_a_few_files() {
    cut(&prepared());
}

/// The whole file system is synced, once, as for very many.
#[test]
fn of_many_files() {
    let mut project = prepared();
    project.set("LUA_STORE_SYNC_EACH", "4");
    cut(&project);
}
