//! Tests of the git guard with real git: in each way a project can lie in a repository, nothing that
//! people run removes the store, takes it up or shows it.

use super::super::{DIR, Store};
use crate::object::Id;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(dir: &Path, args: &[&str]) -> Output {
    let mut git = Command::new("git");
    git.current_dir(dir).args([
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b.c",
        "-c",
        "protocol.file.allow=always",
    ]);
    git.args(args)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("LC_ALL", "C");
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX"] {
        git.env_remove(name);
    }
    git.output().unwrap()
}

/// Runs git, which must succeed, and gives what it printed.
fn git(dir: &Path, args: &str) -> String {
    let output = run(dir, &args.split(' ').collect::<Vec<_>>());
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "git {args}: {err}");
    out.into_owned()
}

fn repository(dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    git(dir, "init -q");
    fs::write(dir.join("a.txt"), "a").unwrap();
    git(dir, "add -A");
    git(dir, "commit -q -m first");
}

fn init(project: &Path) -> Store {
    fs::create_dir_all(project).unwrap();
    let store = Store::init(&project.join(DIR)).unwrap();
    let lock = store.lock().unwrap();
    if store.refs().latest("refs/source").unwrap().is_none() {
        store.refs().append(&lock, "refs/source", Id::of_blob(b"")).unwrap();
        fs::write(store.dir().join("objects/pack"), "p").unwrap();
    }
    store
}

/// Every file below a folder with its content, and every folder.
fn content(dir: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let walk = walkdir::WalkDir::new(dir).into_iter().map(Result::unwrap);
    walk.map(|entry| (entry.path().to_owned(), fs::read(entry.path()).ok())).collect()
}

/// The git commands that people run in a project, from its root and from the repository's.
fn assert_safe(root: &Path, store: &Store) {
    let project = super::project_of(store.dir());
    let before = content(store.dir());
    let same = |step: &str| assert_eq!(content(store.dir()), before, "after {step}");
    for place in [project, root] {
        fs::write(project.join("new.txt"), "new").unwrap();
        assert!(!git(place, "status --porcelain --untracked-files=all").contains(DIR));
        git(place, "add -A");
        assert!(!git(root, "ls-files").contains(DIR), "taken up by `git add -A`");
        git(place, "stash -u");
        same("stash -u");
        git(place, "stash pop -q");
        git(place, "commit -q -a --allow-empty -m more");
        fs::write(project.join("other.txt"), "other").unwrap();
        run(place, &["stash", "-a"]);
        same("stash -a");
        for clean in ["clean -fdx", "clean -fdX", "clean -fd", "clean -fdx .", "reset -q --hard"] {
            git(place, clean);
            same(clean);
        }
    }
    Store::open(store.dir()).unwrap();
}

#[test]
fn a_repository_made_before() {
    let root = tempfile::tempdir().unwrap();
    repository(root.path());
    let store = init(root.path());
    assert!(!root.path().join(".gitignore").exists(), "the project's own files stay as they are");
    assert_safe(root.path(), &store);
}

#[test]
fn a_repository_made_after() {
    let root = tempfile::tempdir().unwrap();
    let store = init(root.path());
    assert_eq!(fs::read_to_string(root.path().join(".gitignore")).unwrap(), "/.lua/\n");
    repository(root.path());
    assert_safe(root.path(), &store);
    store.guard_from_git().unwrap();
    assert_safe(root.path(), &store);
}

#[test]
fn a_repository_made_after_around_a_subfolder() {
    let root = tempfile::tempdir().unwrap();
    let store = init(&root.path().join("agents/one"));
    repository(root.path());
    assert_safe(root.path(), &store);
}

#[test]
fn a_project_in_a_subfolder_with_an_odd_name() {
    let root = tempfile::tempdir().unwrap();
    repository(root.path());
    let store = init(&root.path().join("agents/[a-b] *é?\\!"));
    assert_safe(root.path(), &store);
}

#[test]
fn a_linked_work_tree() {
    let root = tempfile::tempdir().unwrap();
    repository(&root.path().join("main"));
    git(&root.path().join("main"), "worktree add -q ../linked");
    let store = init(&root.path().join("linked/sub"));
    assert_safe(&root.path().join("linked"), &store);
}

