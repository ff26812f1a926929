//! Steps and what they make live, as the table of the protocol has them.

use super::super::stub::{Assumptions, Dashboard, Platform, PublishFalse, Seed, StagedRule};
use super::{AGENT, asked, sent};
use serde_json::{Value, json};

fn platform() -> (Platform, Dashboard) {
    let platform = Platform::start(AGENT);
    let dashboard = platform.dashboard(AGENT);
    dashboard.back_up_files(&[("src/index.ts".to_owned(), b"x".to_vec())]);
    (platform, dashboard)
}

fn create(platform: &Platform) -> (u16, Value) {
    sent(platform, "POST /developer/agents/:a/versions", &json!({"sourceManifestVersion": 1}))
}

#[test]
fn a_push_is_staged_for_versioned_kinds_and_live_for_devices() {
    let (platform, other) = platform();
    for kind in ["skills", "webhooks", "jobs", "triggers", "preprocessors", "postprocessors"] {
        other.push(kind, "one", "1.0.1", json!({}));
    }
    for kind in ["devices", "device-triggers", "workflows"] {
        other.push(kind, "one", "1.0.1", json!({}));
    }
    let at_once = ["device-triggers/one", "devices/one"];
    assert!(platform.live(AGENT).code.keys().eq(at_once));
    let (status, version) = create(&platform);
    assert_eq!(
        (status, &version["version"], &version["status"]),
        (201, &json!(1), &json!("staged"))
    );
    assert_eq!(version["snapshot"]["preprocessors"][0]["version"], "1.0.1");
    assert!(version["snapshot"].get("devices").is_none());
    assert!(platform.live(AGENT).code.keys().eq(at_once));
    let line = "POST /developer/agents/:a/versions/1/promote";
    let promoted = (200, json!({"promoted": 1, "previousActive": null}));
    assert_eq!(sent(&platform, line, &json!({})), promoted);
    assert_eq!(platform.live(AGENT).code.len(), 8);
    assert_eq!(sent(&platform, line, &json!({})).1["code"], "VERSION_ALREADY_ACTIVE");
    assert_eq!(other.deploy("workflows", "one", "1.0.1"), None);
    assert_eq!(platform.live(AGENT).number("workflows/one"), Some("1.0.1"));
}

#[test]
fn a_skill_that_is_deployed_alone_is_taken_back_by_the_next_promote() {
    let (platform, other) = platform();
    other.push("skills", "one", "1.0.1", json!({}));
    other.push("jobs", "two", "1.0.1", json!({}));
    other.promote(other.create_version("first"));
    other.push("skills", "one", "1.0.2", json!({}));
    other.push("jobs", "two", "1.0.2", json!({}));
    assert_eq!(other.deploy("skills", "one", "1.0.2"), None);
    let live = platform.live(AGENT);
    assert_eq!((live.active, live.number("skills/one")), (Some(1), Some("1.0.2")));
    // A publish of another kind makes a version of what is live, and promotes it.
    assert_eq!(other.deploy("jobs", "two", "1.0.2"), Some(2));
    let live = platform.live(AGENT);
    assert_eq!((live.active, live.number("jobs/two")), (Some(2), Some("1.0.2")));
    other.promote(1);
    let live = platform.live(AGENT);
    assert_eq!(
        (live.number("skills/one"), live.number("jobs/two")),
        (Some("1.0.1"), Some("1.0.1"))
    );
    let list = asked(&platform, "/developer/agents/:a/versions?all=true&status=all").1;
    let row = |at: usize| (list[at]["version"].clone(), list[at]["status"].clone());
    assert_eq!(row(0), (json!(2), json!("superseded")));
    assert_eq!(row(1), (json!(1), json!("active")));
}

