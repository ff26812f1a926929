//! One grammar of version names, for every command: agent versions, pushes, safety snapshots, versions of a remote.

use crate::common::{Project, shop};
use crate::remote::{copy_of, shared};
use insta::assert_snapshot;

/// Pushes v1 "kindly" and v2 "warmly", versions of both, v1 live, v2 sent too; a snapshot "unsent" and push v3 as v1.
fn project() -> Project {
    let project = shared();
    shop::edit(&project, "src/index.ts", "shop.", "kindly.");
    project.ok("push");
    project.ok("version create -m first");
    project.ok("version promote 1");
    shop::edit(&project, "src/index.ts", "kindly.", "warmly.");
    project.ok("push -m warmer");
    project.ok("version create -m second");
    project.ok("push");
    shop::edit(&project, "src/index.ts", "warmly.", "unsent.");
    project.ok("source rollback --version 1 --force");
    project
}

/// Every name, and the word of the persona in the files that it means.
const NAMES: [(&str, &str); 15] = [
    ("1", "kindly."),
    ("v2", "warmly."),
    ("active", "kindly."),
    ("latest", "warmly."),
    ("source/v1", "kindly."),
    ("source/2", "warmly."),
    ("source/latest", "kindly."),
    ("snapshot/v1", "unsent."),
    ("snapshot/latest", "unsent."),
    ("origin/v1", "kindly."),
    ("origin/v2", "warmly."),
    ("origin/active", "kindly."),
    ("origin/latest", "warmly."),
    ("origin/source/v2", "warmly."),
    ("origin/source/latest", "warmly."),
];

#[test]
fn every_command_takes_every_name() {
    let project = project();
    for (name, word) in NAMES {
        let file = project.ok(&format!("show {name}:src/index.ts"));
        assert!(file.contains(word), "{name}: {file}");
        assert_eq!(project.ok(&format!("cat-file {name}:source/src/index.ts")), file);
        assert!(project.ok(&format!("ls-tree {name}:source")).contains("package.json"), "{name}");
        let id = project.ok(&format!("rev-parse {name}"));
        for command in ["show", "version show"] {
            let shown = project.json(&format!("{command} {name}"));
            assert_eq!(format!("{}\n", shown["id"].as_str().unwrap()), id, "{command} {name}");
            project.ok(&format!("{command} {name}"));
        }
        for command in ["diff", "version diff"] {
            let other = if word == "kindly." { "v2" } else { "v1" };
            let changed = project.ok(&format!("{command} {name} {other} --name-only"));
            assert_eq!(changed, "src/index.ts\n", "{command} {name}");
        }
        let folder = format!("../{}", name.replace('/', "-"));
        project.ok(&format!("restore {name} {folder}"));
        assert_eq!(project.read(&format!("{folder}/src/index.ts")), file, "{name}");
        let in_sources = if name.contains('/') || name == "active" { name } else { "source/v1" };
        let listed = project.json(&format!("source show {in_sources}"));
        assert!(listed["files"].as_array().unwrap().len() > 5, "{listed}");
        project.ok(&format!("source diff {in_sources} 2"));
    }
    let id = project.json("show source/v2")["id"].as_str().unwrap()[..8].to_owned();
    assert_eq!(project.ok(&format!("diff {id} source/v2")), project.ok("diff source/v2 source/v2"));
}

