//! Routes of the stock command at a server: who is let in, what is not served, and the form of every refusal.

use crate::common::Project;
use crate::common::http::{Reply, Wire};
use crate::common::server::{Server, bearer, token};
use insta::assert_snapshot;
use serde_json::Value;

fn served() -> (Project, Server, String) {
    let project = Project::new();
    let server = Server::start(&project, "");
    let header = bearer(&server.token(&project, "shop_1", "read"));
    (project, server, header)
}

fn json(reply: &Reply) -> Value {
    reply.json()
}

#[test]
fn what_the_platform_has_besides_is_answered_at_once_and_before_the_body_arrives() {
    let (_project, server, _) = served();
    for (request, what) in [
        ("POST /chat/stream/shop_1", "chat is on the platform"),
        ("GET /developer/agents/shop_1/logs", "the log of an agent is on the platform"),
        ("POST /developer/agents/shop_1/env", "the environment of an agent is on the platform"),
        ("GET //agents//self-serve/models", "the list of models is on the platform"),
        ("GET /developer/refs", "this service is on the platform"),
        ("GET /agents/fetch", "this service is on the platform"),
        ("DELETE /auth", "signing in is on the platform"),
        ("POST /developer/skills/shop_1/5a/version/sandbox", "the sandbox is on the platform"),
    ] {
        let (method, path) = request.split_once(' ').unwrap();
        // The head alone: no byte of the body is sent before the answer.
        let mut wire = Wire::new(server.connect());
        wire.head(method, path, "", 3 << 20);
        let reply = wire.reply();
        assert_eq!(reply.status, 404, "{request}");
        let body = json(&reply);
        assert_eq!((&body["statusCode"], &body["code"]), (&404.into(), &"NOT_SERVED".into()));
        let message = body["message"].as_str().unwrap();
        assert_eq!(message, format!("this server keeps versions; {what}"));
    }
}

#[test]
fn nothing_of_a_sandbox_is_logged() {
    let (project, server, header) = served();
    let secret = "{\"env\":{\"STRIPE\":\"sk_live_never_logged\"}}";
    let path = "/developer/skills/shop_1/5a/version/sandbox";
    assert_eq!(server.ask("POST", path, &header, secret.as_bytes()).status, 404);
    let log = server.log();
    assert!(log.contains(path) && !log.contains("sk_live"), "{log}");
    drop(project);
}

