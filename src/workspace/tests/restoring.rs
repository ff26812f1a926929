//! Restores: exact for tracked files, refused before anything untracked is touched.

use super::{Project, on_disk};
use crate::error::{Kind, Result};
use crate::object::{Id, Mode, Sink, Tree, TreeEntry};
use crate::progress::Progress;
use crate::workspace::restore::apply::RestoreCount;
use crate::workspace::{apply, plan};

impl Project {
    /// Restores the files of a tree as a command does: from a snapshot of the present files.
    pub fn restore(&mut self, target: Id) -> Result<RestoreCount> {
        let current = self.snapshot()?.tree;
        let plan = plan(&self.memory, current, target)?;
        apply(&plan, &self.root, &self.memory, &Progress::default())
    }

    /// Refused, and nothing was changed.
    fn refuses(&mut self, target: Id) -> crate::error::Error {
        let before = on_disk(&self.root);
        let error = self.restore(target).unwrap_err();
        assert_eq!(on_disk(&self.root), before);
        error
    }

    /// A tree made by hand, of folders one in the other and a file in the last.
    fn tree(&mut self, path: &str, mode: Mode, bytes: &str) -> Id {
        let mut entry_mode = mode;
        let mut id = self.memory.put_blob(bytes.into(), None).unwrap();
        for name in path.split('/').rev() {
            let tree = Tree::new(vec![TreeEntry::new(name, entry_mode, id)]).unwrap();
            (id, entry_mode) = (self.memory.put_tree(&tree, None).unwrap(), Mode::Directory);
        }
        id
    }
}

#[cfg(unix)]
#[test]
fn tracked_files_come_back_and_added_ones_go() {
    let mut project = Project::new(&[("a", "1"), ("b/c", "2"), ("b/d", ""), ("run", "x")]);
    project.chmod("run", 0o755);
    project.link("l", "b/c");
    project.write(".gitignore", "*.log\n");
    let then = project.snapshot().unwrap();
    let files = on_disk(&project.root);
    project.write("a", "changed");
    project.write("new/deep/er", "3");
    project.write("debug.log", "ignored");
    project.write("new/x.log", "ignored too");
    project.write(".env", "SECRET=1");
    project.chmod("run", 0o644);
    std::fs::remove_file(project.path("l")).unwrap();
    std::fs::remove_dir_all(project.path("b")).unwrap();
    let done = project.restore(then.tree).unwrap();
    assert_eq!(done, RestoreCount { written: 5, removed: 1 });
    let mut now = on_disk(&project.root);
    for (path, text) in
        [("debug.log", "ignored"), ("new/x.log", "ignored too"), (".env", "SECRET=1")]
    {
        assert_eq!(now.remove(path).unwrap().1, text.as_bytes(), "untouched");
    }
    assert_eq!(now, files);
    assert!(!project.path("new/deep").exists(), "emptied folders go");
    assert_eq!(project.restore(then.tree).unwrap(), RestoreCount::default());
    assert_eq!(project.snapshot().unwrap().tree, then.tree);
}

#[cfg(unix)]
#[test]
fn the_plan_says_what_would_happen() {
    let mut project = Project::new(&[("a", "1"), ("b", "2"), ("run", "x")]);
    let then = project.snapshot().unwrap().tree;
    project.write("a", "22");
    project.write("c", "3");
    project.chmod("run", 0o755);
    std::fs::remove_file(project.path("b")).unwrap();
    let now = project.snapshot().unwrap().tree;
    let plan = plan(&project.memory, now, then).unwrap();
    let lines: Vec<_> =
        plan.steps.iter().map(|s| format!("{} {}", s.action.word(), s.path)).collect();
    assert_eq!(lines, ["replace a", "create b", "remove c", "set mode run"]);
    assert!(super::super::plan(&project.memory, now, now).unwrap().is_empty());
}

#[cfg(unix)]
#[test]
fn a_folder_becomes_a_file_and_a_file_a_folder() {
    let mut project = Project::new(&[("a/b/c", "1"), ("a/d", "2"), ("f", "3"), ("l/x", "4")]);
    let folders = project.snapshot().unwrap().tree;
    let first = on_disk(&project.root);
    for path in ["a", "l"] {
        std::fs::remove_dir_all(project.path(path)).unwrap();
    }
    std::fs::remove_file(project.path("f")).unwrap();
    project.write("a", "file now");
    project.write("f/g/h", "folder now");
    project.link("l", "f/g");
    let files = project.snapshot().unwrap().tree;
    let second = on_disk(&project.root);
    project.restore(folders).unwrap();
    assert_eq!(on_disk(&project.root), first);
    std::fs::create_dir_all(project.path("a/hollow/er")).unwrap();
    project.restore(files).unwrap();
    assert_eq!(on_disk(&project.root), second);
}

