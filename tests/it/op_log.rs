//! The operation log: every command that changes something is recorded once, and nothing is recorded that another
//! process did.

use crate::common::{Project, shop};
use crate::{help, markers, remote};
use serde_json::Value;
use std::collections::BTreeSet;

const INDEX: &str = "src/index.ts";

/// Commands that change no ref, pointer or file of a project: they read, change settings, tokens or packs, or have a store
/// of their own.
const OTHERS: &[&str] = &[
    "blame",
    "bundle",
    "bundle create",
    "bundle verify",
    "cat-file",
    "clone",
    "compact",
    "compile",
    "completions",
    "count-objects",
    "demo",
    "diff",
    "doctor",
    "fsck",
    "git",
    "git connect",
    "git disconnect",
    "git status",
    "hash-object",
    "init",
    "log",
    "login",
    "logout",
    "ls-tree",
    "man",
    "op",
    "op log",
    "persona",
    "persona diff",
    "persona list",
    "persona show",
    "remote",
    "remote add",
    "remote check",
    "remote list",
    "remote show",
    "remote verify",
    "remote login",
    "remote logout",
    "remote remove",
    "remote set-url",
    "rev-parse",
    "schema",
    "serve",
    "serve agents",
    "serve agents archive",
    "serve agents delete",
    "serve agents list",
    "serve agents show",
    "serve backup",
    "serve check-store",
    "serve fsck",
    "serve gc",
    "serve health",
    "serve restore",
    "serve token",
    "serve token create",
    "serve token list",
    "serve token revoke",
    "serve token rotate",
    "show",
    "snapshot",
    "snapshot diff",
    "snapshot list",
    "snapshot show",
    "source",
    "source diff",
    "source list",
    "source show",
    "status",
    "ui",
    "version",
    "version diff",
    "version list",
    "version show",
    "version status",
    "versions",
];

fn newest(project: &Project) -> Value {
    project.json("op log -n 1")["operations"][0].clone()
}

/// Runs a command, and finds it as the newest operation.
fn recorded(seen: &mut BTreeSet<String>, project: &Project, line: &str) -> Value {
    let before = project.json("op log -n 1")["total"].as_u64().unwrap();
    let done = project.run(line);
    assert!(done.code < 2, "{done}");
    let newest = newest(project);
    assert_eq!((&newest["number"], &newest["command"]), (&(before + 1).into(), &line.into()));
    seen.extend((1..=2).map(|most| line.split(' ').take(most).collect::<Vec<_>>().join(" ")));
    newest
}

#[test]
fn every_command_that_changes_something_is_recorded() {
    let seen = &mut BTreeSet::new();
    let ana = remote::published();
    let ben = remote::copy_of(&ana, "ben@example.com");
    let edit = |text: &str| {
        let index = ana.read(INDEX);
        ana.write(INDEX, format!("{index}// {text}\n"));
    };
    edit("one");
    let push = recorded(seen, &ana, "push");
    assert_eq!((&push["by"], &push["cannotUndo"]), (&"ana@example.com".into(), &Value::Null));
    shop::edit(&ana, INDEX, "openai/gpt-4o", "openai/gpt-5");
    let both = recorded(seen, &ana, "version create --auto-push");
    let made = |series: &str| both[series]["after"].as_array().unwrap().len();
    assert_eq!((made("source"), made("versions")), (1, 1), "one operation for both");
    recorded(seen, &ana, "version promote 2");
    recorded(seen, &ana, "version delete 1 --force");
    recorded(seen, &ana, "version undelete 1");
    let rollback = recorded(seen, &ana, "source rollback --version 1 --force");
    assert_eq!(rollback["files"], serde_json::json!([INDEX]));
    edit("two");
    let restored = recorded(seen, &ana, "restore src/index.ts");
    assert_eq!(restored["files"], serde_json::json!([INDEX]));
    recorded(seen, &ana, "snapshot restore 1");
    recorded(seen, &ana, "undo");
    ana.ok("push");
    let fetched = recorded(seen, &ben, "fetch");
    assert_eq!(fetched["cannotUndo"], "it only stored what a remote has");
    recorded(seen, &ben, "sync --accept");
    recorded(seen, &ben, "sync --pull --force");
    recorded(seen, &ben, "pull");
    ben.write("found.txt", "by nothing\n");
    ben.ok("hash-object -w found.txt");
    let gc = recorded(seen, &ben, "gc --prune-older-than 0");
    assert_eq!(gc["cannotUndo"], "it removed only objects that nothing reached");
    assert!(ben.ok("undo --dry-run").contains("`pull`"), "it is passed over");
    ana.write("notes.md", "secret\n");
    ana.ok("push");
    let purge = ana.run("purge notes.md --reason leaked --force");
    assert_eq!(purge.code, 0, "{purge}");
    assert_eq!(newest(&ana)["cannotUndo"], "it removed objects from every version");
    seen.insert("purge".to_owned());
    assert_eq!(ana.json("op log")["total"], 1, "the log names nothing that was purged");
    assert!(ana.run("undo").stderr.contains("it removed objects from every version"));

    let (ann, _) = markers::clashing();
    recorded(seen, &ann, "pull --markers");
    recorded(seen, &ann, "pull --abort");
    recorded(seen, &ann, "pull --markers");
    markers::solve(&ann);
    recorded(seen, &ann, "pull --continue");

    let unlisted: Vec<String> = help::commands(&ana)
        .into_iter()
        .filter(|name| !seen.contains(name) && !OTHERS.contains(&&**name))
        .collect();
    assert!(unlisted.is_empty(), "neither recorded here nor known to change nothing: {unlisted:?}");
}