#[test]
fn a_token_is_needed_and_an_agent_of_its_own() {
    let (project, server, header) = served();
    let asked = |path: &str, header: &str| server.ask("GET", path, header, b"").shown();
    assert_snapshot!(asked("/developer/skills/shop_1", ""), @r#"
    401
    content-type: application/json
    www-authenticate: Bearer realm="lua-store"

    {"statusCode":401,"message":"a token is required; set LUA_API_KEY to a token of this server, which begins with lst_ (its operator creates one with `lua-store serve token create`)","code":"UNAUTHORIZED"}
    "#);
    let foreign = asked("/developer/skills/other", &header);
    assert_snapshot!(foreign, @r#"
    403
    content-type: application/json

    {"statusCode":403,"message":"there is no agent \"other\" here, or the token is not for it; ask the operator of the server for a token for it (`lua-store serve token create`)","code":"FORBIDDEN"}
    "#);
    // One that another token is for says no more than one that nobody has.
    let _ = token(&project, "--agent existing --scope promote");
    assert_eq!(asked("/developer/skills/existing", &header).replace("existing", "other"), foreign);
    let reply = server.ask("POST", "/developer/agents/shop_1/backup/manifest", &header, b"{}");
    assert_snapshot!(reply.shown(), @r#"
    403
    content-type: application/json

    {"statusCode":403,"message":"the token may read but not push; ask the operator of the server for another one: `lua-store serve token create --agent shop_1 --scope push`","code":"FORBIDDEN"}
    "#);
    let reply = server.ask("PATCH", "/agents/shop/sub-agent", &header, b"{\"id\":\"1\"}");
    assert_eq!((reply.status, json(&reply)["code"].as_str()), (403, Some("FORBIDDEN")));
    let reply = server.ask("PATCH", "/agents/shop/sub-agent", "", b"{\"id\":\"1\"}");
    assert_eq!((reply.status, json(&reply)["code"].as_str()), (401, Some("UNAUTHORIZED")));
}

#[test]
fn of_two_agents_that_an_address_may_mean_it_is_the_tokens() {
    let (project, server, _) = served();
    // The command sends both ids as `a` and `a`.
    for agent in ["a", "a_a"] {
        let header = bearer(&server.token(&project, agent, "push"));
        let body = format!("{{\"id\":\"a\",\"model\":\"of {agent}\"}}");
        let reply = server.ask("PATCH", "/agents/a/sub-agent", &header, body.as_bytes());
        assert_eq!(reply.status, 200, "{}", reply.shown());
    }
    for agent in ["a", "a_a"] {
        let header = bearer(&server.token(&project, agent, "read"));
        let reply = server.ask("GET", &format!("/admin/agents/{agent}"), &header, b"");
        assert!(reply.shown().contains(&format!("of {agent}\"")), "{}", reply.shown());
    }
}

#[test]
fn the_account_is_that_of_the_token() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let secret =
        token(&project, "--agent shop_1 --agent team-* --scope push --for ana@example.com");
    let header = bearer(&secret);
    let asked = |path: &str| json(&server.ask("GET", path, &header, b""));
    let account = asked("//admin/me/authorization");
    assert_eq!(account["authorizationPrincipal"]["subjectId"], "ana@example.com");
    assert_eq!(asked("/admin/me/authorization/context")["email"], "ana@example.com");
    let org = account["orgs"][0]["orgId"].as_str().unwrap();
    let path = format!("/admin/me/authorization/orgs/{org}/resources?kind=agent&limit=100");
    // Of those that a pattern opens the ones that exist, and no other's.
    for agent in ["team-a", "other"] {
        let header = bearer(&server.token(&project, agent, "push"));
        let path = format!("/developer/agents/{agent}/persona/version");
        assert_eq!(server.ask("POST", &path, &header, b"{\"persona\":\"x\"}").status, 201);
    }
    let resources = asked(&path);
    let rows = resources["resources"].as_array().unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| row["resourceId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["shop_1", "team-a"]);
    assert_eq!(resources["orgId"], account["orgs"][0]["orgId"]);
    assert_eq!(asked("/developer/agents/shop_1/env"), serde_json::json!({"data": {}}));
}

#[test]
fn bodies_beyond_a_limit_and_other_methods() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let header = bearer(&server.token(&project, "shop_1", "push"));
    let refused = |path: &str, length: u64| {
        let mut wire = Wire::new(server.connect());
        wire.head("POST", path, &header, length);
        wire.reply()
    };
    assert_snapshot!(refused("/developer/agents/shop_1/backup/manifest", (4 << 20) + 1).shown(), @r#"
    413
    content-type: application/json

    {"statusCode":413,"message":"the body is too large for this address: at most 4194304 bytes","code":"TOO_LARGE"}
    "#);
    let reply = refused("/developer/skills/shop_1/5a/version", (32 << 20) + 1);
    assert_eq!((reply.status, json(&reply)["code"].as_str()), (413, Some("TOO_LARGE")));
    assert_snapshot!(server.ask("PUT", "/admin/agents/shop_1", &header, b"").shown(), @r#"
    405
    content-type: application/json

    {"statusCode":405,"message":"this address does not allow that method; use GET","code":"METHOD_NOT_ALLOWED"}
    "#);
    let wrong = format!("{header}X-Idempotency-Key: {}\r\n", "k".repeat(129));
    let reply = server.ask("POST", "/developer/agents/shop_1/backup/check-blobs", &wrong, b"{}");
    assert_eq!((reply.status, json(&reply)["code"].as_str()), (400, Some("BAD_REQUEST")));
}

#[test]
fn an_agent_whose_id_is_reserved_now_is_named_and_not_served() {
    let project = Project::new();
    let data = crate::common::server::data(&project);
    drop(Server::start(&project, ""));
    let shard = &blake3::hash(b"chat").to_hex()[..2];
    std::fs::create_dir_all(data.join("a").join(shard).join("chat")).unwrap();
    let server = Server::start(&project, "");
    let list = project.run("serve agents list --data ../data").to_string();
    let log = server.log();
    for text in [list, log] {
        assert!(text.contains("agent \"chat\" is stored, but not served"), "{text}");
    }
    let refused = project.run("serve token create --agent chat --scope read --data ../data");
    assert_eq!(refused.code, 2);
}

#[test]
fn the_three_lines_of_a_token_name_the_server_that_was_started_last() {
    let project = Project::new();
    let create = "serve token create --agent shop --scope push --data ../data";
    let lines = |text: String| {
        let of = |name: &str| {
            let line =
                text.lines().find_map(|line| line.trim().strip_prefix(name).map(str::to_owned));
            line.unwrap_or_else(|| panic!("{name} in {text}"))
        };
        [of("LUA_API_URL="), of("LUA_AUTH_URL="), of("LUA_API_KEY=")]
    };
    let [url, auth, key] = lines(project.run(create).to_string());
    assert_eq!((url.as_str(), auth.as_str()), ("http://127.0.0.1:7420", "http://127.0.0.1:7420"));
    assert!(key.starts_with("lst_") && key.len() == 76, "{key}");
    drop(Server::start(&project, "--public-url https://agents.example.com/x/"));
    let [url, auth, key] = lines(project.run(create).to_string());
    assert_eq!((url.as_str(), &auth), ("https://agents.example.com/x", &url));
    // They are good as they are printed.
    let server = Server::start(&project, "");
    let reply = server.ask("GET", "/admin/me/authorization", &bearer(&key), b"");
    assert_eq!(reply.status, 200);
}

#[test]
fn routes_have_names_in_metrics() {
    let (_project, server, header) = served();
    server.ask("GET", "/developer/agents/shop_1/env", &header, b"");
    server.ask("GET", "/developer/x/y/z", &header, b"");
    let page = server.ask("GET", "/metrics", "", b"").text();
    for name in [
        "stock_env\",method=\"GET\",status=\"200",
        "stock_not_served\",method=\"GET\",status=\"404",
    ] {
        assert!(page.contains(&format!("route=\"{name}")), "{name}\n{page}");
    }
}
