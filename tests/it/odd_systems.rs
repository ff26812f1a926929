//! Odd systems: things where a file belongs, few handles, no threads, a git guard that is down. Each is answered, and
//! nothing waits for ever.

#![cfg(unix)]

use crate::bad_files::as_a_plain_user_after;
use crate::common::{Project, shop};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A shop with everything that a store may have.
fn project() -> Project {
    let project = shop::versioned();
    project.ok("remote add origin ../data/agent_shop");
    project.ok("version promote 1");
    project.ok("push");
    project
}

fn remove(path: &Path) {
    if path.is_dir() {
        fs::remove_dir_all(path).unwrap();
    } else if path.symlink_metadata().is_ok() {
        fs::remove_file(path).unwrap();
    }
}

/// Commands that read, and some that write.
const LINES: [&str; 8] = [
    "status --offline",
    "version list",
    "log --ledger",
    "fsck",
    "push --offline",
    "version promote 1 --offline --force",
    "source rollback --version 1 --force",
    "fetch",
];

#[test]
fn a_pipe_or_a_folder_where_a_file_of_the_store_belongs() {
    let project = project();
    let pack = fs::read_dir(project.path(".lua/objects")).unwrap().next().unwrap().unwrap().path();
    let pack = pack.strip_prefix(project.root()).unwrap().display().to_string();
    let names = [
        ".lua/ACTIVE",
        ".lua/format",
        ".lua/config.toml",
        ".lua/packed-refs",
        ".lua/refs/versions/v1",
        ".lua/refs/source/v1",
        ".lua/refs/remotes/origin",
        ".lua/lock",
        ".lua/cache",
        ".lua/cache/index",
        ".lua/cache/ledger",
        pack.as_str(),
    ];
    for name in names {
        for kind in ["mkfifo", "mkdir"] {
            let copy = Project::new();
            crate::remote::copy(&project.root(), &copy.root());
            crate::remote::copy(&project.path("../data"), &copy.path("../data"));
            let path = copy.path(name);
            remove(&path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            assert!(Command::new(kind).arg(&path).status().unwrap().success());
            let mut named = false;
            for line in LINES {
                // Only so that a test that is wrong ends.
                let mut command = copy.command("timeout");
                command.args(["60", env!("CARGO_BIN_EXE_lua-store")]).args(line.split_whitespace());
                let output = command.output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr).into_owned()
                    + &String::from_utf8_lossy(&output.stdout);
                let code = output.status.code().unwrap_or(-1);
                assert!(
                    (0..=11).contains(&code),
                    "{kind} {name}: {line} ended with {code}: {said}"
                );
                named |= code != 0 && said.contains(name.rsplit('/').next().unwrap());
            }
            let rebuilt = name.starts_with(".lua/cache");
            assert!(named || rebuilt, "{kind} {name}: no command named it");
        }
    }
}

#[test]
fn folders_that_are_deeper_than_handles_are_many() {
    let project = shop::project();
    // As deep as a version may be, and more than the handles below.
    let deep = "d/".repeat(250);
    project.write(&format!("{deep}file"), "deep");
    project.write("d/d/other", "one");
    project.ok("push");
    fs::remove_dir_all(project.path("d")).unwrap();
    let few = |line: &str| {
        let mut command = project.command("sh");
        command.args([
            "-c",
            &format!("ulimit -n 160; exec {} {line}", env!("CARGO_BIN_EXE_lua-store")),
        ]);
        command.output().unwrap()
    };
    let restored = few("source rollback --version 1 --force");
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert_eq!(project.read(&format!("{deep}file")), "deep");
    assert_eq!(project.read("d/d/other"), "one");
}

#[test]
fn without_threads_there_is_work_or_an_error() {
    let project = shop::project();
    for number in 0..200 {
        project.write(&format!("data/{number}.txt"), format!("{number}"));
    }
    project.ok("push");
    project.write("data/1.txt", "changed");
    let run = as_a_plain_user_after(&project, "ulimit -u 1 2>/dev/null || ulimit -p 1");
    let status = run("version list");
    assert_eq!(status.code, 0, "{status}");
    // Work that needs no other thread is done on this one.
    for line in ["push backup --offline", "source rollback --version 1 --force", "fsck", "compact"]
    {
        let outcome = run(line);
        assert_eq!(outcome.code, 0, "{outcome}");
    }
    assert_eq!(project.read("data/1.txt"), "1");
    // The reader needs a large stack.
    project.write("src/lib/store.ts", "export const find = (id: string) => ({ id });\n");
    let outcome = run("push --offline");
    assert!(
        outcome.code == 11 && outcome.stderr.contains("cannot start a thread to read the agent"),
        "{outcome}"
    );
    let outcome = run("serve --listen 127.0.0.1:0 --no-auth --data fresh");
    assert!(
        outcome.code == 11 && outcome.stderr.contains("cannot start a thread to serve"),
        "{outcome}"
    );
}

#[test]
fn a_git_guard_that_is_down_is_told_and_put_back() {
    for (name, content) in
        [("HEAD", Some("")), ("HEAD", Some("nonsense")), ("HEAD", None), ("refs", None)]
    {
        let project = shop::project();
        project.git("init -q");
        project.ok("push");
        let path = project.path(".lua/.git").join(name);
        remove(&path);
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let told = project.run("fsck");
        assert!(
            told.code == 1
                && told.stdout.contains(&format!(".lua/.git/{name}: it is missing or empty")),
            "{told}"
        );
        project.ok("version create -m first");
        assert_eq!(project.run("fsck").code, 0);
        assert_eq!(project.git("clean -fdxq").code, 0);
        assert_eq!(project.list("version list")[0]["version"], 1, "the store is there");
    }
}
