//! The stat cache: entries that are trusted, looked up, or read.

use super::Project;
use crate::object::Source;
use crate::workspace::snapshot::SnapshotCost;
use std::fs::{File, FileTimes};

fn sample() -> Project {
    let project = Project::new(&[("a", "1"), ("b/c", "2"), ("b/d", "3"), ("e/f/g", "4")]);
    project.tick();
    project
}

#[test]
fn an_unchanged_project_costs_one_look_for_each_file_and_folder() {
    let mut project = sample();
    let first = project.snapshot().unwrap();
    assert_eq!(first.work, SnapshotCost { looks: 0, listings: 4, reads: 4 });
    let second = project.snapshot().unwrap();
    // Four files; the root, b, e and e/f.
    assert_eq!(second.work, SnapshotCost { looks: 8, listings: 0, reads: 0 });
    assert_eq!((second.tree, second.files, second.bytes), (first.tree, 4, 4));
}

#[test]
fn only_what_changed_is_listed_and_read() {
    let mut project = sample();
    project.snapshot().unwrap();
    project.write("b/c", "22");
    let changed = project.snapshot().unwrap();
    assert_eq!((changed.work.listings, changed.work.reads), (0, 1));
    assert_eq!(changed.tree, project.whole().tree);
    project.tick();
    project.write("b/new", "5");
    std::fs::remove_file(project.path("e/f/g")).unwrap();
    let changed = project.snapshot().unwrap();
    // b/c was read again in the tick in which it was cached only if it was still racy.
    assert_eq!(changed.work.listings, 2);
    assert!(changed.work.reads <= 2);
    assert_eq!(project.paths(&changed), ["a", "b/c", "b/d", "b/new"]);
    assert_eq!(changed.tree, project.whole().tree);
}

#[test]
fn a_file_touched_as_late_as_the_cache_is_read_again() {
    let mut project = sample();
    project.write("late", "new");
    let file = File::options().write(true).open(project.path("late")).unwrap();
    let ahead = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
    file.set_times(FileTimes::new().set_modified(ahead)).unwrap();
    project.tick();
    project.snapshot().unwrap();
    // Any change within that hour may leave the same time, so it is never trusted.
    assert_eq!(project.snapshot().unwrap().work.reads, 1);
    let past = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    file.set_times(FileTimes::new().set_modified(past)).unwrap();
    project.tick();
    assert_eq!(project.snapshot().unwrap().work.reads, 1);
    assert_eq!(project.snapshot().unwrap().work.reads, 0);
}

#[test]
fn a_second_write_in_the_same_tick_is_seen() {
    // Writes of one size in quick succession: a cache that trusts times alone misses some of them.
    let mut project = sample();
    for n in 100..300 {
        project.write("a", n.to_string());
        let taken = project.snapshot().unwrap();
        let id = project.memory.tree(&taken.tree).unwrap().require("a").unwrap();
        assert_eq!(project.memory.blob(&id).unwrap(), n.to_string().as_bytes());
    }
}

#[cfg(unix)]
#[test]
fn a_changed_mode_or_kind_is_seen() {
    let mut project = sample();
    let first = project.snapshot().unwrap();
    project.chmod("a", 0o755);
    let second = project.snapshot().unwrap();
    assert_ne!(second.tree, first.tree);
    std::fs::remove_file(project.path("b/c")).unwrap();
    project.link("b/c", "d");
    std::fs::remove_dir_all(project.path("e")).unwrap();
    project.write("e", "now a file");
    let third = project.snapshot().unwrap();
    assert_eq!(third.tree, project.whole().tree);
    assert_eq!(project.paths(&third), ["a", "b/c", "b/d", "e"]);
}

#[test]
fn changed_rules_list_the_folders_below_them_again() {
    let mut project = sample();
    project.write("b/.gitignore", "nothing\n");
    project.tick();
    project.snapshot().unwrap();
    project.write("b/.gitignore", "d\n");
    let ignoring = project.snapshot().unwrap();
    assert_eq!(ignoring.work.listings, 1);
    assert_eq!(project.paths(&ignoring), ["a", "b/.gitignore", "b/c", "e/f/g"]);
    project.tick();
    project.write("b/.gitignore", "x\n");
    let all = project.snapshot().unwrap();
    assert_eq!(project.paths(&all), ["a", "b/.gitignore", "b/c", "b/d", "e/f/g"]);
}

#[test]
fn a_damaged_cache_is_built_again() {
    let mut project = sample();
    let first = project.snapshot().unwrap();
    let good = std::fs::read(&project.cache).unwrap();
    for bad in [&good[..good.len() / 2], b"", b"lua-store stat 0 something else"] {
        std::fs::write(&project.cache, bad).unwrap();
        let rebuilt = project.snapshot().unwrap();
        assert_eq!((rebuilt.tree, rebuilt.work.reads), (first.tree, 4));
        assert_eq!(project.snapshot().unwrap().work.reads, 0);
    }
}

#[test]
fn ids_that_the_store_does_not_hold_are_not_trusted() {
    let mut project = sample();
    let first = project.snapshot().unwrap();
    project.memory = crate::object::Memory::default();
    let second = project.snapshot().unwrap();
    assert_eq!((second.tree, second.work.reads), (first.tree, 4));
    assert_eq!(project.stored(&second).len(), 4);
    assert!(project.memory.contains(&first.tree).unwrap());
}

#[test]
fn a_cache_that_cannot_be_written_is_done_without() {
    let mut project = sample();
    std::fs::write(project.cache.parent().unwrap(), "a file where its folder should be").unwrap();
    assert_eq!(project.snapshot().unwrap().files, 4);
}

#[test]
fn a_write_of_the_cache_leaves_nothing_beside_it() {
    let mut project = sample();
    project.snapshot().unwrap();
    let names = std::fs::read_dir(project.cache.parent().unwrap()).unwrap();
    assert_eq!(names.map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>(), ["index"]);
}
