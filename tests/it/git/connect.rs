//! `git connect`, `git disconnect`, and a project without a connection.

use super::{git, log, repository};
use crate::common::shop;
use insta::assert_snapshot;

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
      "schemaVersion": 1,
      "kind": "gitConnection",
      "connected": true,
      "changed": false,
      "repository": "[DIR]/project",
      "branch": "main",
      "next": []
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
      "schemaVersion": 1,
      "kind": "gitDisconnection",
      "connected": false,
      "changed": false,
      "next": []
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
    hint: run `git init` in the folder of the project, then `lua-store git connect`
    --- exit 1
    ");
    git(&project, "init --quiet");
    assert_snapshot!(project.run("git connect"), @r#"
    $ lua-store git connect
    --- stderr
    Error: git user.email is not configured
    hint: run `git config --global user.email "you@example.com"`
    --- exit 1
    "#);
    git(&project, "config user.email ana@example.com");
    assert_snapshot!(project.run("git connect"), @r#"
    $ lua-store git connect
    --- stderr
    Error: git user.name is not configured
    hint: run `git config --global user.name "Your Name"`
    --- exit 1
    "#);
    git(&project, "config core.bare true");
    assert_snapshot!(project.run("git connect"), @"
    $ lua-store git connect
    --- stderr
    Error: the git repository has no work tree here
    hint: run `git rev-parse --git-dir` to see which repository it is; connect in a clone with files
    --- exit 1
    ");
    assert_eq!(project.json("git status")["connected"], false);
}

#[cfg(unix)]
#[test]
fn without_a_connection_no_git_is_started() {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    let mut project = shop::project();
    project.write("../bin/git", "#!/bin/sh\necho started >> \"$HOME/git-was-started\"\n");
    std::fs::set_permissions(project.path("../bin/git"), PermissionsExt::from_mode(0o755)).unwrap();
    project.set("PATH", &project.path("../bin").to_string_lossy());
    for line in [
        "push",
        "version create",
        "version promote 1",
        "git status",
        "git disconnect",
        "version list",
    ] {
        project.ok(line);
    }
    let trace = project.path("..").join("home").join("git-was-started");
    assert!(!Path::new(&trace).exists());
    assert_ne!(project.run("git connect").code, 0);
    assert!(trace.exists());
}
