//! Files that a snapshot captures, files that it leaves out, and files that stop it.

use super::{Project, on_disk};
use crate::object::{Id, Source};
use crate::workspace::snapshot::CaseCollision;
use crate::workspace::{Skipped, SnapshotOptions, executable_files, preview};
use std::collections::BTreeSet;

#[cfg(unix)]
#[test]
fn files_links_modes_and_empty_files_are_kept_byte_for_byte() {
    use crate::object::Mode;
    let mut project =
        Project::new(&[("a.txt", "one\r\n"), ("deep/er/b", ""), ("run.sh", "#!/bin/sh\n")]);
    project.write("bytes", [0u8, 255, 10, 13]);
    project.chmod("run.sh", 0o755);
    project.link("link", "deep/er");
    project.link("dangling", "/nowhere/at all");
    std::fs::create_dir(project.path("empty")).unwrap();
    let taken = project.snapshot().unwrap();
    let stored = project.stored(&taken);
    let file = |mode, bytes: &[u8]| (mode, bytes.to_vec());
    let expected = [
        ("a.txt", file(Mode::File, b"one\r\n")),
        ("bytes", file(Mode::File, &[0, 255, 10, 13])),
        ("dangling", file(Mode::Symlink, b"/nowhere/at all")),
        ("deep/er/b", file(Mode::File, b"")),
        ("link", file(Mode::Symlink, b"deep/er")),
        ("run.sh", file(Mode::Executable, b"#!/bin/sh\n")),
    ];
    assert_eq!(stored, expected.map(|(path, file)| (path.to_owned(), file)).into());
    assert_eq!((taken.files, taken.skipped.len()), (6, 0));
}

#[test]
fn executable_files_stay_so_without_a_bit_that_says_it() {
    use crate::object::Mode;
    let mut project = Project::new(&[("bin/run", "1"), ("bin/new", "2"), ("note", "3")]);
    let plain = project.snapshot().unwrap().tree;
    let known = ["bin/run", "bin/gone"].map(str::to_owned).into();
    let snapshot = |project: &mut Project, executable: &BTreeSet<String>| {
        let options = SnapshotOptions {
            executable: executable.clone(),
            cache: Some(&project.cache),
            ..SnapshotOptions::default()
        };
        crate::workspace::snapshot(&project.root, &mut project.memory, None, &options).unwrap().tree
    };
    // The second time all comes from the cache. An edit, and another set, count at once.
    let first = snapshot(&mut project, &known);
    project.tick();
    assert_eq!(snapshot(&mut project, &known), first);
    project.write("bin/run", "changed");
    let edited = snapshot(&mut project, &known);
    let modes = |project: &Project, tree| -> Vec<(String, Mode)> {
        let leaves = crate::object::leaves(&project.memory, tree).unwrap().into_iter();
        leaves.map(|(path, mode, _)| (path, mode)).collect()
    };
    let expected = [("bin/new", Mode::File), ("bin/run", Mode::Executable), ("note", Mode::File)];
    let expected = expected.map(|(path, mode)| (path.to_owned(), mode));
    assert_eq!(modes(&project, first), expected);
    assert_eq!(modes(&project, edited), expected);
    assert_eq!(executable_files(&project.memory, edited).unwrap(), ["bin/run".to_owned()].into());
    project.write("bin/run", "1");
    assert_eq!(snapshot(&mut project, &BTreeSet::new()), plain);
}

#[test]
fn a_large_file_is_streamed_into_the_same_blob() {
    let bytes: Vec<u8> = (0..9_000_000u32).map(|n| (n / 7) as u8 | 1).collect();
    let mut project = Project::new(&[]);
    project.write("large", &bytes);
    let taken = project.snapshot().unwrap();
    assert_eq!(
        project.memory.tree(&taken.tree).unwrap().get("large").unwrap().id,
        Id::of_blob(&bytes)
    );
}

#[test]
fn secrets_are_left_out_and_named() {
    let key = ["AKIA", "Z7Q2M4N8B6V5C3X1"].concat();
    let late = format!("{}{key}\n", "line\n".repeat(2_000_000));
    let files =
        [(".env", "A=1"), (".env.example", "A="), ("src/config.ts", &format!("x\nk = '{key}'\n"))];
    let mut project = Project::new(&files);
    project.write("tls/server.pem", [0x30, 0x82, 0x04, 0xa3, 0x02, 0x01, 0x00]);
    project.write("large.sql", late);
    let taken = project.snapshot().unwrap();
    assert_eq!(project.paths(&taken), [".env.example"]);
    let skipped = |path: &str, reason: &str| Skipped { path: path.into(), reason: reason.into() };
    let expected = [
        skipped(".env", "environment file"),
        skipped("large.sql", "contains what looks like an AWS access key in line 2000001"),
        skipped("src/config.ts", "contains what looks like an AWS access key in line 2"),
        skipped("tls/server.pem", "key file"),
    ];
    assert_eq!(taken.skipped, expected);
    project.tick();
    assert_eq!(
        project.snapshot().unwrap().skipped,
        expected,
        "said again when all is from the cache"
    );
}

