//! Bad input: fields at their limits, files that are too large, many agents, many clients, a restart, damage.

use super::browser::{Browser, encode, text};
use super::{publish, served, signed_in};
use crate::common::server::{Server, token};
use crate::common::shop;

/// Fields of addresses: nothing of them fails, whatever their length.
#[test]
fn every_field_of_an_address_has_any_length() {
    let (_project, server, browser) = served();
    let lengths = [0, 1, 30, 31, 200, 201, 2000];
    let fields = [
        ("/shop", "status"),
        ("/shop", "by"),
        ("/shop", "day"),
        ("/shop", "page"),
        ("/", "page"),
        ("/shop/-/ledger", "page"),
        ("/shop/-/compare/v1...v2", "view"),
        ("/shop/-/compare/v1...v2", "w"),
        ("/shop/-/compare/v1...v2", "file"),
        ("/shop/-/compare/v1...v2", "part"),
        ("/-/login", "to"),
    ];
    for (path, field) in fields {
        for length in lengths {
            let query = encode(&[(field, &"é".repeat(length))]);
            let reply = browser.get(&server, &format!("{path}?{query}"));
            assert_eq!(reply.status, 200, "{path} {field} {length}");
        }
        let query = "&".repeat(5000);
        assert_eq!(browser.get(&server, &format!("{path}?{query}")).status, 200, "{path}");
    }
    for (from, to) in [("", ""), ("v1", ""), ("", "v2")] {
        let path = format!("/shop/-/compare?{}", encode(&[("from", from), ("to", to)]));
        assert_eq!(browser.get(&server, &path).status, 200, "{path}");
    }
    for name in ["v0", "v99999999999999999999", "x", &"v".repeat(2000), "v1...v1", "-1", "v1 v2"] {
        let path = format!("/shop/-/compare?{}", encode(&[("from", name), ("to", "v2")]));
        assert_eq!(browser.get(&server, &path).status, 404, "{name}");
        for page in
            ["versions", "files", "raw", "persona", "source", "promote", "delete", "compare"]
        {
            let path = format!("/shop/-/{page}/{}", encode(&[(name, "")]).trim_end_matches('='));
            let wanted: &[u16] = match page {
                "promote" | "delete" => &[403, 404],
                // Both are the same, which is no mistake.
                "persona" | "compare" if name == "v1...v1" => &[200],
                _ => &[404],
            };
            assert!(wanted.contains(&browser.get(&server, &path).status), "{path}");
        }
    }
}

#[test]
fn a_token_that_is_typed_has_any_length() {
    let (project, server, _) = served();
    for length in [0, 1, 76, 77, 200, 201] {
        let server = Server::start(&project, "");
        let browser = Browser::new(&server);
        let reply = browser.post(&server, "/-/login", &[("token", &"l".repeat(length))]);
        assert_eq!((reply.status, reply.header("set-cookie")), (403, None), "{length}");
    }
    let reply = Browser::new(&server).post(&server, "/-/login", &[("token", &"l".repeat(20_000))]);
    assert_eq!(reply.status, 413);
}

/// A file of 100 MB and a line of 10 MB: the beginning is shown, all of it is downloaded, and memory stays small.
#[test]
fn large_files_and_long_lines_are_shown_in_part() {
    let project = shop::project();
    project.write("data/large.txt", "0123456789abcde\n".repeat(100 << 16));
    project.write("data/line.txt", "x".repeat(10 << 20));
    project.write("data/picture.png", [0x89, b'P', b'N', b'G', 0, 1]);
    project.write("data/page.html", "<!doctype html><script>x()</script>\n");
    project.ok("push");
    project.ok("version create -m one");
    let server = publish(&project, "");
    let browser = signed_in(&project, &server, "read");
    let before = server.peak_memory();
    for file in ["large.txt", "line.txt"] {
        let page = browser.page(&server, &format!("/shop/-/files/v1/data/{file}"));
        assert!(page.contains("Only the first part is shown"), "{file}");
        assert!(page.len() < 4 << 20, "{file}: {}", page.len());
    }
    let after = server.peak_memory();
    if let (Some(before), Some(after)) = (before, after) {
        assert!(after < before + (64 << 20), "{before} {after}");
    }
    let raw = browser.get(&server, "/shop/-/raw/v1/data/large.txt");
    assert_eq!((raw.status, raw.body.len()), (200, 100 << 20));
    let picture = browser.page(&server, "/shop/-/files/v1/data/picture.png");
    assert!(!picture.contains("PNG"), "binary files are named, never printed: {picture}");
    let page = browser.page(&server, "/shop/-/files/v1/data/page.html");
    assert!(page.contains("&lt;script&gt;x()&lt;/script&gt;"), "{page}");
    let raw = browser.get(&server, "/shop/-/raw/v1/data/page.html");
    assert_eq!(raw.header("content-type"), Some("text/plain; charset=utf-8"));
    let search = browser.page(&server, "/shop/-/search?q=0123456789");
    assert!(text(&search).contains("were left out"), "{search}");
}