#[test]
fn a_push_and_a_snapshot_are_shown_with_their_changes() {
    let project = project();
    let shown = project.run("show source/v2").changes();
    let shown: String = shown
        .to_string()
        .lines()
        .filter(|line| !line.contains("Id:") && !line.contains("Hash:"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_snapshot!(shown, @"
    $ lua-store show source/v2
    Version source/v2
      Created:      2026-11-21T09:30:00.000Z by ana@example.com
      Triggered by: batch push
      Message:      warmer
    Diff source/v1 → source/v2
    Persona: v1 → v2
      - You help customers kindly.
      + You help customers warmly.
    Files:
      M src/index.ts
    ");
    let shown = project.ok("show snapshot/v1");
    for line in [
        "Version snapshot/v1",
        "  Triggered by: safety snapshot",
        "Diff source/v2 → snapshot/v1",
        "  M src/index.ts",
    ] {
        assert!(shown.lines().any(|known| known == line), "{line}: {shown}");
    }
    assert!(!shown.contains("Persona"), "no agent was read of it: {shown}");
}

#[test]
fn in_its_own_group_a_bare_number_means_that_series() {
    let project = project();
    assert!(project.ok("source show 3").starts_with("Source version v3\n"));
    assert!(project.ok("source show latest").starts_with("Source version v3\n"));
    assert!(
        project.ok("source show active").starts_with("Version version v1\n")
            || project.ok("source show active").starts_with("Version v1\n")
    );
    let answer = project.json("source diff 1 origin/source/v2");
    assert_eq!((&answer["from"], &answer["to"]), (&1.into(), &serde_json::Value::Null));
    assert_eq!(answer["toName"], "origin/source/v2");
    project.ok("source rollback --version v2 --force");
    assert!(project.read("src/index.ts").contains("warmly."));
    assert!(project.ok("source rollback --version active --force").contains("Rolled back to v1"));
    assert!(project.read("src/index.ts").contains("kindly."));
}

#[test]
fn promote_and_delete_take_agent_versions_only() {
    let project = project();
    for (name, what) in [
        ("source/v2", "a source version"),
        ("origin/source/v2", "a source version"),
        ("snapshot/v1", "a safety snapshot"),
        ("v2:src", "a path inside a version"),
    ] {
        for command in ["version promote", "version delete"] {
            let outcome = project.run(&format!("{command} {name} --force"));
            let told = format!("Error: \"{name}\" is {what}, not an agent version\n");
            assert!(outcome.code == 2 && outcome.stderr.contains(&told), "{outcome}");
        }
    }
    project.ok("version promote origin/v2");
    assert_eq!(project.json("status")["active"], 2);
}

/// Ben promotes; Ana's names of the remote follow when it is asked, and say so when it is not.
#[test]
fn a_name_of_the_remote_asks_it_what_is_live() {
    let ana = project();
    let mut ben = copy_of(&ana, "ben@example.com");
    ben.ok("version promote 2");
    assert!(ana.ok("show origin/active:src/index.ts").contains("warmly."));
    ben.set("LUA_STORE_PATIENCE", "0");
    ana.ok("version promote 1 --force");
    let outcome = ben.run("rev-parse origin/active");
    assert_eq!(outcome.stdout, ben.ok("rev-parse v2"));
    assert!(outcome.stderr.contains("as origin had it"), "{outcome}");
}

#[test]
fn a_name_that_means_nothing_is_refused_with_the_next_step() {
    let project = project();
    for (name, message, hint, code) in [
        ("upstream/v1", "there is no remote \"upstream\"", "lua-store help versions", 3),
        ("origin/v9", "the remote \"origin\" has no v9", "lua-store fetch", 3),
        ("source/v9", "Source version v9 not found", "lua-store source list", 3),
        ("snapshot/v9", "There is no safety snapshot 9", "lua-store snapshot list", 3),
        ("origin/x", "Invalid version \"origin/x\"", "lua-store help versions", 2),
    ] {
        let outcome = project.run(&format!("rev-parse {name}"));
        assert_eq!(outcome.code, code, "{outcome}");
        assert!(outcome.stderr.contains(message) && outcome.stderr.contains(hint), "{outcome}");
    }
    let outcome = project.run("remote add source ../elsewhere/agent_shop");
    assert!(
        outcome.code == 2 && outcome.stderr.contains("cannot be the name of a remote"),
        "{outcome}"
    );
}

/// The one page names every form that the test above tries.
#[test]
fn one_page_has_all_names() {
    let project = Project::new();
    let page = project.ok("help versions");
    let topic = project.ok("versions");
    assert!(page.starts_with(&topic), "{page}");
    assert_eq!(project.json("versions")["page"], topic);
    let forms = [
        "  2, v2 ",
        "  active ",
        "  previous ",
        "  latest ",
        "  source/v6 ",
        "  source/latest ",
        "  snapshot/v1 ",
        "  snapshot/latest ",
        "  origin/v2 ",
        "  origin/active ",
        "  origin/source/v6 ",
        "  4f1c72b9 ",
        "  NAME:PATH ",
    ];
    for form in forms {
        assert!(page.contains(form), "{form}: {page}");
    }
    assert!(topic.lines().all(|line| line.len() <= 80), "{page}");
    assert!(project.ok("help").contains("Help topics:\n  versions "));
}
