//! The admin API: tokens and agents over HTTP, for who has a token of scope `admin`.

mod agents;
mod tokens;

use crate::common::Project;
use crate::common::http::Reply;
use crate::common::server::{Server, bearer, token};
use serde_json::Value;

/// A server, and somebody who asks it over HTTP alone.
struct Admin {
    project: Project,
    server: Server,
    header: String,
}

impl Admin {
    /// With a token made with these options.
    fn new(options: &str) -> Admin {
        Admin::at(Project::new(), options)
    }

    fn at(project: Project, options: &str) -> Admin {
        let server = Server::start(&project, "");
        let header = bearer(&token(&project, options));
        Admin { project, server, header }
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Reply {
        self.server.ask(method, path, &self.header, body.as_bytes())
    }

    /// JSON body of an answer, after a check of its status.
    #[track_caller]
    fn told(&self, method: &str, path: &str, body: &str, status: u16) -> Value {
        let reply = self.ask(method, path, body);
        assert_eq!(reply.status, status, "{}", reply.text());
        reply.json()
    }

    /// The status of a look at an agent with a token.
    fn opens(&self, token: &str, agent: &str) -> u16 {
        self.server.ask("GET", &format!("/{agent}/refs"), &bearer(token), b"").status
    }

    /// The events of requests, when the server has ended.
    fn requests(self) -> Vec<Value> {
        let log = self.server.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["event"] == "request").collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// All that the API answers, with what a request for it needs.
const ROUTES: [(&str, &str, &str); 9] = [
    ("GET", "/-/tokens", ""),
    ("POST", "/-/tokens", r#"{"agents":["shop"],"scope":"read"}"#),
    ("DELETE", "/-/tokens?for=ana@example.com", ""),
    ("DELETE", "/-/tokens/0123456789ab", ""),
    ("POST", "/-/tokens/0123456789ab/rotate", "{}"),
    ("GET", "/-/agents", ""),
    ("GET", "/-/agents/shop", ""),
    ("PATCH", "/-/agents/shop", r#"{"archived":true}"#),
    ("DELETE", "/-/agents/shop?confirm=shop", ""),
];

#[test]
fn without_a_token_of_scope_admin_nothing_is_answered_and_nothing_told() {
    let admin = Admin::new("--agent shop --scope promote");
    let wrong = bearer(&format!("lst_{}", "0".repeat(72)));
    for (method, path, body) in ROUTES {
        assert_eq!(admin.ask(method, path, body).status, 403, "{method} {path}");
        for header in ["", wrong.as_str()] {
            let reply = admin.server.ask(method, path, header, body.as_bytes());
            assert_eq!(reply.status, 401, "{method} {path}");
        }
    }
    // An agent of somebody else is hidden before scopes are checked, as everywhere.
    let reply = admin.ask("GET", "/-/agents/other", "");
    assert_eq!(reply.status, 404);
    let listed = admin.project.list("serve token list --data ../data");
    assert_eq!(listed.as_array().unwrap().len(), 1, "nothing was made or revoked");
    let requests = admin.requests();
    assert!(requests[0]["agent"].is_null() && requests[0]["token"].is_string(), "{requests:?}");
}

#[test]
fn a_server_that_asks_nobody_for_a_token_asks_here() {
    let project = Project::new();
    let server = Server::start(&project, "--no-auth");
    for (method, path, body) in ROUTES {
        assert_eq!(server.ask(method, path, "", body.as_bytes()).status, 401, "{method} {path}");
    }
    let header = bearer(&token(&project, "--agent * --scope admin"));
    assert_eq!(server.ask("GET", "/-/tokens", &header, b"").status, 200);
}

#[test]
fn requests_are_logged_and_counted_under_names_that_no_client_chooses() {
    let admin = Admin::new("--agent team-* --scope admin --note boss");
    let made =
        admin.told("POST", "/-/tokens", r#"{"agents":["team-a"],"scope":"push","note":"CI"}"#, 201);
    admin.ask("DELETE", &format!("/-/tokens/{}", text(&made["id"])), "");
    admin.ask("DELETE", "/-/agents/team-a?confirm=team-b", "");
    admin.ask("BREW", "/-/tokens/x", "");
    let metrics = admin.server.ask("GET", "/metrics", "", b"").text();
    for line in [
        "lua_store_requests_total{route=\"admin_tokens\",method=\"POST\",status=\"201\"} 1",
        "lua_store_requests_total{route=\"admin_token\",method=\"DELETE\",status=\"200\"} 1",
        "lua_store_requests_total{route=\"admin_token\",method=\"other\",status=\"405\"} 1",
        "lua_store_requests_total{route=\"admin_agent\",method=\"DELETE\",status=\"400\"} 1",
        "lua_store_pool_places{pool=\"admin\"} 0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    let requests = admin.requests();
    let id = text(&made["id"]).to_owned();
    assert_eq!(requests[0]["asked"], "create token");
    assert_eq!(requests[0]["did"], format!("token {id}: push on team-a"));
    assert_eq!(
        (&requests[1]["asked"], &requests[1]["tokenName"]),
        (&"revoke token".into(), &"boss".into())
    );
    assert_eq!(
        (&requests[2]["asked"], &requests[2]["agent"]),
        (&"delete agent".into(), &"team-a".into())
    );
    assert!(requests.iter().all(|line| !line.to_string().contains(text(&made["token"]))));
}
