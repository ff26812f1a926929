//! Search of an agent: every kind of place, and the limits.

use super::browser::{encode, text};
use super::{next_version, publish, served, signed_in};
use crate::common::server::Server;
use crate::common::shop;

fn path(fields: &[(&str, &str)]) -> String {
    format!("/shop/-/search?{}", encode(fields))
}

/// Addresses and texts of the results.
fn results(page: &str) -> Vec<(String, String)> {
    let rows = page.split("<tr><td><a href=\"").skip(1);
    rows.map(|row| {
        let (address, rest) = row.split_once('"').unwrap();
        let cell = rest.split_once("</tr>").unwrap().0.split_once('>').unwrap().1;
        (address.to_owned(), text(cell))
    })
    .collect()
}

#[test]
fn every_kind_of_place_is_found_and_has_an_address() {
    let (project, server, browser) = served();
    for (query, address, words) in [
        ("v2", "/shop/-/versions/2", "v2second"),
        ("2", "/shop/-/versions/2", "v2second"),
        ("SECOND", "/shop/-/versions/2", "message of v2second"),
        ("ana@example", "/shop/-/versions/1", "author of v1ana@example.com"),
        ("was tried", "/shop/-/ledger", "reason of the promote of v1it was tried"),
        ("ana@", "/shop/-/source/v2", "author of source v2ana@example.com"),
        ("nightly", "/shop/-/versions/1", "jobs of v1nightly 1.0.0"),
        ("you are ava", "/shop/-/persona/v1", "persona of v1You are Ava."),
        ("index.ts", "/shop/-/files/v1/src/index.ts", "src/index.tssrc/index.ts"),
        (
            "openai/GPT",
            "/shop/-/files/v1/src/index.ts#L16",
            "src/index.ts:16  model: 'openai/gpt-4o',",
        ),
    ] {
        let page = browser.page(&server, &path(&[("q", query)]));
        let found = results(&page);
        let wanted = (address.to_owned(), words.to_owned());
        assert!(found.contains(&wanted), "{query}: {found:?}");
    }
    // The content is that of one version: the live one, or the one that was asked for.
    let well = |version: &str| {
        let page = browser.page(&server, &path(&[("q", "shop well"), ("version", version)]));
        results(&page).len()
    };
    assert_eq!((well(""), well("active"), well("1"), well("V2"), well("latest")), (0, 0, 0, 2, 2));
    project.ok("version promote v2 --reason better");
    assert_eq!(well(""), 2);
    let page = text(&browser.page(&server, &path(&[("q", "nowhere at all")])));
    assert!(page.contains("Nothing contains this text."), "{page}");
}

#[test]
fn a_text_has_a_limit_and_a_version_exists() {
    let (_project, server, browser) = served();
    for (query, words) in [
        ("", "Numbers, messages, reasons"),
        ("x", "Results"),
        (&*"x".repeat(200), "Nothing contains this text."),
        (&*"x".repeat(201), "A text has 1 to 200 letters; this one has 201."),
        ("\"><script>", "Nothing contains this text."),
        ("\u{0}", "Nothing contains this text."),
    ] {
        let page = browser.page(&server, &path(&[("q", query)]));
        assert!(text(&page).contains(words), "{query}: {page}");
        assert!(query.len() != 201 || !page.contains("<h2>Results"), "{page}");
    }
    for version in ["v0", "v9", "x", "v99999999999999999999", "\"><script>"] {
        let reply = browser.get(&server, &path(&[("q", "ava"), ("version", version)]));
        let page = reply.text();
        assert!(reply.status == 404 || page.contains("role=\"alert\""), "{version}: {page}");
        assert!(!page.contains("<script>"), "{version}");
    }
}

#[test]
fn at_most_200_places_are_shown_and_large_files_are_counted() {
    let project = shop::versioned();
    project.write("data/many.txt", "needle in hay\n".repeat(300));
    project.write("data/large.txt", "needle".repeat(100 << 10));
    project.write("data/picture.bin", [b'n', 0, 1, 2]);
    next_version(&project, 1);
    let server = publish(&project, "");
    let browser = signed_in(&project, &server, "read");
    let page = browser.page(&server, &path(&[("q", "needle"), ("version", "v2")]));
    assert_eq!(results(&page).len(), 200);
    assert!(text(&page).contains("There are more: search for a longer text."), "{page}");
    let page = browser.page(&server, &path(&[("q", "hay and more"), ("version", "v2")]));
    assert!(text(&page).contains("Files that are binary or too large were left out: 2."), "{page}");
}

#[test]
fn an_agent_without_versions_is_searched_too() {
    let project = shop::project();
    let server = Server::start(&project, "");
    let browser = signed_in(&project, &server, "read");
    let page = text(&browser.page(&server, &path(&[("q", "ava")])));
    assert!(page.contains("There is no version yet, so no content was searched."), "{page}");
}

/// Drift in the words of `sync`, beside what the command says.
#[test]
fn home_says_where_the_newest_push_stands() {
    let (project, server, browser) = served();
    let home = || text(&browser.page(&server, "/shop"));
    let check = || project.run("sync --check").stdout;
    assert!(home().contains("is ahead of what is live") && check().contains("ahead of the server"));
    project.ok("version promote v2 --reason better");
    assert!(home().contains("is in sync with what is live"), "{}", home());
    assert!(
        !home().contains("Not live yet") && check().contains("No drift detected"),
        "{}",
        check()
    );
    project.ok("version promote v1 --reason back");
    assert!(home().contains("is behind what is live"), "{}", home());
    next_version(&project, 7);
    project.ok("push");
    assert!(home().contains("is diverged from what is live"), "{}", home());
}
