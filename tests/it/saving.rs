//! Somebody saves a file at the very moment in which a rollback or a pull takes it out of its place: the last look
//! was before, and nothing that was saved may be lost.

use crate::common::{Project, shop};
use crate::remote::{copy_of, shared};

/// Content of the file after `LUA_STORE_FAULT=save=1`.
const SAVED: &str = "saved before step 1\n";

fn fill(project: &Project, count: usize, text: &str) {
    (0..count).for_each(|nth| project.write(&format!("many/{nth}.txt"), text));
}

/// So many files, changed since the first push, one more and one less.
fn changed(count: usize) -> Project {
    let project = shop::project();
    fill(&project, count, "first\n");
    project.write("gone.txt", "first\n");
    project.ok("push");
    fill(&project, count, "second\n");
    std::fs::remove_file(project.path("gone.txt")).unwrap();
    project.write("added.txt", "not pushed\n");
    project
}

/// Rolls back while a path is saved. It is refused and the path is as it was saved; run again it comes to its end,
/// and what was saved is in the safety snapshot that it names.
fn rolled_back(count: usize, path: &str) {
    let mut project = changed(count);
    let last = format!("many/{}.txt", count - 1);
    project.set("LUA_STORE_FAULT", &format!("save=1,in={path}"));
    let outcome = project.run("source rollback --version 1 --force");
    assert_eq!(outcome.code, 1, "{outcome}");
    assert_eq!(project.read(path), SAVED);
    let first = "to restore the files as they were";
    assert!(
        outcome.stderr.contains(&format!("Error: cannot restore: \"{path}\" changed meanwhile")),
        "{outcome}"
    );
    assert!(
        outcome.stderr.contains(&format!("`lua-store snapshot restore 1` {first}")),
        "{outcome}"
    );
    project.set("LUA_STORE_FAULT", "");
    assert_eq!(project.json("source rollback --version 1 --force")["snapshot"], 2);
    assert_eq!(project.read(&last), "first\n");
    assert_eq!(project.read("gone.txt"), "first\n");
    assert!(!project.path("added.txt").exists());
    project.ok("source rollback --snapshot 2 --force");
    assert_eq!(project.read(path), SAVED);
    project.ok("source rollback --snapshot 1 --force");
    assert_eq!(project.read(&last), "second\n");
    assert_eq!(project.read("added.txt"), "not pushed\n");
}

#[test]
fn a_file_that_a_rollback_replaces() {
    rolled_back(2000, "many/1999.txt");
}

#[test]
fn a_file_that_a_rollback_removes() {
    rolled_back(20, "added.txt");
}

#[test]
fn a_file_where_a_rollback_makes_one() {
    rolled_back(20, "gone.txt");
}

/// Nobody can be so fast, but a program that writes all the time is lucky some day.
#[test]
fn a_file_that_is_saved_again_while_it_is_put_back() {
    for path in ["text.txt", "added.txt"] {
        let mut project = shop::project();
        project.write("text.txt", "first\n");
        project.ok("push");
        project.write("text.txt", "second\n");
        project.write("added.txt", "second\n");
        project.set("LUA_STORE_FAULT", &format!("saves=1,in=project/{path}"));
        let outcome = project.run("source rollback --version 1 --force");
        assert_eq!(outcome.code, 1, "{outcome}");
        assert!(outcome.stderr.contains("was saved twice meanwhile"), "{outcome}");
        let kept = std::fs::read_dir(project.root()).unwrap().map(|entry| entry.unwrap().path());
        let texts: Vec<String> = kept
            .filter(|path| path.is_file())
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect();
        for number in [1, 2] {
            let text = format!("saved before step {number}\n");
            assert!(texts.contains(&text), "{text}: {texts:?} {outcome}");
        }
    }
}

#[test]
fn a_file_that_a_pull_replaces_or_removes() {
    for (count, path) in [(200, "many/199.txt"), (20, "gone.txt")] {
        let ana = shared();
        fill(&ana, count, "first\n");
        ana.write("gone.txt", "first\n");
        ana.ok("push");
        let mut ben = copy_of(&ana, "ben@example.com");
        fill(&ana, count, "second\n");
        std::fs::remove_file(ana.path("gone.txt")).unwrap();
        ana.ok("push");
        ben.set("LUA_STORE_FAULT", &format!("save=1,in={path}"));
        let outcome = ben.run("pull");
        assert_eq!(outcome.code, 1, "{outcome}");
        assert!(outcome.stderr.contains(&format!("\"{path}\" changed meanwhile")), "{outcome}");
        assert_eq!(ben.read(path), SAVED);
        ben.set("LUA_STORE_FAULT", "");
        // Both changed it: that is a conflict, and for Ben to decide.
        let outcome = ben.run("pull");
        assert!(outcome.code == 1 && outcome.stdout.contains(path), "{outcome}");
        assert_eq!(ben.read(path), SAVED);
        ben.ok("pull --theirs");
        ben.ok("source rollback --snapshot 1 --force");
        assert_eq!(ben.read(path), SAVED);
    }
}

/// A file that only a removed rule ignored is a file like any other: listed, removed, and in the snapshot.
#[test]
fn a_file_that_a_removed_rule_ignored_goes_and_comes_back() {
    let project = shop::project();
    project.write(".gitignore", "/.lua/\nnotes.txt\n");
    project.write("notes.txt", "mine\n");
    project.ok("push");
    project.write(".gitignore", "/.lua/\n");
    let told = project.ok("source rollback --version 1 --dry-run");
    assert!(told.contains("notes.txt"), "{told}");
    let snapshot = project.json("source rollback --version 1 --force")["snapshot"].clone();
    assert!(!project.path("notes.txt").exists());
    project.ok(&format!("source rollback --snapshot {snapshot} --force"));
    assert_eq!(project.read("notes.txt"), "mine\n");
    assert_eq!(project.read(".gitignore"), "/.lua/\n");
}
