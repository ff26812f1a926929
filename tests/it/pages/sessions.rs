//! Sessions: signing in and out, forms from other sites, agents of others.

use super::browser::{Browser, encode};
use super::{publish, served, signed_in};
use crate::common::server::Server;
use crate::common::{Project, shop};

#[test]
fn a_token_opens_a_session_and_its_end_closes_it() {
    let (_project, server, mut browser) = served();
    let cookie = browser.cookie.clone().unwrap();
    assert!(cookie.starts_with("lua-store=") && cookie.len() == "lua-store=".len() + 64);
    assert!(browser.page(&server, "/shop").contains("Sign out"));
    let key = browser.form_key(&server);
    let reply = browser.post(&server, "/-/logout", &[("key", &key)]);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/-/login")));
    assert!(reply.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(browser.get(&server, "/shop").status, 303, "the old cookie is worth nothing");
    browser.cookie = Some("lua-store=0000".to_owned());
    assert_eq!(browser.get(&server, "/shop").status, 303);
}

#[test]
fn a_revoked_token_ends_its_session_with_the_next_request() {
    let project = shop::two_versions();
    let server = publish(&project, "");
    let token = server.token(&project, "shop", "read");
    let mut browser = Browser::new(&server);
    browser.sign_in(&server, &token);
    assert_eq!(browser.get(&server, "/shop").status, 200);
    let list: serde_json::Value = project.list("serve token list --data ../data");
    let reads = list.as_array().unwrap().iter().find(|one| one["scope"] == "read");
    let id = reads.unwrap()["id"].as_str().unwrap();
    project.ok(&format!("serve token revoke {id} --data ../data"));
    assert_eq!(browser.get(&server, "/shop").status, 303);
    let log = server.log();
    assert!(!log.contains(&token[4..20]), "the log has no token");
}

#[test]
fn a_wrong_token_opens_nothing_and_five_are_enough() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let mut browser = Browser::new(&server);
    let wrong = format!("lst_{}", "0".repeat(72));
    for _ in 0..5 {
        let reply = browser.sign_in(&server, &wrong);
        assert_eq!((reply.status, reply.header("set-cookie")), (403, None));
        assert!(reply.text().contains("role=\"alert\"") && !reply.text().contains("lst_000"));
    }
    let token = server.token(&project, "shop", "read");
    let reply = browser.sign_in(&server, &token);
    assert_eq!(reply.status, 429, "also a good one has to wait");
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
}

#[test]
fn a_session_holds_several_tokens() {
    let (project, server, mut browser) = served();
    assert_eq!(browser.get(&server, "/second").status, 404);
    let before = browser.cookie.clone();
    let token = server.token(&project, "second", "read");
    assert_eq!(browser.sign_in(&server, &token).status, 303);
    assert_ne!(browser.cookie, before, "another id");
    assert!(browser.page(&server, "/second").contains("Nothing was pushed to this agent yet"));
    assert!(browser.page(&server, "/shop").contains("Live now"));
    let list = browser.page(&server, "/");
    assert!(list.contains("href=\"/shop\"") && list.contains("href=\"/second\""), "{list}");
}

/// Nothing tells an agent of somebody else from one that nobody has.
#[test]
fn the_agents_of_others_look_like_none() {
    let project = shop::two_versions();
    let server = publish(&project, "");
    let mut browser = Browser::new(&server);
    let other = server.token(&project, "mine", "read");
    browser.sign_in(&server, &other);
    let nobody = Browser::new(&server);
    for path in
        ["", "/-/versions/1", "/-/ledger", "/-/raw/v1/package.json", "/-/versions/active", "/-/x"]
    {
        for browser in [&browser, &nobody] {
            let [exists, none] = ["shop", "nono"].map(|agent| {
                let path = format!("/{agent}{path}");
                let reply =
                    browser.ask(&server, "GET", &path, "X-Request-Id: one-and-the-same\r\n", "");
                let mut headers = reply.headers.clone();
                headers.retain(|(name, _)| name != "date");
                (reply.status, format!("{headers:?}\n{}", reply.text()).replace(agent, "AGENT"))
            });
            assert_eq!(exists, none, "{path}");
            assert!(matches!(exists.0, 303 | 404), "{path}");
        }
    }
    assert!(!browser.page(&server, "/").contains("shop"));
}

#[test]
fn a_form_from_elsewhere_changes_nothing() {
    let (project, server, browser) = served();
    let key = browser.form_key(&server);
    let other = signed_in(&project, &server, "read").form_key(&server);
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let ours = format!("{kind}Sec-Fetch-Site: same-origin\r\n");
    let own_origin = format!("{kind}Origin: {}\r\n", server.url);
    let refused = [
        (kind.to_owned(), key.as_str()),
        (format!("{kind}Origin: null\r\n"), &key),
        (format!("{kind}Origin: https://attacker.example\r\n"), &key),
        (format!("{kind}Sec-Fetch-Site: cross-site\r\n"), &key),
        (format!("{kind}Sec-Fetch-Site: same-site\r\nOrigin: {}\r\n", server.url), &key),
        (ours.clone(), ""),
        (ours.clone(), &other),
        (ours.clone(), &key[1..]),
    ];
    for (headers, key) in refused {
        for path in ["/-/logout", "/-/login"] {
            let reply = browser.ask(&server, "POST", path, &headers, &encode(&[("key", key)]));
            assert_eq!(reply.status, 403, "{path} {headers} {key}");
            assert_eq!(reply.header("set-cookie"), None);
        }
        assert_eq!(browser.get(&server, "/shop").status, 200, "still signed in");
    }
    assert_eq!(browser.get(&server, "/-/logout").status, 405, "reading changes nothing");
    assert_eq!(browser.get(&server, "/shop").status, 200);
    let reply = browser.ask(&server, "POST", "/-/logout", &own_origin, &encode(&[("key", &key)]));
    assert_eq!(reply.status, 303);
}

#[test]
fn a_public_agent_is_read_by_everybody_and_no_other() {
    let project = shop::two_versions();
    let server = publish(&project, "--public shop");
    let nobody = Browser::new(&server);
    for path in [
        "/shop",
        "/shop/-/files/v1/src/index.ts",
        "/shop/-/persona/v1",
        "/shop/-/raw/v1/package.json",
    ] {
        assert_eq!(nobody.get(&server, path).status, 200, "{path}");
    }
    let list = nobody.page(&server, "/");
    assert!(list.contains("href=\"/shop\"") && list.contains("Sign in"), "{list}");
    assert_eq!(nobody.get(&server, "/other").status, 303);
    assert_eq!(server.ask("GET", "/shop/refs", "", b"").status, 401, "the API stays closed");
    let log = server.log();
    assert!(log.contains("everybody who reaches"), "{log}");
}

#[test]
fn without_tokens_everybody_of_this_machine_reads() {
    let project = shop::two_versions();
    let server = Server::start(&project, "--no-auth");
    project.ok(&format!("remote add origin {}/shop", server.url));
    let browser = Browser::new(&server);
    let empty = browser.page(&server, "/");
    assert!(empty.contains("No agent was pushed here yet") && empty.contains("no sign-in needed"));
    project.ok("push");
    assert!(browser.page(&server, "/").contains("href=\"/shop\""));
    assert!(browser.page(&server, "/shop").contains("No version is live"));
}
