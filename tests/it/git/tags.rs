//! Tags of versions: never moved, taken back when a create fails, made by one of several writers.

use super::{commit_of, connected, git, log, plain, tags};
use crate::common::{Project, shop};
use insta::assert_snapshot;
use std::process::Stdio;

#[test]
fn a_tag_that_is_there_is_never_moved() {
    let project = connected();
    git(&project, "tag lua/v1");
    project.ok("push");
    let outcome = project.run("version create");
    assert_snapshot!(plain(&outcome), @r#"
    $ lua-store version create
    ✓ Created v1 (staged). Run `lua-store version promote v1` to make it active.
    --- stderr
    warning: Git tag "lua/v1" skipped: a tag of this name exists and contains other files
    hint: run `git tag -f lua/v1 <hash>` to create it
    "#);
    assert_eq!(tags(&project), ["differs"]);
    assert_eq!(git(&project, "rev-parse HEAD").trim(), commit_of(&project, 1).unwrap());
    git(&project, &format!("tag -f lua/v1 {}", commit_of(&project, 1).unwrap()));
    assert_eq!(tags(&project), ["same"]);
}

#[test]
fn status_tells_tags_that_are_missing_moved_or_of_an_amended_commit() {
    let project = connected();
    project.ok("version create --auto-push");
    shop::edit(&project, "src/index.ts", "You are Ava.", "You are Eve.");
    project.ok("version create --auto-push");
    git(&project, "commit --quiet --amend --allow-empty -m amended");
    assert_eq!(tags(&project), ["same", "same"]);
    git(&project, "tag -f lua/v2 lua/v1");
    git(&project, "tag -d lua/v1");
    project.write("fresh.txt", "pushed while git was away\n");
    project.lua_store("push").env("PATH", "").output().unwrap();
    let outcome = plain(&project.run("git status"));
    let told = outcome.split_once("Not committed:").unwrap().1;
    assert_snapshot!(told, @"
          1 pushed file(s)
      A fresh.txt
    ⚠  lua/v2 does not contain the files of v2
      M src/index.ts
    ⚠  v1 has no tag lua/v1
    --- stderr
    hint: run `lua-store push` or `lua-store version create` to commit what is pushed
    hint: run `git tag lua/v1 <hash>` to create it again
    ");
}

#[test]
fn nothing_staged_makes_no_commit_and_a_named_commit_leaves_git_alone() {
    let project = connected();
    project.ok("version create --auto-push");
    let before = log(&project);
    project.ok("version create -m again");
    project.ok("version promote 1");
    project.ok("version promote 1");
    assert_eq!(log(&project).lines().count(), before.lines().count() + 1);
    shop::edit(&project, "src/index.ts", "You are Ava.", "You are Eve.");
    project.ok("push");
    let before = log(&project);
    project.ok("version create --commit-hash 1111111");
    assert_eq!((log(&project), commit_of(&project, 2)), (before, Some("1111111".to_owned())));
}

#[test]
fn a_create_that_fails_takes_its_tag_back_and_one_that_was_cut_is_taken_up() {
    let steps = |project: &Project| {
        let trace = project.path("../trace");
        let mut command = project.lua_store("version create");
        command.env("LUA_STORE_FAULT", format!("trace={}", trace.display())).output().unwrap();
        std::fs::read_to_string(trace).unwrap().lines().count()
    };
    let first = connected();
    first.ok("push");
    let steps = steps(&first);
    for fault in ["kill", "full"] {
        for step in 1..=steps {
            let project = connected();
            project.ok("push");
            let mut command = project.lua_store("version create");
            command.env("LUA_STORE_FAULT", format!("{fault}={step}")).output().unwrap();
            let made = !project.list("version list").as_array().unwrap().is_empty();
            if fault == "full" && !made {
                assert_eq!(git(&project, "tag"), "", "step {step}");
            }
            project.ok("version create");
            assert_eq!(tags(&project), ["same"], "{fault} at step {step}");
            assert_eq!(commit_of(&project, 1).unwrap(), git(&project, "rev-parse lua/v1").trim());
        }
    }
}

#[test]
fn of_creates_at_once_one_makes_the_version_and_the_tag() {
    let project = connected();
    project.ok("push");
    let start = |_| project.lua_store("version create").stdout(Stdio::null()).spawn().unwrap();
    let running: Vec<_> = (0..4).map(start).collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(project.list("version list").as_array().unwrap().len(), 1);
    assert_eq!(log(&project).matches("create version").count(), 1);
    assert_eq!(tags(&project), ["same"]);
}
