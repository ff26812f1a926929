//! A clone cut at every step. Its files are written under their own names, and the refs come last: a ref names only files
//! that are complete and durable, and the same command goes on with what was begun.

use super::Case;
use crate::common::{Project, faults};
use crate::remote::shop_with_remote_store;
use lua_store::internals::store::Store;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files of a project, without the store.
fn files(project: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let walk = walkdir::WalkDir::new(project).into_iter();
    let walk = walk.filter_entry(|entry| entry.file_name() != ".lua").map(Result::unwrap);
    let found = walk.filter(|entry| entry.file_type().is_file());
    let name = |path: &Path| path.strip_prefix(project).unwrap().to_owned();
    found.map(|entry| (name(entry.path()), std::fs::read(entry.path()).unwrap())).collect()
}

fn is_cloned(clone: &Path) -> bool {
    let heads = Store::open(&clone.join(".lua")).and_then(|store| store.heads());
    heads.is_ok_and(|heads| !heads.source.is_empty())
}

fn cut(project: &Project) {
    let folder = project.root().parent().unwrap().to_owned();
    let expected = files(&project.root());
    // Cut after its last ref it is complete. A push that finds nothing new relies on the refs too.
    let command = |copy: &Path| -> Command {
        let is_cloned = is_cloned(&copy.join("clone"));
        let line =
            if is_cloned { "-C clone push --offline" } else { "clone ./depot/agent_shop clone" };
        let mut command = project.lua_store(line);
        command.current_dir(copy);
        command
    };
    let new = |copy: &Path| {
        let (clone, project) = (copy.join("clone"), copy.join("project"));
        faults::assert_clean(&clone);
        assert_eq!(files(&clone), expected);
        let [here, there] =
            [clone, project].map(|root| Store::open(&root.join(".lua")).unwrap().heads().unwrap());
        assert_eq!(here, there);
    };
    let old_or_new = |copy: &Path| {
        if is_cloned(&copy.join("clone")) {
            new(copy);
        }
    };
    Case {
        atomic: false,
        prepared: &folder,
        command: &command,
        old_or_new: &old_or_new,
        new: &new,
    }
    .run();
}

#[test]
fn of_a_few_files() {
    cut(&shop_with_remote_store());
}

/// The whole file system is synced, once, as for very many.
#[test]
fn of_many_files() {
    let mut project = shop_with_remote_store();
    project.set("LUA_STORE_SYNC_EACH", "4");
    cut(&project);
}