/// Ten tokens for a hundred agents each.
#[test]
fn a_thousand_agents_are_listed_in_pages() {
    let project = shop::two_versions();
    let server = publish(&project, "");
    let mut browser = Browser::new(&server);
    for hundred in 0..10 {
        let agents: Vec<String> =
            (0..100).map(|one| format!("--agent agent-{hundred}{one:02}")).collect();
        let token = token(&project, &format!("{} --scope read", agents.join(" ")));
        assert_eq!(browser.sign_in(&server, &token).status, 303);
    }
    let rows = |page: &str| page.matches("<th scope=\"row\">").count();
    let first = browser.page(&server, "/");
    assert!(rows(&first) == 50 && first.contains("href=\"/agent-000\"") && !first.contains("shop"));
    let last = browser.page(&server, "/?page=20");
    assert!(rows(&last) == 50 && last.contains("href=\"/agent-999\"") && !last.contains("Next"));
    assert_eq!(rows(&browser.page(&server, "/?page=21")), 0);
    for agent in ["/agent-000", "/agent-999"] {
        assert!(browser.page(&server, agent).contains("Nothing was pushed to this agent yet"));
    }
    assert_eq!(browser.get(&server, "/shop").status, 404);
}

/// A session ends with its server: who comes back signs in again, and an old form does nothing.
#[test]
fn a_restart_ends_all_sessions() {
    let (project, server, mut browser) = served();
    let mut reviewer = Browser::new(&server);
    reviewer.sign_in(&server, &token(&project, "--agent shop --scope promote --note rita"));
    let page = reviewer.page(&server, "/shop/-/promote/v2");
    let (_, rest) = page.split_once("name=\"expected\" value=\"").unwrap();
    let (expected, key) = (rest.split('"').next().unwrap(), reviewer.form_key(&server));
    drop(server);
    let server = Server::start(&project, "");
    (browser.host, reviewer.host) = (Browser::new(&server).host, Browser::new(&server).host);
    assert_eq!(browser.get(&server, "/shop").status, 303);
    let fields = [("reason", "late"), ("expected", expected), ("key", &*key)];
    let reply = reviewer.post(&server, "/shop/-/promote/v2", &fields);
    let there = "/-/login?to=%2Fshop%2F-%2Fpromote%2Fv2";
    assert_eq!((reply.status, reply.header("location")), (303, Some(there)));
    reviewer.cookie = None;
    reviewer.sign_in(&server, &token(&project, "--agent shop --scope promote --note rita"));
    assert_eq!(reviewer.post(&server, "/shop/-/promote/v2", &fields).status, 403, "an old value");
    assert_eq!(reviewer.follow(&server, "/shop/-/versions/active").0, "/shop/-/versions/1");
}

/// Each client gets the page, or a time after which it may ask again.
#[test]
fn two_hundred_clients_on_the_compare_page() {
    let (_project, server, browser) = served();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let ask = || browser.get(&server, "/shop/-/compare/v1...v2");
        let clients: Vec<_> = (0..200).map(|_| scope.spawn(ask)).collect();
        let replies = clients.into_iter().map(|client| client.join().unwrap());
        replies
            .map(|reply| {
                let words = text(&reply.text());
                assert!(reply.status != 200 || words.contains("Diff v1 → v2"), "{words}");
                assert!(reply.status == 200 || reply.header("retry-after").is_some(), "{words}");
                reply.status
            })
            .collect()
    });
    let wrong = statuses.iter().filter(|status| !matches!(status, 200 | 429 | 503)).count();
    assert_eq!(wrong, 0, "{statuses:?}");
    assert!(statuses.iter().filter(|status| **status == 200).count() >= 50, "{statuses:?}");
    assert_eq!(browser.get(&server, "/shop/-/compare/v1...v2").status, 200);
}

/// Damage of one agent is its own: what needs the damaged object says so, all else is served.
#[test]
fn a_damaged_version_says_so_and_others_are_served() {
    let mut project = shop::project();
    let line = |n: u32| format!("{n} {}\n", blake3::hash(&n.to_le_bytes()).to_hex());
    project.write("book.txt", (0..16_000).map(line).collect::<String>());
    let server = Server::start(&project, "");
    project.set("LUA_STORE_TOKEN", &server.token(&project, "*", "promote"));
    project.ok(&format!("remote add origin {}/other", server.url));
    for agent in ["other", "shop"] {
        project.ok(&format!("remote set-url origin {}/{agent}", server.url));
        project.run("push");
        project.run("version create -m one");
        project.ok("push");
    }
    let is_pack = |path: &std::path::PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".pack") && name.contains("/shop/pack/")
    };
    let files = walkdir::WalkDir::new(server.data()).into_iter().filter_map(Result::ok);
    let packs: Vec<_> = files.map(|entry| entry.into_path()).filter(is_pack).collect();
    drop(server);
    // The book is nearly all of the largest pack.
    let pack = packs.iter().max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let mut bytes = std::fs::read(pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20].iter_mut().for_each(|byte| *byte ^= 0x55);
    std::fs::remove_file(pack).unwrap();
    std::fs::write(pack, &bytes).unwrap();
    let server = Server::start(&project, "");
    let mut browser = Browser::new(&server);
    browser.sign_in(&server, &token(&project, "--agent shop --agent other --scope read"));
    let reply = browser.get(&server, "/shop/-/files/v1/book.txt");
    let page = text(&reply.text());
    assert_eq!(reply.status, 500, "{page}");
    assert!(page.contains("stored data of this agent is damaged") && page.contains("serve fsck"));
    assert!(page.contains(reply.header("x-request-id").unwrap()), "{page}");
    assert!(!page.contains(&*server.data().to_string_lossy()), "no name of the machine: {page}");
    for path in ["/", "/other", "/other/-/files/v1/book.txt", "/shop"] {
        assert_eq!(browser.get(&server, path).status, 200, "{path}");
    }
}
