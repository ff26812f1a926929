//! `serve agents` and `serve gc`: what a server keeps, agent by agent.

use crate::common::Project;
use crate::common::server::{Server, bearer, data};
use crate::common::shop::{self, edit};
use serde_json::json;

fn served() -> (Project, Server) {
    let mut project = shop::versioned();
    let server = Server::start(&project, "");
    project.set("LUA_STORE_TOKEN", &server.token(&project, "shop", "promote"));
    project.ok(&format!("remote add origin {}/shop", server.url));
    project.ok("push");
    (project, server)
}

#[test]
fn agents_are_listed_and_shown_with_what_they_take() {
    let (project, server) = served();
    let list = project.list("serve agents list --data ../data");
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!((&list[0]["agent"], &list[0]["sourceVersions"]), (&json!("shop"), &json!(1)));
    let packs = walkdir::WalkDir::new(server.data()).into_iter().filter_map(Result::ok);
    let packs = packs.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "pack"));
    let bytes: u64 = packs.map(|entry| entry.metadata().unwrap().len()).sum();
    let shown = project.json("serve agents show shop --data ../data");
    assert_eq!(shown["bytes"], json!(bytes));
    assert_eq!(shown["tokens"][0]["scope"], json!("promote"));
    let text = project.ok("serve agents list --data ../data");
    assert!(text.starts_with("AGENT ") && text.contains("shop "), "{text}");
    let told = project.run("serve agents show other --data ../data").to_string();
    assert!(told.contains("there is no agent \"other\"") && told.contains("--- exit 3"), "{told}");
}

#[test]
fn what_an_agent_may_have_is_shown_beside_what_it_has() {
    let project = shop::versioned();
    let server = Server::start(&project, "--agent-bytes 3M --agent-refs 7 --agent-cache 1G");
    let mut project = project;
    project.set("LUA_STORE_TOKEN", &server.token(&project, "shop", "promote"));
    project.ok(&format!("remote add origin {}/shop", server.url));
    project.ok("push");
    let header = bearer(&server.token(&project, "shop", "push"));
    let upload = format!("{header}Upload-Offset: 0\r\nUpload-Length: 1000\r\n");
    assert_eq!(
        server.ask("PATCH", &format!("/shop/packs/{:064x}", 1), &upload, b"abc").status,
        204
    );
    let shown = project.json("serve agents show shop --data ../data");
    let bytes = shown["bytes"].as_u64().unwrap() + 3;
    assert_eq!(
        shown["quotas"],
        json!({
            "bytes": {"used": bytes, "limit": 3 << 20},
            "refs": {"used": 2, "limit": 7},
            "uploads": {"used": 1, "limit": 64},
            "cache": {"used": null, "limit": 1 << 30},
        })
    );
    let text = project.ok("serve agents show shop --data ../data");
    assert!(text.contains("\nquota of versions: 2 of 7\n"), "{text}");
    assert!(text.contains("\nquota of uploads: 1 of 64\n"), "{text}");
    // As they are without options, where no server was started since.
    std::fs::remove_file(server.data().join("quotas")).unwrap();
    let shown = project.json("serve agents show shop --data ../data");
    assert_eq!(shown["quotas"]["bytes"]["limit"], json!(64u64 << 30));
}

#[test]
fn an_archived_agent_is_read_and_takes_nothing_new() {
    let (project, server) = served();
    project.ok("serve agents archive shop --data ../data");
    edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds all products");
    let told = project.run("push").to_string();
    assert!(told.contains("agent \"shop\" is archived"), "{told}");
    assert!(told.contains("--- exit 10"), "{told}");
    let header = bearer(&server.token(&project, "shop", "push"));
    assert_eq!(server.ask("GET", "/shop/refs", &header, b"").status, 200);
    let upload = format!("{header}Upload-Offset: 0\r\nUpload-Length: 3\r\n");
    let path = format!("/shop/packs/{:064x}", 1);
    assert_eq!(server.ask("PATCH", &path, &upload, b"abc").status, 403);
    assert_eq!(project.list("serve agents list --data ../data")[0]["archived"], json!(true));
    project.ok("serve agents archive shop --undo --data ../data");
    project.ok("push");
}

