//! `restore` in the project and `snapshot`: files of any version come back, exactly, and nothing is lost.

use crate::common::{Project, shop};
use insta::assert_snapshot;
use serde_json::json;

/// v1, then a push with another persona, another tool and another file; nothing edited.
fn project() -> Project {
    let project = shop::versioned();
    shop::edit(&project, "src/index.ts", "help customers shop", "sell");
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    shop::edit(&project, "src/skills/tools/TrackOrderTool.ts", "Tells where", "Says where");
    project.write("notes/new.md", "new\n");
    project.ok("push");
    project
}

fn files(project: &Project) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(project.root()) {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(project.root()).unwrap().to_str().unwrap().to_owned();
        if entry.file_type().is_file() && !path.starts_with(".lua") {
            found.push((path.clone(), project.read(&path)));
        }
    }
    found.sort();
    found
}

#[test]
fn a_file_comes_back_from_the_last_push_and_the_edit_is_kept() {
    let project = project();
    let pushed = files(&project);
    project.write("src/lib/store.ts", "broken");
    project.write("notes/added.md", "added\n");
    let edited = files(&project);
    assert_snapshot!(project.run("restore src/lib/store.ts notes"), @"
    $ lua-store restore src/lib/store.ts notes
    ✓ Restored 2 file(s) from source/v2:
      D notes/added.md
      M src/lib/store.ts
    --- stderr
    Your earlier files are stored as safety snapshot 1.
    hint: run `lua-store snapshot restore 1` to restore them
    ");
    assert_eq!(files(&project), pushed, "git restore takes away what was added, too");
    assert_snapshot!(project.run("snapshot list"), @"
    $ lua-store snapshot list
    SNAPSHOT  CREATED           BY               FILES
    v1        2026-11-21 09:30  ana@example.com  2 changed since source/v2
    ");
    assert_snapshot!(project.run("snapshot diff"), @"
    $ lua-store snapshot diff
    Diff snapshot/v1 → project
    Files:
      D notes/added.md
      M src/lib/store.ts
    ");
    assert_snapshot!(project.run("snapshot restore 1"), @"
    $ lua-store snapshot restore 1
    ✓ Restored 2 file(s) from snapshot/v1:
      A notes/added.md
      M src/lib/store.ts
    ");
    assert_eq!(files(&project), edited);
    assert_eq!(project.list("source list").as_array().unwrap().len(), 2, "nothing was pushed");
    project.ok("fsck");
}

#[test]
fn paths_of_any_version_come_back() {
    let project = project();
    project.ok("restore --from v1 src/lib");
    assert!(project.read("src/lib/store.ts").contains("the door"));
    assert!(project.read("src/index.ts").contains("sell"), "only what was named");
    let answer = project.json("restore --from v1 .");
    assert_eq!(answer["from"], "v1");
    assert!(!project.path("notes").exists());
    let differing = project.json("diff v1 .");
    assert_eq!(differing["files"], json!([]));
    // From another directory, and from a snapshot.
    project.ok("restore -C src --from source/v2 lib/store.ts");
    assert!(project.read("src/lib/store.ts").contains("the gate"));
    let kept = project.ok("show snapshot/v1:src/lib/store.ts");
    assert!(kept.contains("the door"), "{kept}");
    project.ok("restore --from snapshot/v1 src/index.ts");
    assert!(project.read("src/index.ts").contains("sell"));
}

#[test]
fn a_dry_run_and_a_refusal_change_nothing() {
    let project = project();
    project.write("src/lib/store.ts", "broken");
    let before = files(&project);
    assert_snapshot!(project.run("restore --from v1 --dry-run src/lib notes"), @"
    $ lua-store restore --from v1 --dry-run src/lib notes
    Would restore 2 file(s) from v1:
      D notes/new.md
      M src/lib/store.ts
    ");
    assert_snapshot!(project.run("restore src/lib/store.ts nowhere.ts"), @r#"
    $ lua-store restore src/lib/store.ts nowhere.ts
    --- stderr
    Error: there is no "nowhere.ts", neither in the version nor in the project
    --- exit 3
    "#);
    assert_snapshot!(project.run("restore"), @"
    $ lua-store restore
    --- stderr
    Error: no path was named
    hint: run for example `lua-store restore src/index.ts` to restore a file, `lua-store restore .` to restore the whole project
    --- exit 2
    ");
    assert_snapshot!(project.run("restore v1"), @r#"
    $ lua-store restore v1
    --- stderr
    Error: "v1" is a version: no files and no folder were named
    hint: run `lua-store restore --from v1 PATH` to restore files in the project
    hint: run `lua-store restore v1 DIR` to write all its files into a new folder
    --- exit 2
    "#);
    assert_snapshot!(project.run("restore v1 src"), @r#"
    $ lua-store restore v1 src
    --- stderr
    Error: cannot restore into "[DIR]/project/src": it is not empty, "index.ts" is in it
    hint: name a folder that does not exist, or one in which a restore of the same version was interrupted
    hint: run `lua-store restore --from v1 -- PATH` to restore files in the project
    --- exit 2
    "#);
    assert_snapshot!(project.run("restore skill"), @"
    $ lua-store restore skill
    --- stderr
    Error: the name of the skill is missing: `skill NAME`
    hint: write `-- skill` for a path of this name
    --- exit 2
    ");
    assert_snapshot!(project.run("restore --from v1 skill order"), @r#"
    $ lua-store restore --from v1 skill order
    --- stderr
    Error: there is no skill "order" in the version
    hint: did you mean `orders`?
    --- exit 3
    "#);
    assert_snapshot!(project.run("restore ../elsewhere x"), @r#"
    $ lua-store restore ../elsewhere x
    --- stderr
    Error: "../elsewhere" is outside of the project
    --- exit 2
    "#);
    assert_eq!(files(&project), before);
    assert_eq!(project.list("snapshot list"), json!([]));
    assert_eq!(project.json("restore src/index.ts")["files"], json!([]), "it is as it was pushed");
}

#[test]
fn a_primitive_comes_back_with_the_files_it_was_read_from() {
    let project = project();
    let answer = project.json("restore --from v1 skill orders");
    let paths: Vec<&str> = answer["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["src/lib/store.ts", "src/skills/tools/TrackOrderTool.ts"]);
    assert_eq!(answer["different"], json!([]));
    assert!(project.read("src/index.ts").contains("sell"), "the agent's own file stays");
    let change = project.json("diff v1");
    assert_eq!(change["skills"]["changed"], json!([]));
    // A skill that the agent no longer lists is not there with its files alone.
    shop::edit(&project, "src/index.ts", "[orders, catalog]", "[catalog]");
    shop::edit(&project, "src/skills/orders.skill.ts", "Knows about", "Knew about");
    let outcome = project.run("restore --from v1 skill orders");
    assert!(
        outcome.stderr.contains("skill orders is not as in v1: other files affect it too"),
        "{outcome}"
    );
}

#[test]
fn a_persona_comes_back_alone() {
    let project = project();
    shop::edit(&project, "src/index.ts", "'openai/gpt-4o'", "'openai/gpt-5'");
    assert_snapshot!(project.run("restore --from v1 persona"), @"
    $ lua-store restore --from v1 persona
    ✓ Restored 1 file(s) from v1:
      M src/index.ts
    --- stderr
    Your earlier files are stored as safety snapshot 1.
    hint: run `lua-store snapshot restore 1` to restore them
    ");
    let text = project.read("src/index.ts");
    assert!(text.contains("You help customers shop.") && text.contains("gpt-5"), "{text}");
    assert!(project.json("diff v1")["persona"].is_null());
    project.ok("snapshot restore latest");
    assert!(project.read("src/index.ts").contains("You sell."));
}

/// The state of such a push is an older one's.
#[test]
fn a_primitive_of_code_that_was_not_read_is_refused() {
    let project = project();
    shop::edit(&project, "src/jobs/nightly.ts", "export default", "export default default");
    project.ok("push backup");
    let outcome = project.run("restore skill orders");
    assert!(
        outcome.code == 1 && outcome.stderr.contains("was not read when it was pushed"),
        "{outcome}"
    );
    let outcome = project.run("restore --from v1 src/jobs");
    let hint = "everything was pushed; run `lua-store restore .` to restore the last push";
    assert!(outcome.code == 0 && outcome.stderr.contains(hint), "{outcome}");
    project.ok("restore .");
    assert!(project.read("src/jobs/nightly.ts").contains("default default"));
}

/// The form for a new folder stays, and is never mistaken for the other.
#[test]
fn two_words_of_which_the_first_is_a_version_are_a_version_and_a_folder() {
    let project = project();
    project.ok("restore v1 ../out");
    assert!(project.read("../out/src/lib/store.ts").contains("the door"));
    project.write("v1", "a file\n");
    let outcome = project.run("restore v1 src");
    assert!(
        outcome.code == 2 && outcome.stderr.contains("lua-store restore -- v1 src"),
        "{outcome}"
    );
    project.ok("restore -- v1 src");
    assert!(!project.path("v1").exists(), "it was never pushed");
}

/// The form that older hints named.
#[test]
fn the_older_form_still_works() {
    let project = project();
    project.write("notes/new.md", "edited\n");
    project.ok("restore notes");
    project.ok("source rollback --snapshot 1 --force");
    assert_eq!(project.read("notes/new.md"), "edited\n");
}
