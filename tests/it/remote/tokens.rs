//! Tokens: which one goes to a server, where none goes, and how one is kept.

use crate::common::recorder::Recorder;
use crate::common::server::Server;
use crate::common::{Outcome, Project, shop};
use insta::assert_snapshot;

/// Not the address of anybody: RFC 2606.
const ELSEWHERE: &str = "http://store.example.com/agent_shop";

/// A project whose remote is this one.
fn aimed_at(remote: &Recorder) -> Project {
    let mut project = shop::project();
    project.set("LUA_STORE_TRIES", "1");
    let settings = project.path("../settings").display().to_string();
    project.set("XDG_CONFIG_HOME", &settings);
    project.ok(&format!("remote add origin {}/agent_shop", remote.url()));
    project
}

/// Writes down a token as `login` keeps it.
fn keep(project: &Project, url: &str, token: &str) {
    project.write(
        "../settings/lua-store/credentials.toml",
        format!("[\"{url}/agent_shop\"]\ntoken = \"{token}\"\n"),
    );
}

/// The tokens in the requests that came, which must be some.
fn sent(recorder: &Recorder) -> Option<String> {
    let heads = recorder.heads();
    assert!(!heads.is_empty(), "nothing was asked");
    let token = |head: &String| {
        let line = head.lines().find_map(|line| {
            line.to_lowercase().strip_prefix("authorization: ").map(str::to_owned)
        });
        line.and_then(|line| line.strip_prefix("bearer ").map(str::to_owned))
    };
    heads.iter().find_map(token)
}

#[test]
fn the_kept_token_goes_first_then_the_variable_and_the_platforms_key_never() {
    let remote = Recorder::answering("401 Unauthorized", "");
    let mut project = aimed_at(&remote);
    project.set("LUA_API_KEY", "platform-key-1234");
    let outcome = project.run("fetch");
    assert_eq!((outcome.code, sent(&remote)), (9, None), "{outcome}");
    assert!(
        outcome
            .stderr
            .contains("LUA_API_KEY was not sent: a token of `lua-store serve` begins with lst_"),
        "{outcome}"
    );
    project.set("LUA_API_KEY", "lst_platform");
    let outcome = project.run("fetch");
    assert_eq!((outcome.code, sent(&remote).as_deref()), (9, Some("lst_platform")), "{outcome}");
    assert!(!outcome.stderr.contains("was not sent"), "{outcome}");
    project.set("LUA_STORE_TOKEN", "lst_variable");
    project.run("fetch");
    assert_eq!(sent(&remote).as_deref(), Some("lst_variable"));
    keep(&project, &remote.url(), "lst_kept");
    project.run("fetch");
    assert_eq!(sent(&remote).as_deref(), Some("lst_kept"));
    // A malformed token is skipped, wherever it is configured.
    keep(&project, &remote.url(), "platform-key-1234");
    project.run("fetch");
    assert_eq!(sent(&remote).as_deref(), Some("lst_variable"));
    project.set("LUA_STORE_TOKEN", "sk_1234");
    project.set("LUA_API_KEY", "");
    let outcome = project.run("fetch");
    assert_eq!((outcome.code, sent(&remote)), (9, None), "{outcome}");
}

#[test]
fn a_redirect_is_not_followed() {
    let other = Recorder::answering("200 OK", "");
    let port = other.url();
    for to in
        [port.clone(), port.replace("http:", "https:"), port.replace("127.0.0.1", "localhost")]
    {
        for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
        {
            let remote =
                Recorder::answering(status, &format!("Location: {to}/agent_shop/refs\r\n"));
            let mut project = aimed_at(&remote);
            project.set("LUA_STORE_TOKEN", "lst_variable");
            let outcome = project.run("fetch");
            assert_eq!(sent(&remote).as_deref(), Some("lst_variable"));
            assert_eq!(other.heads(), Vec::<String>::new(), "{status} to {to}");
            assert_eq!(outcome.code, 1, "{outcome}");
            let points = format!("points to \"{to}/agent_shop/refs\", which is not followed");
            assert!(outcome.stderr.contains(&points), "{outcome}");
        }
    }
}

