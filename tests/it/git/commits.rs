//! Commits of versions: each holds the version's files, and nothing that is staged or edited.

use super::{commit_of, connected, git, log, plain, repository, status, tags};
use crate::common::{Project, shop};
use insta::assert_snapshot;

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
    assert_eq!(project.list("version list")[0]["commitHash"], *hash);
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
    Tags:               2 of 2 contain the files of their version
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
    project
        .write("src/lib/store.ts", "export const find = (id: string) => ({ id, at: 'home' });\n");
    let before = status(&project);
    project.ok("version create");
    assert_eq!(status(&project), before);
    assert_eq!(before, "A  new.txt\nM  notes.txt\n M src/lib/other.ts\n M src/lib/store.ts\n");
    assert_eq!(git(&project, "show HEAD:notes.txt"), "one\n");
    assert_eq!(git(&project, "show HEAD:src/lib/other.ts"), "export const a = 1;\n");
    assert_eq!(project.git("cat-file -e HEAD:new.txt").code, 128);
    // The staged text differs from the pushed one, and stays staged.
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
        outcome
            .stderr
            .contains("\"kept.log\" is in the version and not in the commit: git ignores it"),
        "{outcome}"
    );
    let files = git(&project, "ls-tree -r --name-only lua/v1");
    for absent in [".env", "fixtures", ".log", ".lua/"] {
        assert!(!files.contains(absent), "{files}");
    }
    // A file that the user tracks stays as it is, and is no difference.
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
    assert_eq!(
        git(&project, "ls-tree -r --name-only lua/v1"),
        "agents/shop/index.ts\nother/a.txt\n"
    );
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
    for line in
        ["init --quiet", "-c user.name=A -c user.email=a@b commit --quiet --allow-empty -m x"]
    {
        git(&project, &format!("-C other {line}"));
    }
    let add = format!(
        "-c protocol.file.allow=always submodule --quiet add {} vendor/lib",
        other.display()
    );
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

/// The author is read from git's files: a program of that name first on the `PATH` would be started otherwise.
#[cfg(unix)]
#[test]
fn git_is_not_started_for_the_author() {
    use std::os::unix::fs::PermissionsExt;
    let mut project = shop::project();
    repository(&project);
    git(&project, "config user.email files@example.com");
    project.set("LUA_STORE_AUTHOR", "");
    let (folder, started) = (project.path("../bin"), project.path("../started"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("git"),
        format!("#!/bin/sh\necho \"$@\" >> {}\nexit 1\n", started.display()),
    )
    .unwrap();
    std::fs::set_permissions(folder.join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    project.set("PATH", &path);
    for line in ["push", "version create -m first", "version promote 1"] {
        project.ok(line);
    }
    assert!(project.ok("version show 1").contains("files@example.com"));
    assert!(!started.exists(), "{}", std::fs::read_to_string(&started).unwrap());
    // An address that another file may contain is git's to find.
    let config = project.read(".git/config");
    project.write(".git/config", config + "[include]\n\tpath = other\n");
    assert_eq!(project.run("push").code, 2);
    assert!(started.exists());
}