#[test]
fn an_untracked_file_in_the_way_is_named_and_nothing_changes() {
    let mut project = Project::new(&[("a.log", "1"), ("z", "1")]);
    let then = project.snapshot().unwrap().tree;
    project.write(".gitignore", "*.log\n");
    project.write("a.log", "mine now");
    project.write("z", "2");
    let error = project.refuses(then);
    assert_eq!(error.message(), "cannot restore: \"a.log\" is in the way and is not tracked");
    assert_eq!(error.kind(), Kind::Conflict);
    // A file that is already as the target has it is in nobody's way.
    project.write("a.log", "1");
    project.restore(then).unwrap();
    assert_eq!(project.snapshot().unwrap().tree, then);
}

#[test]
fn a_folder_with_untracked_files_is_not_replaced() {
    let mut project = Project::new(&[("data", "1")]);
    let then = project.snapshot().unwrap().tree;
    std::fs::remove_file(project.path("data")).unwrap();
    project.write("data/tracked", "2");
    project.write("data/.env", "SECRET=1");
    let error = project.refuses(then);
    assert_eq!(error.message(), "cannot restore: \"data/.env\" is in the way and is not tracked");
    std::fs::remove_file(project.path("data/.env")).unwrap();
    project.write("data/node_modules/x", "3");
    let error = project.refuses(then);
    assert!(error.message().contains("\"data/node_modules/x\""), "{error}");
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link_out_of_the_project() {
    let mut project = Project::new(&[("dir/file", "1"), ("keep", "1")]);
    let then = project.snapshot().unwrap().tree;
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("file"), "outside").unwrap();
    let target = outside.path().to_str().unwrap().to_owned();
    std::fs::remove_dir_all(project.path("dir")).unwrap();

    // A tracked link: it is replaced by the folder.
    project.link("dir", &target);
    project.restore(then).unwrap();
    assert_eq!(std::fs::read(project.path("dir/file")).unwrap(), b"1");
    assert!(!project.path("dir").is_symlink());

    // One that is not tracked: refused.
    std::fs::remove_dir_all(project.path("dir")).unwrap();
    project.write(".gitignore", "dir\n");
    project.link("dir", &target);
    assert!(project.refuses(then).message().contains("\"dir\" is in the way"));

    // One that was swapped in after the snapshot, where a file shall be removed and one written.
    std::fs::remove_file(project.path("dir")).unwrap();
    std::fs::remove_file(project.path(".gitignore")).unwrap();
    project.write("dir/file", "2");
    project.write("dir/other", "3");
    let now = project.snapshot().unwrap().tree;
    let plan = plan(&project.memory, now, then).unwrap();
    std::fs::remove_dir_all(project.path("dir")).unwrap();
    project.link("dir", &target);
    let error = apply(&plan, &project.root, &project.memory, &Progress::default()).unwrap_err();
    assert_eq!(error.message(), "cannot restore: \"dir\" changed meanwhile");
    let names = std::fs::read_dir(outside.path()).unwrap().count();
    assert_eq!(
        (std::fs::read(outside.path().join("file")).unwrap(), names),
        (b"outside".to_vec(), 1)
    );
}

#[cfg(unix)]
#[test]
fn links_of_every_kind_come_back_as_they_were() {
    let mut project = Project::new(&[]);
    for (path, target) in
        [("up", "../.."), ("abs", "/etc/passwd"), ("gone", "nowhere"), ("loop", "loop")]
    {
        project.link(path, target);
    }
    let then = project.snapshot().unwrap().tree;
    let files = on_disk(&project.root);
    for path in ["up", "abs", "gone", "loop"] {
        std::fs::remove_file(project.path(path)).unwrap();
        project.write(path, "a file");
    }
    project.restore(then).unwrap();
    assert_eq!(on_disk(&project.root), files);
}

#[test]
fn a_file_edited_after_the_snapshot_is_not_lost() {
    let mut project = Project::new(&[("a", "1"), ("b", "1")]);
    let then = project.snapshot().unwrap().tree;
    project.write("a", "2");
    project.write("b", "2");
    project.write("c", "2");
    let now = project.snapshot().unwrap().tree;
    let plan = plan(&project.memory, now, then).unwrap();
    for path in ["b", "c"] {
        let text = std::fs::read(project.path(path)).unwrap();
        project.write(path, "edited since");
        let error = apply(&plan, &project.root, &project.memory, &Progress::default()).unwrap_err();
        assert_eq!(error.message(), format!("cannot restore: \"{path}\" changed meanwhile"));
        assert_eq!(std::fs::read(project.path("a")).unwrap(), b"2");
        project.write(path, text);
    }
}

#[test]
fn a_tree_that_reaches_for_what_is_never_part_of_a_project_is_refused() {
    let mut project = Project::new(&[("a", "1")]);
    for path in
        [".git/hooks/pre-commit", ".GIT/config", "sub/.lua/ACTIVE", "node_modules/x/index.js"]
    {
        let tree = project.tree(path, Mode::Executable, "#!/bin/sh\n");
        let error = project.refuses(tree);
        assert!(error.message().contains("is never part of a project"), "{error}");
    }
}

