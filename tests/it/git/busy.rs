//! A repository that is busy, damaged, detached or someone else's: the version is created all the same.

use super::{assert_made_without_commit, commit_of, connected, git, log, status, tags};
use crate::common::shop;
use insta::assert_snapshot;
use std::process::Stdio;

#[test]
fn a_damaged_version_stops_no_other() {
    let project = connected();
    project.ok("version create --auto-push");
    shop::edit(&project, "src/index.ts", "You are Ava.", "You are Eve.");
    project.ok("version create --auto-push");
    project.write(".lua/refs/versions/v1", "damaged\n");
    assert_eq!(tags(&project), ["same", "damaged"]);
}

#[test]
fn a_version_is_made_while_git_is_busy_or_cannot() {
    let project = connected();
    project.ok("push");
    let start = git(&project, "rev-parse HEAD");
    let git_dir = project.path(".git");
    let next = |number: u32| {
        shop::edit(
            &project,
            "src/skills/catalog.skill.ts",
            "Finds products",
            &format!("Finds products {number}"),
        );
        project.lua_store("push").env("PATH", "").output().unwrap();
    };
    for (file, why) in [
        ("MERGE_HEAD", "a merge is in progress"),
        ("rebase-merge", "a rebase is in progress"),
        ("CHERRY_PICK_HEAD", "a cherry-pick is in progress"),
        ("index.lock", "another git process has locked the index"),
    ] {
        std::fs::write(git_dir.join(file), "").unwrap();
        assert_made_without_commit(&project.run("version create -m busy"), why);
        std::fs::remove_file(git_dir.join(file)).unwrap();
        next(1);
    }
    git(&project, "config --unset user.email");
    assert_made_without_commit(&project.run("version create"), "git user.email is not configured");
    next(2);
    let none = project.lua_store("version create").env("PATH", "").output().unwrap();
    assert!(
        String::from_utf8_lossy(&none.stderr).contains("Git commit skipped: git is not installed")
    );
    assert_eq!(git(&project, "rev-parse HEAD"), start);
    assert_eq!(project.list("version list").as_array().unwrap().len(), 6);
    assert_eq!(commit_of(&project, 6), None);
    git(&project, "config user.email ana@example.com");
    assert_eq!(tags(&project), ["missing"; 6]);
}

