//! Files whose agent cannot be read: they can be kept, and a version of them needs an option.

use crate::common::Project;
use insta::assert_snapshot;

const GOOD: &str = "import { LuaAgent } from 'lua-cli';
export const agent = new LuaAgent({ name: 'Shop', persona: 'You sell.' });
";
const BAD: &str = "import { LuaAgent } from 'lua-cli';
import { persona } from './gone';
export const agent = new LuaAgent({ name: 'Shop', persona: persona });
";
const REASON: &str = "cannot find \"./gone\", imported at \"src/index.ts:2:25\"";

/// One version, and then an import of a file that does not exist.
fn broken() -> Project {
    let project = Project::new();
    project.write("src/index.ts", GOOD);
    project.ok("init");
    project.ok("push");
    project.ok("version create");
    project.write("src/index.ts", BAD);
    project
}

#[test]
fn an_import_of_a_missing_file_says_where_and_what_keeps_the_files() {
    let project = broken();
    for line in ["push", "push --dry-run"] {
        let outcome = project.run(line);
        assert!(outcome.code != 0 && outcome.stderr.contains(REASON), "{outcome}");
        let hint = "hint: run `lua-store push backup` to store the files as they are";
        assert!(outcome.stderr.lines().any(|line| line == hint), "{outcome}");
    }
    assert_eq!(project.list("source list").as_array().unwrap().len(), 1);
}

/// On call, with half an edit in the working copy, somebody asks what is live.
#[test]
fn status_says_what_is_live_and_what_cannot_be_read() {
    let project = broken();
    project.ok("version promote 1");
    project.write("notes.md", "later\n");
    assert_snapshot!(project.run("status"), @r#"
    $ lua-store status
    Active version:  v1
      Live since 09:30 UTC (just now) by ana@example.com
    Newest version:  v1
    Pushed source:   v1
    Not pushed:
      A notes.md
      M src/index.ts
    --- stderr
    warning: the agent cannot be read: cannot find "./gone", imported at "src/index.ts:2:25"
    hint: correct it, or run `lua-store push backup` to store the files as they are
    --- exit 1
    "#);
    let outcome = project.run("status --json");
    let answer: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(
        (outcome.code, &answer["active"], &answer["unread"]),
        (1, &1.into(), &REASON.into())
    );
    assert_eq!(answer["notPushed"]["files"].as_array().unwrap().len(), 2);
    project.write("src/index.ts", GOOD);
    assert_eq!(project.json("status")["unread"], serde_json::Value::Null);
}

#[test]
fn a_backup_of_it_says_that_only_files_are_kept() {
    let project = broken();
    let outcome = project.run("push backup");
    assert_eq!(outcome.code, 0, "{outcome}");
    let told =
        format!("warning: only the files are stored, because the agent cannot be read: {REASON}");
    assert!(outcome.stderr.lines().any(|line| line == told), "{outcome}");
    assert_eq!(project.json("push backup")["unread"], REASON);
    let good = broken();
    good.write("src/index.ts", format!("{GOOD}// more\n"));
    assert!(good.json("push backup")["unread"].is_null());
}

/// The reason quotes code, and is kept in a record.
#[test]
fn a_key_in_the_reason_is_not_kept() {
    let project = broken();
    let key = format!("sk_live_{}", "4eC39HqLyjWDarjtT1zdp7dz");
    project.write("src/index.ts", BAD.replace("./gone", &format!("./{key}")));
    let pushed = project.json("push backup");
    assert_eq!(pushed["unread"], REASON.replace("./gone", "./sk_live_…"));
    for line in ["source list --json", "cat-file source/v2 --json", "source show v2"] {
        let outcome = project.run(line);
        assert!(!outcome.stdout.contains(&key) && !outcome.stderr.contains(&key), "{outcome}");
    }
}

#[test]
fn a_version_of_it_is_made_only_where_that_is_allowed() {
    let project = broken();
    project.ok("push backup");
    let outcome = project.run("version create");
    assert_eq!(outcome.code, 1, "{outcome}");
    let told = format!(
        "Error: cannot create a version of source version v2: its agent was not read: {REASON}"
    );
    assert!(outcome.stderr.lines().any(|line| line == told), "{outcome}");
    assert!(outcome.stderr.contains("`lua-store version create --allow-unreadable`"), "{outcome}");
    assert_eq!(project.list("version list").as_array().unwrap().len(), 1);

    project.ok("version create --allow-unreadable");
    let shown = project.ok("version show 2");
    assert!(shown.contains(&format!("  Agent:   not read: {REASON}\n")), "{shown}");
    assert_eq!(project.json("version show 2")["unread"], REASON);
    assert!(project.json("version show 2")["deployable"].is_null());
    let note = format!(
        "v2: its agent could not be read, its state is that of the version before: {REASON}"
    );
    for line in ["version diff 1 2", "diff v1 v2", "show v2", "show latest"] {
        assert!(project.ok(line).contains(&note), "{line}");
    }
    assert_eq!(project.json("show v2")["unread"], REASON);
    assert!(!project.ok("show v1").contains("not read"));
    assert_eq!(project.json("version diff 1 2")["unread"]["to"], REASON);
    project.ok("version promote 1");
    assert!(project.ok("version promote 2 --dry-run").contains(&note));
    project.ok("fsck");
}

#[test]
fn a_push_of_what_can_be_read_again_takes_it_back() {
    let project = broken();
    project.ok("push backup");
    project.write("src/gone.ts", "export const persona = 'You sell more.';");
    project.ok("push");
    project.ok("version create");
    assert!(project.json("version show 2")["unread"].is_null());
    let told = project.ok("version show 2");
    assert!(!told.contains("not read"), "{told}");
}

/// The cache holds what was read; another text in it, under its own sum, is what `compile` then prints.
#[test]
fn compile_takes_the_agent_from_the_cache() {
    let project = broken();
    project.write("src/index.ts", GOOD);
    project.ok("compile");
    let path = project.path(".lua/cache/agent");
    let bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(9).position(|part| part == b"You sell.").unwrap();
    let mut body = bytes[32..].to_vec();
    body[at - 32..at - 32 + 9].copy_from_slice(b"You swim.");
    let sum = blake3::hash(&body);
    std::fs::write(&path, [sum.as_bytes().as_slice(), &body].concat()).unwrap();
    assert_eq!(project.json("compile")["agent"]["persona"], "You swim.");
    project.write("src/index.ts", format!("{GOOD}// more\n"));
    assert_eq!(project.json("compile")["agent"]["persona"], "You sell.");
}
