//! Entrance: the key, the name, the session.

use super::started::LocalPages;
use crate::common::shop;
use crate::pages::browser::text;

#[test]
fn the_key_opens_one_session_and_leaves_the_address() {
    let project = shop::two_versions();
    let mut pages = LocalPages::start(&project, "");
    assert_eq!(pages.key.len(), 64, "256 bits");
    assert!(pages.host.starts_with("lua-store-") && pages.host.contains(".localhost:"));
    for wrong in ["", "?key=", "?key=00", &format!("?key={}", "0".repeat(64))] {
        assert_eq!(pages.get(&format!("/-/open{wrong}")).status, 403, "{wrong}");
    }
    assert_eq!(pages.get("/agent").status, 403, "nobody gets in without");
    let reply = pages.enter();
    assert_eq!((reply.status, reply.header("location")), (303, Some("/agent")));
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert!(!reply.text().contains(&pages.key));
    assert!(pages.page("/agent").contains("on this machine"));
    let again = pages.get(&format!("/-/open?key={}", pages.key));
    assert_eq!((again.status, again.header("set-cookie")), (403, None));
    assert!(again.text().contains("lua-store ui"), "{}", again.text());
    let cookie = pages.cookie.take();
    assert_eq!(pages.get("/agent").status, 403);
    pages.cookie = cookie.map(|cookie| cookie.replace("lua-store=", "lua-store=0"));
    assert_eq!(pages.get("/agent").status, 403);
}

#[test]
fn every_page_is_there_and_no_api() {
    let project = shop::two_versions();
    let pages = LocalPages::entered(&project, "");
    for path in [
        "/agent",
        "/agent/-/versions/2",
        "/agent/-/compare/v1...v2",
        "/agent/-/files/v1/src/index.ts",
        "/agent/-/persona/v1",
        "/agent/-/source/v2",
        "/agent/-/ledger",
        "/agent/-/promote/v2",
    ] {
        pages.page(path);
    }
    let words = text(&pages.page("/agent/-/compare/v1...v2"));
    assert!(words.contains("Finds products by name"), "{words}");
    assert_eq!(pages.get("/").header("location"), Some("/agent"));
    for path in ["/other", "/other/-/ledger", "/agent/-/versions/9"] {
        assert_eq!(pages.get(path).status, 404, "{path}");
    }
    for path in ["/agent/refs", "/healthz", "/metrics", "/developer/agents"] {
        assert_eq!(pages.get(path).status, 404, "{path}");
    }
    assert!(!pages.page("/agent/-/persona/v1").contains("/persona/edit"), "its files are here");
    for path in ["/-/login", "/-/logout", "/agent/-/persona/edit"] {
        assert_eq!(pages.get(path).status, 403, "{path}");
    }
}

/// A name that was pointed to this machine gets nothing, and neither does another port's page that knows the address.
#[test]
fn only_its_own_name_is_answered() {
    let project = shop::two_versions();
    let mut pages = LocalPages::entered(&project, "");
    let own = pages.host.clone();
    for name in ["127.0.0.1", "localhost", "lua-store.localhost", "attacker.example"] {
        pages.host = format!("{name}:{}", pages.port);
        assert_eq!(pages.get("/agent").status, 421, "{name}");
    }
    pages.host = own;
    pages.page("/agent");
}

#[test]
fn under_a_number_nothing_can_be_changed() {
    let project = shop::two_versions();
    let mut pages = LocalPages::start(&project, "--no-open");
    assert_eq!(pages.addresses.len(), 2);
    assert!(pages.addresses[1].starts_with("http://127.0.0.1:"), "{:?}", pages.addresses);
    pages.host = format!("127.0.0.1:{}", pages.port);
    assert_eq!(pages.enter().status, 303);
    assert!(!pages.page("/agent/-/versions/2").contains("/promote/"));
    assert_eq!(pages.get("/agent/-/promote/v2").status, 403);
    let pages = LocalPages::entered(&project, "--read-only");
    assert_eq!(pages.get("/agent/-/promote/v2").status, 403);
    assert_eq!(LocalPages::start(&project, "--read-only").addresses.len(), 1);
}
