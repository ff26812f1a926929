//! `git connect`, `disconnect`, `status`, and what the other commands commit, with real git.

use crate::common::{Outcome, Project, shop};
use insta::assert_snapshot;
use std::path::Path;
use std::process::Stdio;

/// The agent in a repository with one commit, connected, nothing pushed.
fn connected() -> Project {
    let project = shop::project();
    repository(&project);
    project.ok("git connect");
    project
}

fn repository(project: &Project) {
    git(project, "init --quiet --initial-branch=main");
    git(project, "config user.email ana@example.com");
    git(project, "config user.name Ana");
    git(project, "commit --quiet --allow-empty -m start");
}

/// git that must succeed.
fn git(project: &Project, line: &str) -> String {
    let outcome = project.git(line);
    assert_eq!(outcome.code, 0, "git {outcome}");
    outcome.stdout
}

/// Subjects with their tags and branches, newest first.
fn log(project: &Project) -> String {
    git(project, "log --format=%s%d")
}

fn status(project: &Project) -> String {
    git(project, "status --porcelain")
}

/// Hashes of git are other ones each time.
fn plain(outcome: &Outcome) -> String {
    let is_hash = |word: &str| word.len() == 40 && word.chars().all(|c| c.is_ascii_hexdigit());
    let text = outcome.to_string();
    let hashes: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| is_hash(word)).collect();
    hashes.iter().fold(text.clone(), |text, hash| text.replace(hash, "<hash>"))
}

fn commit_of(project: &Project, version: u64) -> Option<String> {
    let shown = project.json(&format!("version show {version}"));
    shown["commitHash"].as_str().map(str::to_owned)
}

/// The state of the tag of each version, newest first.
fn tags(project: &Project) -> Vec<String> {
    let found = project.json("git status");
    let versions = found["versions"].as_array().unwrap();
    versions.iter().map(|version| version["state"].as_str().unwrap().to_owned()).collect()
}

/// The version was made, and git was not: the warning says why.
fn assert_made_without_commit(outcome: &Outcome, why: &str) {
    assert_eq!(outcome.code, 0, "{outcome}");
    assert!(outcome.stdout.contains("✓ Created v"), "{outcome}");
    assert!(outcome.stderr.contains(&format!("warning: Git commit skipped: {why}")), "{outcome}");
    assert!(outcome.stderr.contains("hint: `lua-store push && git tag lua/v"), "{outcome}");
}