#[test]
fn a_token_does_not_cross_the_network_in_plain_text() {
    // Stands for the network: whatever leaves this machine goes through it.
    let network = Recorder::answering("401 Unauthorized", "");
    let mut project = shop::project();
    project.set("LUA_STORE_TRIES", "1");
    project.set("LUA_STORE_TOKEN", "lst_variable");
    project.set("HTTP_PROXY", &network.url());
    project.ok(&format!("remote add origin {ELSEWHERE}"));
    assert_snapshot!(project.run("fetch"), @r#"
    $ lua-store fetch
    --- stderr
    Error: the token (LUA_STORE_TOKEN) for "http://store.example.com/agent_shop" would be sent in plain text
    hint: use https://
    hint: add `--insecure` to send it with this command, or run `lua-store remote add --insecure` to allow it for that remote
    --- exit 2
    "#);
    for line in
        ["push", "pull", "sync --check", &format!("clone {ELSEWHERE} ../second"), "remote login"]
    {
        assert_eq!(project.run(line).code, 2, "{line}");
        assert_eq!(network.heads(), Vec::<String>::new(), "{line}");
    }
    assert_eq!(project.run("fetch --insecure").code, 9);
    assert_eq!(sent(&network).as_deref(), Some("lst_variable"));
    // Without a token there is nothing to protect.
    project.set("LUA_STORE_TOKEN", "");
    assert_eq!(project.run("fetch").code, 9);
    assert_eq!(sent(&network), None);
    // Kept for one address of one remote.
    project.set("LUA_STORE_TOKEN", "lst_variable");
    project.ok(&format!("remote set-url origin {ELSEWHERE} --insecure"));
    assert_eq!(project.run("fetch").code, 9);
    assert_eq!(sent(&network).as_deref(), Some("lst_variable"));
    project.ok("remote add second http://other.example.com/agent_shop");
    assert_eq!(project.run("fetch second").code, 2);
    project.ok(&format!("remote set-url origin {ELSEWHERE}"));
    assert_eq!(project.run("fetch origin").code, 2);
    project.ok("remote remove origin");
    project.ok(&format!("remote add origin {ELSEWHERE} --insecure"));
    assert_eq!(network.heads(), Vec::<String>::new());
    assert_eq!(project.run("fetch origin").code, 9);
    assert_eq!(sent(&network).as_deref(), Some("lst_variable"));
}

#[test]
fn what_is_for_this_machine_goes_through_no_proxy() {
    let (network, remote) =
        (Recorder::answering("502 Bad", ""), Recorder::answering("401 Unauthorized", ""));
    let mut project = aimed_at(&remote);
    project.set("LUA_STORE_TOKEN", "lst_variable");
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        project.set(name, &network.url());
    }
    assert_eq!(project.run("fetch").code, 9);
    assert_eq!(network.heads(), Vec::<String>::new());
    assert_eq!(sent(&remote).as_deref(), Some("lst_variable"));
}

/// A server with a pushed agent, and somebody who has nothing but its address.
fn served() -> (Project, Server, String) {
    let mut project = shop::project();
    let server = Server::start(&project, "");
    let token = server.token(&project, "agent_shop", "promote");
    let url = format!("{}/agent_shop", server.url);
    project.ok(&format!("remote add origin {url}"));
    project.set("LUA_STORE_TOKEN", &token);
    project.ok("push");
    (project, server, token)
}

fn redacted(outcome: Outcome, server: &Server) -> String {
    outcome.to_string().replace(&server.url, "http://SERVER")
}

#[test]
fn login_comes_before_clone() {
    let (_project, server, token) = served();
    let url = format!("{}/agent_shop", server.url);
    let mut other = Project::new();
    other.set("LUA_STORE_TRIES", "1");
    let settings = other.path("../settings").display().to_string();
    other.set("XDG_CONFIG_HOME", &settings);
    assert_eq!(other.run(&format!("clone {url} shop")).code, 9);
    let login =
        |input: &str| redacted(other.run_with_input(&format!("login {url}"), input), &server);
    assert_snapshot!(login("platform-key-1234\n"), @"
    $ lua-store login http://SERVER/agent_shop
    --- stderr
    Error: this is not a token of `lua-store serve`, which begins with lst_
    hint: it was not sent anywhere
    hint: run `lua-store serve token create --agent A --scope promote` to create one on the server
    --- exit 2
    ");
    assert_snapshot!(login(""), @"
    $ lua-store login http://SERVER/agent_shop
    --- stderr
    Error: no token was given
    hint: run `lua-store serve token create --agent A --scope promote` to create one on the server
    --- exit 2
    ");
    let (rest, last) = token.split_at(token.len() - 1);
    let wrong = format!("{rest}{}", if last == "0" { "1" } else { "0" });
    assert!(login(&wrong).ends_with("--- exit 9\n"));
    assert_eq!(
        other.run(&format!("clone {url} shop")).code,
        9,
        "a token that was refused is not kept"
    );
    assert_snapshot!(login(&token), @"
    $ lua-store login http://SERVER/agent_shop
    ✓ Logged in to http://SERVER/agent_shop.
    ");
    other.ok(&format!("clone {url} shop"));
    assert_snapshot!(redacted(other.run_with_input("login -C shop --json", &token), &server), @r#"
    $ lua-store login -C shop --json
    {
      "schemaVersion": 1,
      "kind": "login",
      "name": "origin",
      "url": "http://SERVER/agent_shop",
      "file": "[DIR]/project/../settings/lua-store/credentials.toml",
      "next": []
    }
    "#);
    assert_snapshot!(redacted(other.run(&format!("logout {url}")), &server), @"
    $ lua-store logout http://SERVER/agent_shop
    ✓ Deleted the token for http://SERVER/agent_shop.
    ");
    assert_eq!(other.run("fetch -C shop").code, 9);
    assert_snapshot!(other.run("login"), @r#"
    $ lua-store login
    --- stderr
    Error: not a lua-store project: no ".lua/format" in "[DIR]/project" or above
    hint: run `lua-store login https://host/AGENT`, which needs no project
    --- exit 2
    "#);
}

#[cfg(unix)]
#[test]
fn clone_asks_on_a_terminal_and_keeps_the_token() {
    let (_project, server, token) = served();
    let url = format!("{}/agent_shop", server.url);
    let mut other = Project::new();
    other.set("LUA_STORE_TRIES", "1");
    let (shown, code) = other.on_terminal(&format!("clone {url} shop"), &format!("{token}\n"));
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains(&format!("Token for {url}: ")), "{shown}");
    assert!(other.path("shop/src/index.ts").is_file());
    other.ok("fetch -C shop");
    // Nobody to ask: a usual error, and no question.
    other.ok(&format!("logout {url}"));
    other.set("CI", "true");
    let (shown, code) = other.on_terminal(&format!("clone {url} again"), "");
    assert!(code == 9 && !shown.contains("Token for"), "{shown}");
}
