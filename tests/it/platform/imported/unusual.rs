//! Agents that are not like most: ids, personas that are objects, settings, nothing at all, a very long history.

use super::{AGENT, There};
use crate::platform::stub::{Assumptions, Seed};
use serde_json::json;

#[test]
fn ids_with_and_without_a_suffix_are_the_ids_of_agents() {
    let there = There::empty(Assumptions::default());
    for (at, agent) in ["plain", "agent_a_b", "with-dash_1"].into_iter().enumerate() {
        there.platform.add_agent(agent);
        let dashboard = there.platform.dashboard(agent);
        dashboard.back_up(&there.project.root());
        for _ in 0..=at {
            dashboard.create_version(agent);
        }
        dashboard.promote(1);
        there.project.ok(&format!("clone {} ../{agent}", there.platform.address(agent)));
        let all = there.json(agent, "version list --all --offline");
        assert_eq!(all["versions"].as_array().unwrap().len(), at + 1, "{agent}");
        assert_eq!(all["versions"][0]["message"], agent);
        let shown = there.in_clone(agent, "remote show");
        assert!(shown.contains(&there.platform.address(agent)), "{shown}");
    }
}

#[test]
fn a_persona_that_is_an_object_is_imported_and_compared_field_by_field() {
    let there = There::empty(Assumptions::default());
    let dashboard = there.platform.dashboard(AGENT);
    dashboard.edit_persona_object(json!({"tone": "calm", "name": "Ava", "rules": ["Be kind."]}));
    dashboard.set_model("openai/gpt-4o");
    there.version("first");
    dashboard.promote(1);
    there.cloned("mine");
    let shown = there.json("mine", "persona show 1 --offline").to_string();
    assert!(shown.contains("calm") && shown.contains("Be kind."), "{shown}");
    let verified = there.project.run("-C ../mine remote verify");
    assert_eq!(verified.code, 0, "{verified}");
    assert!(verified.stdout.contains("persona"), "{verified}");
    // The same in another order is the same, whatever its number is.
    dashboard.edit_persona_object(json!({"rules": ["Be kind."], "name": "Ava", "tone": "calm"}));
    let same = there.project.run("-C ../mine remote verify");
    assert!(!same.stdout.contains("persona as served"), "{same}");
    assert!(same.code == 0 && same.stdout.contains("persona, model equal"), "{same}");
    dashboard.edit_persona_object(json!({"rules": ["Be kind."], "name": "Bo", "tone": "calm"}));
    let other = there.project.run("-C ../mine remote verify");
    assert!(other.code == 1 && other.stdout.contains("persona as served"), "{other}");
}

#[test]
fn settings_are_compared_by_their_values() {
    let there = There::new();
    there.edit(
        "src/index.ts",
        "model: 'openai/gpt-4o',",
        "model: 'openai/gpt-4o',\n  modelSettings: { temperature: 0.2, topP: 0.9 },",
    );
    there.version("with settings");
    let dashboard = there.platform.dashboard(AGENT);
    dashboard.promote(4);
    dashboard.set_field("modelSettings", json!({"topP": 0.9, "temperature": 0.2}));
    there.cloned("mine");
    let same = there.project.run("-C ../mine remote verify");
    assert!(same.code == 0 && same.stdout.contains(" · settings equal · "), "{same}");
    dashboard.set_field("modelSettings", json!({"topP": 0.5, "temperature": 0.2}));
    let other = there.project.run("-C ../mine remote verify");
    assert!(other.code == 1 && other.stdout.contains(" · settings not equal · "), "{other}");
    assert!(other.stdout.contains("  setting modelSettings is {\"topP\":0.5"), "{other}");
}

#[test]
fn an_empty_agent_is_asked_and_has_nothing_until_somebody_pushes() {
    let there = There::empty(Assumptions::default());
    there.project.ok("init --agent-id agent_shop");
    there.project.ok(&format!("remote add platform {}", there.platform.address(AGENT)));
    let fetched = there.project.ok("fetch");
    assert!(fetched.contains("source version none, version none, active none"), "{fetched}");
    there.project.ok("status");
    for (line, code) in [("remote verify", 3), ("diff platform", 3), ("sync --check", 0)] {
        let outcome = there.project.run(line);
        assert_eq!(outcome.code, code, "{outcome}");
    }
    assert!(super::only_reads(&there.platform.requests()));
    there.version("first");
    there.platform.dashboard(AGENT).promote(1);
    there.project.ok("pull");
    let listed = there.project.ok("version list --offline");
    assert!(listed.contains("v1*"), "{listed}");
}

#[test]
fn two_thousand_backups_are_imported_whole() {
    let there = There::empty(Assumptions::default());
    there.platform.seed(AGENT, &Seed { versions: 20, backups: 2_000, blobs: 12, files: 2 });
    there.cloned("mine");
    // One manifest for each backup, one snapshot for each version, and each file once.
    let count =
        |number: &str| there.platform.requests().iter().filter(|one| one.number == number).count();
    assert_eq!((count("#21"), count("#25"), count("#18")), (2_000, 20, 12));
    let sources = there.json("mine", "source list --all");
    let numbers: Vec<u64> = sources["sourceVersions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["version"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=2_000).rev().collect::<Vec<u64>>());
    let all = there.json("mine", "version list --all --offline");
    assert_eq!(all["versions"][0]["sourceManifestVersion"], 2_000);
    there.platform.reset_requests();
    there.in_clone("mine", "fetch");
    assert!(there.platform.requests().len() <= 16, "{:?}", there.platform.requests());
}