#[test]
fn connecting_says_what_comes_and_disconnecting_ends_it() {
    let project = shop::project();
    repository(&project);
    assert_snapshot!(project.run("git status"), @"
    $ lua-store git status
    Git integration: disabled (run `lua-store git connect` to enable)
    ");
    assert_snapshot!(project.run("git connect"), @"
    $ lua-store git connect
    ✓ Git integration enabled. Future `lua-store push` and `lua-store version *` runs will auto-commit.
    ");
    assert_snapshot!(project.run("git connect --json"), @r#"
    $ lua-store git connect --json
    {
      "connected": true,
      "changed": false,
      "repository": "[DIR]/project",
      "branch": "main"
    }
    "#);
    assert!(project.read(".lua/config.toml").ends_with("[git]\nenabled = true\n"));
    assert_snapshot!(project.run("git disconnect"), @"
    $ lua-store git disconnect
    ✓ Git integration disabled. Existing commits and tags are untouched.
    ");
    assert_snapshot!(project.run("git disconnect --json"), @r#"
    $ lua-store git disconnect --json
    {
      "connected": false,
      "changed": false
    }
    "#);
    project.ok("push");
    assert_eq!(log(&project), "start (HEAD -> main)\n");
}

#[test]
fn connecting_says_what_is_missing() {
    let project = shop::project();
    assert_snapshot!(project.run("git connect"), @"
    $ lua-store git connect
    --- stderr
    Error: not inside a git repository
    hint: `git init` in the folder of the project makes one, then `lua-store git connect`
    --- exit 1
    ");
    git(&project, "init --quiet");
    assert_snapshot!(project.run("git connect"), @r#"
    $ lua-store git connect
    --- stderr
    Error: git user.email is not configured
    hint: `git config --global user.email "you@example.com"`
    --- exit 1
    "#);
    git(&project, "config user.email ana@example.com");
    assert_snapshot!(project.run("git connect"), @r#"
    $ lua-store git connect
    --- stderr
    Error: git user.name is not configured
    hint: `git config --global user.name "Your Name"`
    --- exit 1
    "#);
    git(&project, "config core.bare true");
    assert_snapshot!(project.run("git connect"), @"
    $ lua-store git connect
    --- stderr
    Error: the git repository has no work tree here
    hint: `git rev-parse --git-dir` names the repository; connect in a clone with files
    --- exit 1
    ");
    assert_eq!(project.json("git status")["connected"], false);
}

#[test]
fn each_event_is_a_commit_and_each_version_a_tag() {
    let project = connected();
    project.ok("push");
    project.ok("version create -m \"it's first\"");
    project.ok("version promote 1");
    shop::edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("version create --auto-push");
    project.ok("version promote 2 --dry-run");
    project.ok("version promote 1");
    project.ok("version delete 2 --force");
    project.ok("version delete 2 --force");
    assert_eq!(
        log(&project),
        "lua: delete version v2 (HEAD -> main)\n\
         lua: create version v2 (tag: lua/v2)\n\
         lua: push staged code\n\
         lua: promote v1 to production\n\
         lua: create version v1: it's first (tag: lua/v1)\n\
         lua: push staged code\n\
         start\n"
    );
    assert_eq!(status(&project), "");
    let hash = commit_of(&project, 2).unwrap();
    assert_eq!(hash, git(&project, "rev-parse lua/v2").trim());
    assert_eq!(project.json("version list")[0]["commitHash"], *hash);
    assert_eq!(git(&project, "show lua/v2:src/index.ts"), project.read("src/index.ts"));
    assert_eq!(tags(&project), ["same", "same"]);
    let short = git(&project, "rev-parse --short HEAD");
    let said = plain(&project.run("git status")).replace(short.trim(), "<short>");
    assert_snapshot!(said.replace(project.git("--version").stdout.trim(), "git version 2"), @"
    $ lua-store git status
    Git integration:    enabled
    Project repo:       [DIR]/project
    Branch:             main
    Git binary:         git version 2 (✓)
    User identity:      Ana <ana@example.com> (✓)
    Last lua commit:    <short>  lua: delete version v2
    Last lua tag:       lua/v2
    Not committed:      nothing
    Tags:               2 of 2 hold the files of their version
    ");
}

#[test]
fn nothing_that_is_staged_or_edited_comes_in() {
    let project = connected();
    project.write("notes.txt", "one\n");
    project.write("src/lib/other.ts", "export const a = 1;\n");
    project.ok("push");
    project.write("notes.txt", "staged\n");
    git(&project, "add notes.txt");
    project.write("src/lib/other.ts", "export const a = 2;\n");
    project.write("new.txt", "staged, never pushed\n");
    git(&project, "add new.txt");
    project.write("src/lib/store.ts", "export const find = (id: string) => ({ id, at: 'home' });\n");
    let before = status(&project);
    project.ok("version create");
    assert_eq!(status(&project), before);
    assert_eq!(before, "A  new.txt\nM  notes.txt\n M src/lib/other.ts\n M src/lib/store.ts\n");
    assert_eq!(git(&project, "show HEAD:notes.txt"), "one\n");
    assert_eq!(git(&project, "show HEAD:src/lib/other.ts"), "export const a = 1;\n");
    assert_eq!(project.git("cat-file -e HEAD:new.txt").code, 128);
    // What is staged differs from what is pushed next, and stays staged as it was.
    project.write("notes.txt", "pushed\n");
    project.ok("push");
    assert_eq!(git(&project, "show HEAD:notes.txt"), "pushed\n");
    assert_eq!(git(&project, "show :notes.txt"), "staged\n");
    assert_eq!(status(&project), "MM notes.txt\n");
}

#[test]
fn secrets_and_ignored_files_are_git_s_own_affair() {
    let project = connected();
    project.write(".env", "KEY=1\n");
    project.write("tracked.p12", "a key that somebody tracks\n");
    git(&project, "add tracked.p12");
    git(&project, "commit --quiet -m key");
    project.write(".luaignore", "fixtures/\n!kept.log\n");
    project.write(".gitignore", "*.log\n");
    project.write("fixtures/big.txt", "x\n");
    project.write("a.log", "x\n");
    project.write("kept.log", "in the version\n");
    project.run("push");
    let outcome = project.run("version create");
    assert!(
        outcome.stderr.contains("\"kept.log\" is in the version and not in the commit: git ignores it"),
        "{outcome}"
    );
    let files = git(&project, "ls-tree -r --name-only lua/v1");
    for absent in [".env", "fixtures", ".log", ".lua/"] {
        assert!(!files.contains(absent), "{files}");
    }
    // What somebody tracks stays as it is, and is no difference.
    assert!(files.contains("tracked.p12"), "{files}");
    assert_eq!(tags(&project), ["same"]);
}

#[test]
fn files_that_come_go_and_change_their_kind() {
    let project = connected();
    project.write("a", "file\n");
    project.write("b/c", "inside\n");
    project.write("gone.txt", "gone\n");
    project.write("odd \"näme\"\t:(top)*.txt", "odd\n");
    project.write(":colon", "first\n");
    project.ok("push");
    for path in ["a", "b/c", "gone.txt"] {
        std::fs::remove_file(project.path(path)).unwrap();
    }
    std::fs::remove_dir(project.path("b")).unwrap();
    project.write("a/file", "now a folder\n");
    project.write("b", "now a file\n");
    project.ok("push");
    project.ok("version create");
    assert_eq!(status(&project), "");
    assert_eq!(tags(&project), ["same"]);
    let files = git(&project, "ls-tree -r -z --name-only HEAD");
    assert!(files.contains("\0a/file\0b\0") && !files.contains("gone.txt"), "{files}");
}

#[cfg(unix)]
#[test]
fn links_and_modes_are_in_the_commit() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let project = connected();
    project.write("run.sh", "#!/bin/sh\n");
    std::fs::set_permissions(project.path("run.sh"), PermissionsExt::from_mode(0o755)).unwrap();
    symlink("run.sh", project.path("link")).unwrap();
    project.ok("version create --auto-push");
    let listed = git(&project, "ls-tree HEAD run.sh link");
    assert!(listed.starts_with("120000 blob") && listed.contains("\n100755 blob"), "{listed}");
    assert_eq!((status(&project), tags(&project)), (String::new(), vec!["same".to_owned()]));
}

#[test]
fn what_git_converts_is_converted_by_git() {
    let project = connected();
    git(&project, "config core.autocrlf true");
    git(&project, "config filter.shout.clean \"tr a-z A-Z\"");
    project.write(".gitattributes", "*.shout filter=shout\n");
    project.write("lines.txt", "one\r\ntwo\r\n");
    project.write("a.shout", "quiet\n");
    project.ok("version create --auto-push");
    assert_eq!(git(&project, "cat-file blob HEAD:lines.txt"), "one\ntwo\n");
    assert_eq!(git(&project, "cat-file blob HEAD:a.shout"), "QUIET\n");
    assert_eq!((status(&project), tags(&project)), (String::new(), vec!["same".to_owned()]));
    // The same bytes once more are no change.
    project.ok("push");
    assert_eq!(log(&project).matches("push staged code").count(), 1);
}

#[test]
fn a_project_in_a_folder_of_a_repository_touches_nothing_beside_it() {
    let project = Project::new();
    let inside = project.path("agents/shop/");
    std::fs::create_dir_all(&inside).unwrap();
    repository(&project);
    project.write("other/a.txt", "one\n");
    git(&project, "add .");
    git(&project, "commit --quiet -m other");
    project.write("other/a.txt", "staged\n");
    git(&project, "add .");
    project.write("agents/shop/index.ts", "export {};\n");
    for line in ["init", "git connect", "push backup", "version create --allow-unreadable"] {
        project.ok(&format!("-C agents/shop {line}"));
    }
    assert_eq!(status(&project), "M  other/a.txt\n");
    assert_eq!(git(&project, "ls-tree -r --name-only lua/v1"), "agents/shop/index.ts\nother/a.txt\n");
    assert_eq!(git(&project, "show lua/v1:other/a.txt"), "one\n");
    project.write(".gitignore", "/agents\n");
    project.ok("-C agents/shop git disconnect");
    assert_snapshot!(project.run("-C agents/shop git connect"), @"
    $ lua-store -C agents/shop git connect
    ✓ Git integration enabled. Future `lua-store push` and `lua-store version *` runs will auto-commit.
    ");
}

#[test]
fn submodules_stay_as_they_are() {
    let project = connected();
    let other = project.path("other");
    std::fs::create_dir(&other).unwrap();
    for line in ["init --quiet", "-c user.name=A -c user.email=a@b commit --quiet --allow-empty -m x"] {
        git(&project, &format!("-C other {line}"));
    }
    let add = format!("-c protocol.file.allow=always submodule --quiet add {} vendor/lib", other.display());
    git(&project, &add);
    std::fs::remove_dir_all(&other).unwrap();
    git(&project, "commit --quiet -m lib");
    project.write("vendor/lib/a.ts", "export {};\n");
    project.ok("version create --auto-push");
    let listed = git(&project, "ls-tree -r HEAD vendor");
    assert!(listed.starts_with("160000 commit") && listed.lines().count() == 1, "{listed}");
    assert_eq!(tags(&project), ["same"]);
}

#[test]
fn what_is_not_checked_out_stays_in_the_commit() {
    let project = connected();
    project.write("big/a.bin", "far away\n");
    project.ok("push");
    git(&project, "sparse-checkout set --cone src");
    assert!(!project.path("big").exists());
    shop::edit(&project, "src/index.ts", "You are Ava.", "You are Eve.");
    project.ok("version create --auto-push");
    assert_eq!(git(&project, "show lua/v1:big/a.bin"), "far away\n");
    assert_eq!((status(&project), tags(&project)), (String::new(), vec!["same".to_owned()]));
}

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
    assert!(String::from_utf8_lossy(&none.stderr).contains("Git commit skipped: git is not installed"));
    assert_eq!(git(&project, "rev-parse HEAD"), start);
    assert_eq!(project.json("version list").as_array().unwrap().len(), 6);
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
    ✓ Created v1 (staged). Run `lua-store version promote v1` to deploy.
    --- stderr
    warning: Git commit skipped: a merge is in progress
    hint: `git merge --continue` or `git merge --abort` ends it
    hint: `lua-store push && git tag lua/v1` commits and tags it afterwards
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
    assert_made_without_commit(&outcome, "git has \"src/index.ts\" as it is in the project now");
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
    assert_eq!(log(&project).lines().next(), Some("lua: create version v1 (HEAD -> main, tag: lua/v1)"));
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
    assert_eq!(git(&project, "log -1 --format=%s%d side"), "lua: create version v1 (tag: lua/v1, side)\n");
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
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"] {
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
fn a_tag_that_is_there_is_never_moved() {
    let project = connected();
    git(&project, "tag lua/v1");
    project.ok("push");
    let outcome = project.run("version create");
    assert_snapshot!(plain(&outcome), @r#"
    $ lua-store version create
    ✓ Created v1 (staged). Run `lua-store version promote v1` to deploy.
    --- stderr
    warning: Git tag "lua/v1" skipped: a tag of this name is there and holds other files
    hint: `git tag -f lua/v1 <hash>` makes it
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
    ⚠  lua/v2 does not hold the files of v2
      M src/index.ts
    ⚠  v1 has no tag lua/v1
    --- stderr
    hint: `lua-store push` or `lua-store version create` commits what is pushed
    hint: `git tag lua/v1 <hash>` makes it again
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
            let made = !project.json("version list").as_array().unwrap().is_empty();
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
    assert_eq!(project.json("version list").as_array().unwrap().len(), 1);
    assert_eq!(log(&project).matches("create version").count(), 1);
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
    let running: Vec<_> = (2..=4).map(|number| start(format!("version delete {number} --force"))).collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(log(&project).matches("delete version").count(), 3, "{}", log(&project));
}

#[cfg(unix)]
#[test]
fn without_a_connection_no_git_is_started() {
    use std::os::unix::fs::PermissionsExt;
    let mut project = shop::project();
    project.write("../bin/git", "#!/bin/sh\necho started >> \"$HOME/git-was-started\"\n");
    std::fs::set_permissions(project.path("../bin/git"), PermissionsExt::from_mode(0o755)).unwrap();
    project.set("PATH", &project.path("../bin").to_string_lossy());
    for line in
        ["push", "version create", "version promote 1", "git status", "git disconnect", "version list"]
    {
        project.ok(line);
    }
    let trace = project.path("..").join("home").join("git-was-started");
    assert!(!Path::new(&trace).exists());
    assert_ne!(project.run("git connect").code, 0);
    assert!(trace.exists());
}
