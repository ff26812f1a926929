//! Names that some file systems take for one. Each test runs everywhere, and expects what the file system of the machine makes of
//! them.

use super::{Project, on_disk};
use crate::object::{Id, Memory, Mode, Sink, Tree, TreeEntry};

impl Project {
    /// The paths on disk, as they are spelled there.
    fn spelled(&self) -> Vec<String> {
        on_disk(&self.root).into_keys().collect()
    }
}

/// A tree with these files, which no disk need be able to hold.
fn tree(memory: &mut Memory, files: &[(&str, &str)]) -> Id {
    let mut names: Vec<&str> =
        files.iter().map(|(path, _)| path.split('/').next().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    let mut entries = Vec::new();
    for name in names {
        let below: Vec<_> = files
            .iter()
            .filter_map(|(path, text)| Some((path.strip_prefix(name)?.strip_prefix('/')?, *text)))
            .collect();
        entries.push(if below.is_empty() {
            let (_, text) = files.iter().find(|(path, _)| *path == name).unwrap();
            TreeEntry::new(name, Mode::File, memory.put_blob((*text).into(), None).unwrap())
        } else {
            TreeEntry::new(name, Mode::Directory, tree(memory, &below))
        });
    }
    memory.put_tree(&Tree::new(entries).unwrap(), None).unwrap()
}

fn is_alike(first: &str, second: &str) -> bool {
    on_disk(&Project::new(&[(first, "1"), (second, "2")]).root).len() == 1
}

#[test]
fn a_name_that_changes_its_case_alone_is_restored_in_both_directions() {
    let first = [("Readme.md", "same"), ("Tools/Sub/a", "1"), ("Tools/b", "b"), ("x", "x")];
    let second = [("README.md", "same"), ("tools/Sub/a", "2"), ("tools/c", "c"), ("x", "x")];
    let mut project = Project::new(&first);
    let first_tree = project.snapshot().unwrap().tree;
    let second_tree = tree(&mut project.memory, &second);
    for _ in 0..2 {
        for (target, files) in [(second_tree, second), (first_tree, first)] {
            project.restore(target).unwrap();
            let mut paths = files.map(|(path, _)| path);
            paths.sort_unstable();
            assert_eq!(project.spelled(), paths);
            assert_eq!(project.snapshot().unwrap().tree, target);
        }
    }
}

#[test]
fn two_names_that_are_one_on_this_disk_are_refused_and_come_back_elsewhere() {
    for (first, second) in [("src/Tool.ts", "src/tool.ts"), ("src/caf\u{e9}", "src/cafe\u{301}")] {
        let mut project = Project::new(&[("kept", "k")]);
        let target = tree(&mut project.memory, &[("kept", "k"), (first, "1"), (second, "2")]);
        if is_alike(first, second) {
            let error = project.restore(target).unwrap_err();
            assert_eq!(
                error.message(),
                format!(
                    "cannot restore: \"{first}\" and \"{second}\" have the same name on this file system"
                )
            );
            assert_eq!(project.spelled(), ["kept"]);
        } else {
            project.restore(target).unwrap();
            assert_eq!(project.snapshot().unwrap().tree, target);
        }
    }
}

#[test]
fn a_second_spelling_of_a_file_that_stays_is_refused_even_with_equal_bytes() {
    for text in ["same", "other"] {
        let mut project = Project::new(&[("Tool.ts", "same")]);
        project.snapshot().unwrap();
        let target = tree(&mut project.memory, &[("Tool.ts", "same"), ("tool.ts", text)]);
        if is_alike("a", "A") {
            let error = project.restore(target).unwrap_err();
            assert!(
                error.message().contains("\"Tool.ts\" and \"tool.ts\" have the same name"),
                "{error}"
            );
            assert_eq!(on_disk(&project.root)["Tool.ts"].1, b"same");
        } else {
            project.restore(target).unwrap();
            assert_eq!(project.spelled(), ["Tool.ts", "tool.ts"]);
        }
    }
}

#[test]
fn an_untracked_file_of_another_spelling_is_not_replaced() {
    let mut project = Project::new(&[("a", "1"), (".gitignore", "notes*\n")]);
    project.write("notes.md", "not tracked");
    let text = [("a", "1"), (".gitignore", "notes*\n"), ("Notes.md", "tracked")];
    let target = tree(&mut project.memory, &text);
    let restored = project.restore(target);
    assert_eq!(restored.is_err(), is_alike("n", "N"));
    assert_eq!(on_disk(&project.root)["notes.md"].1, b"not tracked");
}

#[test]
fn a_folder_of_another_spelling_takes_no_file() {
    let mut project = Project::new(&[("a", "1"), ("dist/built.js", "passed over")]);
    let target = tree(&mut project.memory, &[("a", "1"), ("Dist/kept.ts", "tracked")]);
    if is_alike("d", "D") {
        let error = project.restore(target).unwrap_err();
        assert!(error.message().contains("\"dist\" and \"Dist\" have the same name"), "{error}");
        assert_eq!(project.spelled(), ["a", "dist/built.js"]);
    } else {
        project.restore(target).unwrap();
        assert_eq!(project.spelled(), ["Dist/kept.ts", "a", "dist/built.js"]);
    }
}

/// Longer than the 260 letters that programs for Windows had.
#[test]
fn long_paths_are_captured_and_restored() {
    let path = format!("{}file.ts", "a-folder-with-a-name-of-thirty/".repeat(14));
    let mut project = Project::new(&[]);
    let target = tree(&mut project.memory, &[(&path, "1"), ("kept", "k")]);
    project.restore(target).unwrap();
    assert_eq!(project.spelled(), [&*path, "kept"]);
    assert_eq!(project.snapshot().unwrap().tree, target);
    let empty = tree(&mut project.memory, &[("kept", "k")]);
    project.restore(empty).unwrap();
    assert_eq!(project.spelled(), ["kept"]);
}
