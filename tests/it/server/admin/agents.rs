//! Agents: listed, shown, archived and deleted without a shell.

use super::{Admin, text};
use crate::common::Project;
use crate::common::server::token;
use crate::common::shop::{self, edit};
use serde_json::json;

/// A server with `shop` pushed, and one who administers it and `team-*`.
fn served() -> (Admin, String) {
    let mut admin = Admin::at(shop::versioned(), "--agent shop --agent team-* --scope admin");
    let secret = admin.server.token(&admin.project, "shop", "promote");
    admin.project.set("LUA_STORE_TOKEN", &secret);
    admin.project.ok(&format!("remote add origin {}/shop", admin.server.url));
    admin.project.ok("push");
    (admin, secret)
}

fn same_as_the_shell(admin: &Admin, project: &Project) {
    let mut shown = admin.told("GET", "/-/agents/shop", "", 200);
    let mut shell = project.json("serve agents show shop --data ../data");
    for envelope in ["schemaVersion", "kind", "next"] {
        shell.as_object_mut().unwrap().remove(envelope).unwrap();
    }
    // Fields that only the server knows, and the tokens of others.
    shown["quotas"]["cache"]["used"] = json!(null);
    assert_eq!(shell["tokens"].as_array_mut().unwrap().pop().unwrap()["scope"], "read");
    assert_eq!(shown, shell);
}

#[test]
fn agents_are_listed_and_shown_as_on_the_command_line() {
    let (admin, _) = served();
    token(&admin.project, "--agent * --scope read");
    let listed = admin.told("GET", "/-/agents", "", 200);
    let shell = admin.project.list("serve agents list --data ../data");
    assert_eq!(listed, json!({"agents": shell, "more": false}));
    same_as_the_shell(&admin, &admin.project);
    assert_eq!(admin.told("GET", "/-/agents/team-a", "", 404)["error"]["kind"], "not_found");
    assert_eq!(admin.ask("GET", "/-/agents/other", "").status, 404);
}

#[test]
fn many_agents_come_in_pages_and_others_agents_do_not_come() {
    let (admin, secret) = served();
    let secret_of_all = token(&admin.project, "--agent * --scope push");
    for agent in ["aaa", "team-1", "team-2", "team-3", "zzz"] {
        let project = shop::project();
        project.ok("push");
        let url = format!("{}/{agent}", admin.server.url);
        let mut project = project;
        project.set("LUA_STORE_TOKEN", &secret_of_all);
        project.ok(&format!("init --agent-id {agent}"));
        project.ok(&format!("remote add origin {url}"));
        project.ok("push");
    }
    let page = |query: &str| {
        let told = admin.told("GET", &format!("/-/agents{query}"), "", 200);
        let ids: Vec<String> = told["agents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| text(&one["agent"]).to_owned())
            .collect();
        (ids.join(" "), told["more"] == json!(true))
    };
    assert_eq!(page(""), ("shop team-1 team-2 team-3".to_owned(), false));
    assert_eq!(page("?limit=3"), ("shop team-1 team-2".to_owned(), true));
    assert_eq!(page("?limit=3&after=team-2"), ("team-3".to_owned(), false));
    assert_eq!(page("?limit=1&after=aaa"), ("shop".to_owned(), true));
    assert_eq!(page("?after=zzz"), (String::new(), false));
    for wrong in ["?limit=0", "?limit=1001", "?limit=x", "?after=..", "?page=2"] {
        admin.told("GET", &format!("/-/agents{wrong}"), "", 400);
    }
    drop(secret);
}

#[test]
fn an_agent_is_archived_and_opened_again() {
    let (admin, _) = served();
    let told = admin.told("PATCH", "/-/agents/shop", r#"{"archived":true}"#, 200);
    assert_eq!(told, json!({"agent": "shop", "archived": true, "changed": true}));
    assert_eq!(admin.told("GET", "/-/agents/shop", "", 200)["archived"], json!(true));
    edit(&admin.project, "src/skills/catalog.skill.ts", "Finds products", "Finds all products");
    assert_eq!(admin.project.run("push").code, 10);
    let again = admin.told("PATCH", "/-/agents/shop", r#"{"archived":true}"#, 200);
    assert_eq!(again["changed"], json!(false));
    admin.told("PATCH", "/-/agents/shop", r#"{"archived":false}"#, 200);
    admin.project.ok("push");
    for wrong in ["", "{}", r#"{"archived":"yes"}"#, r#"{"archived":true,"quota":1}"#] {
        admin.told("PATCH", "/-/agents/shop", wrong, 400);
    }
    admin.told("PATCH", "/-/agents/team-a", r#"{"archived":true}"#, 404);
    assert_eq!(admin.ask("PATCH", "/-/agents/other", r#"{"archived":true}"#).status, 404);
}

#[test]
fn a_deletion_needs_the_name_twice_and_frees_the_room() {
    let (admin, secret) = served();
    for wrong in ["", "?confirm=", "?confirm=yes", "?confirm=Shop", "?force=shop"] {
        let told = admin.told("DELETE", &format!("/-/agents/shop{wrong}"), "", 400);
        assert_eq!(told["error"]["kind"], "usage", "{told}");
    }
    let before = admin.told("GET", "/-/agents/shop", "", 200);
    let told = admin.told("DELETE", "/-/agents/shop?confirm=shop", "", 200);
    assert_eq!((&told["deleted"], &told["bytes"]), (&json!("shop"), &before["bytes"]));
    assert_eq!(told["tokens"].as_array().unwrap().len(), 2, "which still open it: {told}");
    admin.told("GET", "/-/agents/shop", "", 404);
    assert_eq!(admin.told("GET", "/-/agents", "", 200)["agents"], json!([]));
    assert_eq!(admin.opens(&secret, "shop"), 200, "whoever may push it makes it anew");
    assert_eq!(admin.ask("DELETE", "/-/agents/other?confirm=other", "").status, 404);
    assert_eq!(admin.project.json("serve fsck --data ../data")["ok"], json!(true));
}
