//! `diff`: what it compares, limited to paths, with git's own patches as the expected ones.

use crate::common::{Project, shop};
use insta::assert_snapshot;

/// A version, then a push that is in none, then an edit.
fn project() -> Project {
    let project = shop::versioned();
    shop::edit(&project, "src/index.ts", "shop.", "kindly.");
    project.write("notes/pushed.md", "one\ntwo\n");
    project.ok("push");
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    project.write("notes/pushed.md", "one\n2\n");
    project
}

fn paths(project: &Project, line: &str) -> Vec<String> {
    let line = match line.split_once(" -- ") {
        Some((before, after)) => format!("{before} --name-only -- {after}"),
        None => format!("{line} --name-only"),
    };
    project.ok(&line).lines().map(str::to_owned).collect()
}

#[test]
fn it_compares_with_the_newest_version_or_the_last_push() {
    let project = project();
    let since_version = ["notes/pushed.md", "src/index.ts", "src/lib/store.ts"];
    assert_eq!(paths(&project, "diff"), since_version);
    assert_eq!(paths(&project, "diff --pushed"), ["notes/pushed.md", "src/lib/store.ts"]);
    assert_eq!(paths(&project, "diff source/latest"), ["notes/pushed.md", "src/lib/store.ts"]);
    assert_eq!(paths(&project, "diff --pushed v1"), ["notes/pushed.md", "src/index.ts"]);
    assert_eq!(project.json("diff --pushed")["from"], "source/v2");
    assert_eq!(project.json("diff --pushed v1")["to"], "v1");
}

/// The hint names no option that the command does not have.
#[test]
fn before_the_first_push_it_says_to_push() {
    let project = shop::project();
    for line in ["diff --pushed", "diff source/latest", "log source/latest"] {
        assert_eq!(
            project.run(line).stderr,
            "Error: nothing was pushed yet\nhint: run `lua-store push` first\n",
            "{line}"
        );
    }
}

#[test]
fn paths_limit_it_and_are_told_from_versions() {
    let project = project();
    assert_eq!(paths(&project, "diff notes"), ["notes/pushed.md"]);
    assert_eq!(
        paths(&project, "diff v1 src/lib notes/pushed.md"),
        ["notes/pushed.md", "src/lib/store.ts"]
    );
    assert_eq!(paths(&project, "diff v1 source/v2 -- src"), ["src/index.ts"]);
    assert_eq!(paths(&project, "diff -C src/lib --pushed -- ."), ["src/lib/store.ts"]);
    assert_eq!(paths(&project, "diff -- v1"), Vec::<String>::new());
    // A file with the name of a version is a path after `--`, as for git.
    project.write("v1", "a file\n");
    assert_eq!(paths(&project, "diff -- v1"), ["v1"]);
    assert_snapshot!(project.run("diff nowhere.ts"), @r#"
    $ lua-store diff nowhere.ts
    --- stderr
    Error: Invalid version "nowhere.ts": must be a positive integer like "3" or "v3".
    hint: a path that is not in the project goes after `--`: `-- nowhere.ts`
    --- exit 2
    "#);
    assert_snapshot!(project.run("diff v1 source/v2 v1.ts"), @r#"
    $ lua-store diff v1 source/v2 v1.ts
    --- stderr
    Error: Invalid version "v1.ts": must be a positive integer like "3" or "v3".
    hint: a path that is not in the project goes after `--`: `-- v1.ts`
    --- exit 2
    "#);
    assert_snapshot!(project.run("diff -- ../../elsewhere"), @r#"
    $ lua-store diff -- ../../elsewhere
    --- stderr
    Error: "../../elsewhere" is outside of the project
    --- exit 2
    "#);
    assert!(project.json("diff notes").get("skills").is_none(), "no agent is compared");
}

/// The lines of a patch are those of `git diff` for the same two trees.
#[test]
fn the_patch_of_a_path_is_that_of_git() {
    let project = project();
    project.ok("restore source/v2 ../pushed");
    let git =
        project.git("diff --no-index --no-color -- ../pushed/notes/pushed.md notes/pushed.md");
    let hunks = |text: &str| text[text.find("@@").unwrap()..].to_owned();
    let ours = project.ok("diff --pushed notes");
    assert!(ours.starts_with("Diff source/v2 → project\nFiles:\ndiff --git "), "{ours}");
    assert_eq!(hunks(&ours), hunks(&git.stdout));
}
