//! `serve token`: what is printed, kept and refused.

use crate::common::Project;
use crate::common::server::{Server, bearer, token};
use insta::assert_snapshot;
use serde_json::json;

/// Secrets and ids differ each time; their lengths do not.
fn plain(text: &str) -> String {
    let hex = |word: &str| word.chars().all(|letter| letter.is_ascii_hexdigit());
    let mut shown = String::new();
    for word in text.split_inclusive([' ', '\n', ':', '"', ',', '=']) {
        let bare = word.trim_end_matches([' ', '\n', ':', '"', ',']);
        match bare.strip_prefix("lst_") {
            Some(digits) if hex(digits) && digits.len() == 72 => {
                shown += &word.replace(bare, "lst_<72>")
            }
            _ if bare.len() == 12 && hex(bare) => shown += &word.replace(bare, "<id-12-long>"),
            _ => shown += word,
        }
    }
    shown
}

fn run(project: &Project, line: &str) -> String {
    plain(&project.run(&format!("serve token {line} --data ../data")).to_string())
}

#[test]
fn made_listed_revoked() {
    let project = Project::new();
    assert_snapshot!(run(&project, "create --agent shop --scope push --expires 30d --note \"Ana's laptop\""), @r#"
    $ lua-store serve token create --agent shop --scope push --expires 30d --note "Ana's laptop" --data ../data
    lst_<72>
    --- stderr
    Token <id-12-long>: push on shop, until 2026-12-21 09:30.
    For the stock `lua` command, in a shell or in the .env file of a project:
      LUA_API_URL=http://127.0.0.1:7420
      LUA_AUTH_URL=http://127.0.0.1:7420
      LUA_API_KEY=lst_<72>
    hint: it is shown only once; run `lua-store login URL` on the client to store it, or set LUA_STORE_TOKEN
    "#);
    assert_snapshot!(run(&project, "create --agent other --scope read --json"), @r#"
    $ lua-store serve token create --agent other --scope read --json --data ../data
    {
      "schemaVersion": 1,
      "kind": "newToken",
      "id": "<id-12-long>",
      "agent": "other",
      "agents": [
        "other"
      ],
      "scope": "read",
      "note": null,
      "for": null,
      "forOthers": false,
      "createdAt": "2026-11-21T09:30:00Z",
      "expiresAt": null,
      "replaces": null,
      "token": "lst_<72>",
      "next": []
    }
    "#);
    assert_snapshot!(run(&project, "list"), @"
    $ lua-store serve token list --data ../data
    ID            AGENT  SCOPE  CREATED           EXPIRES           LAST USED  FOR      NOTE
    <id-12-long>  shop   push   2026-11-21 09:30  2026-12-21 09:30  -          anybody  Ana's laptop
    <id-12-long>  other  read   2026-11-21 09:30  never             -          anybody
    ");
    assert_snapshot!(run(&project, "list --json"), @r#"
    $ lua-store serve token list --json --data ../data
    {
      "schemaVersion": 1,
      "kind": "tokenList",
      "tokens": [
        {
          "id": "<id-12-long>",
          "agent": "shop",
          "agents": [
            "shop"
          ],
          "scope": "push",
          "note": "Ana's laptop",
          "for": null,
          "forOthers": false,
          "createdAt": "2026-11-21T09:30:00Z",
          "expiresAt": "2026-12-21T09:30:00Z",
          "replaces": null,
          "expired": false,
          "lastUsedAt": null
        },
        {
          "id": "<id-12-long>",
          "agent": "other",
          "agents": [
            "other"
          ],
          "scope": "read",
          "note": null,
          "for": null,
          "forOthers": false,
          "createdAt": "2026-11-21T09:30:00Z",
          "expiresAt": null,
          "replaces": null,
          "expired": false,
          "lastUsedAt": null
        }
      ],
      "total": 2,
      "truncated": false,
      "next": []
    }
    "#);
    let listed = project.list("serve token list --data ../data");
    let id = listed[0]["id"].as_str().unwrap();
    assert_snapshot!(run(&project, &format!("revoke {id}")), @"
    $ lua-store serve token revoke <id-12-long> --data ../data
    Revoked token <id-12-long>: push on shop
    ");
    assert_snapshot!(run(&project, &format!("revoke {id}")), @r#"
    $ lua-store serve token revoke <id-12-long> --data ../data
    --- stderr
    Error: there is no token "<id-12-long>"
    hint: run `lua-store serve token list` to list the tokens
    --- exit 3
    "#);
    assert_snapshot!(run(&project, "list"), @"
    $ lua-store serve token list --data ../data
    ID            AGENT  SCOPE  CREATED           EXPIRES  LAST USED  FOR      NOTE
    <id-12-long>  other  read   2026-11-21 09:30  never    -          anybody
    ");
}

#[test]
fn an_expired_token_is_shown_as_that() {
    let mut project = Project::new();
    run(&project, "create --agent shop --scope push --expires 2026-11-22");
    project.set("LUA_STORE_NOW", "2026-11-23T00:00:00Z");
    assert_snapshot!(run(&project, "list"), @"
    $ lua-store serve token list --data ../data
    ID            AGENT  SCOPE  CREATED           EXPIRES                   LAST USED  FOR      NOTE
    <id-12-long>  shop   push   2026-11-21 09:30  expired 2026-11-23 00:00  -          anybody
    ");
}

#[test]
fn what_makes_no_sense_is_a_usage_error() {
    let project = Project::new();
    assert_snapshot!(run(&project, "create --agent a/b --scope push"), @r#"
    $ lua-store serve token create --agent a/b --scope push --data ../data
    --- stderr
    Error: "a/b" cannot be the id of an agent
    hint: an agent's id has letters, digits, `-`, `_` and `.`, and begins with a letter, a digit or `_`
    --- exit 2
    "#);
    assert_snapshot!(run(&project, "create --agent a --scope write"), @r#"
    $ lua-store serve token create --agent a --scope write --data ../data
    --- stderr
    Error: "write" is not a scope (read, push, promote or admin)
    --- exit 2
    "#);
    assert_snapshot!(run(&project, "create --agent a --scope push --expires 2026-11-20"), @r#"
    $ lua-store serve token create --agent a --scope push --expires 2026-11-20 --data ../data
    --- stderr
    Error: "2026-11-20" has passed already
    --- exit 2
    "#);
    assert_snapshot!(run(&project, "create --agent a --scope push --expires soon"), @r#"
    $ lua-store serve token create --agent a --scope push --expires soon --data ../data
    --- stderr
    Error: "soon" is neither a duration nor a time
    hint: use `12h`, `30d`, `8w`, `2027-01-31` or `2027-01-31T09:00:00Z`
    --- exit 2
    "#);
    assert!(!project.path("../data").exists(), "nothing was made");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let project = Project::new();
    assert_snapshot!(run(&project, "list"), @r#"
    $ lua-store serve token list --data ../data
    --- stderr
    Error: there is no folder "[DIR]/project/../data"
    hint: add `--data DIR` to name the folder that the server was started with
    --- exit 3
    "#);
    let deep = project.run("serve token create --agent a --scope read --data ../no/data");
    assert_snapshot!(deep, @r#"
    $ lua-store serve token create --agent a --scope read --data ../no/data
    --- stderr
    Error: cannot create "[DIR]/project/../no/data": its parent folder does not exist
    --- exit 3
    "#);
}

#[test]
fn without_an_option_the_data_are_the_user_s() {
    let mut project = Project::new();
    project.set("XDG_DATA_HOME", &project.path("../mine").to_string_lossy());
    project.ok("serve token create --agent a --scope read");
    assert!(project.path("../mine/lua-store/depot/tokens.json").is_file());
    let elsewhere = project.path("../elsewhere");
    project.set("LUA_STORE_DATA", &elsewhere.to_string_lossy());
    project.ok("serve token create --agent a --scope read");
    assert!(elsewhere.join("tokens.json").is_file());
}

#[test]
fn a_token_opens_the_agents_and_the_patterns_that_it_is_for() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let header = bearer(&token(&project, "--agent shop --agent team-* --scope read --note CI"));
    let status = |agent: &str| server.ask("GET", &format!("/{agent}/refs"), &header, b"").status;
    assert_eq!(["shop", "team-", "team-a"].map(status), [200; 3]);
    assert_eq!(["shop2", "teams", "Team-a", "team-a%2F", "*"].map(status), [404; 5]);
    let listed = project.list("serve token list --data ../data");
    assert_eq!(listed[0]["agents"], json!(["shop", "team-*"]));
    assert_eq!((&listed[0]["agent"], &listed[0]["lastUsedAt"]), (&json!(null), &json!(null)));
    let _ = server.log();
    let listed = project.list("serve token list --data ../data");
    assert!(listed[0]["lastUsedAt"].is_string(), "written at the end: {listed}");
    let told = run(&project, "create --agent team/* --scope read");
    assert!(
        told.contains("cannot be a pattern of agents") && told.contains("--- exit 2"),
        "{told}"
    );
}

#[test]
fn a_rotated_token_and_the_old_one_open_until_the_grace_is_over() {
    let mut project = Project::new();
    let old = token(&project, "--agent shop --scope push --note laptop --for ana@example.com");
    let id = project.list("serve token list --data ../data")[0]["id"].as_str().unwrap().to_owned();
    let rotated = project.json(&format!("serve token rotate {id} --grace 2h --data ../data"));
    assert_eq!((&rotated["replaces"], &rotated["note"]), (&json!(id), &json!("laptop")));
    let new = rotated["token"].as_str().unwrap().to_owned();
    let asked = |project: &Project, token: &str| {
        let server = Server::start(project, "");
        server.ask("GET", "/shop/refs", &bearer(token), b"").status
    };
    assert_eq!((asked(&project, &old), asked(&project, &new)), (200, 200));
    project.set("LUA_STORE_NOW", "2026-11-21T11:30:00Z");
    assert_eq!((asked(&project, &old), asked(&project, &new)), (401, 200));
    // All of a person, in one go.
    token(&project, "--agent shop --scope read --for ceo@example.com");
    let told = run(&project, "revoke --for Ana@example.com");
    assert_eq!(told.matches("Revoked token").count(), 2, "{told}");
    assert_eq!(asked(&project, &new), 401);
    assert_eq!(project.list("serve token list --data ../data").as_array().unwrap().len(), 1);
    assert_eq!(project.run("serve token revoke --for ana@example.com --data ../data").code, 3);
}
