//! `remote verify`: what runs there beside what the active version says.

use super::{AGENT, There};
use crate::platform::stub::Assumptions;
use insta::assert_snapshot;
use serde_json::json;

fn verified(there: &There) -> String {
    there.project.run("-C ../mine remote verify").to_string()
}

#[test]
fn what_runs_is_the_active_version() {
    let there = There::new();
    there.cloned("mine");
    there.platform.reset_requests();
    assert_snapshot!(verified(&there), @r"
    $ lua-store -C ../mine remote verify
    Active v2 there · 3 of 3 primitives at their numbers · persona, model, 1 MCP server equal · code of bundles: not pushed from here
    ");
    assert!(super::only_reads(&there.platform.requests()));
    assert!(there.platform.requests().len() <= 16, "{:?}", there.platform.requests());
}

#[test]
fn what_somebody_made_live_alone_is_named_with_who_and_when() {
    let there = There::new();
    there.cloned("mine");
    let dashboard = there.platform.dashboard(AGENT);
    dashboard.deploy("skills", "orders", "1.0.3");
    dashboard.edit_persona("You are Bo.");
    dashboard.set_model("openai/gpt-5");
    dashboard.set_server(
        "docs",
        json!({"transport": "streamable-http", "url": "https://other.example.com"}),
    );
    dashboard.set_server("extra", json!({"transport": "sse", "url": "https://extra.example.com"}));
    there.push("skills", "fresh", "1.0.1");
    dashboard.deploy("skills", "fresh", "1.0.1");
    dashboard.delete_primitive("jobs", "nightly");
    assert_snapshot!(verified(&there), @r"
    $ lua-store -C ../mine remote verify
    Active v2 there · 1 of 4 primitives at their numbers · persona, model, 2 MCP servers not equal · code of bundles: not pushed from here
      job nightly is not live, v2 has 1.0.1
      skill fresh is live as 1.0.1 (pushed by bo@example.com at 2026-11-20 10:00), and not in v2
      skill orders is live as 1.0.3 (pushed by bo@example.com at 2026-11-20 10:00), v2 has 1.0.1: deployed alone; the next promote reverts it
      persona as served is not the text of v2: somebody edited it there, or the promote moved only the mark
      persona version is 2, v2 has 1
      model is openai/gpt-5, v2 has openai/gpt-4o
      MCP server docs is streamable-http https://other.example.com, v2 has streamable-http https://docs.example.com/mcp
      MCP server extra is live as sse https://extra.example.com, and not in v2
    --- exit 1
    ");
    let answer = there.project.run("-C ../mine remote verify --json");
    assert_eq!(answer.code, 1, "{answer}");
    let answer: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(answer["equal"], false);
    let orders = answer["parts"].as_array().unwrap().iter().find(|part| part["name"] == "orders");
    assert_eq!(orders.unwrap()["pushedBy"], "bo@example.com");
}

#[test]
fn a_primitive_that_was_made_elsewhere_is_named_and_is_no_difference() {
    let there = There::new();
    there.cloned("mine");
    let dashboard = there.platform.dashboard(AGENT);
    dashboard.push_from("marketplace", "skills", "weather", "1.0.0", json!({}));
    dashboard.deploy("skills", "weather", "1.0.0");
    // One that does not run is no part of anything.
    dashboard.push_from("dashboard", "webhooks", "idle", "1.0.0", json!({}));
    assert_snapshot!(verified(&there), @r"
    $ lua-store -C ../mine remote verify
    Active v2 there · 3 of 3 primitives at their numbers · persona, model, 1 MCP server equal · code of bundles: not pushed from here
      skill weather is live as 1.0.0, made in the marketplace: not part of v2
    ");
    let answer = there.json("mine", "remote verify");
    let parts = answer["parts"].as_array().unwrap();
    let weather = parts.iter().find(|part| part["name"] == "weather").unwrap();
    assert_eq!(
        (&weather["state"], &weather["source"]),
        (&json!("elsewhere"), &json!("marketplace"))
    );
    assert_eq!(answer["equal"], true);
    // In a version, it is one of its primitives, wherever it came from.
    dashboard.create_version("with it");
    dashboard.promote(4);
    there.in_clone("mine", "fetch");
    dashboard.push("skills", "weather", "1.0.1", json!({}));
    dashboard.deploy("skills", "weather", "1.0.1");
    let moved = verified(&there);
    assert!(moved.contains("skill weather is live as 1.0.1"), "{moved}");
    assert!(
        moved.contains("4 of 5 primitives at their numbers") && moved.ends_with("exit 1\n"),
        "{moved}"
    );
}

#[test]
fn a_promote_that_serves_the_old_persona_is_seen() {
    let there =
        There::with(Assumptions { promote_serves_persona: false, ..Assumptions::default() });
    let dashboard = there.platform.dashboard(AGENT);
    dashboard.edit_persona("You are Bo.");
    dashboard.promote(1);
    there.cloned("mine");
    let shown = verified(&there);
    assert!(shown.contains("persona as served is not the text of v1"), "{shown}");
}

#[test]
fn a_part_that_is_not_shown_is_unknown_and_neither_equal_nor_different() {
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
    let outcome = there.project.run("-C ../mine remote verify");
    assert_eq!(outcome.code, 11, "{outcome}");
    assert!(
        outcome.stdout.contains("setting modelSettings is unknown: #9 does not contain"),
        "{outcome}"
    );
}

#[test]
fn another_kind_of_remote_and_an_agent_without_a_live_version_are_refused() {
    let there = There::empty(Assumptions::default());
    there.version("staged");
    there.cloned("mine");
    let none = verified(&there);
    assert!(
        none.contains("no version is active on the platform") && none.ends_with("exit 3\n"),
        "{none}"
    );
    there.in_clone("mine", "remote add shared ../data/agent_shop");
    let folder = there.project.run("-C ../mine remote verify shared").to_string();
    assert!(folder.contains("is not on the platform"), "{folder}");
}

#[test]
fn a_check_of_drift_names_what_runs_beside_what_the_version_says() {
    let there = There::new();
    there.in_sync_clone();
    there.platform.reset_requests();
    let same = there.project.run("-C ../mine sync --check");
    assert_eq!(same.code, 0, "{same}");
    assert!(same.stdout.contains("Active v2 there · 3 of 3 primitives at their numbers"), "{same}");
    assert!(there.platform.requests().len() <= 16, "{:?}", there.platform.requests());
    assert!(super::only_reads(&there.platform.requests()));
    there.platform.dashboard(AGENT).deploy("skills", "orders", "1.0.3");
    let outcome = there.project.run("-C ../mine sync --check");
    assert!(!outcome.stdout.contains("No drift"), "{outcome}");
    assert!(outcome.stdout.starts_with("Local code is in sync with v"), "{outcome}");
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(outcome.stdout.contains("skill orders is live as 1.0.3"), "{outcome}");
    let answer = there.project.run("-C ../mine sync --check --json");
    let answer: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!((&answer["drift"], &answer["runs"]["equal"]), (&json!(false), &json!(false)));
    // Another remote has nothing that runs.
    there.in_clone("mine", "remote add shared ../data/agent_shop");
    there.in_clone("mine", "push --remote shared");
    let folder = there.in_clone("mine", "sync --check --remote shared");
    assert!(!folder.contains("at their numbers"), "{folder}");
}
