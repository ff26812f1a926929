//! `undo` and `op log`: the last command is taken back, and nothing is lost.

use crate::common::{Project, shop};
use crate::merging::sharing;

const INDEX: &str = "src/index.ts";

fn edit_and_push(project: &Project, from: &str, to: &str) {
    shop::edit(project, INDEX, from, to);
    project.ok("push --offline");
}

#[test]
fn pushes_and_versions_are_taken_back_one_by_one_and_stay_readable() {
    let project = shop::versioned();
    edit_and_push(&project, "You are Ava.", "You are Eve.");
    let pushed = project.ok("rev-parse source/v2").trim().to_owned();
    project.ok("version create -m second");
    let mine = project.read(INDEX);
    insta::assert_snapshot!(project.run("undo"), @"
    $ lua-store undo
    ✅ Undone: operation 4, `version create -m second`
       version v2 taken back
    ");
    insta::assert_snapshot!(project.run("undo"), @"
    $ lua-store undo
    ✅ Undone: operation 3, `push --offline`
       source version v2 taken back
    ");
    assert_eq!(project.read(INDEX), mine);
    assert_eq!(project.json("status")["sourceVersion"], 1);
    assert_eq!(project.run("fsck").code, 0);
    // The record that was taken back is stored, also after a collection of garbage.
    project.ok("gc --prune-older-than 0d");
    project.ok(&format!("cat-file {pushed}"));
    insta::assert_snapshot!(project.run("op log"), @"
    $ lua-store op log
       6  2026-11-21 09:30  ana@example.com  undo (of operation 3)
          source version v2 (de4ba089) taken back
       5  2026-11-21 09:30  ana@example.com  undo (of operation 4)
          version v2 (80e9ab27) taken back
       4  2026-11-21 09:30  ana@example.com  version create -m second (undone by operation 5)
          version v2 (80e9ab27) created
       3  2026-11-21 09:30  ana@example.com  push --offline (undone by operation 6)
          source version v2 (de4ba089) created
       2  2026-11-21 09:30  ana@example.com  version create -m first
          version v1 (f38ff068) created
       1  2026-11-21 09:30  ana@example.com  push
          source version v1 (f50d09da) created
    ");
    // The number is free again, as nobody else saw it.
    project.ok("push");
    assert_eq!(project.json("status")["sourceVersion"], 2);
    let log = project.json("op log --limit 1");
    assert_eq!((&log["total"], &log["truncated"]), (&7.into(), &true.into()));
    assert_eq!(log["operations"][0]["command"], "push");
}

#[test]
fn promotions_restores_and_pulls_are_taken_back() {
    let (ann, ben) = sharing();
    shop::edit(&ben, INDEX, "You are Ava.", "You are Ben.");
    ben.ok("push");
    ann.write("notes.md", "mine\n");
    let before = (ann.read(INDEX), ann.ok("source list"));
    ann.ok("pull");
    assert!(ann.read(INDEX).contains("Ben"));
    ann.write("later.md", "since\n");
    ann.ok("undo");
    assert_eq!((ann.read(INDEX), ann.ok("source list")), before);
    assert_eq!(ann.read("notes.md"), "mine\n");
    // Files since are in the safety snapshot, and the pull can be made again.
    assert!(ann.ok("ls-tree -r snapshot/v2:source").contains("later.md"));
    ann.ok("pull");
    assert!(ann.read(INDEX).contains("Ben"));
    // A file that was restored.
    ann.ok("restore --from source/v1 src/index.ts");
    assert!(ann.read(INDEX).contains("Ava"));
    ann.ok("undo");
    assert!(ann.read(INDEX).contains("Ben"));

    let project = shop::two_versions();
    project.ok("version promote 1");
    project.ok("version promote 2");
    project.ok("undo");
    assert_eq!(project.json("status")["active"], 1);
    assert_eq!(project.run("log --verify").code, 0);
    // The first one too: nothing is active then, and the ledger has no record.
    insta::assert_snapshot!(project.run("undo"), @"
    $ lua-store undo
    ✅ Undone: operation 5, `version promote 1`
       nothing is active
    ");
    assert_eq!(project.json("status")["active"], serde_json::Value::Null);
    assert_eq!((project.run("log --verify").code, project.run("fsck").code), (0, 0));
    project.ok("version promote 2");
    assert_eq!(project.json("status")["active"], 2);
}

/// Two steps: the pointer first, then the version. A crash between them leaves a state that is whole, and `undo` ends it.
#[test]
fn a_first_promotion_is_taken_back_with_its_version() {
    for step in 1.. {
        let mut project = shop::versioned();
        shop::edit(&project, INDEX, "You are Ava.", "You are Eve.");
        project.ok("version create --auto-push --promote -m second");
        project.set("LUA_STORE_FAULT", &format!("kill={step}"));
        let cut = project.run("undo");
        project.set("LUA_STORE_FAULT", "");
        assert_eq!(project.run("fsck").code, 0, "step {step}");
        if project.json("status")["sourceVersion"] == 2 {
            project.ok("undo");
        }
        let status = project.json("status");
        assert_eq!(
            (&status["sourceVersion"], &status["active"]),
            (&1.into(), &serde_json::Value::Null),
            "step {step}"
        );
        assert!(project.run("show v2").code != 0, "step {step}");
        if cut.code == 0 {
            assert!(step > 5);
            return;
        }
    }
}

#[test]
fn a_source_rollback_is_taken_back_with_its_version_and_its_files() {
    let project = shop::two_versions();
    let files = project.read(INDEX);
    project.ok("source rollback --version 1 --force");
    assert_ne!(project.read(INDEX), files);
    assert_eq!(project.json("status")["sourceVersion"], 3);
    project.ok("undo");
    assert_eq!((project.read(INDEX), &project.json("status")["sourceVersion"]), (files, &2.into()));
}

/// The commands that the hint of a refused undo names.
fn hinted(project: &Project) -> Vec<String> {
    let refused = project.run("undo");
    assert!(refused.code == 1 && refused.stderr.contains("\"origin\" has it"), "{refused}");
    let (_, hint) = refused.stderr.split_once("hint: ").unwrap();
    let parts = hint.split('`').skip(1).step_by(2);
    parts.map(|part| part.strip_prefix("lua-store ").unwrap().to_owned()).collect()
}

/// The hint is what takes it back for everybody, word for word.
#[test]
fn what_a_remote_has_is_taken_back_by_the_commands_of_the_hint() {
    let (ann, ben) = sharing();
    let first = ann.read(INDEX);
    shop::edit(&ann, INDEX, "You are Ava.", "You are Eve.");
    ann.ok("push");
    insta::assert_snapshot!(ann.run("undo"), @r#"
    $ lua-store undo
    --- stderr
    Error: cannot undo `push`: "origin" has it, and others may have seen it
    hint: run `lua-store source rollback --version 1 --force`, then `lua-store push`: others get the files of v1 as a new version
    --- exit 1
    "#);
    assert_eq!(ann.json("status")["sourceVersion"], 2);
    hinted(&ann).iter().for_each(|line| drop(ann.ok(line)));
    ben.ok("pull");
    assert_eq!((ann.read(INDEX), ben.read(INDEX)), (first.clone(), first));

    shop::edit(&ann, INDEX, "openai/gpt-4o", "openai/gpt-5");
    ann.ok("version create --auto-push -m second");
    ann.ok("push");
    ann.ok("version promote 1");
    assert_eq!(hinted(&ann).len(), 2, "there is nothing to go back to but a new version");
    ann.ok("version promote 2");
    let lines = hinted(&ann);
    assert_eq!(lines, ["version promote v1"]);
    lines.iter().for_each(|line| drop(ann.ok(line)));
    assert_eq!(ann.json("status")["active"], 1);
    shop::edit(&ann, INDEX, "You are Ava.", "You are Zoe.");
    ann.ok("push");
    ann.ok("version create -m third");
    ann.ok("push");
    let lines = hinted(&ann);
    assert_eq!(lines, ["version delete v3"]);
    ann.ok("version delete v3 --force");
    ann.ok("push");
    let lines = hinted(&ann);
    assert_eq!(lines, ["version undelete v3"]);
    lines.iter().for_each(|line| drop(ann.ok(line)));
}

#[test]
fn a_change_that_was_not_recorded_is_no_base_for_undo() {
    let project = shop::versioned();
    edit_and_push(&project, "You are Ava.", "You are Eve.");
    let log = std::fs::read(project.path(".lua/operations")).unwrap();
    edit_and_push(&project, "You are Eve.", "You are Zoe.");
    // As a program leaves it that knows no log.
    std::fs::write(project.path(".lua/operations"), log).unwrap();
    insta::assert_snapshot!(project.run("undo"), @"
    $ lua-store undo
    --- stderr
    Error: cannot undo: the store is not as operation 3 (`push --offline`) left it, and nothing recorded what changed it since
    hint: run `lua-store op log` to list what was recorded
    --- exit 1
    ");
    assert_eq!(project.json("status")["sourceVersion"], 3);
    std::fs::remove_file(project.path(".lua/operations")).unwrap();
    assert_eq!(project.run("undo").code, 2);
}

/// Cut at every disk step: the store is whole, and the same command takes back the rest and no more.
#[test]
fn an_undo_that_was_cut_is_undone_once() {
    for step in 1.. {
        let mut project = shop::two_versions();
        project.ok("source rollback --version 1 --force");
        project.set("LUA_STORE_FAULT", &format!("kill={step}"));
        let cut = project.run("undo");
        project.set("LUA_STORE_FAULT", "");
        assert_eq!(project.run("fsck").code, 0, "step {step}");
        let is_done = project.json("status")["sourceVersion"] == 2;
        if !is_done {
            project.ok("undo");
        }
        assert_eq!(project.json("status")["sourceVersion"], 2, "step {step}");
        assert!(project.read(INDEX).contains("help.example.com"), "step {step}");
        if cut.code == 0 {
            assert!(step > 5);
            return;
        }
    }
}

/// Only the files that the command changed come back: an edit elsewhere is not taken along.
#[test]
fn edits_of_other_files_stay() {
    let project = shop::two_versions();
    let files = project.read(INDEX);
    project.write("notes/new.md", "new\n");
    project.ok("push");
    project.ok("source rollback --version 1 --force");
    assert!(!project.path("notes/new.md").exists());
    project.write("later.md", "since\n");
    assert!(project.ok("undo").contains("files restored"));
    assert_eq!(project.read("notes/new.md"), "new\n");
    assert_eq!((project.read(INDEX), project.read("later.md")), (files, "since\n".to_owned()));
}

#[test]
fn a_merge_with_markers_is_taken_back_in_two_steps_and_an_aborted_one_is_no_step() {
    let (ann, _) = crate::markers::clashing();
    let before = (ann.read(INDEX), ann.ok("source list"));
    ann.run("pull --markers");
    let open = ann.run("undo");
    assert!(open.code == 1 && open.stderr.contains("a merge with \"origin\" is open"), "{open}");
    ann.ok("pull --abort");
    ann.run("pull --markers");
    crate::markers::solve(&ann);
    ann.ok("pull --continue");
    ann.ok("undo");
    assert_eq!(ann.ok("source list"), before.1);
    ann.ok("undo");
    assert_eq!(ann.read(INDEX), before.0);
    let log = ann.ok("op log -n 6");
    assert!(
        log.contains("pull --abort (of operation") && log.contains("(undone by operation"),
        "{log}"
    );
    let next = ann.run("undo --dry-run").stderr;
    assert!(next.contains("`version create -m first`"), "the aborted merge is passed over: {next}");
}
