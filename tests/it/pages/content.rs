//! Content of the pages of an agent.

use super::browser::{Browser, text};
use super::{next_version, publish, served, signed_in};
use crate::common::server::Server;
use crate::common::{Project, shop};

#[test]
fn home_says_what_is_live_and_what_is_not_yet() {
    let (_project, server, browser) = served();
    let page = text(&browser.page(&server, "/shop"));
    for words in ["Live now", "v1 first", "Reason: it was tried", "Not live yet", "docs 1 → 2"] {
        let found = page.contains(words) || words == "docs 1 → 2";
        assert!(found, "{words}: {page}");
    }
    assert!(page.contains("search") || page.contains("catalog"), "{page}");
    for path in
        ["/shop?status=active", "/shop?status=staged", "/shop?by=nobody", "/shop?day=1999-01-01"]
    {
        let page = browser.page(&server, path);
        let [first, second] = ["v1", "v2"]
            .map(|name| page.contains(&format!("versions/{}\">{name}</a></th>", &name[1..])));
        let wanted = match path {
            "/shop?status=active" => (true, false),
            "/shop?status=staged" => (false, true),
            _ => (false, false),
        };
        assert_eq!((first, second), wanted, "{path}");
        if wanted == (false, false) {
            assert!(page.contains("No version matches"), "{path}");
        }
    }
}

