//! A source rollback cut at every disk step: each path of the project is old or new, what was not
//! pushed is safe before the first file is touched, and the command run again comes to its end.

use super::{Case, commands, copy_folder, state};
use crate::common::{Project, faults, shop};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// Entry at a path: executable flag and bytes, or the target of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    File(bool, Vec<u8>),
    Link(PathBuf),
}

type Paths = BTreeMap<PathBuf, Standing>;

fn on_disk(project: &Path) -> Paths {
    let walk = walkdir::WalkDir::new(project)
        .into_iter()
        .filter_entry(|entry| entry.file_name() != ".lua");
    let entries = walk.map(Result::unwrap).filter(|entry| !entry.file_type().is_dir());
    let standing = |entry: &walkdir::DirEntry| match entry.file_type().is_symlink() {
        true => Standing::Link(std::fs::read_link(entry.path()).unwrap()),
        false => {
            let executable = entry.metadata().unwrap().permissions().mode() & 0o100 != 0;
            Standing::File(executable, std::fs::read(entry.path()).unwrap())
        }
    };
    entries
        .map(|entry| (entry.path().strip_prefix(project).unwrap().to_owned(), standing(&entry)))
        .collect()
}

fn is_draft(path: &Path) -> bool {
    path.file_name().unwrap().to_string_lossy().starts_with(".lua-store-tmp-")
}

fn make_executable(project: &Project, path: &str, executable: bool) {
    let mode = if executable { 0o755 } else { 0o644 };
    std::fs::set_permissions(project.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
}

/// v1 has every kind of thing, v2 has each replaced by another kind, and there is work on top.
fn prepared() -> Project {
    let project = shop::project();
    project.write("text.md", "first");
    project.write("run.sh", "#!/bin/sh\n");
    make_executable(&project, "run.sh", true);
    project.write("to-file/inner/deep.txt", "in a folder");
    project.write("to-folder", "a file");
    project.write("to-link", "a file");
    symlink("text.md", project.path("link")).unwrap();
    symlink("nowhere", project.path("from-link")).unwrap();
    project.ok("push");

    project.write("text.md", "second");
    make_executable(&project, "run.sh", false);
    std::fs::remove_dir_all(project.path("to-file")).unwrap();
    project.write("to-file", "a file now");
    for path in ["to-folder", "to-link", "link", "from-link"] {
        std::fs::remove_file(project.path(path)).unwrap();
    }
    project.write("to-folder/inner.txt", "in a folder now");
    symlink("text.md", project.path("to-link")).unwrap();
    symlink("run.sh", project.path("link")).unwrap();
    project.write("from-link", "a file now");
    project.ok("push");

    project.write("text.md", "third, not pushed");
    project.write("added/later.txt", "not pushed");
    project
}

fn is_later_snapshot(path: &Path) -> bool {
    path.starts_with("refs/snapshots") && !path.ends_with("v1")
}

#[test]
fn of_every_kind_of_thing() {
    let project = prepared();
    let new = cut(&project);
    assert_eq!(
        new[Path::new("to-file/inner/deep.txt")],
        Standing::File(false, b"in a folder".to_vec())
    );
    assert_eq!(new[Path::new("link")], Standing::Link("text.md".into()));
    assert!(!new.contains_key(Path::new("added/later.txt")));
}

/// A restore of some of the files, each of another kind than it was.
#[test]
fn of_a_restore_of_paths() {
    let project = prepared();
    let new = cut_line(&project, "restore --from source/v1 text.md to-file to-folder to-link link");
    assert_eq!(new[Path::new("text.md")], Standing::File(false, b"first".to_vec()));
    assert_eq!(new[Path::new("to-folder")], Standing::File(false, b"a file".to_vec()));
    assert!(new.contains_key(Path::new("added/later.txt")), "what was not named stays");
}

/// So many files are made durable all at once.
#[test]
fn of_many_files() {
    let mut project = shop::project();
    project.set("LUA_STORE_SYNC_EACH", "64");
    let fill = |text| (0..66).for_each(|nth| project.write(&format!("many/{nth}.txt"), text));
    fill("first");
    project.ok("push");
    fill("second, not pushed");
    let new = cut(&project);
    assert_eq!(new[Path::new("many/65.txt")], Standing::File(false, b"first".to_vec()));
}

/// Cuts the rollback to the first source version at every step; returns the final files.
fn cut(project: &Project) -> Paths {
    cut_line(project, "source rollback --version 1 --force")
}

/// The same with another command.
fn cut_line(project: &Project, line: &str) -> Paths {
    let old = on_disk(&project.root());
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy");
    copy_folder(&project.root(), &copy);
    let command = commands::command(project, line);
    assert!(command(&copy).output().unwrap().status.success());
    let (new, store) = (on_disk(&copy), state(&copy));

    let each_old_or_new = |copy: &Path| {
        faults::assert_clean(copy);
        let now = on_disk(copy);
        let paths: BTreeSet<&PathBuf> =
            old.keys().chain(new.keys()).chain(now.keys().filter(|path| !is_draft(path))).collect();
        for path in paths {
            let (found, old, new) = (now.get(path), old.get(path), new.get(path));
            assert!(found == old || found == new, "{}: {found:?}", path.display());
        }
        let kept = copy.join(".lua/refs/snapshots/v1").exists();
        assert!(kept || now == old, "files were touched before the work was safe");
    };
    let finished = |copy: &Path| {
        each_old_or_new(copy);
        assert_eq!(on_disk(copy), new, "no file and no draft more");
        // A run that found half of the files restored kept those as well before it went on.
        let passing = |path: &PathBuf| {
            is_later_snapshot(path)
                || path.file_name().unwrap().to_string_lossy().starts_with("tmp-")
        };
        let found: Vec<_> = state(copy).into_iter().filter(|(path, _)| !passing(path)).collect();
        assert_eq!(found, store);
    };
    let case = Case {
        atomic: false,
        prepared: &project.root(),
        command: &command,
        old_or_new: &each_old_or_new,
        new: &finished,
    };
    case.run();
    new.clone()
}
