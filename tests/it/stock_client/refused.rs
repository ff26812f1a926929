//! Refusals of the server, as a user of the command sees them.

use crate::common::server::token;
use crate::common::stock::{AGENT, Ran, Stock};
use insta::assert_snapshot;

fn with(stock: &Stock, key: &str, line: &str) -> Ran {
    let mut command = stock.command(line);
    command.env("LUA_API_KEY", key);
    stock.ran(line, command)
}

#[test]
fn who_may_not_is_told_so() {
    let Some(stock) = Stock::new() else { return };
    let unknown = format!("lst_{}", "0".repeat(72));
    assert_snapshot!(with(&stock, &unknown, "version list"), @"
    $ lua version list
    --- stderr
    ✖ auth: Authentication failed: this is not a token of `lua-store serve`: it is truncated, mistyped or from another service; set LUA_API_KEY to a token of this server, which begins with lst_ (its operator creates one with `lua-store serve token create`)
    💡 Re-authenticate or check your API key: lua auth configure · https://admin.heylua.ai
    --- exit 9
    ");
    let other = token(&stock.project, "--agent agent_other --scope promote");
    assert_snapshot!(with(&stock, &other, "push all --force").brief(), @r#"
    $ lua push all --force
    --- stderr
    ✖ forbidden: Access denied (403): there is no agent "agent_paint" here, or the token is not for it; ask the operator of the server for a token for it (`lua-store serve token create`) (FORBIDDEN)
    💡 Check that your Lua login has access to this agent or organization.
    --- exit 10
    "#);
    let read = token(&stock.project, &format!("--agent {AGENT} --scope read"));
    assert_snapshot!(with(&stock, &read, "push backup --force"), @"
    $ lua push backup --force
    --- stderr
    ✖ forbidden: Access denied (403): the token may read but not push; ask the operator of the server for another one: `lua-store serve token create --agent agent_paint --scope push` (FORBIDDEN)
    💡 Check that your Lua login has access to this agent or organization.
    --- exit 10
    ");
    assert_snapshot!(with(&stock, &read, "version promote 1"), @"
    $ lua version promote 1
    --- stderr
    ✖ forbidden: Access denied (403): the token may read but not promote; ask the operator of the server for another one: `lua-store serve token create --agent agent_paint --scope promote` (FORBIDDEN)
    💡 Check that your Lua login has access to this agent or organization.
    --- exit 10
    ");
}

#[test]
fn what_is_not_served_says_so_at_once() {
    let Some(stock) = Stock::new() else { return };
    assert_snapshot!(stock.lua("chat -e production -m hello"), @"
    $ lua chat -e production -m hello
    ──────────────────────────────────────────────────
    🌙 Response:
    ──────────────────────────────────────────────────
    💡 Something went wrong. Debug options:
       Check agent errors:  `lua logs --type agent_error --limit 5`
       Isolate the tool:    `lua test skill --name <toolName>  (runs locally, no LLM)`
    --- stderr
    ✖ not_found: this server keeps versions; chat is on the platform
    --- exit 3
    ");
    assert_snapshot!(stock.lua("logs --limit 5 --type skill"), @"
    $ lua logs --limit 5 --type skill
    --- stderr
    ✖ not_found: this server keeps versions; the log of an agent is on the platform
    --- exit 3
    ");
    assert_snapshot!(stock.lua("models list"), @"
    $ lua models list
    --- stderr
    ✖ not_found: Could not fetch models from the server: this server keeps versions; the list of models is on the platform
    --- exit 3
    ");
    // A failure of the server, or one of the network, it tries four times, for seconds.
    let log = stock.server.log();
    assert_eq!(log.matches("/agents/self-serve/models").count(), 1, "{log}");
}

#[test]
fn a_server_that_is_not_there_is_reported() {
    let Some(mut stock) = Stock::new() else { return };
    stock.url = "http://127.0.0.1:1".to_owned();
    assert_snapshot!(stock.lua("version list"), @"
    $ lua version list
    --- stderr
    ✖ unavailable: fetch failed
    💡 The Lua API could not be reached — check your network and https://status.heylua.ai, then retry.
    --- exit 11
    ");
}
