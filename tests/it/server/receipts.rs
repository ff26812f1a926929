//! Receipts: the token that sent a version is shown beside the author that the version claims.

use crate::common::server::{Server, bearer, data, token};
use crate::common::{Outcome, Project, shop};
use insta::assert_snapshot;
use lua_store::internals::protocol::Head;
use lua_store::internals::remote_store::RemoteStore;
use serde_json::{Value, json};

const AGENT: &str = "agent_shop";

/// The shop with a server as its remote, and a token of this form.
fn served(options: &str) -> (Project, Server) {
    let mut project = shop::project();
    let server = Server::start(&project, "");
    project.ok(&format!("remote add origin {}/{AGENT}", server.url));
    let token = token(&project, &format!("--agent {AGENT} --scope promote {options}"));
    project.set("LUA_STORE_TOKEN", &token);
    (project, server)
}

fn head(project: &Project) -> Head {
    RemoteStore::open(&data(project)).unwrap().head(&AGENT.parse().unwrap()).unwrap().unwrap()
}

/// Ids differ each time.
fn plain(outcome: Outcome) -> String {
    let text = outcome.to_string();
    let hex = |word: &str| word.len() >= 8 && word.chars().all(|letter| letter.is_ascii_hexdigit());
    let mut shown = String::new();
    for word in text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric()) {
        let bare = word.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
        shown += &if hex(bare) { word.replace(bare, "<id>") } else { word.to_owned() };
    }
    shown
}