#[test]
fn a_real_merge_with_conflicts_is_left_alone() {
    let project = connected();
    project.ok("push");
    git(&project, "checkout --quiet -b side");
    project.write("note", "side\n");
    git(&project, "add note");
    git(&project, "commit --quiet -m side");
    git(&project, "checkout --quiet main");
    project.write("note", "main\n");
    git(&project, "add note");
    git(&project, "commit --quiet -m main");
    assert_eq!(project.git("merge --quiet side").code, 1);
    let before = status(&project);
    assert_snapshot!(project.run("version create -m \"in the middle\""), @r#"
    $ lua-store version create -m "in the middle"
    ✓ Created v1 (staged). Run `lua-store version promote v1` to make it active.
    --- stderr
    warning: Git commit skipped: a merge is in progress
    hint: run `git merge --continue` or `git merge --abort` to end it
    hint: run `lua-store push && git tag lua/v1` to commit and tag it afterwards
    Not in v1: 1 edited file(s) that are not pushed: note
    hint: run `lua-store push`, then `lua-store version create`, to include them
    "#);
    assert_eq!(status(&project), before);
}

#[test]
fn what_git_has_newer_is_not_undone() {
    let project = connected();
    project.ok("push");
    shop::edit(&project, "src/index.ts", "You are Ava.", "You are Eve.");
    git(&project, "commit --quiet -a -m \"by hand\"");
    let outcome = project.run("version create");
    assert_made_without_commit(
        &outcome,
        "git contains \"src/index.ts\" as it is in the project now",
    );
    assert_eq!(log(&project).lines().next(), Some("by hand (HEAD -> main)"));
    // The push that is asked for makes both the same.
    project.ok("version create --auto-push");
    assert_eq!(tags(&project), ["same", "missing"]);
}

#[test]
fn a_detached_head_and_a_branch_without_commits() {
    let project = connected();
    git(&project, "checkout --quiet --detach");
    project.ok("push");
    let outcome = project.run("version create");
    assert!(
        outcome.stderr.contains("warning: Git HEAD is detached: the commit is on no branch"),
        "{outcome}"
    );
    assert_eq!(git(&project, "log --format=%s main"), "start\n");
    assert_eq!(tags(&project), ["same"]);

    let project = shop::project();
    git(&project, "init --quiet --initial-branch=main");
    git(&project, "config user.email ana@example.com");
    git(&project, "config user.name Ana");
    project.ok("git connect");
    project.write("staged.txt", "staged\n");
    git(&project, "add staged.txt");
    std::fs::remove_file(project.path("staged.txt")).unwrap();
    project.ok("version create --auto-push");
    assert_eq!(
        log(&project).lines().next(),
        Some("lua: create version v1 (HEAD -> main, tag: lua/v1)")
    );
    assert_eq!(status(&project), "AD staged.txt\n");
}

#[test]
fn a_linked_work_tree_has_its_own_branch_and_index() {
    let project = connected();
    project.ok("push");
    git(&project, "worktree add --quiet -b side linked");
    let project_in = |line: &str| project.ok(&format!("-C linked {line}"));
    for line in ["init", "git connect", "push", "version create"] {
        project_in(line);
    }
    assert_eq!(git(&project, "log -1 --format=%s main"), "lua: push staged code\n");
    assert_eq!(
        git(&project, "log -1 --format=%s%d side"),
        "lua: create version v1 (tag: lua/v1, side)\n"
    );
    assert_eq!(git(&project, "-C linked status --porcelain"), "");
    std::fs::write(project.path(".git/worktrees/linked/MERGE_HEAD"), "").unwrap();
    assert_eq!(project.json("-C linked git status")["obstacle"], "a merge is in progress");
    assert!(project.json("git status")["obstacle"].is_null());
}

#[test]
fn variables_of_a_calling_hook_mean_another_repository() {
    let mut project = connected();
    let other = project.path("../other.git");
    git(&project, "init --quiet --bare ../other.git");
    for (name, value) in [
        ("GIT_DIR", &*other.to_string_lossy()),
        ("GIT_INDEX_FILE", &*other.join("index").to_string_lossy()),
        ("GIT_WORK_TREE", "nowhere"),
        ("GIT_OBJECT_DIRECTORY", &*other.join("objects").to_string_lossy()),
        ("GIT_PREFIX", "x/"),
    ] {
        project.set(name, value);
    }
    project.ok("version create --auto-push");
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"]
    {
        project.set(name, "");
    }
    assert!(!other.join("index").exists());
    assert_eq!((status(&project), tags(&project)), (String::new(), vec!["same".to_owned()]));
}

#[cfg(unix)]
#[test]
fn hooks_are_not_run() {
    use std::os::unix::fs::PermissionsExt;
    let project = connected();
    for name in ["pre-commit", "commit-msg", "post-commit", "reference-transaction"] {
        let hook = format!(".git/hooks/{name}");
        project.write(&hook, "#!/bin/sh\nexit 1\n");
        std::fs::set_permissions(project.path(&hook), PermissionsExt::from_mode(0o755)).unwrap();
    }
    project.ok("version create --auto-push");
    assert_eq!(tags(&project), ["same"]);
}

#[test]
fn commits_at_once_wait_for_each_other() {
    let project = connected();
    project.ok("version create --auto-push");
    for number in 2..=4 {
        shop::edit(&project, "src/index.ts", "You are Ava", &format!("You are Ava {number},"));
        project.ok("version create --auto-push");
    }
    let start = |line: String| project.lua_store(&line).stdout(Stdio::null()).spawn().unwrap();
    let running: Vec<_> =
        (2..=4).map(|number| start(format!("version delete {number} --force"))).collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(log(&project).matches("delete version").count(), 3, "{}", log(&project));
}
