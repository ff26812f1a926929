//! Log of refused requests with their reason, and options from a file.

use crate::common::Project;
use crate::common::server::{Server, bearer, token};
use crate::common::shop;
use serde_json::{Value, json};

/// The lines of a log about requests with this path.
fn lines(log: &str, path: &str) -> Vec<Value> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["path"] == path).collect()
}

#[test]
fn a_refused_transaction_is_told_with_what_it_asked_for_and_why_not() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let header = bearer(&token(&project, "--agent shop --scope promote --note laptop-2"));
    let (id, txn) = ("ab".repeat(32), "0123456789abcdef0123456789abcdef");
    let active = |version: u64| json!({"version": version, "ledger": id});
    let wanted = json!({
        "txn": txn,
        "source": {"after": 2, "ids": [id, id]},
        "active": {"expected": active(5), "new": active(7)},
    });
    let reply = server.ask("POST", "/shop/transactions", &header, wanted.to_string().as_bytes());
    assert_eq!(reply.status, 409);
    let line = lines(&server.log(), "/shop/transactions").remove(0);
    assert_eq!(line["tokenName"], "laptop-2");
    assert_eq!((&line["agent"], &line["txn"]), (&json!("shop"), &json!(txn)));
    assert_eq!(line["asked"], "push source v3..v4, promote v7");
    assert_eq!(line["outcome"], "moved");
    assert_eq!(line["why"], "expected source v2, found none; expected v5, found none");
    assert_eq!(line["did"], Value::Null);
}

#[test]
fn a_claim_of_another_author_is_told_with_what_was_asked() {
    let mut project = shop::versioned();
    let server = Server::start(&project, "");
    project.ok(&format!("remote add origin {}/shop", server.url));
    project.set(
        "LUA_STORE_TOKEN",
        &token(&project, "--agent shop --scope push --note ci --for robot@example.com"),
    );
    // The client does not ask in anothers name; what is here already is by another one.
    assert_eq!(project.run("push --author robot@example.com").code, 10);
    project.set("LUA_STORE_TOKEN", &token(&project, "--agent shop --scope push --note all"));
    project.ok("push");
    let log = server.log();
    let told = lines(&log, "/shop/transactions");
    let refused = told.iter().find(|line| line["status"] == 403).expect(&log);
    assert_eq!(
        (&refused["tokenName"], &refused["asked"]),
        (&json!("ci"), &json!("push source v1, version v1"))
    );
    assert!(refused["cause"].as_str().unwrap().contains("is bound to \"robot@example.com\""));
    let done = told.iter().find(|line| line["status"] == 200).expect(&log);
    assert_eq!(
        (&done["outcome"], &done["did"]),
        (&json!("done"), &json!("push source v1, version v1"))
    );
    assert_eq!(done["asked"], done["did"]);
}

/// Of a step that leaves the pointer where it is the log says what it does, also where it is refused.
#[test]
fn a_deletion_is_told_with_its_version() {
    let mut project = shop::versioned();
    let server = Server::start(&project, "");
    project.ok(&format!("remote add origin {}/shop", server.url));
    let own = token(&project, "--agent shop --scope promote --note own");
    let robot = token(&project, "--agent shop --scope promote --note ci --for robot@example.com");
    project.set("LUA_STORE_TOKEN", &own);
    project.ok("push");
    shop::edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    for line in [
        "push",
        "version create",
        "push",
        "version promote 1",
        "version delete 2 --offline --force",
    ] {
        project.ok(line);
    }
    project.set("LUA_STORE_TOKEN", &robot);
    assert_eq!(project.run("push --author robot@example.com").code, 10);
    project.set("LUA_STORE_TOKEN", &own);
    project.ok("push");
    let log = server.log();
    let told = lines(&log, "/shop/transactions");
    let last = told.iter().rev().take(2).rev();
    let told: Vec<_> = last.map(|line| (&line["status"], &line["asked"], &line["did"])).collect();
    let delete = json!("delete v2");
    assert_eq!(
        told,
        [(&json!(403), &delete, &Value::Null), (&json!(200), &delete, &delete)],
        "{log}"
    );
}

#[test]
fn options_come_from_a_file_and_those_that_are_given_win() {
    let project = Project::new();
    project
        .write("../serve.toml", "log-level = \"warn\"\nlisten = \"256.0.0.1:1\"\nno-auth = true\n");
    // The address is given, and wins.
    let server = Server::start(&project, "--config ../serve.toml");
    assert_eq!(server.ask("GET", "/shop/refs", "", b"").status, 200, "nobody is asked for a token");
    assert_eq!(server.ask("GET", "/shop/nothing", "", b"").status, 404);
    let log = server.log();
    assert!(log.contains("\"status\":404") && !log.contains("\"status\":200"), "{log}");
    project.write("../wrong.toml", "lisen = \"127.0.0.1:0\"\n");
    let told = project.run("serve --config ../wrong.toml --data ../data").to_string();
    assert!(
        told.contains("`serve` has no option \"lisen\"") && told.contains("--- exit 2"),
        "{told}"
    );
    project.write("../wrong.toml", "agent-bytes = \"many\"\n");
    let told = project.run("serve --config ../wrong.toml --data ../data").to_string();
    assert!(told.contains("agent-bytes") && told.contains("--- exit 2"), "{told}");
}