#[test]
fn who_brought_it_is_told_offline_too() {
    let (mut project, server) = served("--note laptop-2");
    project.set("LUA_STORE_AUTHOR", "ceo@example.com");
    project.ok("push");
    project.ok("version create -m first");
    project.ok("version promote 1");
    // Nobody has brought this yet.
    shop::edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push --offline");
    project.ok("version create -m second");
    project.ok("version promote 2 --offline");
    let url = format!("{}/{AGENT}", server.url);
    project.ok(&format!("clone {url} ../second"));
    drop(server);
    assert_snapshot!(plain(project.run("log --offline")), @r#"
    $ lua-store log --offline
    v2 (staged)  <id>
      2026-11-21 09:30 by ceo@example.com
      second
      1 change(s), from source version v2

    v1 (active)  <id>
      2026-11-21 09:30 by ceo@example.com via token "laptop-2"
      first
      7 change(s), from source version v1
    --- stderr
    as origin had it at 09:30 UTC, just now
    v2 is active here only; origin serves v1
    Not sent to origin: source v2, version v2, 1 promotion
    "#);
    assert_snapshot!(plain(project.run("log --ledger --offline")), @r#"
    $ lua-store log --ledger --offline
    <id>  2026-11-21 09:30  promote v2  by ceo@example.com  (local only)
    <id>  2026-11-21 09:30  promote v1  by ceo@example.com via token "laptop-2"
    --- stderr
    as origin had it at 09:30 UTC, just now
    v2 is active here only; origin serves v1
    Not sent to origin: source v2, version v2, 1 promotion
    "#);
    assert_snapshot!(plain(project.run("version list --offline")), @r#"
    $ lua-store version list --offline
    VERSION  STATUS  CREATED           BY                              PROMOTED          MESSAGE
    v2       staged  2026-11-21 09:30  ceo@example.com                 -                 second
    v1*      active  2026-11-21 09:30  ceo@example.com via "laptop-2"  2026-11-21 09:30  first
    --- stderr
    as origin had it at 09:30 UTC, just now
    v2 is active here only; origin serves v1
    Not sent to origin: source v2, version v2, 1 promotion
    "#);
    assert_snapshot!(plain(project.run("source list")), @r#"
    $ lua-store source list
    VERSION  CREATED           BY                              TRIGGERED BY  HASH
    v2 *     2026-11-21 09:30  ceo@example.com                 batch push    <id>...
    v1       2026-11-21 09:30  ceo@example.com via "laptop-2"  batch push    <id>...
    "#);
    assert!(project.ok("version show 1").contains("by ceo@example.com via token \"laptop-2\"\n"));
    assert!(project.ok("source show 1").contains("by ceo@example.com via token \"laptop-2\"\n"));
    let listed = project.list("serve token list --data ../data");
    let via = json!({"remote": "origin", "token": "laptop-2", "tokenId": listed[0]["id"], "at": "2026-11-21T09:30:00.000Z"});
    let told = |line: &str| project.json(line);
    for line in ["version show 1", "source show 1"] {
        assert_eq!(told(line)["via"], via, "{line}");
        assert_eq!(told(&format!("{line} -C ../second"))["via"], via, "{line}");
    }
    for line in ["log", "version list", "source list", "log --ledger"] {
        let all = project.list(line);
        let last = all.as_array().unwrap().last().unwrap();
        assert_eq!(last["via"], via, "{line}");
        let second = project.list(&format!("{line} -C ../second"));
        assert_eq!(second.as_array().unwrap().last().unwrap()["via"], via, "{line}");
    }
    assert_eq!(told("version show 2").get("via"), None);
    // The token of a promotion is shown wherever the promotion is.
    let sentence = "by ceo@example.com via token \"laptop-2\"\n";
    for line in ["status", "version show active", "show active", "version status"] {
        let live = project.ok(&format!("{line} --offline"));
        let since = live.lines().find(|line| line.trim_start().starts_with("Live since 09:30 UTC"));
        assert!(format!("{}\n", since.unwrap()).ends_with(sentence), "{line}: {live}");
    }
    assert_eq!(told("status --offline")["live"]["via"], via);
    for line in ["version show 1 --offline", "show v1 --offline"] {
        assert_eq!(told(line)["promotedVia"], via, "{line}");
    }
    assert_eq!(project.list("version list --offline")[1]["promotedVia"], via);
    assert_eq!(project.list("version list --offline")[0]["promotedVia"], Value::Null);
}

/// A colleague's promotion is heard of by whoever asks, and its versions are not pulled.
#[test]
fn what_was_only_heard_of_names_its_token_too() {
    let (mut project, server) = served("--note laptop-2");
    project.ok("push");
    project.ok("version create -m first");
    project.ok("version promote 1");
    project.ok(&format!("clone {}/{AGENT} ../second", server.url));
    let colleague = token(&project, &format!("--agent {AGENT} --scope promote --note laptop-3"));
    project.set("LUA_STORE_TOKEN", &colleague);
    let source =
        project.read("../second/src/index.ts").replace("You help customers shop.", "You help.");
    project.write("../second/src/index.ts", source);
    for line in ["push", "version create -m second", "version promote 2"] {
        project.ok(&format!("{line} -C ../second"));
    }
    let via = |row: &Value| row["via"]["token"].clone();
    for options in ["", " --offline"] {
        for line in ["log --ledger", "log", "version list"] {
            let told = project.list(&format!("{line}{options}"));
            let told: Vec<Value> = told.as_array().unwrap().iter().map(via).collect();
            assert_eq!(told, ["laptop-3", "laptop-2"], "{line}{options}");
        }
        let shown = project.ok(&format!("version show 2{options}"));
        assert!(shown.contains("by ana@example.com via token \"laptop-3\"\n"), "{shown}");
    }
    assert_eq!(project.list("source list").as_array().unwrap().len(), 1, "nothing was pulled");
}

#[test]
fn a_token_brings_nothing_in_anothers_name() {
    let (mut project, server) = served("--note laptop-2 --for ana@example.com");
    project.ok("push");
    let before = head(&project);
    // The client knows it before it makes anything.
    shop::edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    assert_snapshot!(project.run("push --author ceo@example.com"), @r#"
    $ lua-store push --author ceo@example.com
    --- stderr
    Error: you are "ceo@example.com", and the token for origin is bound to "ana@example.com"
    hint: add `--author ana@example.com`, or run `lua-store login origin` with your own token
    --- exit 10
    "#);
    assert_eq!(project.list("source list").as_array().unwrap().len(), 1);
    // Made without asking the server, which refuses it.
    project.ok("push --offline --author ceo@example.com");
    let refused = project.run("push");
    assert_snapshot!(refused, @r#"
    $ lua-store push
    Nothing changed since source version v2.
    --- stderr
    Error: source version v2 is by "ceo@example.com", and the token "laptop-2" is bound to "ana@example.com"
    hint: nothing was changed there; add `--author ana@example.com` to name the token's owner as the author from now on
    hint: to send what others created, ask the operator of the server for a token with `--for-others`
    hint: run `lua-store push` to send it to origin, once that is repaired
    --- exit 10
    "#);
    assert_eq!(head(&project), before, "nothing changed");
    project.ok("version create -m second");
    project.set("LUA_STORE_AUTHOR", "ANA@example.com");
    let promote = project.run("version promote 1");
    assert_eq!(promote.code, 10, "{promote}");
    assert_eq!(head(&project), before);
    assert!(project.ok("version list").contains("staged"), "nothing was promoted here either");
    // One that may bring what others made.
    let ci = token(
        &project,
        &format!("--agent {AGENT} --scope promote --for ana@example.com --for-others"),
    );
    project.set("LUA_STORE_TOKEN", &ci);
    project.ok("version promote 1 --author ceo@example.com");
    let now = head(&project);
    assert_eq!(
        (now.heads.source.len(), now.heads.versions.len(), now.heads.active.is_some()),
        (2, 1, true)
    );
    assert_eq!(
        now.receipts.list.last().map(|receipt| (receipt.source, receipt.versions, receipt.ledger)),
        Some((1, 1, 1))
    );
    let log = server.log();
    let did: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|event| event.get("did").cloned())
        .collect();
    assert_eq!(did, ["push source v1", "push source v2, version v1, promote v1"]);
}

#[test]
fn what_came_before_receipts_is_told_as_it_was() {
    let mut project = shop::project();
    let open = Server::start(&project, "--no-auth");
    project.ok(&format!("remote add origin {}/{AGENT}", open.url));
    project.ok("push");
    project.ok("version create -m first");
    project.ok("version promote 1");
    assert!(head(&project).receipts.is_empty(), "nobody showed a token");
    drop(open);
    let server = Server::start(&project, "");
    let url = format!("{}/{AGENT}", server.url);
    project.ok(&format!("remote set-url origin {url}"));
    project.set("LUA_STORE_TOKEN", &token(&project, &format!("--agent {AGENT} --scope promote")));
    shop::edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("push");
    project.ok("version create -m second");
    project.ok("version promote 2");
    let id = project.list("serve token list --data ../data")[0]["id"].as_str().unwrap().to_owned();
    let by = |line: &str| {
        let all = project.list(line);
        let one = |row: &Value| {
            row.get("via").map_or("-".to_owned(), |via| via["tokenId"].as_str().unwrap().to_owned())
        };
        all.as_array().unwrap().iter().map(one).collect::<Vec<_>>()
    };
    for line in ["source list", "version list", "log --ledger"] {
        assert_eq!(by(line), [id.as_str(), "-"], "{line}");
    }
    assert!(
        project.ok("log").contains(&format!("by ana@example.com via token {id}\n")),
        "a token without a name"
    );
    // A client that knows no receipts has another name for the same refs, and is answered in full.
    let now = head(&project);
    let old = Head { receipts: Default::default(), ..now.clone() };
    let asked = |etag: &str| {
        let headers = format!(
            "{}If-None-Match: {etag}\r\n",
            bearer(&token(&project, &format!("--agent {AGENT} --scope read")))
        );
        server.ask("GET", &format!("/{AGENT}/refs"), &headers, b"").status
    };
    assert_eq!((asked(&old.etag().to_string()), asked(&now.etag().to_string())), (200, 304));
}

#[test]
fn a_folder_claims_nothing() {
    let project = shop::project();
    project.ok(&format!("remote add origin ../data/{AGENT}"));
    project.ok("push");
    assert!(head(&project).receipts.is_empty());
    assert_eq!(project.list("source list")[0].get("via"), None);
}

#[test]
fn a_repeated_transaction_is_answered_as_it_was() {
    let (project, server) = served("");
    project.ok("push --offline");
    let write = bearer(&token(&project, &format!("--agent {AGENT} --scope push --note other")));
    // By hand, as somebody else does.
    let pack =
        std::fs::read_dir(project.path(".lua/objects")).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(&pack).unwrap();
    let name = blake3::hash(&bytes).to_hex().to_string();
    let upload = format!("{write}Upload-Offset: 0\r\nUpload-Length: {}\r\n", bytes.len());
    assert_eq!(server.ask("PATCH", &format!("/{AGENT}/packs/{name}"), &upload, &bytes).status, 204);
    let id = project.list("source list")[0]["id"].clone();
    let txn = json!({"txn": "0".repeat(32), "pack": name, "source": {"after": 0, "ids": [id]}})
        .to_string();
    let path = format!("/{AGENT}/transactions");
    let done = server.ask("POST", &path, &write, txn.as_bytes());
    assert_eq!(done.status, 200, "{}", done.text());
    shop::edit(&project, "src/index.ts", "You help customers shop.", "You help.");
    project.ok("pull");
    project.ok("push");
    let again = server.ask("POST", &path, &write, txn.as_bytes());
    assert_eq!(again.text(), done.text());
}
