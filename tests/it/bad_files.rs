//! Files that make trouble: moving, unreadable, unstorable, in the way, leading elsewhere; a disk
//! that is full. Each is answered by a clear error that leaves everything as it was.

#![cfg(unix)]

use crate::common::skip::skipped;
use crate::common::small_disk::SmallDisk;
use crate::common::{Outcome, Project, faults, shop};
use insta::assert_snapshot;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

/// Files and links of the project and of its store, caches and packs that nothing leads to aside.
fn everything(project: &Project) -> BTreeMap<PathBuf, Vec<u8>> {
    let passing = |path: &Path| {
        ["cache", "objects"].iter().any(|name| path.ends_with(Path::new(".lua").join(name)))
    };
    let walk = walkdir::WalkDir::new(project.root())
        .into_iter()
        .filter_entry(|entry| !passing(entry.path()));
    let content = |entry: &walkdir::DirEntry| match entry.file_type() {
        kind if kind.is_symlink() => {
            Some(fs::read_link(entry.path()).unwrap().as_os_str().as_bytes().to_vec())
        }
        kind if kind.is_file() => Some(fs::read(entry.path()).unwrap()),
        _ => None,
    };
    walk.map(Result::unwrap)
        .filter_map(|entry| Some((entry.path().to_owned(), content(&entry)?)))
        .collect()
}

/// The command fails, says `what`, and leaves everything as it was.
fn refused(project: &Project, line: &str, what: &str) -> Outcome {
    let before = everything(project);
    let outcome = project.run(line);
    assert!(outcome.code == 1 && outcome.stderr.contains(what), "no {what:?}: {outcome}");
    assert!(everything(project) == before, "something was changed by:\n{outcome}");
    outcome
}

#[test]
fn a_file_that_changes_while_it_is_read() {
    let project = shop::project();
    let (one, other) = ("1".repeat(300_000), "2".repeat(200_000));
    project.write("live.txt", &one);
    let running = AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for text in
                [&one, &other].into_iter().cycle().take_while(|_| running.load(Ordering::Acquire))
            {
                project.write("next.tmp", text);
                fs::rename(project.path("next.tmp"), project.path("live.txt")).unwrap();
                project.write("fleeting.txt", text);
                fs::remove_file(project.path("fleeting.txt")).unwrap();
            }
        });
        for _ in 0..10 {
            let outcome = project.run("push");
            let told = outcome.stderr.contains("keep") && outcome.stderr.contains("chang");
            assert!(outcome.code == 0 || told || outcome.stderr.contains("vanishing"), "{outcome}");
        }
        running.store(false, Ordering::Release);
    });
    project.ok("push");
    faults::assert_clean(&project.root());
    for version in project.list("source list --all").as_array().unwrap() {
        let text = project.ok(&format!("cat-file source/v{}:source/live.txt", version["version"]));
        assert!(text == one || text == other, "a mixture of {} bytes was kept", text.len());
    }
}