#[test]
fn a_secret_is_captured_when_allowed_by_name() {
    let mut project = Project::new(&[(".env", "A=1"), ("tls/a.p12", "1"), ("tls/b.p12", "2")]);
    assert_eq!(project.snapshot().unwrap().files, 0);
    project.allow = vec!["/tls/a.p12".into()];
    let taken = project.snapshot().unwrap();
    assert_eq!(project.paths(&taken), ["tls/a.p12"]);
    project.allow.clear();
    assert_eq!(project.snapshot().unwrap().files, 0, "and no longer when the name is taken away");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_stored_stops_the_snapshot_with_its_path() {
    use std::os::unix::ffi::OsStrExt;
    let mut project = Project::new(&[("a", "1")]);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    std::fs::write(project.root.join(name), "x").unwrap();
    let error = project.snapshot().unwrap_err();
    assert!(error.message().contains("its name is not UTF-8"), "{error}");
    assert!(error.hint_text().unwrap().contains(".luaignore"));
    project.write(".luaignore", "caf*\n");
    assert_eq!(project.snapshot().unwrap().files, 2, "an ignored one does not");

    let _socket = std::os::unix::net::UnixListener::bind(project.path("sock")).unwrap();
    let error = project.snapshot().unwrap_err();
    assert!(error.message().ends_with("project/sock\": it is a socket"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_target_of_a_link_must_be_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let mut project = Project::new(&[]);
    std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(b"\xff"), project.path("bad")).unwrap();
    let error = project.snapshot().unwrap_err();
    assert!(error.message().contains("bad\": the target of this link is not UTF-8"), "{error}");
}

#[test]
fn names_that_differ_only_in_case_or_form_are_noted() {
    // File systems of macOS and Windows have one file for each of the pairs.
    let probe = Project::new(&[("a", "1"), ("A", "2"), ("caf\u{e9}", "3"), ("cafe\u{301}", "4")]);
    if on_disk(&probe.root).len() < 4 {
        return;
    }
    let files =
        [("src/Tool.ts", "1"), ("src/tool.ts", "2"), ("caf\u{e9}", "3"), ("cafe\u{301}", "4")];
    let mut project = Project::new(&files);
    let note =
        |path: &str, other: &str| CaseCollision { path: path.into(), collides_with: other.into() };
    let expected = vec![note("cafe\u{301}", "caf\u{e9}"), note("src/Tool.ts", "src/tool.ts")];
    for _ in 0..2 {
        let taken = project.snapshot().unwrap();
        assert_eq!((taken.files, &taken.notes), (4, &expected));
        project.tick();
    }
}

/// Git may be set to change them, this program is not.
#[test]
fn line_ends_are_captured_and_restored_as_they_are() {
    let texts = ["unix\n", "windows\r\n", "both\r\n\n\r", "none"];
    let names = ["a.ts", "b.ts", "c.md", "d"];
    let mut project = Project::new(&[]);
    names.iter().zip(texts).for_each(|(name, text)| project.write(name, text));
    let taken = project.snapshot().unwrap();
    names.iter().for_each(|name| project.write(name, "edited"));
    project.restore(taken.tree).unwrap();
    for (name, text) in names.iter().zip(texts) {
        assert_eq!(std::fs::read(project.path(name)).unwrap(), text.as_bytes(), "{name}");
    }
    assert_eq!(project.snapshot().unwrap().tree, taken.tree);
}

#[test]
fn a_missing_project_and_an_empty_one() {
    let mut project = Project::new(&[]);
    let taken = project.snapshot().unwrap();
    assert_eq!(taken.tree, crate::object::Tree::default().id());
    std::fs::remove_dir(&project.root).unwrap();
    assert!(project.snapshot().unwrap_err().message().ends_with("project\" is not a directory"));
}

#[test]
fn looking_gives_the_same_tree_and_stores_nothing() {
    let mut project = Project::new(&[("a", "1"), ("b/c", "2")]);
    #[cfg(unix)]
    project.link("l", "a");
    let options = SnapshotOptions { cache: Some(&project.cache), ..SnapshotOptions::default() };
    for _ in 0..2 {
        // The second time all comes from the cache, and none of it is in the store.
        let (taken, view) = preview(&project.root, &project.memory, &options).unwrap();
        assert!(!project.memory.contains(&taken.tree).unwrap());
        let inner = view.tree(&taken.tree).unwrap().require("b").unwrap();
        let id = view.tree(&inner).unwrap().require("c").unwrap();
        assert_eq!(view.blob(&id).unwrap(), b"2");
        #[cfg(unix)]
        assert_eq!(view.blob(&Id::of_blob(b"a")).unwrap(), b"a", "the target of the link");
        project.tick();
    }
    let looked = project.preview().tree;
    assert_eq!(project.snapshot().unwrap().tree, looked);
    assert!(
        project.memory.contains(&Id::of_blob(b"2")).unwrap(),
        "the cache knew it, the store did not"
    );
}

#[test]
fn a_file_changed_after_looking_is_not_given_under_the_old_id() {
    let project = Project::new(&[("a", "1")]);
    let (_, view) = preview(&project.root, &project.memory, &SnapshotOptions::default()).unwrap();
    project.write("a", "2");
    assert!(
        view.blob(&Id::of_blob(b"1")).unwrap_err().message().ends_with("a\" changed meanwhile")
    );
}
