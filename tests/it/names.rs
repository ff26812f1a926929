//! Names of folders: what was captured can be restored, whatever its name sounds like.

use crate::common::{Project, shop};
use insta::assert_snapshot;

/// Folders that sound like those that tools build, each with a file of this text.
fn fill(project: &Project, text: &str) {
    for folder in ["Coverage", "src/Dist", "Node_Modules/x", ".Next"] {
        project.write(&format!("{folder}/kept.txt"), text);
    }
}

#[test]
fn folders_that_only_sound_like_built_ones_come_back() {
    let project = shop::project();
    fill(&project, "first");
    project.ok("push");
    fill(&project, "second");
    project.ok("push");
    fill(&project, "third, not pushed");
    project.write("Coverage/new.txt", "not pushed");
    let outcome = project.run("source rollback --version 1 --force");
    assert_eq!(outcome.code, 0, "{outcome}");
    for path in
        ["Coverage/kept.txt", "src/Dist/kept.txt", "Node_Modules/x/kept.txt", ".Next/kept.txt"]
    {
        assert_eq!(project.read(path), "first");
    }
    assert!(!project.path("Coverage/new.txt").exists());
    // The very command that was printed.
    assert!(outcome.stderr.contains("`lua-store snapshot restore 1`"), "{outcome}");
    project.ok("source rollback --snapshot 1 --force");
    assert_eq!(project.read("Node_Modules/x/kept.txt"), "third, not pushed");
    assert_eq!(project.read("Coverage/new.txt"), "not pushed");
    project.ok("bundle create ../all.bundle");
    let other = Project::new();
    other.ok(&format!(
        "clone \"{}\" \"{}\"",
        project.path("../all.bundle").display(),
        other.path("c").display()
    ));
    assert_eq!(other.read("c/Coverage/kept.txt"), "first");
}

#[test]
fn what_could_never_be_restored_is_left_out_and_said() {
    let project = shop::project();
    for path in [".GIT/config", "src/git~1", ".Lua/x", "src/.git/config", "node_modules/x/index.js"]
    {
        project.write(path, "x");
    }
    let outcome = project.run("push");
    assert_snapshot!(outcome.stderr, @r#"
    warning: left out ".GIT": it is the folder of git, on some systems at least
    warning: left out ".Lua": it is the folder of the store, on some systems at least
    warning: left out "src/git~1": it is the folder of git, on some systems at least
    hint: run `lua-store version create` to create a version of it
    "#);
    let left: Vec<_> = project.json("status")["leftOut"].as_array().unwrap().clone();
    let paths: Vec<_> = left.iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert_eq!(paths, [".GIT", ".Lua", "src/git~1"]);
    // None of it is touched.
    project.write("extra.txt", "x");
    project.ok("source rollback --version 1 --force");
    assert_eq!(project.read(".GIT/config"), "x");
    assert_eq!(project.read("src/git~1"), "x");
}
