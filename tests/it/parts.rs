//! `skill NAME` and `persona` as arguments of `diff` and `log`: the history of one part of the agent, in the words of
//! `restore`.

use crate::common::Project;
use crate::common::shop::{self, edit};
use serde_json::Value;

/// Pushes of a tool's description (v2), of the persona (v3), of a helper that skill orders reaches (v4); versions of the
/// first and the last one.
fn history() -> Project {
    let project = shop::versioned();
    edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds what we sell");
    project.ok("push -m catalog");
    edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push -m persona");
    edit(&project, "src/lib/store.ts", "the door", "the gate");
    project.ok("push -m helper");
    project.ok("version create -m second");
    project
}

fn names(project: &Project, line: &str) -> Vec<String> {
    let rows = project.list(line);
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

fn paths(answer: &Value) -> Vec<&str> {
    let files = answer["files"].as_array().unwrap();
    files.iter().map(|file| file["path"].as_str().unwrap()).collect()
}

#[test]
fn log_lists_what_changed_one_part() {
    let project = history();
    for (line, expected) in [
        ("log skill catalog", &["v2", "source/v2", "v1", "source/v1"][..]),
        ("log skill orders", &["v2", "source/v4", "v1", "source/v1"]),
        ("log persona", &["v2", "source/v3", "v1", "source/v1"]),
        ("log job nightly", &["v1", "source/v1"]),
        ("log skills catalog persona", &["v2", "source/v3", "source/v2", "v1", "source/v1"]),
        // A path beside it: what changed either.
        ("log skill catalog src/lib", &["v2", "source/v4", "source/v2", "v1", "source/v1"]),
        ("log source/v2 skill catalog", &["source/v2", "v1", "source/v1"]),
        ("log skill catalog --grep catalog", &["source/v2"]),
        ("log skill catalog -S sell", &["v2", "source/v2"]),
        ("log skill catalog -n 1", &["v2"]),
    ] {
        assert_eq!(names(&project, line), expected, "{line}");
    }
    let rows = project.list("log skill catalog --grep catalog");
    assert_eq!(paths(&rows[0]), ["src/skills/catalog.skill.ts"]);
    assert_eq!(rows[0]["change"]["skills"]["changed"][0]["name"], "catalog");
    let told = project.ok("log skill catalog --grep catalog");
    let words = "  ~ skill catalog 1.0.0 → 1.0.1\n      ~ tool search\n          description:\n\
                 \x20           - Finds products\n            + Finds what we sell\n\
                 \x20 M src/skills/catalog.skill.ts\n";
    assert!(told.ends_with(words), "{told}");
    let persona = project.ok("log persona --grep persona");
    assert!(persona.contains("You help.") && !persona.contains("src/"), "{persona}");
    assert_eq!(paths(&project.list("log persona --grep persona")[0]), Vec::<&str>::new());
    let raw = project.ok("log skill orders -n 1 --name-only");
    assert!(raw.contains("\nsrc/lib/store.ts\n") && !raw.contains('~'), "{raw}");
}

#[test]
fn diff_compares_one_part() {
    let project = history();
    let answer = project.json("diff v1 v2 skill catalog");
    assert_eq!(paths(&answer), ["src/skills/catalog.skill.ts"]);
    assert_eq!(answer["changed"].as_array().unwrap().len(), 1, "{answer}");
    assert!(answer["persona"].is_null() && answer["skills"]["added"] == serde_json::json!([]));
    let answer = project.json("diff v1 v2 persona");
    assert!(answer["persona"].is_object() && answer["changed"] == serde_json::json!([]));
    // The server is in the file of the persona, which changed.
    for part in ["job nightly", "mcp-server docs"] {
        let told = project.ok(&format!("diff v1 v2 {part}"));
        assert_eq!(told, "Diff v1 → v2\nNo differences.\n", "{part}");
    }
    assert_eq!(paths(&project.json("diff v1 v2 skill catalog src/lib")).len(), 2);
    // Of the project, what was not pushed.
    edit(&project, "src/skills/catalog.skill.ts", "Finds what we sell", "Finds anything");
    project.write("notes.md", "other\n");
    let told = project.ok("diff skill catalog");
    assert!(told.contains("+ Finds anything") && !told.contains("notes.md"), "{told}");
    assert!(project.ok("diff --pushed persona").ends_with("No differences.\n"));
    assert!(project.ok("diff -p skill catalog").contains("\n+  description: 'Finds anything'"));
    // Code that cannot be read: the files of the part, and the error.
    edit(&project, "src/skills/catalog.skill.ts", "defineSkill({", "defineSkill({{");
    let told = project.run("diff skill catalog");
    assert_eq!(told.code, 1, "{told}");
    assert!(
        told.stdout.contains("src/skills/catalog.skill.ts") && !told.stdout.contains("notes.md")
    );
}

#[test]
fn the_words_are_those_of_restore() {
    let project = history();
    for command in ["log", "diff v1 v2", "restore --dry-run --from v1"] {
        let told = project.run(&format!("{command} skill"));
        assert_eq!(told.code, 2, "{told}");
        assert!(told.stderr.contains("the name of the skill is missing: `skill NAME`"), "{told}");
        let told = project.run(&format!("{command} skill catalg"));
        assert_eq!(told.code, 3, "{told}");
        assert!(told.stderr.contains("did you mean `catalog`?"), "{told}");
    }
    project.write("persona", "a file\n");
    project.write("skills/a.txt", "a\n");
    project.ok("push backup -m files");
    // A file of the name of a part goes with `./` or after `--`; two folders are two folders.
    assert_eq!(names(&project, "log ./persona"), ["source/v5"]);
    assert!(project.ok("log -- persona").starts_with("source/v5 "));
    assert_eq!(names(&project, "log persona -n 1"), ["v2"]);
    assert_eq!(names(&project, "log skills"), ["source/v5"]);
    assert_eq!(names(&project, "log skills src -n 1"), ["source/v5"]);
    let snapshot = project.run("diff snapshot/v1 skill catalog");
    assert_eq!(snapshot.code, 3, "{snapshot}");
    project.write("src/mine.md", "mine\n");
    project.ok("restore .");
    let snapshot = project.run("diff snapshot/v1 v2 skill catalog");
    assert_eq!(snapshot.code, 2, "{snapshot}");
    assert!(snapshot.stderr.contains("contains only files, and no agent"), "{snapshot}");
    assert!(project.ok("help versions").contains("  skill NAME           a primitive"));
}