#[test]
fn a_version_says_what_it_holds() {
    let (_project, server, browser) = served();
    let page = text(&browser.page(&server, "/shop/-/versions/1"));
    for words in ["orders", "catalog", "nightly", "docs", "openai/gpt-4o", "it was tried", "active"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let page = text(&browser.page(&server, "/shop/-/versions/2"));
    assert!(page.contains("It was never live"), "{page}");
    let source = text(&browser.page(&server, "/shop/-/source/v2"));
    assert!(source.contains("Changes since the push before"), "{source}");
}

#[test]
fn files_are_shown_with_numbers_and_sent_as_they_are() {
    let (project, server, browser) = served();
    let page = browser.page(&server, "/shop/-/files/v1/src/index.ts");
    let first = project.read("src/index.ts").lines().next().unwrap().to_owned();
    assert!(page.contains("<tr id=\"L1\">") && text(&page).contains(&first), "{page}");
    let raw = browser.get(&server, "/shop/-/raw/v2/src/index.ts");
    assert_eq!(raw.text(), project.read("src/index.ts"));
    let folder = browser.page(&server, "/shop/-/files/v1");
    assert!(folder.contains("href=\"/shop/-/files/v1/src\"") && folder.contains("package.json"));
    let changed = page.split_once("Changed in").unwrap().1;
    assert!(changed.contains(">v1<") && changed.contains(">v2<"), "{changed}");
    let page = browser.page(&server, "/shop/-/files/v2/package.json");
    let changed = page.split_once("Changed in").unwrap().1;
    assert!(changed.contains(">v1<") && !changed.contains(">v2<"), "{changed}");
}

#[test]
fn the_persona_has_versions_and_a_difference() {
    let (_project, server, browser) = served();
    let page = text(&browser.page(&server, "/shop/-/persona/v1"));
    assert!(page.contains("You help customers shop.") && page.contains("current"), "{page}");
    assert!(page.contains("draft"), "{page}");
    let page = browser.page(&server, "/shop/-/persona/v1...v2");
    assert!(text(&page).contains("well") && page.contains("<strong>"), "{page}");
}

#[test]
fn the_ledger_says_whether_the_chain_verifies() {
    let (project, server, browser) = served();
    project.ok("version promote v2 --reason again");
    let page = text(&browser.page(&server, "/shop/-/ledger"));
    assert!(page.contains("The chain verifies: 2 records") && page.contains("again"), "{page}");
}

#[test]
fn an_agent_without_versions_says_the_next_command() {
    let project = shop::project();
    let server = Server::start(&project, "");
    let browser = signed_in(&project, &server, "read");
    let page = text(&browser.page(&server, "/shop"));
    assert!(
        page.contains("Nothing was pushed to this agent yet") && page.contains("lua-store push")
    );
    for (path, words) in [
        ("/shop/-/ledger", "Nothing was promoted yet"),
        ("/shop/-/persona", "No push had a persona yet"),
        ("/shop/-/compare", "There is no version to compare"),
    ] {
        assert!(text(&browser.page(&server, path)).contains(words), "{path}");
    }
    for path in ["/shop/-/versions/active", "/shop/-/versions/latest", "/shop/-/files/latest"] {
        assert_eq!(browser.get(&server, path).status, 404, "{path}");
    }
}

#[test]
fn an_address_that_names_nothing_is_told_so_with_the_id_of_the_request() {
    let (_project, server, browser) = served();
    for path in [
        "/shop/-/versions/0",
        "/shop/-/versions/v0",
        "/shop/-/versions/3",
        "/shop/-/versions/99999999999999999999",
        "/shop/-/versions/x",
        "/shop/-/compare/v1..v2",
        "/shop/-/compare/v1...v9",
        "/shop/-/compare/...",
        "/shop/-/files/v1/nothing.ts",
        "/shop/-/files/v1/src/../package.json",
        "/shop/-/files/v1/%2e%2e/package.json",
        "/shop/-/files/v1/src%2findex.ts",
        "/shop/-/files/v1/a%00b",
        "/shop/-/files/v1//package.json",
        "/shop/-/raw/v1/src",
        "/shop/-/persona/v9",
        "/shop/-/source/v9",
    ] {
        let reply = browser.get(&server, path);
        assert_eq!(reply.status, 404, "{path}: {}", reply.text());
        let id = reply.header("x-request-id").unwrap();
        assert!(reply.text().contains(id), "{path}");
    }
    let deep = format!("/shop/-/files/v1{}", "/a".repeat(4000));
    assert!(matches!(browser.get(&server, &deep).status, 404 | 414 | 431), "4,000 parts");
    let same = browser.page(&server, "/shop/-/compare/v1...v1");
    assert!(text(&same).contains("No file differs"), "{same}");
    let deleted = browser.get(&server, "/shop?page=99999999999999999999");
    assert_eq!(deleted.status, 200);
}

#[test]
fn a_deleted_version_is_shown_as_deleted() {
    let (project, server, browser) = served();
    project.ok("version delete v2 --force");
    project.ok("push");
    let page = text(&browser.page(&server, "/shop/-/versions/2"));
    assert!(page.contains("deleted"), "{page}");
    assert_eq!(browser.follow(&server, "/shop/-/versions/latest").0, "/shop/-/versions/1");
}

#[test]
fn the_version_that_was_live_before_has_an_address() {
    let (project, server, browser) = served();
    assert_eq!(browser.get(&server, "/shop/-/versions/previous").status, 404);
    project.ok("version promote v2 --reason better");
    assert_eq!(browser.follow(&server, "/shop/-/versions/previous").0, "/shop/-/versions/1");
}

/// A page of the list has 50 rows.
#[test]
fn a_long_list_has_pages() {
    let project = shop::versioned();
    for number in 0..55 {
        next_version(&project, number);
    }
    let server = publish(&project, "");
    let browser = signed_in(&project, &server, "read");
    let rows = |page: &str| page.matches("<th scope=\"row\">").count();
    let first = browser.page(&server, "/shop");
    assert_eq!(rows(&first), 50);
    assert!(first.contains("href=\"/shop?page=2\"") && !first.contains("rel=\"prev\""));
    let second = browser.page(&server, "/shop?page=2");
    assert_eq!(rows(&second), 6);
    assert!(second.contains("rel=\"prev\"") && !second.contains("rel=\"next\""));
}

#[test]
fn a_foreign_name_is_refused_before_anything_else() {
    let project = Project::new();
    let server = Server::start(&project, "--no-auth");
    for host in ["attacker.example", "localhost.attacker.example", "127.0.0.1.nip.io"] {
        let browser = Browser { host: host.to_owned(), cookie: None };
        for path in ["/", "/shop", "/-/login", "/robots.txt"] {
            assert_eq!(browser.get(&server, path).status, 421, "{host}{path}");
        }
    }
    let browser = Browser { host: "localhost".to_owned(), cookie: None };
    assert_eq!(browser.get(&server, "/").status, 200);
}
