//! Layout of code, which is no change: files that move, quotes, the output of prettier.

use super::{agent, hook};
use crate::common::{Project, shop};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The shop with a file of code moved, and every import of it corrected.
fn with_moved_file() -> Project {
    let project = shop::project();
    project.ok("version create --auto-push");
    let text = project.read("src/skills/tools/TrackOrderTool.ts");
    std::fs::remove_file(project.path("src/skills/tools/TrackOrderTool.ts")).unwrap();
    project.write("src/skills/track/TrackOrderTool.ts", text);
    shop::edit(
        &project,
        "src/skills/orders.skill.ts",
        "./tools/TrackOrderTool",
        "./track/TrackOrderTool",
    );
    project
}

#[test]
fn a_file_that_moves_renumbers_nothing_and_is_told_as_moved() {
    let project = with_moved_file();
    let push = project.json("push");
    assert!(
        push["items"].as_array().unwrap().iter().all(|item| item["change"] == "unchanged"),
        "{push:#}"
    );
    assert_eq!(project.ok("version create"), "No staged changes since the previous version.\n");
    insta::assert_snapshot!(project.run("source diff 1 2"), @"
    $ lua-store source diff 1 2
      M src/skills/orders.skill.ts
      R src/skills/tools/TrackOrderTool.ts → src/skills/track/TrackOrderTool.ts
    ");
    // With an edit in it, it is a move and an edit.
    shop::edit(
        &project,
        "src/skills/track/TrackOrderTool.ts",
        "return find(input.id);",
        "return find(input.id) ?? null;",
    );
    project.ok("version create --auto-push");
    insta::assert_snapshot!(project.run("version diff 1 2").changes(), @"
    $ lua-store version diff 1 2
    Diff v1 → v2
    Skills:
      ~ orders 1.0.0 → 1.0.1
          ~ tool track_order
              code changed
              path: src/skills/tools/TrackOrderTool.ts → src/skills/track/TrackOrderTool.ts
    Code:
      ~ src/skills/tools/TrackOrderTool.ts → src/skills/track/TrackOrderTool.ts (TrackOrderTool) reaches skill orders
    Files:
      M src/skills/orders.skill.ts
      D src/skills/tools/TrackOrderTool.ts
      A src/skills/track/TrackOrderTool.ts
    ");
}

#[test]
fn quotes_around_keys_and_empty_statements_are_no_code() {
    let project = Project::new();
    let text = |body: &str| agent("", &format!("{{\n{body}\n}}"));
    let before = "const a = { \"one\": 1, \"2\": 2, \"not-a-name\": 3, [\"b\"]: 4 }\nclass C { \"f\"() {} }\nfunction g() {}\n(a.one)\nreturn a";
    let after = "const a = { one: 1, 2: 2, \"not-a-name\": 3, [\"b\"]: 4 };\nclass C { f() {} }\nfunction g() {}\n;(a.one)\nreturn a";
    project.write("src/index.ts", text(before));
    project.ok("init");
    project.ok("push");
    project.write("src/index.ts", text(after));
    assert_eq!(hook(&project.json("push")).0, "unchanged");
    // In brackets a name is looked up: that is another key.
    project.write("src/index.ts", text(&after.replace("[\"b\"]", "[b]")));
    assert_eq!(hook(&project.json("push")).0, "changed");
    project.write("src/index.ts", text(&after.replace("2: 2", "\"02\": 2")));
    assert_eq!(hook(&project.json("push")).0, "changed");
}

/// Node with prettier beside it, and projects to format. `PRETTIER` is the path of its folder in `node_modules`.
#[test]
fn what_prettier_does_is_no_change() {
    let Some(prettier) = std::env::var_os("PRETTIER").map(std::path::PathBuf::from) else {
        return;
    };
    let projects = std::env::var_os("PRETTIER_PROJECTS").unwrap_or_default();
    let projects: Vec<_> = std::env::split_paths(&projects).collect();
    for from in projects.iter().map(Some).chain([None]) {
        for style in [
            "",
            "--no-semi --single-quote",
            "--print-width 40 --tab-width 8",
            "--quote-props consistent --arrow-parens avoid --trailing-comma none",
        ] {
            let project = match from {
                Some(from) => copied(from),
                None => shop::project(),
            };
            project.ok("init");
            project.ok("push --force");
            let mut command = Command::new("node");
            command.arg(prettier.join("bin/prettier.cjs")).args(style.split_whitespace());
            command.args(["--ignore-path", "/dev/null", "--write", "**/*.{ts,tsx,js,mjs,json}"]);
            let output = command.current_dir(project.root()).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
            let push = project.json("push --dry-run");
            let changed: Vec<&Value> = push["items"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|item| item["change"] != "unchanged")
                .collect();
            assert!(
                changed.is_empty(),
                "{from:?} {style}: {changed:#?}\n{}",
                project.run("push --dry-run")
            );
        }
    }
}

fn copied(from: &Path) -> Project {
    let project = Project::new();
    for entry in walkdir::WalkDir::new(from)
        .into_iter()
        .filter_entry(|entry| entry.file_name() != "node_modules")
    {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(from).unwrap();
            project.write(&path.to_string_lossy(), std::fs::read(entry.path()).unwrap());
        }
    }
    project
}
