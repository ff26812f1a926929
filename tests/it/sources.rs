//! `source`: every push can be listed, compared and brought back.

use crate::common::{Project, shop};
use insta::assert_snapshot;

/// Five pushes; each writes its number into `n.txt`, and from the third on there is a second file.
fn five() -> Project {
    let project = shop::project();
    for n in 1..=5 {
        project.write("n.txt", format!("{n}\n"));
        if n == 3 {
            project.write("late/added.txt", "added\n");
        }
        project.ok("push backup");
    }
    project
}

fn source_tree(project: &Project, version: u64) -> String {
    let list = project.list("source list --all");
    let found = list.as_array().unwrap().iter().find(|one| one["version"] == version).unwrap();
    found["projectHash"].as_str().unwrap().to_owned()
}

#[test]
fn rollback_to_two_of_five_makes_six_with_the_files_of_two() {
    let project = five();
    let outcome = project.run("source rollback --version 2 --force");
    assert_snapshot!(outcome, @"
    $ lua-store source rollback --version 2 --force
    ✓ Rolled back to v2: 2 file(s) changed.
    💾 Backup at v6
    --- stderr
    `source rollback` restores files only. To change the live version, run `lua-store version promote`.
    ");
    assert_eq!(project.read("n.txt"), "2\n");
    assert!(!project.path("late").exists(), "what was added since is removed, with its folder");
    assert_eq!(source_tree(&project, 6), source_tree(&project, 2));
    assert_eq!(project.list("source list")[0]["triggeredBy"], "rollback to v2");
    assert_eq!(project.json("status")["notPushed"]["files"], serde_json::json!([]));
}

#[test]
fn unpushed_work_is_kept_and_comes_back() {
    let project = five();
    project.write("n.txt", "precious\n");
    project.write("more.txt", "also\n");
    let outcome = project.run("source rollback --version 1 --force");
    assert_snapshot!(outcome, @"
    $ lua-store source rollback --version 1 --force
    ✓ Rolled back to v1: 3 file(s) changed.
    💾 Backup at v6
    --- stderr
    `source rollback` restores files only. To change the live version, run `lua-store version promote`.
    Your earlier files are stored as safety snapshot 1.
    hint: run `lua-store snapshot restore 1` to restore them
    ");
    assert_eq!(project.read("n.txt"), "1\n");
    assert!(!project.path("more.txt").exists());
    assert_snapshot!(project.run("source rollback --snapshot 1 --force"), @"
    $ lua-store source rollback --snapshot 1 --force
    ✓ Rolled back to safety snapshot 1: 3 file(s) changed.
    --- stderr
    hint: run `lua-store push` to store it as a source version
    ");
    assert_eq!(
        (project.read("n.txt").as_str(), project.read("more.txt").as_str()),
        ("precious\n", "also\n")
    );
}

#[test]
fn a_rollback_asks_first_and_can_be_tried() {
    let project = five();
    assert_snapshot!(project.run("source rollback --version 2"), @r#"
    $ lua-store source rollback --version 2
    --- stderr
    `source rollback` restores files only. To change the live version, run `lua-store version promote`.
    Error: cannot ask "Rolling back to v2 will overwrite local files and create a new version. Continue?" without a terminal
    hint: add `--force` to run it without a question
    --- exit 2
    "#);
    assert_snapshot!(project.run("source rollback --version 2 --dry-run"), @"
    $ lua-store source rollback --version 2 --dry-run
      D late/added.txt
      M n.txt
    Would roll back to v2: 2 file(s). Nothing was changed.
    --- stderr
    `source rollback` restores files only. To change the live version, run `lua-store version promote`.
    ");
    assert_snapshot!(project.run("source rollback --version 77 --force"), @"
    $ lua-store source rollback --version 77 --force
    --- stderr
    Error: Source version v77 not found
    hint: run `lua-store source list` to list them
    --- exit 3
    ");
    assert_snapshot!(project.run("source rollback --force"), @"
    $ lua-store source rollback --force
    --- stderr
    Error: the following required arguments were not provided: --version <N>
    hint: usage: `lua-store source rollback --force --version <N>`
    --- exit 2
    ");
    assert_eq!(project.read("n.txt"), "5\n");
    assert_eq!(project.list("source list --all").as_array().unwrap().len(), 5);
}

#[test]
fn ignored_and_secret_files_are_never_touched() {
    let project = five();
    project.write("node_modules/x/index.js", "x\n");
    project.write(".env", "KEY=1\n");
    project.ok("source rollback --version 2 --force");
    assert_eq!(
        (project.read("node_modules/x/index.js"), project.read(".env")),
        ("x\n".into(), "KEY=1\n".into())
    );
}

#[test]
fn the_numbers_of_a_rollback_are_the_ones_of_its_content() {
    let project = shop::project();
    project.ok("push");
    shop::edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds things");
    project.ok("push");
    project.ok("source rollback --version 1 --force");
    let number = |line: &str| {
        let pushed = project.json(line);
        let items = pushed["items"].as_array().unwrap().clone();
        items.iter().find(|item| item["name"] == "catalog").unwrap()["to"].clone()
    };
    assert_eq!(number("push --dry-run"), "1.0.0");
    shop::edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds all");
    assert_eq!(number("push"), "1.0.2", "1.0.1 was given to other content and is never used again");
}

#[test]
fn lists_and_details() {
    let project = five();
    assert_snapshot!(project.run("source list --limit 2"), @"
    $ lua-store source list --limit 2
    VERSION  CREATED           BY               TRIGGERED BY        HASH
    v5 *     2026-11-21 09:30  ana@example.com  manual push backup  9cce29af...
    v4       2026-11-21 09:30  ana@example.com  manual push backup  910d8fe9...
    --- stderr
    hint: run `lua-store source list --all` to list 3 more
    ");
    assert_snapshot!(project.run("source diff 2 v3"), @"
    $ lua-store source diff 2 v3
      A late/added.txt
      M n.txt
    ");
    assert_snapshot!(project.run("source diff 2 3 --patch"), @"
    $ lua-store source diff 2 3 --patch
    diff --git a/late/added.txt b/late/added.txt
    new file mode 100644
    --- /dev/null
    +++ b/late/added.txt
    @@ -0,0 +1 @@
    +added
    diff --git a/n.txt b/n.txt
    --- a/n.txt
    +++ b/n.txt
    @@ -1 +1 @@
    -2
    +3
    ");
    assert_snapshot!(project.run("source show v9"), @"
    $ lua-store source show v9
    --- stderr
    Error: Source version v9 not found
    hint: run `lua-store source list` to list them
    --- exit 3
    ");
    assert_eq!(project.json("source show 1")["files"].as_array().unwrap().len(), 9);
    assert_snapshot!(shop::project().run("source list"), @"
    $ lua-store source list
    (no source versions yet — run `lua-store push` to create one)
    ");
}

/// The program writes a `.gitignore` itself where there is none, to keep git away from the store.
#[test]
fn the_first_rollback_after_gitignore_was_deleted() {
    let project = shop::project();
    project.write(".gitignore", "*.log\n/.lua/\n");
    project.ok("push");
    std::fs::remove_file(project.path(".gitignore")).unwrap();
    assert_snapshot!(project.run("source rollback --version 1 --force"), @"
    $ lua-store source rollback --version 1 --force
    ✓ Rolled back to v1: 1 file(s) changed.
    It was the newest source version already.
    --- stderr
    `source rollback` restores files only. To change the live version, run `lua-store version promote`.
    Your earlier files are stored as safety snapshot 1.
    hint: run `lua-store snapshot restore 1` to restore them
    ");
    assert_eq!(project.read(".gitignore"), "*.log\n/.lua/\n");
    assert_eq!(project.json("status")["notPushed"]["files"], serde_json::json!([]));
}

#[test]
fn the_first_rollback_after_everything_was_deleted() {
    let project = shop::project();
    project.write(".gitignore", "*.log\n/.lua/\n");
    project.ok("push");
    for entry in std::fs::read_dir(project.root()).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true if path.ends_with(".lua") => {}
            true => std::fs::remove_dir_all(path).unwrap(),
            false => std::fs::remove_file(path).unwrap(),
        }
    }
    // Looking is not writing.
    project.ok("source rollback --version 1 --dry-run");
    assert!(!project.path(".gitignore").exists());
    project.ok("source rollback --version 1 --force");
    assert_eq!(project.read(".gitignore"), "*.log\n/.lua/\n");
    assert_eq!(project.json("status")["notPushed"]["files"], serde_json::json!([]));
}
