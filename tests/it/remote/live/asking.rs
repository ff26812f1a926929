//! Requests for the live version: how many, and what becomes of a remote that hangs or is gone.

use super::super::published;
use super::super::served::{AGENT, aim, copy, serve};
use super::{READERS, next_version, said};
use crate::common::Project;
use crate::common::server::Server;
use crate::common::stub::Stub;
use serde_json::json;

/// A project with a server as its remote, which it has just asked.
fn served() -> (Project, Server) {
    let mut project = copy(&published());
    let server = serve(&mut project, "");
    project.ok("status");
    (project, server)
}

/// Requests that a server took, by what they were for.
fn requests(server: &Server) -> u64 {
    let text = server.ask("GET", "/metrics", "", b"").text();
    let lines = text.lines().filter(|line| line.starts_with("lua_store_requests_total{"));
    let ours = lines.filter(|line| !line.contains("route=\"metrics\""));
    ours.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
}

#[test]
fn it_takes_one_request_and_with_offline_none() {
    let (project, server) = served();
    for reader in READERS {
        let before = requests(&server);
        project.ok(reader);
        assert_eq!(requests(&server) - before, 1, "{reader}");
        let said = said(&project.run(&format!("{reader} --offline")));
        assert!(said.contains("as origin had it at 09:30 UTC, just now"), "{said}");
        assert_eq!(requests(&server) - before, 1, "{reader} --offline");
    }
    // Commands that do not depend on the pointer ask no remote.
    let before = requests(&server);
    for reader in
        ["show v1:src/index.ts", "diff v1 v1", "ls-tree v1", "diff", "version diff v1 latest"]
    {
        project.ok(reader);
    }
    assert_eq!(requests(&server) - before, 0);
    project.ok("diff active");
    assert_eq!(requests(&server) - before, 1);
}

#[test]
fn a_server_that_hangs_is_asked_once_and_left() {
    let (mut project, server) = served();
    drop(server);
    let stub = Stub::silent();
    aim(&project, &stub.url);
    project.set("LUA_STORE_PATIENCE", "2000");
    let outcome = project.run("status");
    assert_eq!(outcome.code, 0, "{outcome}");
    assert!(outcome.stderr.contains("origin could not be asked"), "{outcome}");
    assert_eq!(stub.requests(), ["GET /agent_shop/refs"]);
    // On a busy machine so short a patience may be over before the request is sent.
    project.set("LUA_STORE_PATIENCE", "50");
    for reader in READERS {
        assert_eq!(project.run(reader).code, 0, "{reader}");
    }
    assert!(stub.requests().len() <= READERS.len(), "none was tried again");
}

#[test]
fn a_server_that_is_dead_is_no_error() {
    let (mut project, server) = served();
    drop(server);
    project.set("LUA_STORE_NOW", "2026-11-21T11:30:00Z");
    for reader in READERS {
        let said = said(&project.run(reader));
        assert!(said.contains("as origin had it at 09:30 UTC, 2 h ago"), "{reader}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_hangs_is_left() {
    let mut project = published();
    let walk = walkdir::WalkDir::new(project.path("../data")).into_iter().map(Result::unwrap);
    let head = walk.into_iter().find(|entry| entry.file_name() == "head").unwrap().into_path();
    std::fs::remove_file(&head).unwrap();
    // Nobody ever writes to it, so that reading it takes for ever.
    assert!(std::process::Command::new("mkfifo").arg(&head).status().unwrap().success());
    project.set("LUA_STORE_PATIENCE", "50");
    project.set("LUA_STORE_NOW", "2026-11-21T11:30:00Z");
    let said = said(&project.run("status"));
    assert!(said.contains("as origin had it at 09:30 UTC, 2 h ago"), "{said}");
}

#[test]
fn a_promotion_that_cannot_be_got_is_said_to_be_unknown() {
    let mut ana = copy(&published());
    next_version(&ana, "You help customers shop.", "You help.");
    let server = serve(&mut ana, "");
    let ben = copy(&ana);
    ana.ok("version promote 2");
    let stub = Stub::with_refs(server.ask("GET", &format!("/{AGENT}/refs"), "", b"").text());
    aim(&ben, &stub.url);
    let said = said(&ben.run("status"));
    assert_eq!(stub.requests(), ["GET /agent_shop/refs", "POST /agent_shop/fetch"]);
    assert!(said.contains("Active version:  v2  second"), "{said}");
    assert!(said.contains("origin serves v2: its promotion is not fetched yet"), "{said}");
    assert_eq!(ben.list("version list")[0]["status"], "active");
    assert_eq!(ben.json("status")["live"]["by"], json!(null));
}