#[test]
fn names_that_differ_only_in_case() {
    let project = shop::project();
    project.write("Notes.md", "one");
    project.write("notes.md", "other");
    let outcome = project.run("push");
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_snapshot!(outcome.stderr, @r#"
    warning: "Notes.md" and "notes.md" are the same name on systems that ignore case or Unicode form
    hint: run `lua-store version create` to create a version of it
    "#);
}

#[test]
fn what_cannot_be_stored_stops_a_push_by_name() {
    let project = shop::project();
    project.ok("push");
    project.write("new.md", "new");
    let odd = project.root().join(OsStr::from_bytes(b"caf\xe9.txt"));
    fs::write(&odd, "x").unwrap();
    assert_snapshot!(refused(&project, "push", "caf").stderr, @r#"
    Error: cannot store "[DIR]/project/caf�.txt": its name is not UTF-8
    hint: rename it, or ignore it in `.luaignore`
    "#);
    fs::remove_file(odd).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(project.path("my.sock")).unwrap();
    assert_snapshot!(refused(&project, "push", "my.sock").stderr, @r#"
    Error: cannot store "[DIR]/project/my.sock": it is a socket
    hint: remove it, or ignore it in `.luaignore`
    "#);
    fs::remove_file(project.path("my.sock")).unwrap();
    assert!(project.command("mkfifo").arg("my.pipe").status().unwrap().success());
    assert_snapshot!(refused(&project, "push", "my.pipe").stderr, @r#"
    Error: cannot store "[DIR]/project/my.pipe": it is a named pipe
    hint: remove it, or ignore it in `.luaignore`
    "#);
    refused(&project, "source rollback --version 1 --force", "my.pipe");
    fs::remove_file(project.path("my.pipe")).unwrap();
    symlink(OsStr::from_bytes(b"caf\xe9"), project.path("link")).unwrap();
    refused(&project, "push", "link");
    fs::remove_file(project.path("link")).unwrap();
    project.ok("push");
}

#[test]
fn links_are_kept_and_never_followed() {
    let project = shop::project();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.txt"), "outside").unwrap();
    let absolute = outside.path().join("secret.txt");
    let targets = [
        ("absolute", absolute.to_str().unwrap()),
        ("folder", outside.path().to_str().unwrap()),
        ("above", "../../.."),
        ("dangling", "nowhere/at/all"),
        ("loop-a", "loop-b"),
        ("loop-b", "loop-a"),
        ("self", "self"),
    ];
    targets.iter().for_each(|(name, target)| symlink(target, project.path(name)).unwrap());
    project.ok("push");
    assert!(!project.ok("ls-tree -r source/v1").contains("secret.txt"));
    for (name, _) in targets {
        fs::remove_file(project.path(name)).unwrap();
        project.write(name, "a file now");
    }
    project.ok("push");
    project.ok("source rollback --version 1 --force");
    for (name, target) in targets {
        assert_eq!(fs::read_link(project.path(name)).unwrap(), Path::new(target), "{name}");
    }
    project.ok("source rollback --version 2 --force");
    targets.iter().for_each(|(name, _)| assert_eq!(project.read(name), "a file now"));
    assert_eq!(fs::read_to_string(&absolute).unwrap(), "outside");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_that_became_a_link_out_of_the_project() {
    let project = shop::project();
    project.write("docs/a.md", "tracked");
    project.ok("push");
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("a.md"), "outside").unwrap();
    fs::remove_dir_all(project.path("docs")).unwrap();
    symlink(outside.path(), project.path("docs")).unwrap();
    // A link that is kept is replaced by the folder it took the place of.
    project.ok("source rollback --version 1 --force");
    assert!(project.path("docs").symlink_metadata().unwrap().is_dir());
    assert_eq!(project.read("docs/a.md"), "tracked");
    // A link that is ignored is in the way.
    fs::remove_dir_all(project.path("docs")).unwrap();
    project.write(".luaignore", "/docs\n");
    symlink(outside.path(), project.path("docs")).unwrap();
    let line = "source rollback --version 1 --force";
    let before = fs::read_link(project.path("docs")).unwrap();
    let outcome = project.run(line);
    assert!(outcome.code == 1 && outcome.stderr.contains("\"docs\""), "{outcome}");
    assert_eq!(fs::read_link(project.path("docs")).unwrap(), before);
    assert_eq!(fs::read_to_string(outside.path().join("a.md")).unwrap(), "outside");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

/// A link to another folder of the project: what is written under its name must not land in that folder.
#[test]
fn a_folder_that_became_a_link_inside_the_project() {
    let project = shop::project();
    project.write("docs/a.md", "tracked");
    project.write("other/a.md", "another file");
    project.ok("push");
    let linked = || {
        fs::remove_dir_all(project.path("docs")).unwrap();
        symlink("other", project.path("docs")).unwrap();
    };
    let others =
        || (project.read("other/a.md"), fs::read_dir(project.path("other")).unwrap().count());
    linked();
    project.ok("push");
    project.ok("source rollback --version 1 --force");
    assert!(project.path("docs").symlink_metadata().unwrap().is_dir());
    assert_eq!(project.read("docs/a.md"), "tracked");
    assert_eq!(others(), ("another file".to_owned(), 1));
    project.write(".luaignore", "/docs\n");
    project.ok("push");
    linked();
    refused(&project, "source rollback --version 1 --force", "\"docs\" is in the way");
    assert_eq!(fs::read_link(project.path("docs")).unwrap(), Path::new("other"));
    assert_eq!(others(), ("another file".to_owned(), 1));
}

#[test]
fn ignored_files_in_the_way_are_not_touched() {
    let project = shop::project();
    project.write("out/report.txt", "tracked");
    project.write("plain", "a file");
    project.write("src/other.ts", "export const other = 1;\n");
    project.ok("push");
    fs::remove_dir_all(project.path("out")).unwrap();
    fs::remove_file(project.path("plain")).unwrap();
    project.write(".luaignore", "/out\n/plain\n");
    project.write("src/other.ts", "export const other = 2;\n");
    project.ok("push");
    project.write("out/report.txt", "mine, ignored");
    let outcome = refused(
        &project,
        "source rollback --version 1 --force",
        "\"out/report.txt\" is in the way",
    );
    assert_snapshot!(outcome.stderr, @r#"
    `source rollback` restores files only. To change the live version, run `lua-store version promote`.
    Error: cannot restore: "out/report.txt" is in the way and is not tracked
    hint: move it away, then run the command again; nothing was changed
    "#);
    fs::remove_dir_all(project.path("out")).unwrap();
    project.write("plain/inner.txt", "mine, ignored");
    refused(&project, "source rollback --version 1 --force", "\"plain/inner.txt\" is in the way");
    fs::remove_dir_all(project.path("plain")).unwrap();
    project.ok("source rollback --version 1 --force");
    assert_eq!(
        (project.read("out/report.txt").as_str(), project.read("plain").as_str()),
        ("tracked", "a file")
    );
}

/// Permissions mean nothing to root, so the program then runs as nobody in folders that are nobody's.
fn as_a_plain_user(project: &Project) -> impl Fn(&str) -> Outcome {
    as_a_plain_user_after(project, ":")
}

/// The same after a command of the shell, which may set limits.
pub fn as_a_plain_user_after(project: &Project, setup: &str) -> impl Fn(&str) -> Outcome {
    const NOBODY: u32 = 65534;
    let home = project.root().parent().unwrap().to_owned();
    let is_root =
        fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let program = home.join("lua-store");
    // Another process copies: a file that this one had open for writing could not be run while a child
    // of another test still holds it.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_lua-store")).arg(&program).status();
    assert!(copied.unwrap().success());
    for entry in walkdir::WalkDir::new(&home).into_iter().map(Result::unwrap).filter(|_| is_root) {
        if !entry.path_is_symlink() {
            chown(entry.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    let plain = project.lua_store("version");
    let environment: Vec<_> = plain
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    let root = project.root();
    let script = format!("{setup}; exec \"$0\" \"$@\"");
    move |line| {
        let mut command = Command::new("sh");
        command.args(["-c", &script]).arg(&program).args(line.split_whitespace());
        command.current_dir(&root).env_clear();
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let output = command.output().unwrap();
        Outcome {
            line: line.to_owned(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_may_not_be_read_or_written() {
    let project = shop::project();
    project.write("docs/a.md", "first");
    project.write("locked.md", "first");
    let run = as_a_plain_user(&project);
    let refused = |line: &str, what: &str| {
        let before = everything(&project);
        let outcome = run(line);
        assert!(outcome.code == 1 && outcome.stderr.contains(what), "no {what:?}: {outcome}");
        assert!(everything(&project) == before, "something was changed by:\n{outcome}");
    };
    assert_eq!(run("push").code, 0);
    fs::write(project.path("docs/a.md"), "second").unwrap();
    fs::write(project.path("locked.md"), "second").unwrap();
    set_mode(&project.path("locked.md"), 0o000);
    refused("push", "locked.md\": Permission denied");
    set_mode(&project.path("locked.md"), 0o644);
    set_mode(&project.path("docs"), 0o000);
    refused("push", "docs\": Permission denied");
    set_mode(&project.path("docs"), 0o555);
    refused("source rollback --version 1 --force", "docs\" is read-only");
    assert_eq!(fs::read_to_string(project.path("locked.md")).unwrap(), "second");
    set_mode(&project.path("docs"), 0o755);
    set_mode(&project.path(".lua/objects"), 0o555);
    refused("push", ".lua/objects/");
    assert_eq!(run("source list").code, 0);
    set_mode(&project.path(".lua/objects"), 0o755);
    set_mode(&project.path(".lua/refs/source"), 0o555);
    refused("push", ".lua/refs/source/");
    set_mode(&project.path(".lua/refs/source"), 0o755);
    assert_eq!(run("push").code, 0);
    assert_eq!(run("source rollback --version 1 --force").code, 0);
    assert_eq!(project.read("docs/a.md"), "first");
    faults::assert_clean(&project.root());
}

/// Bytes that no compression makes fewer.
fn noise(length: usize) -> Vec<u8> {
    let mut hash = blake3::Hasher::new().finalize_xof();
    let mut bytes = vec![0; length];
    hash.fill(&mut bytes);
    bytes
}

#[test]
fn a_disk_that_is_really_full() {
    let project = Project::new();
    let Some(disk) = SmallDisk::mount(project.root()) else {
        return skipped("no file system could be mounted, so no disk was really full (needs root)");
    };
    shop::write(&project);
    project.ok("init");
    project.ok("push");
    project.write("big.bin", noise(300_000));
    disk.fill_up_to(100_000);
    let outcome = refused(&project, "push", "[DIR]/project/.lua/objects\"");
    assert!(outcome.stderr.contains("No space left on device"), "{outcome}");
    faults::assert_clean(&project.root());
    disk.free();
    assert!(project.ok("push").contains("Backup at v2"));

    fs::remove_file(project.path("big.bin")).unwrap();
    project.ok("push");
    disk.fill_up_to(100_000);
    let outcome =
        refused(&project, "source rollback --version 2 --force", "cannot restore \"big.bin\"");
    assert!(outcome.stderr.contains("No space left on device"), "{outcome}");
    faults::assert_clean(&project.root());
    disk.free();
    project.ok("source rollback --version 2 --force");
    assert_eq!(fs::read(project.path("big.bin")).unwrap(), noise(300_000));
    project.ok("fsck");
}