#[test]
fn persona_model_and_servers_are_live_at_once_and_put_back_as_assumed() {
    for (name, assumptions) in Assumptions::each() {
        let (serves, sets) = (assumptions.promote_serves_persona, assumptions.promote_sets_servers);
        let platform = Platform::with(AGENT, assumptions);
        let other = platform.dashboard(AGENT);
        other.edit_persona("first");
        other.set_model("model-1");
        other.set_server("docs", json!({"url": "https://one"}));
        let first = other.create_version("first");
        other.edit_persona("second");
        other.set_model("model-2");
        other.set_server("docs", json!({"url": "https://two"}));
        other.set_server("more", json!({"url": "https://more"}));
        let live = platform.live(AGENT);
        assert_eq!((&live.persona, live.model.as_deref()), (&json!("second"), Some("model-2")));
        other.promote(first);
        let live = platform.live(AGENT);
        assert_eq!(live.persona, if serves { "first" } else { "second" }, "{name}");
        assert_eq!((live.current_persona, live.model.as_deref()), (Some(1), Some("model-1")));
        let url = if sets { "https://one" } else { "https://two" };
        assert_eq!(live.servers["docs"]["url"], url, "{name}");
        assert_eq!(live.servers.len(), if sets { 1 } else { 2 }, "{name}");
        let served = asked(&platform, "/admin/agents/:a").1;
        let served = served.get("data").unwrap_or(&served);
        assert_eq!(served["persona"], live.persona, "{name}");
    }
}

#[test]
fn versions_are_refused_deleted_and_limited() {
    let (platform, other) = platform();
    assert_eq!(create(&platform).0, 201);
    assert_eq!(create(&platform).1["code"], "NO_STAGED_CHANGES");
    platform.assume(|assumptions| assumptions.staged_rule = StagedRule::Never);
    assert_eq!(create(&platform).0, 201);
    let delete =
        |n: u64| sent(&platform, &format!("DELETE /developer/agents/:a/versions/{n}"), &json!({}));
    other.promote(2);
    assert_eq!(delete(2).1["code"], "CANNOT_DELETE_ACTIVE_VERSION");
    assert_eq!(
        (delete(1).0, delete(2).1["code"].clone()),
        (200, json!("CANNOT_DELETE_LAST_VERSION"))
    );
    assert_eq!(asked(&platform, "/developer/agents/:a/versions/1").1["status"], "deleted");
    other.purge_version(1);
    assert_eq!(asked(&platform, "/developer/agents/:a/versions/1").0, 404);
    platform.assume(|assumptions| assumptions.most_versions = Some(1));
    assert_eq!(create(&platform).0, 409);
    let line = "POST /developer/agents/:a/versions";
    assert_eq!(sent(&platform, line, &json!({"sourceManifestVersion": 9})).0, 400);
    platform.assume(|assumptions| assumptions.versioning = false);
    assert_eq!(create(&platform).1["code"], "AGENT_VERSIONING_NOT_ENABLED");
}

#[test]
fn a_draft_of_a_persona_is_not_served_where_drafts_are_known() {
    for (rule, status, persona) in [
        (PublishFalse::Draft, 201, "old"),
        (PublishFalse::Ignored, 201, "new"),
        (PublishFalse::Refused, 400, "old"),
    ] {
        let (platform, other) = platform();
        platform.assume(|assumptions| assumptions.publish_false = rule);
        other.edit_persona("old");
        let body = json!({"persona": "new", "publish": false});
        let line = "POST /developer/agents/:a/persona/version";
        assert_eq!(sent(&platform, line, &body).0, status, "{rule:?}");
        assert_eq!(platform.live(AGENT).persona, persona, "{rule:?}");
    }
}

#[test]
fn a_seeded_history_has_the_asked_sizes() {
    let platform = Platform::start(AGENT);
    platform.seed(AGENT, &Seed { versions: 30, backups: 40, blobs: 160, files: 20 });
    let versions = asked(&platform, "/developer/agents/:a/versions?all=true&status=all").1;
    assert_eq!(versions.as_array().unwrap().len(), 30);
    assert_eq!(platform.live(AGENT).active, Some(30));
    let backups = asked(&platform, "/developer/agents/:a/backup/versions?all=true").1;
    assert_eq!(backups["versions"].as_array().unwrap().len(), 40);
    let mut keys = std::collections::BTreeSet::new();
    for number in 1..=40 {
        let path = format!("/developer/agents/:a/backup/manifest?version={number}");
        let files = asked(&platform, &path).1["files"].as_array().unwrap().clone();
        keys.extend(files.iter().map(|file| file["hash"].as_str().unwrap().to_owned()));
    }
    assert_eq!(keys.len(), 160);
}
