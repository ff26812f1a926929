//! Behaviour of every command: errors, exit codes, `--json`, colour, pipes.

use crate::common::{Project, shop};
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn help_groups_the_commands() {
    let project = Project::new();
    let help = project.ok("--help");
    assert!(help.starts_with("A version store for AI agents"), "{help}");
    assert!(help.contains("\nMaintain the store:\n  fsck           Check every hash"), "{help}");
    assert_eq!(help, project.ok("help"));
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
}

#[test]
fn a_group_without_a_command_prints_its_own_help() {
    let project = Project::new();
    for (group, command) in [("version", "promote"), ("persona", "show"), ("source", "rollback")] {
        let outcome = project.run(group);
        assert_eq!((outcome.stdout.as_str(), outcome.code), ("", 2));
        assert!(outcome.stderr.contains(&format!("\n  {command}  ")), "{}", outcome.stderr);
        let expected = format!(
            "Error: no command was given after \"lua-store {group}\"\n\
             hint: run `lua-store {group} --help` to list the commands\n"
        );
        assert!(outcome.stderr.ends_with(&expected), "{}", outcome.stderr);
    }
    assert_snapshot!(project.run("version --json"), @r#"
    $ lua-store version --json
    {
      "schemaVersion": 1,
      "kind": "error",
      "error": {
        "code": "usage",
        "message": "no command was given after \"lua-store version\"",
        "hint": "run `lua-store version --help` to list the commands"
      },
      "next": [
        [
          "lua-store",
          "version",
          "--help"
        ]
      ]
    }
    --- exit 2
    "#);
    assert_snapshot!(project.run("version prmote"), @r#"
    $ lua-store version prmote
    --- stderr
    Error: unrecognized subcommand "prmote"
    hint: did you mean `promote`?
    hint: run `lua-store version --help` to list the commands
    --- exit 2
    "#);
}

#[test]
fn the_version_is_the_package_s() {
    assert_eq!(
        Project::new().ok("--version"),
        format!("lua-store {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_mistyped_command_is_a_usage_error_with_a_suggestion() {
    assert_snapshot!(Project::new().run("hash-objct README.md"), @r#"
    $ lua-store hash-objct README.md
    --- stderr
    Error: unrecognized subcommand "hash-objct"
    hint: did you mean `hash-object`?
    hint: run `lua-store --help` to list the commands
    --- exit 2
    "#);
}

#[test]
fn a_usage_error_is_json_when_json_was_asked_for() {
    assert_snapshot!(Project::new().run("hash-object --stdn --json"), @r#"
    $ lua-store hash-object --stdn --json
    {
      "schemaVersion": 1,
      "kind": "error",
      "error": {
        "code": "usage",
        "message": "unexpected argument \"--stdn\" found",
        "hint": "did you mean `--stdin`?\nusage: `lua-store hash-object --stdin [FILES]...`"
      },
      "next": []
    }
    --- exit 2
    "#);
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    assert_snapshot!(Project::new().run("-C nowhere hash-object x"), @r#"
    $ lua-store -C nowhere hash-object x
    --- stderr
    Error: cannot open "nowhere": No such file or directory
    --- exit 3
    "#);
}

#[test]
fn colour_is_for_terminals_and_for_those_who_insist() {
    let mut project = Project::new();
    assert!(!project.run("nonsense").stderr.contains('\x1b'));
    let insisted = project.run("nonsense --color always").stderr;
    assert!(insisted.starts_with("\x1b[1m\x1b[31mError:\x1b[0m "), "{insisted:?}");
    assert!(project.ok("--help --color=always").contains('\x1b'));
    project.set("NO_COLOR", "1");
    assert!(!project.ok("--help").contains('\x1b'));
}

#[test]
fn a_reader_that_leaves_early_ends_the_program_quietly() {
    let project = Project::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = project.lua_store("completions bash").stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(141), Vec::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let project = Project::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = project.lua_store("completions bash").stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr, "Error: cannot write \"standard output\": No space left on device\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_harness_hides_the_machine() {
    let project = Project::new();
    let outcome = project.git("rev-parse --show-toplevel");
    assert_eq!((outcome.stdout.as_str(), outcome.code), ("", 128), "{outcome}");
}

/// `error.details` of a command that fails.
fn details(project: &Project, line: &str) -> serde_json::Value {
    let outcome = project.run(&format!("{line} --json"));
    assert_eq!(outcome.code, 1, "{outcome}");
    let answer: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert!(answer["error"]["message"].is_string(), "{answer}");
    answer["error"]["details"].clone()
}

#[test]
fn a_refusal_has_its_data_beside_its_sentence() {
    let ann = shop::project();
    ann.ok("init");
    // Put together at run time, so that no scanner takes this file for a leak.
    let secret = ["ghp_", "q9Zx8Wc7Vb6Nm5Lk4Jh3Gf2Ds1Aq0WeR5tY6"].concat();
    let text = format!("const key = '{secret}';\nexport const find = (id: string) => key + id;\n");
    let store = ann.read("src/lib/store.ts");
    ann.write("src/lib/store.ts", text);
    let refused = details(&ann, "push");
    assert_eq!(refused["secrets"][0]["path"], "src/lib/store.ts", "{refused}");
    assert_eq!(refused["secrets"][0]["line"], 1, "{refused}");
    assert_eq!(refused["secrets"][0]["allow"], "src/lib/store.ts", "{refused}");
    assert!(!refused.to_string().contains(&secret), "{refused}");

    ann.write("src/lib/store.ts", store);
    ann.ok("remote add origin ../share/agent_shop");
    ann.ok("push");
    ann.ok("version create -m one");
    ann.ok("push");
    let ben = shop::project();
    ben.ok("init");
    ben.ok(&format!("remote add origin {}", ann.path("../share/agent_shop").display()));
    let change = |event| {
        let (by, at) = ("ana@example.com", "2026-11-21T09:30:00.000Z");
        let message = if event == "create" { Some("one") } else { None };
        json!({"event": event, "version": 1, "by": by, "at": at, "message": message})
    };
    let expected = json!({
        "remote": "origin", "sourceVersions": [1], "versions": [1], "ledger": 0,
        "changes": [change("push"), change("create")],
    });
    assert_eq!(details(&ben, "push"), expected);
    let plain = ben.run("version show nothing --json");
    assert!(!plain.stdout.contains("details"), "{plain}");
}
