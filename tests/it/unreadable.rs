//! Code that cannot be read: whatever needs no reading is shown, the error beside it; the rest ends with exit code 1
//! and a code of its own.

use crate::common::{Outcome, Project, shop};
use insta::assert_snapshot;
use serde_json::{Value, json};

/// Two versions, and then a file that does not parse.
fn does_not_parse() -> Project {
    let project = shop::two_versions();
    shop::edit(&project, "src/jobs/nightly.ts", "export default", "export default default");
    project
}

/// The same with an import of a file that does not exist.
fn broken_import() -> Project {
    let project = shop::two_versions();
    shop::edit(
        &project,
        "src/jobs/nightly.ts",
        "'lua-cli';",
        "'lua-cli';\nimport { x } from './gone';\nx();",
    );
    project
}

/// Places by hand: the second `default` in `export default default new LuaJob({` is at column 16 of line 3; the import
/// of `./gone` begins at column 19 of line 2.
fn cases() -> [(Project, Value); 2] {
    [
        (does_not_parse(), json!({"path": "src/jobs/nightly.ts", "line": 3, "column": 16})),
        (broken_import(), json!({"path": "src/jobs/nightly.ts", "line": 2, "column": 19})),
    ]
}

fn answer(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{outcome}"))
}

#[test]
fn what_must_read_ends_with_its_own_code() {
    for (project, place) in cases() {
        for line in [
            "push",
            "push --dry-run",
            "push skill --name orders",
            "compile",
            "version create --auto-push -m no",
        ] {
            let outcome = project.run(&format!("{line} --json"));
            let error = answer(&outcome)["error"].clone();
            assert_eq!((outcome.code, &error["code"]), (1, &json!("unreadable")), "{outcome}");
            assert_eq!(error["details"], place, "{outcome}");
            assert_eq!(project.run(line).code, 1, "{line}");
        }
        assert_eq!(project.list("source list").as_array().unwrap().len(), 2, "nothing was pushed");
        assert_eq!(project.list("version list").as_array().unwrap().len(), 2);
    }
}

#[test]
fn status_and_diff_show_the_files_and_the_error_beside_them() {
    for (project, place) in cases() {
        for line in ["status", "diff", "diff v1", "diff --pushed"] {
            let outcome = project.run(&format!("{line} --json"));
            let answer = answer(&outcome);
            assert_eq!(
                (outcome.code, &answer["error"]["code"]),
                (1, &json!("unreadable")),
                "{outcome}"
            );
            assert_eq!(answer["error"]["details"], place, "{outcome}");
            let files =
                if line == "status" { &answer["notPushed"]["files"] } else { &answer["files"] };
            let has =
                |path: &str| files.as_array().unwrap().iter().any(|file| file["path"] == path);
            assert!(has("src/jobs/nightly.ts"), "{outcome}");
            assert_eq!(has("src/index.ts"), line == "diff v1", "{outcome}");
            assert!(answer.get("skills").is_none(), "no agent was compared: {outcome}");
        }
    }
    assert_snapshot!(does_not_parse().run("diff"), @"
    $ lua-store diff
    Diff v2 → project
    Files:
    diff --git a/src/jobs/nightly.ts b/src/jobs/nightly.ts
    --- a/src/jobs/nightly.ts
    +++ b/src/jobs/nightly.ts
    @@ -1,6 +1,6 @@
     import { LuaJob } from 'lua-cli';
     
    -export default new LuaJob({
    +export default default new LuaJob({
       name: 'nightly',
       description: 'Tidies up',
       schedule: { type: 'cron', expression: '0 3 * * *' },
    --- stderr
    Error: src/jobs/nightly.ts:3:16: Unexpected token
      export default default new LuaJob({
                     ^
    hint: run `lua-store push backup` to store the files as they are
    --- exit 1
    ");
}

/// None of these reads the code of the project.
#[test]
fn everything_that_needs_no_reading_works() {
    for (project, _) in cases() {
        for line in [
            "log",
            "log --ledger",
            "source list",
            "source show latest",
            "source diff 1 2 -p",
            "diff v1 v2",
            "diff -- src/jobs",
            "diff src/jobs/nightly.ts --json",
            "version list",
            "version show 2",
            "version diff 1 2",
            "version create -m pushed",
            "show",
            "persona list",
            "push backup --dry-run",
            "restore v1 ../out",
        ] {
            let outcome = project.run(line);
            assert_eq!(outcome.code, 0, "{outcome}");
        }
        project.ok("source rollback --version 1 --force");
        assert!(!project.read("src/jobs/nightly.ts").contains("gone"));
        assert_eq!(project.run("status").code, 0);
    }
}
