//! A backup and a restore cut at every step: what a backup has of an agent is whole at every moment, and the same command
//! finishes what was cut off. A folder that is half restored is not served.

use super::{Case, commands};
use crate::common::Project;
use crate::common::shop::{self, edit};
use lua_store::internals::remote_store::RemoteStore;
use std::path::Path;

/// A project whose remote store is in it, pushed twice; a backup is from between.
fn prepared() -> Project {
    let project = shop::project();
    std::fs::create_dir(project.path("depot")).unwrap();
    project.ok("remote add origin depot/data/shop");
    project.ok("push");
    project.ok("serve backup depot/copy --data depot/data");
    edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds all products");
    project.ok("push");
    project
}

fn whole(folder: &Path, source: &[usize]) {
    let store = RemoteStore::open_existing(folder).unwrap();
    let agent = "shop".parse().unwrap();
    assert_eq!(store.check(&agent).unwrap(), Vec::<String>::new());
    let head = store.head(&agent).unwrap().unwrap();
    assert!(
        source.contains(&head.heads.source.len()),
        "{} source versions",
        head.heads.source.len()
    );
}

#[test]
fn a_backup_is_the_old_or_the_new_one_wherever_it_is_cut() {
    let project = prepared();
    let case = Case {
        atomic: false,
        prepared: &project.root(),
        command: &commands::command(&project, "serve backup depot/copy --data depot/data"),
        old_or_new: &|copy| whole(&copy.join("depot/copy"), &[1, 2]),
        new: &|copy| whole(&copy.join("depot/copy"), &[2]),
    };
    case.run();
}

#[test]
fn a_restore_is_nothing_or_all_wherever_it_is_cut() {
    let project = prepared();
    let old_or_new = |copy: &Path| match RemoteStore::open_existing(&copy.join("depot/new")) {
        Ok(_) => whole(&copy.join("depot/new"), &[1]),
        Err(error) => assert!(error.message().contains("is not a folder"), "{error}"),
    };
    let case = Case {
        atomic: false,
        prepared: &project.root(),
        command: &commands::command(&project, "serve restore depot/copy --data depot/new"),
        old_or_new: &old_or_new,
        new: &|copy| whole(&copy.join("depot/new"), &[1]),
    };
    case.run();
}