#[test]
fn a_deletion_asks_says_what_it_frees_and_leaves_nothing() {
    let (project, server) = served();
    let told = project.run("serve agents delete shop --data ../data").to_string();
    assert!(told.contains("--force") && !told.contains("✓"), "{told}");
    assert_eq!(project.list("serve agents list --data ../data")[0]["sourceVersions"], json!(1));
    let bytes = project.json("serve agents show shop --data ../data")["bytes"].clone();
    let deleted = project.json("serve agents delete shop --force --data ../data");
    assert_eq!((&deleted["deleted"], &deleted["bytes"]), (&json!("shop"), &bytes), "{deleted}");
    assert_eq!(deleted["tokens"].as_array().unwrap().len(), 1);
    assert_eq!(project.list("serve agents list --data ../data"), json!([]));
    let left = walkdir::WalkDir::new(data(&project).join("a")).into_iter().filter_map(Result::ok);
    let left: Vec<_> =
        left.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "pack")).collect();
    assert!(left.is_empty(), "{left:?}");
    // The running server sees it, and the agent can be made anew.
    let header = bearer(&server.token(&project, "shop", "push"));
    let refs = server.ask("GET", "/shop/refs", &header, b"").text();
    assert!(refs.contains("\"source\":[]"), "{refs}");
    project.ok(&format!("remote set-url origin {}/shop", server.url));
    project.ok("push");
    assert_eq!(project.json("serve fsck --data ../data")["ok"], json!(true));
    assert_eq!(project.list("serve agents list --data ../data")[0]["sourceVersions"], json!(1));
}

#[test]
fn an_agent_with_a_damaged_head_is_deleted_only_where_that_is_meant() {
    let (project, server) = served();
    let agents = walkdir::WalkDir::new(data(&project).join("a")).into_iter().flatten();
    let head =
        agents.map(walkdir::DirEntry::into_path).find(|path| path.ends_with("head")).unwrap();
    std::fs::write(&head, b"no head").unwrap();
    let refused = project.run("serve agents delete shop --force --data ../data").to_string();
    assert!(refused.contains("serve agents delete shop --damaged"), "{refused}");
    assert!(refused.contains("--- exit 1"), "{refused}");
    assert_eq!(std::fs::read(&head).unwrap(), b"no head");
    assert_eq!(project.run("serve fsck --data ../data").code, 1);
    let deleted = project.json("serve agents delete shop --damaged --force --data ../data");
    assert!(deleted["bytes"].as_u64().unwrap() > 0, "{deleted}");
    let packs = std::fs::read_dir(head.with_file_name("pack")).unwrap();
    assert_eq!(packs.count(), 0);
    // The running server sees it, and the agent can be made anew.
    project.ok(&format!("remote set-url origin {}/shop", server.url));
    project.ok("push");
    assert_eq!(project.json("serve fsck --data ../data")["ok"], json!(true));
    assert_eq!(project.list("serve agents list --data ../data")[0]["sourceVersions"], json!(1));
}

#[test]
fn gc_puts_packs_together_beside_a_running_server() {
    let (project, server) = served();
    // An upload that nobody went on with.
    let header = bearer(&server.token(&project, "shop", "push"));
    let upload = format!("{header}Upload-Offset: 0\r\nUpload-Length: 1000\r\n");
    assert_eq!(
        server.ask("PATCH", &format!("/shop/packs/{:064x}", 1), &upload, b"abc").status,
        204
    );
    assert_eq!(project.json("serve agents show shop --data ../data")["uploads"], json!(1));
    let mut late = project.lua_store("serve gc --data ../data --json");
    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
    let output = late.env("LUA_STORE_NOW", time.to_string()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let done: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&done["agents"][0]["agent"], &done["agents"][0]["uploads"]),
        (&json!("shop"), &json!(1))
    );
    assert_eq!(project.json("serve fsck --data ../data")["ok"], json!(true));
}

#[test]
fn gc_in_full_writes_a_large_agent_once_more_and_then_not_again() {
    let (project, _server) = served();
    // Of other sizes than the first: no tier has both.
    let mut noise = vec![0; 100_000];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    project.write("noise.bin", noise);
    project.ok("push");
    let compacted = |line: &str| project.json(line)["agents"][0]["compacted"].clone();
    assert_eq!(compacted("serve gc --data ../data"), json!(0));
    assert_eq!(compacted("serve gc --full --data ../data"), json!(2));
    assert_eq!(compacted("serve gc --full --data ../data"), json!(0));
    // The old packs wait for a day, or for as long as is asked for.
    let waiting =
        || project.json("serve agents show shop --data ../data")["condemnedPacks"].clone();
    let would = |line: &str| project.json(line)["agents"][0]["packs"].clone();
    assert_eq!(would("serve gc --dry-run --data ../data"), json!(0));
    assert_eq!(would("serve gc --dry-run --prune-older-than 0 --data ../data"), json!(2));
    assert_eq!(waiting(), json!(2), "a dry run deletes nothing");
    project.ok("serve gc --prune-older-than 0 --data ../data");
    assert_eq!(waiting(), json!(0));
    assert_eq!(project.json("serve agents show shop --data ../data")["packs"], json!(1));
    assert_eq!(project.json("serve fsck --data ../data")["ok"], json!(true));
}
