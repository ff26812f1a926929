//! `diff platform` and `status`: the project beside what runs.

use super::{AGENT, There};
use crate::common::shop;
use insta::assert_snapshot;
use serde_json::json;

const PERSONA: &str = "You are Ava.";

fn edit(there: &There, path: &str, from: &str, to: &str) {
    shop::edit(&there.project, &format!("../mine/{path}"), from, to);
}

fn compared(there: &There) -> String {
    there.project.run("-C ../mine diff platform").to_string()
}

#[test]
fn a_project_that_is_what_runs_is_in_sync() {
    let there = There::new();
    there.in_sync_clone();
    there.platform.reset_requests();
    assert_snapshot!(compared(&there), @r"
    $ lua-store -C ../mine diff platform
    Active v2 there · 3 of 3 primitives at their numbers · persona, model, 1 MCP server equal · code of bundles: not compared
    6 of 6 parts in sync
    ");
    assert!(super::only_reads(&there.platform.requests()));
    assert!(there.platform.requests().len() <= 16, "{:?}", there.platform.requests());
}

#[test]
fn each_part_is_ahead_behind_diverged_or_unknown() {
    let there = There::new();
    there.edit(
        "src/index.ts",
        "model: 'openai/gpt-4o',",
        "model: 'openai/gpt-4o',\n  modelSettings: { temperature: 0.2 },",
    );
    there.version("with settings");
    there.platform.dashboard(AGENT).promote(4);
    there.platform.assume(|assumptions| assumptions.settings_shown = false);
    there.cloned("mine");
    let dashboard = there.platform.dashboard(AGENT);
    dashboard.push("skills", "orders", "1.0.4", json!({}));
    dashboard.deploy("skills", "orders", "1.0.4");
    dashboard.push_from("marketplace", "skills", "weather", "1.0.0", json!({}));
    dashboard.deploy("skills", "weather", "1.0.0");
    dashboard.edit_persona("You are Bo.");
    edit(&there, "src/index.ts", PERSONA, "You are Cy.");
    edit(&there, "src/skills/catalog.skill.ts", "Finds all products", "Finds each product");
    assert_snapshot!(compared(&there), @r#"
    $ lua-store -C ../mine diff platform
    Active v4 there · 2 of 3 primitives at their numbers · model, 1 MCP server equal · persona not equal · settings unknown · code of bundles: not compared
      diverged  persona as served is not the text of v4: somebody edited it there, or the promote moved only the mark
      diverged  persona version is 2, v4 has 1
      diverged  persona was changed in the project after v4
      unknown   setting modelSettings is unknown: #9 does not contain "modelSettings"
      ahead     skill catalog was changed in the project after v4
      behind    skill orders is live as 1.0.4 (pushed by bo@example.com at 2026-11-20 10:00), v4 has 1.0.3: deployed alone; the next promote reverts it
      in sync   skill weather is live as 1.0.0, made in the marketplace: not part of v4
    4 of 8 parts in sync
    --- exit 1
    "#);
    let answer = there.project.run("-C ../mine diff platform --json");
    assert_eq!(answer.code, 1, "{answer}");
    let answer: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(answer["standing"], "diverged");
    let standing = |component: &str, name: Option<&str>| {
        let mut parts = answer["parts"].as_array().unwrap().iter();
        let part = parts.find(|part| part["component"] == component && part["name"] == json!(name));
        part.unwrap()["standing"].as_str().unwrap().to_owned()
    };
    assert_eq!(standing("skill", Some("orders")), "behind");
    assert_eq!(standing("skill", Some("catalog")), "ahead");
    assert_eq!(standing("skill", Some("weather")), "in_sync");
    assert_eq!(standing("persona", None), "diverged");
    assert_eq!(standing("modelSettings", None), "unknown");
    assert_eq!(standing("model", None), "in_sync");
    // The persona that is served is taken: it is no difference any more, whatever the version has.
    edit(&there, "src/index.ts", "You are Cy.\nYou help customers shop.", "You are Bo.");
    let taken = compared(&there);
    assert!(taken.contains("  in sync   persona of the project is the one that runs"), "{taken}");
}

#[test]
fn a_part_that_is_not_shown_is_unknown_where_nothing_else_differs() {
    let there = There::new();
    there.edit(
        "src/index.ts",
        "model: 'openai/gpt-4o',",
        "model: 'openai/gpt-4o',\n  modelSettings: { temperature: 0.2 },",
    );
    there.version("with settings");
    there.platform.dashboard(AGENT).promote(4);
    there.platform.assume(|assumptions| assumptions.settings_shown = false);
    there.cloned("mine");
    let outcome = there.project.run("-C ../mine diff platform");
    assert_eq!(outcome.code, 11, "{outcome}");
}

#[test]
fn a_project_without_such_a_remote_is_refused() {
    let there = There::new();
    there.project.ok("init");
    let none = there.project.run("diff platform").to_string();
    assert_snapshot!(none, @r"
    $ lua-store diff platform
    --- stderr
    Error: this project has no remote
    hint: run `lua-store remote add origin https://host/AGENT` to add one
    --- exit 2
    ");
    there.project.ok("remote add shared ../data/agent_shop");
    let folder = there.project.run("diff platform");
    assert!(folder.code == 2 && folder.stderr.contains("is not on the platform"), "{folder}");
    let offline = there.project.run("diff platform --offline");
    assert!(offline.code == 2 && offline.stderr.contains("`--offline`"), "{offline}");
    // A path of this name is one.
    there.project.write("platform/a.ts", "export {};\n");
    there.project.ok("push --offline");
    there.project.write("platform/a.ts", "export const a = 1;\n");
    assert!(there.project.ok("diff platform").contains("export const a = 1;"));
}

#[test]
fn status_names_the_parts_that_run_and_are_not_those_of_the_version() {
    let there = There::new();
    there.in_sync_clone();
    let same = there.in_clone("mine", "status");
    assert!(!same.contains("What runs"), "{same}");
    let dashboard = there.platform.dashboard(AGENT);
    dashboard.deploy("skills", "orders", "1.0.3");
    dashboard.set_model("openai/gpt-5");
    there.platform.reset_requests();
    let shown = there.in_clone("mine", "status");
    assert!(shown.contains("  What runs is not exactly v2: skill orders, model\n"), "{shown}");
    assert_eq!(there.platform.requests().len(), 15, "{:?}", there.platform.requests());
    // Without the platform the last answer is shown.
    there.platform.reset_requests();
    let offline = there.json("mine", "status --offline");
    assert_eq!(
        offline["runs"],
        json!({"version": 2, "differs": ["skill orders", "model"], "unknown": []})
    );
    assert!(there.platform.requests().is_empty());
    // Another version runs: the comparison with the one before says nothing of it.
    dashboard.promote(3);
    let moved = there.in_clone("mine", "status");
    assert!(!moved.contains("What runs"), "{moved}");
}

#[test]
fn a_number_that_no_backup_has_is_unknown_and_no_drift() {
    let there = There::new();
    there.platform.dashboard(AGENT).create_version("same");
    there.push("skills", "catalog", "1.0.9");
    there.platform.dashboard(AGENT).create_version("pushed, and not backed up");
    there.platform.dashboard(AGENT).promote(5);
    there.cloned("mine");
    let outcome = there.project.run("-C ../mine sync --check");
    assert_eq!(outcome.code, 11, "{outcome}");
    assert!(outcome.stdout.contains("catalog (unknown)"), "{outcome}");
    assert!(outcome.stdout.contains("Total: 0 component(s) with drift, 1 unknown"), "{outcome}");
    let answer = there.project.run("-C ../mine sync --check --json");
    let answer: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!((&answer["drift"], &answer["standing"]), (&json!(false), &json!("unknown")));
    let platform = there.project.run("-C ../mine diff platform");
    assert_eq!(platform.code, 11, "{platform}");
    assert!(platform.stdout.contains("  unknown   skill catalog cannot be compared"), "{platform}");
}