#[test]
fn a_submodule() {
    let root = tempfile::tempdir().unwrap();
    repository(&root.path().join("part"));
    repository(&root.path().join("whole"));
    git(&root.path().join("whole"), "submodule --quiet add ../part part");
    git(&root.path().join("whole"), "commit -q -m part");
    let store = init(&root.path().join("whole/part"));
    assert_safe(&root.path().join("whole/part"), &store);
    let before = content(store.dir());
    git(&root.path().join("whole"), "clean -fdx");
    assert_eq!(
        git(&root.path().join("whole"), "status --porcelain --ignore-submodules=none -uall").trim(),
        "M part"
    );
    assert_eq!(content(store.dir()), before);
}

#[test]
fn a_git_guard_that_was_lost_is_raised_again_and_twice_is_once() {
    let root = tempfile::tempdir().unwrap();
    repository(root.path());
    let store = init(root.path());
    let exclude = root.path().join(".git/info/exclude");
    let line = fs::read_to_string(&exclude).unwrap();
    assert_eq!(line.matches("/.lua/").count(), 1);
    fs::remove_file(&exclude).unwrap();
    fs::remove_dir_all(store.dir().join(".git")).unwrap();
    fs::remove_file(store.dir().join(".gitignore")).unwrap();
    for _ in 0..2 {
        store.guard_from_git().unwrap();
        assert_eq!(fs::read_to_string(&exclude).unwrap(), "/.lua/\n");
        assert_safe(root.path(), &store);
    }
}

#[test]
fn a_writer_raises_it_when_a_repository_came_later() {
    let root = tempfile::tempdir().unwrap();
    let store = init(root.path());
    fs::remove_file(root.path().join(".gitignore")).unwrap();
    git(root.path(), "init -q");
    drop(store.lock().unwrap());
    let exclude = fs::read_to_string(root.path().join(".git/info/exclude")).unwrap();
    assert!(exclude.ends_with("\n/.lua/\n"), "{exclude}");
    repository(root.path());
    assert_safe(root.path(), &store);
}

#[test]
fn a_repository_that_cannot_be_written_to_is_made_up_for_in_the_project() {
    let root = tempfile::tempdir().unwrap();
    repository(root.path());
    fs::remove_dir_all(root.path().join(".git/info")).unwrap();
    fs::write(root.path().join(".git/info"), "a file where a folder should be").unwrap();
    init(root.path());
    assert_eq!(fs::read_to_string(root.path().join(".gitignore")).unwrap(), "/.lua/\n");
}

#[test]
fn a_store_of_another_name_leaves_its_surroundings_alone() {
    let root = tempfile::tempdir().unwrap();
    Store::init(&root.path().join("agent_1")).unwrap();
    let names: Vec<_> =
        fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["agent_1"]);
}

#[test]
fn every_byte_of_a_gitignore_is_kept() {
    for (before, after) in [
        ("node_modules", "node_modules\n/.lua/\n"),
        ("x\r\n", "x\r\n/.lua/\r\n"),
        ("#.lua\n\n", "#.lua\n\n/.lua/\n"),
        (".lua\nx", ".lua\nx"),
        ("x\r\n.lua/\r\n", "x\r\n.lua/\r\n"),
        ("/.lua", "/.lua"),
    ] {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(".gitignore"), before).unwrap();
        let store = init(root.path());
        assert_eq!(fs::read_to_string(root.path().join(".gitignore")).unwrap(), after);
        repository(root.path());
        assert_safe(root.path(), &store);
    }
}

#[test]
fn a_folder_that_git_tracks_is_refused_until_the_hint_is_followed() {
    let root = tempfile::tempdir().unwrap();
    let project = root.path().join("sub");
    fs::create_dir_all(project.join(".lua")).unwrap();
    fs::write(project.join(".lua/config.json"), "{}").unwrap();
    repository(root.path());
    let error = Store::init(&project.join(DIR)).unwrap_err();
    assert!(error.message().contains("git tracks files there"), "{error}");
    assert!(!project.join(".lua/format").exists());
    let hint = error.hint_text().unwrap();
    let command = hint.strip_prefix("run `git ").and_then(|hint| hint.split('`').next());
    git(&project, command.expect("a command of git to run"));
    git(root.path(), "commit -q -m untrack");
    let store = init(&project);
    assert_eq!(fs::read_to_string(project.join(".lua/config.json")).unwrap(), "{}");
    assert_safe(root.path(), &store);
}

#[test]
fn a_like_named_folder_that_git_tracks_is_no_hindrance() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("x.lua")).unwrap();
    fs::create_dir_all(root.path().join("deep/.lua")).unwrap();
    fs::write(root.path().join("x.lua/y"), "y").unwrap();
    fs::write(root.path().join("deep/.lua/y"), "y").unwrap();
    repository(root.path());
    assert!(Store::init(&root.path().join(DIR)).is_ok());
}
