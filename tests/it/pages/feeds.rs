//! Atom feed: its entries, who gets it, and that every text is text.

use super::browser::{Browser, text};
use super::{publish, served};
use crate::common::server::bearer;
use crate::common::shop;

const FEED: &str = "/shop/-/feed";

#[test]
fn a_feed_has_the_events_and_their_addresses() {
    let (project, server, browser) = served();
    let reply = browser.get(&server, FEED);
    assert_eq!(reply.header("content-type"), Some("application/atom+xml; charset=utf-8"));
    let feed = reply.text();
    let titles: Vec<String> = feed
        .split("<title>")
        .skip(1)
        .map(|rest| text(rest.split("</title>").next().unwrap()))
        .collect();
    assert_eq!(
        titles,
        [
            "shop",
            "v2 was created",
            "v1 was created",
            "source v2 was pushed",
            "source v1 was pushed",
            "promote v1"
        ]
    );
    for part in [
        "<link rel=\"alternate\" href=\"/shop/-/versions/2\"/>",
        "<summary>it was tried</summary>",
        "<author><name>ana@example.com</name></author>",
        "<updated>2026-11-21T09:30:00.000Z</updated>",
        "<link rel=\"self\" href=\"/shop/-/feed\"/>",
    ] {
        assert!(feed.contains(part), "{part}: {feed}");
    }
    assert!(browser.page(&server, "/shop").contains("href=\"/shop/-/feed\""));
    let ids = |feed: &str| feed.matches("<id>").count();
    project.ok("version promote v2 --reason better");
    assert_eq!(ids(&browser.get(&server, FEED).text()), ids(&feed) + 1);
}

/// A program that reads feeds sends a token in its header, never in the address.
#[test]
fn a_token_opens_the_feed_and_nothing_else_of_the_pages() {
    let (project, server, _) = served();
    let nobody = Browser::new(&server);
    assert_eq!(nobody.get(&server, FEED).status, 303);
    let header = bearer(&server.token(&project, "shop", "read"));
    assert_eq!(nobody.ask(&server, "GET", FEED, &header, "").status, 200);
    assert_eq!(nobody.ask(&server, "GET", "/shop/-/ledger", &header, "").status, 303);
    assert_eq!(nobody.ask(&server, "GET", "/other/-/feed", &header, "").status, 404);
    let wrong = bearer(&format!("lst_{}", "0".repeat(72)));
    assert_eq!(nobody.ask(&server, "GET", FEED, &wrong, "").status, 401);
    let public = publish(&shop::two_versions(), "--public shop");
    assert_eq!(Browser::new(&public).get(&public, FEED).status, 200);
}
