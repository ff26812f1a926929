//! Access to agents: tokens that are wrong, expired, revoked, for another agent, of a lesser scope.

use crate::common::Project;
use crate::common::server::{Server, bearer, token};
use insta::assert_snapshot;

const ROUTES: [(&str, &str, &[u8]); 5] = [
    ("GET", "refs", b""),
    ("HEAD", "packs/0000000000000000000000000000000000000000000000000000000000000000", b""),
    ("PATCH", "packs/0000000000000000000000000000000000000000000000000000000000000000", b"abc"),
    ("POST", "transactions", b"{\"txn\":\"000102030405060708090a0b0c0d0e0f\"}"),
    ("POST", "fetch", b"{\"want\":[]}"),
];

#[test]
fn without_a_good_token_every_route_says_the_same() {
    let mut project = Project::new();
    let expired = token(&project, "--agent shop --scope admin --expires 1h");
    project.set("LUA_STORE_NOW", "2026-11-21T10:30:00Z");
    let server = Server::start(&project, "");
    let last = if expired.ends_with('0') { '1' } else { '0' };
    let mistyped = format!("{}{last}", &expired[..expired.len() - 1]);
    let asked = |header: &str| server.ask("GET", "/shop/refs", header, b"").shown();
    assert_snapshot!(asked(""), @r#"
    401
    content-type: application/json
    www-authenticate: Bearer realm="lua-store"

    {"error":{"kind":"auth","message":"a token is required","hint":"ask the operator of the server for a token (`lua-store serve token create`); run `lua-store login URL` to store it, or set LUA_STORE_TOKEN"}}
    "#);
    assert_snapshot!(asked(&bearer(&expired)), @r#"
    401
    content-type: application/json
    www-authenticate: Bearer realm="lua-store"

    {"error":{"kind":"auth","message":"the token expired on 2026-11-21 at 10:30 UTC","hint":"ask the operator of the server for a token (`lua-store serve token create`); run `lua-store login URL` to store it, or set LUA_STORE_TOKEN"}}
    "#);
    assert_snapshot!(asked(&bearer(&mistyped)), @r#"
    401
    content-type: application/json
    www-authenticate: Bearer realm="lua-store"

    {"error":{"kind":"auth","message":"this is not a token of `lua-store serve`: it is truncated, mistyped or from another service","hint":"ask the operator of the server for a token (`lua-store serve token create`); run `lua-store login URL` to store it, or set LUA_STORE_TOKEN"}}
    "#);
    assert_snapshot!(asked("Authorization: Basic YTpi\r\n"), @r#"
    401
    content-type: application/json
    www-authenticate: Bearer realm="lua-store"

    {"error":{"kind":"auth","message":"the header Authorization must be one `Bearer` with a token","hint":"ask the operator of the server for a token (`lua-store serve token create`); run `lua-store login URL` to store it, or set LUA_STORE_TOKEN"}}
    "#);
    for (method, route, body) in ROUTES {
        let reply = server.ask(
            method,
            &format!("/shop/{route}"),
            "",
            if method == "HEAD" { b"" } else { body },
        );
        assert_eq!(reply.status, 401, "{method} {route}");
    }
}

#[test]
fn a_running_server_sees_new_and_revoked_tokens() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let asked = |token: &str| server.ask("GET", "/shop/refs", &bearer(token), b"").status;
    let first = server.token(&project, "shop", "read");
    assert_eq!(asked(&first), 200);
    let second = server.token(&project, "shop", "read");
    assert_eq!(asked(&second), 200);
    let listed = project.list("serve token list --data ../data");
    project.ok(&format!("serve token revoke {} --data ../data", listed[0]["id"].as_str().unwrap()));
    assert_eq!((asked(&first), asked(&second)), (401, 200));
    let told = server.ask("GET", "/shop/refs", &bearer(&first), b"");
    assert!(
        told.text().contains("the token is unknown: it was revoked, or created for another server")
    );
}

#[test]
fn a_scope_allows_itself_and_those_before() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let read = bearer(&server.token(&project, "shop", "read"));
    let push = bearer(&server.token(&project, "shop", "push"));
    let promote = bearer(&server.token(&project, "shop", "promote"));
    let zero = "0".repeat(64);
    let swap = format!(
        "{{\"txn\":\"000102030405060708090a0b0c0d0e0f\",\"active\":{{\"expected\":null,\"new\":{{\"version\":1,\"ledger\":\"{zero}\"}}}}}}"
    );
    let create =
        b"{\"txn\":\"100102030405060708090a0b0c0d0e0f\",\"source\":{\"after\":0,\"ids\":[]}}";
    let transact =
        |header: &str, body: &[u8]| server.ask("POST", "/shop/transactions", header, body).status;
    assert_eq!(transact(&read, create), 403);
    assert_eq!(transact(&push, swap.as_bytes()), 403);
    assert_ne!(transact(&push, create), 403);
    assert_ne!(transact(&promote, swap.as_bytes()), 403);
    let path = format!("/shop/packs/{zero}");
    assert_eq!(server.ask("HEAD", &path, &read, b"").status, 403);
    assert_eq!(server.ask("HEAD", &path, &push, b"").status, 200);
    assert_snapshot!(server.ask("POST", "/shop/transactions", &push, swap.as_bytes()).shown(), @r#"
    403
    content-type: application/json

    {"error":{"kind":"forbidden","message":"the token may push but not promote","hint":"ask the operator of the server for another one: `lua-store serve token create --agent shop --scope promote`"}}
    "#);
}

#[test]
fn the_metrics_are_for_this_machine_and_for_admins() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let admin = bearer(&server.token(&project, "shop", "admin"));
    let promote = bearer(&server.token(&project, "shop", "promote"));
    let asked = |headers: &str| server.ask("GET", "/metrics", headers, b"").status;
    assert_eq!(asked(""), 200);
    assert_eq!(asked("X-Forwarded-For: 192.0.2.1\r\n"), 401);
    assert_eq!(asked(&format!("X-Forwarded-For: 192.0.2.1\r\n{promote}")), 401);
    assert_eq!(asked(&format!("X-Forwarded-For: 192.0.2.1\r\n{admin}")), 200);
}

#[test]
fn damaged_tokens_open_nothing_and_the_log_says_why() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let read = bearer(&server.token(&project, "shop", "read"));
    std::fs::write(server.data().join("tokens.json"), "{").unwrap();
    let reply = server.ask("GET", "/shop/refs", &read, b"");
    assert_eq!(reply.status, 500);
    let id = reply.header("x-request-id").unwrap();
    assert!(
        reply.text().contains(&format!("the server failed at request {id}")),
        "{}",
        reply.text()
    );
    assert!(!reply.text().contains("tokens.json"), "no name of a file of the machine");
    assert!(server.log().contains("tokens.json\\\" is damaged"));
}

#[test]
fn the_log_has_no_secret() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let token = server.token(&project, "shop", "read");
    let paths =
        ["/shop/refs".to_owned(), format!("/shop/refs?token={token}"), format!("/{token}/refs")];
    for path in &paths {
        server.ask("GET", path, &bearer(&token), b"");
    }
    server.ask("GET", "/shop/refs", &format!("Authorization: Basic {token}\r\n"), b"");
    let log = server.log();
    let lines: Vec<serde_json::Value> =
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(lines.iter().filter(|line| line["event"] == "request").count(), 4, "{log}");
    assert!(!log.contains(&token[4..]), "{log}");
    assert_eq!(lines[0]["agent"], "shop");
    assert_eq!(lines[0]["token"].as_str().map(str::len), Some(12));
    assert_eq!(lines[2]["path"], "/lst_***/refs");
}