#[test]
fn a_command_that_changes_nothing_leaves_the_log_as_it_is() {
    let project = shop::two_versions();
    project.ok("version promote 2");
    let log = || std::fs::read(project.path(".lua/operations")).unwrap();
    let before = log();
    for line in [
        "push",
        "version create",
        "version promote 2",
        "restore .",
        "undo --dry-run",
        "gc",
        "status",
        "push --dry-run",
    ] {
        project.run(line);
        assert_eq!(log(), before, "{line}");
    }
    project.ok("version promote 1");
    assert_eq!(log()[..before.len()], before, "lines are only added");
}

/// A program that links the crate changes the same store.
#[test]
fn what_the_library_does_is_recorded() {
    let project = shop::project();
    project.ok("init");
    let author = lua_store::Author::new("release bot", std::time::SystemTime::now());
    let linked = lua_store::Project::open(&project.root()).unwrap();
    linked.push(Some("first"), &author).unwrap();
    linked.create_version(None, &author).unwrap().unwrap();
    linked.promote("latest", None, None, &author).unwrap();
    let log = project.json("op log");
    let commands: Vec<&str> = log["operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["command"].as_str().unwrap())
        .collect();
    assert_eq!(commands, ["version promote latest", "version create", "push --offline"]);
    assert_eq!(log["operations"][0]["by"], "release bot");
    project.ok("undo");
    assert_eq!(project.json("status")["active"], Value::Null);
}

/// The line of an operation that changed nothing that `undo` knows.
fn filler(number: usize) -> String {
    let text = format!(
        r#"{{"number":{number},"command":"gc","at_ms":0,"cannot_undo":"it removed nothing"}}"#
    );
    format!("\n{} {text}\n", &blake3::hash(text.as_bytes()).to_hex()[..16])
}

/// The log is read from its end, and no further than 5,000 operations back.
#[test]
fn a_long_log_is_read_from_its_end() {
    let project = shop::versioned();
    let log = std::fs::read_to_string(project.path(".lua/operations")).unwrap();
    let with = |count: usize| {
        let fillers: String = (3..3 + count).map(filler).collect();
        std::fs::write(project.path(".lua/operations"), format!("{log}{fillers}")).unwrap();
    };
    with(4999);
    assert!(project.ok("undo --dry-run").contains("operation 2, `version create -m first`"));
    with(5000);
    assert_eq!(project.run("undo --dry-run").code, 1);
    let shown = project.json("op log -n 2");
    assert_eq!((&shown["total"], &shown["truncated"]), (&5002.into(), &true.into()));
    assert_eq!(shown["operations"][1]["number"], 5001);
    project.ok("version promote 1");
    assert_eq!(newest(&project)["number"], 5003);
    project.ok("undo");
    assert_eq!(newest(&project)["undoes"], 5003);
}

/// Each of them is recorded as what it did itself, and can be taken back in the order in which they happened.
#[test]
fn commands_at_once_are_recorded_as_what_each_of_them_did() {
    let project = shop::two_versions();
    std::thread::scope(|scope| {
        for number in [1, 2, 1, 2] {
            let project = &project;
            scope.spawn(move || {
                for _ in 0..4 {
                    project.run(&format!("version promote {number}"));
                }
            });
        }
    });
    let log = project.json("op log");
    let moves: Vec<(&Value, &Value)> = log["operations"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["command"].as_str().unwrap().starts_with("version promote"))
        .map(|one| (&one["active"]["before"], &one["active"]["after"]))
        .collect();
    let numbers: BTreeSet<u64> = log["operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers.len() as u64, log["total"].as_u64().unwrap(), "no number was given twice");
    assert!(moves.len() > 1 && moves.iter().all(|(before, after)| before != after), "{moves:?}");
    let mut active = project.json("status")["active"].clone();
    for _ in &moves {
        let undone = project.json("undo");
        assert_eq!(undone["undone"]["active"]["after"], active);
        active = project.json("status")["active"].clone();
        assert_eq!(undone["undone"]["active"]["before"], active);
    }
    assert_eq!((active, project.run("log --verify").code), (Value::Null, 0));
}

/// Stopped at each file that it opens, while another process pushes: `undo` takes back what it looked at, or nothing.
#[cfg(debug_assertions)]
#[test]
fn an_undo_beside_another_process_takes_back_nothing_of_it() {
    for stop in (0..).step_by(2) {
        let project = shop::two_versions();
        project.ok("version promote 1");
        project.ok("version promote 2");
        let (mut count, mut is_read, mut is_pushed, mut was_read) = (0, false, false, false);
        let undone = crate::race::stopping(&project, "undo", |path| {
            is_read |= path.ends_with("operations");
            // It waits for nobody while it has the lock.
            let lock = std::fs::File::open(project.path(".lua/lock")).unwrap();
            let is_free = fs2::FileExt::try_lock_exclusive(&lock).is_ok();
            drop(lock);
            if is_free && count == stop {
                (is_pushed, was_read) = (true, is_read);
                shop::edit(&project, INDEX, "openai/gpt-4o", "openai/gpt-5");
                project.ok("push --offline");
            }
            count += usize::from(is_free);
        });
        if !is_pushed {
            assert!(stop > 5);
            return;
        }
        let status = project.json("status");
        let (source, active) = (&status["sourceVersion"], &status["active"]);
        // An undo that had not looked yet takes back the newest command, which is that push.
        match (undone.code, was_read) {
            (0, false) => assert_eq!((source, active), (&2.into(), &2.into())),
            (0, true) => assert_eq!((source, active), (&3.into(), &1.into()), "stop {stop}"),
            _ => assert_eq!((source, active), (&3.into(), &2.into()), "stop {stop}: {undone}"),
        }
        assert_eq!(project.run("fsck").code, 0);
    }
}