/// Windows has links for administrators, and for those who turned on a setting.
#[test]
fn a_link_comes_back_or_is_refused_with_what_allows_it() {
    let mut project = Project::new(&[("a", "1")]);
    let target = project.tree("link", Mode::Symlink, "a");
    let before = on_disk(&project.root);
    match project.restore(target) {
        Ok(_) => {
            let link = std::fs::read_link(project.path("link")).unwrap();
            assert_eq!(link, std::path::Path::new("a"));
        }
        Err(error) if !cfg!(windows) => panic!("{error}"),
        Err(error) => {
            let hint = error.hint_text().unwrap_or_default();
            assert!(hint.contains("Developer Mode"), "{error:?}");
            assert_eq!(on_disk(&project.root), before);
        }
    }
}

/// A source that gives wrong bytes for one blob.
#[cfg(unix)]
struct Lying<'a>(&'a crate::object::Memory, Id);

#[cfg(unix)]
impl crate::object::Source for Lying<'_> {
    fn find(&self, id: &Id) -> Result<Option<(crate::object::ObjectKind, Vec<u8>)>> {
        let found = self.0.find(id)?;
        Ok(found
            .map(|(kind, bytes)| (kind, if *id == self.1 { b"damaged".to_vec() } else { bytes })))
    }
}

#[cfg(unix)]
#[test]
fn damaged_bytes_never_reach_the_project() {
    let mut project = Project::new(&[("a", "1"), ("b", "1")]);
    project.link("l", "target");
    let then = project.snapshot().unwrap().tree;
    project.write("b", "2");
    std::fs::remove_file(project.path("l")).unwrap();
    let before = on_disk(&project.root);
    let now = project.snapshot().unwrap().tree;
    let plan = plan(&project.memory, now, then).unwrap();
    for damaged in [Id::of_blob(b"1"), Id::of_blob(b"target")] {
        let source = Lying(&project.memory, damaged);
        let error = apply(&plan, &project.root, &source, &Progress::default()).unwrap_err();
        assert_eq!(error.kind(), Kind::Corrupt);
        assert!(error.message().contains(&damaged.to_string()), "{error}");
        assert_eq!(on_disk(&project.root), before, "and no leftover");
    }
}

#[test]
fn leftovers_of_an_interrupted_restore_are_swept_and_never_captured() {
    let mut project = Project::new(&[("dir/a", "1")]);
    let then = project.snapshot().unwrap().tree;
    project.write("dir/a", "2");
    project.write("dir/.lua-store-tmp-new-77-0", "half");
    project.write("dir/.lua-store-tmp-old-77-1-a", "1");
    assert_eq!(project.snapshot().unwrap().files, 1);
    project.restore(then).unwrap();
    assert_eq!(on_disk(&project.root).into_keys().collect::<Vec<_>>(), ["dir/a"]);
}

#[test]
fn a_leftover_that_nothing_else_holds_is_given_a_name() {
    let mut project = Project::new(&[("dir/a", "1"), ("dir/b", "1")]);
    let then = project.snapshot().unwrap().tree;
    project.write("dir/a", "2");
    project.write("dir/.lua-store-tmp-old-77-1-b", "saved");
    // Name of an earlier program's temporary file.
    project.write("dir/.lua-store-tmp-77-0", "saved too");
    project.write("dir/b.saved-1", "another");
    let now = project.snapshot().unwrap().tree;
    let plan = plan(&project.memory, now, then).unwrap();
    let progress = Progress::default();
    apply(&plan, &project.root, &project.memory, &progress).unwrap();
    assert_eq!(std::fs::read_to_string(project.path("dir/b.saved-2")).unwrap(), "saved");
    assert_eq!(std::fs::read_to_string(project.path("dir/77-0.saved-1")).unwrap(), "saved too");
    let told = progress.remarks().join("\n");
    assert!(told.contains("\"dir/b.saved-2\"") && told.contains("\"dir/77-0.saved-1\""), "{told}");
}

#[test]
fn many_files_are_restored_as_few_are() {
    let mut project = Project::new(&[]);
    for n in 0..1500 {
        project.write(&format!("d{}/{n}", n % 7), n.to_string());
    }
    let then = project.snapshot().unwrap().tree;
    let files = on_disk(&project.root);
    for n in 0..7 {
        std::fs::remove_dir_all(project.path(&format!("d{n}"))).unwrap();
    }
    assert_eq!(project.restore(then).unwrap(), RestoreCount { written: 1500, removed: 0 });
    assert_eq!(on_disk(&project.root), files);
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_named_before_anything_changes() {
    let mut project = Project::new(&[("dir/a", "1"), ("b", "1")]);
    let then = project.snapshot().unwrap().tree;
    project.write("dir/a", "2");
    project.write("b", "2");
    project.chmod("dir", 0o555);
    if std::fs::write(project.path("dir/probe"), "").is_ok() {
        // The administrator may write anywhere.
        project.restore(then).unwrap();
    } else {
        let error = project.refuses(then);
        assert!(error.message().ends_with("dir\" is read-only"), "{error}");
    }
    project.chmod("dir", 0o755);
}
