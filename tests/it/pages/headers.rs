//! Headers of every kind of answer, in one table.

use super::browser::Browser;
use super::{publish, served, signed_in};
use crate::common::http::Reply;
use crate::common::server::Server;
use crate::common::{Project, shop};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn assert_headers(reply: &Reply, what: &str, kind: Option<&str>, cache: Option<&str>) {
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "same-origin"),
        ("x-robots-tag", "noindex, nofollow"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{what}: {name}");
    }
    assert_eq!(reply.header("content-type"), kind, "{what}");
    assert_eq!(reply.header("cache-control"), cache, "{what}");
    assert!(reply.header("x-request-id").is_some(), "{what}");
}

#[test]
fn every_answer_has_all_headers() {
    let (_project, server, browser) = served();
    let html = Some("text/html; charset=utf-8");
    let nobody = Browser { cookie: None, ..Browser::new(&server) };
    let foreign = Browser { host: "attacker.example".to_owned(), cookie: None };
    let table = [
        (&browser, "/", 200),
        (&browser, "/shop", 200),
        (&browser, "/shop?page=2", 200),
        (&browser, "/shop/-/versions/1", 200),
        (&browser, "/shop/-/compare", 200),
        (&browser, "/shop/-/compare/v1...v2", 200),
        (&browser, "/shop/-/files/v1", 200),
        (&browser, "/shop/-/files/v1/src/index.ts", 200),
        (&browser, "/shop/-/persona/v1", 200),
        (&browser, "/shop/-/persona/v1...v2", 200),
        (&browser, "/shop/-/source/v1", 200),
        (&browser, "/shop/-/ledger", 200),
        (&browser, "/shop/-/search", 200),
        (&browser, "/shop/-/search?q=ava", 200),
        (&browser, "/shop/-/promote/v2", 403),
        (&browser, "/shop/-/delete/v2", 403),
        (&browser, "/shop/-/tokens", 403),
        (&browser, "/shop/-/persona/edit", 403),
        (&browser, "/-/login", 200),
        (&nobody, "/-/login", 200),
        (&browser, "/shop/-/versions/9", 404),
        (&browser, "/shop/-/nothing", 404),
        (&browser, "/other", 404),
        (&foreign, "/shop", 421),
    ];
    for (browser, path, status) in table {
        let reply = browser.get(&server, path);
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
        assert_headers(&reply, path, html, Some("no-store"));
    }
    for (browser, path, status, to) in [
        (&browser, "/shop/-/versions/active", 302, "/shop/-/versions/1"),
        (&browser, "/shop/-/versions/latest", 302, "/shop/-/versions/2"),
        (&browser, "/shop/-/versions/v2", 302, "/shop/-/versions/2"),
        (&browser, "/shop/-/versions", 302, "/shop"),
        (&browser, "/shop/-/compare/active...latest?w=1", 302, "/shop/-/compare/v1...v2?w=1"),
        (&browser, "/shop/-/compare?from=v1&to=2", 302, "/shop/-/compare/v1...v2"),
        (&browser, "/shop/-/compare?from=v1&to=v2&swap=1", 302, "/shop/-/compare/v2...v1"),
        (&browser, "/shop/-/files/active/src", 302, "/shop/-/files/v1/src"),
        (&browser, "/shop/-/raw/latest/package.json", 302, "/shop/-/raw/v2/package.json"),
        (&browser, "/shop/-/persona", 302, "/shop/-/persona/v2"),
        (&browser, "/shop/-/persona/active", 302, "/shop/-/persona/v1"),
        (&browser, "/shop/-/source/latest", 302, "/shop/-/source/v2"),
        (&nobody, "/", 303, "/-/login"),
        (&nobody, "/shop/-/ledger?page=2", 303, "/-/login?to=%2Fshop%2F-%2Fledger%3Fpage%3D2"),
    ] {
        let reply = browser.get(&server, path);
        assert_eq!((reply.status, reply.header("location")), (status, Some(to)), "{path}");
        assert_headers(&reply, path, None, Some("no-store"));
    }
    let atom = Some("application/atom+xml; charset=utf-8");
    assert_headers(&browser.get(&server, "/shop/-/feed"), "feed", atom, Some("no-store"));
    let raw = browser.get(&server, "/shop/-/raw/v1/src/index.ts");
    assert_headers(&raw, "raw", Some("text/plain; charset=utf-8"), Some("no-store"));
    assert_eq!(raw.header("content-disposition"), Some("attachment"));
}

#[test]
fn the_style_sheet_and_the_script_are_kept_for_ever_and_nothing_is_inline() {
    let (_project, server, browser) = served();
    let page = browser.page(&server, "/shop");
    let names: Vec<&str> = page.split('"').filter(|part| part.starts_with("/-/assets/")).collect();
    assert_eq!(names.len(), 2, "{page}");
    for name in names {
        let kind = if name.ends_with(".css") { "text/css" } else { "text/javascript" };
        let reply = browser.ask(&server, "GET", name, "", "");
        assert_eq!(reply.status, 200);
        let forever = Some("public, max-age=31536000, immutable");
        assert_headers(&reply, name, Some(&format!("{kind}; charset=utf-8")), forever);
        assert!(reply.body.len() <= if kind == "text/css" { 20_000 } else { 8_000 });
    }
    assert_eq!(browser.get(&server, "/-/assets/style-0000.css").status, 404);
    for path in
        ["/", "/shop", "/shop/-/compare/v1...v2", "/shop/-/files/v1/src/index.ts", "/-/login"]
    {
        let page = browser.page(&server, path);
        for inline in [" style=", "<style", " onclick=", " onload=", "javascript:", "<script>"] {
            assert!(!page.contains(inline), "{path}: {inline}");
        }
        assert_eq!(page.matches("<script").count(), 1, "{path}");
        assert_eq!(page.matches("<h1").count(), 1, "{path}");
        for landmark in ["<main", "<header", "class=\"skip\"", "lang=\"en\""] {
            assert!(page.contains(landmark), "{path}: {landmark}");
        }
    }
}

#[test]
fn search_engines_are_sent_away() {
    let (_project, server, browser) = served();
    let reply = browser.get(&server, "/robots.txt");
    assert_eq!(reply.text(), "User-agent: *\nDisallow: /\n");
    assert_headers(&reply, "robots", Some("text/plain; charset=utf-8"), None);
}

/// Programs get the answers that they got before there were pages.
#[test]
fn programs_get_what_they_got_without_pages() {
    let (project, server, browser) = served();
    let token = server.token(&project, "shop", "read");
    let bearer = crate::common::server::bearer(&token);
    let plain = Server::start(&project, "--no-pages");
    for path in
        ["/", "/shop", "/shop/refs", "/nothing/here", "/-/agents", "/developer", "/shop/refs/"]
    {
        let html = "Accept: text/html\r\n";
        for accept in [
            "",
            "Accept: */*\r\n",
            "Accept: application/json\r\n",
            "Accept: text/html, application/json\r\n",
        ] {
            let headers = format!("{bearer}{accept}");
            let [with, without] =
                [&server, &plain].map(|server| server.ask("GET", path, &headers, b"").shown());
            assert_eq!(with, without, "{path} {accept}");
        }
        let without = plain.ask("GET", path, &format!("{bearer}{html}"), b"");
        assert_ne!(without.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
    }
    // A foreign name matters for pages alone.
    assert_eq!(server.ask("GET", "/shop/refs", &bearer, b"").status, 200);
    for path in ["/-/login", "/robots.txt", "/shop/-/ledger"] {
        assert_eq!(browser.get(&plain, path).status, 404, "{path}");
        let json = server.ask("GET", path, "Accept: application/json\r\n", b"");
        assert_eq!(json.shown(), plain.ask("GET", path, "", b"").shown(), "{path}");
    }
    for method in ["POST", "DELETE", "PUT"] {
        assert_eq!(browser.ask(&server, method, "/shop/-/ledger", "", "").status, 405, "{method}");
    }
}

#[test]
fn behind_a_proxy_the_public_url_decides_names_and_cookies() {
    let project = shop::two_versions();
    let server = publish(&project, "--public-url https://agents.example.com");
    let mut browser = Browser { host: "agents.example.com".to_owned(), cookie: None };
    let token = server.token(&project, "shop", "read");
    let reply = browser.sign_in(&server, &token);
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-lua-store="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    assert!(browser.page(&server, "/shop").contains("Live now"));
    browser.host = "www.example.com".to_owned();
    assert_eq!(browser.get(&server, "/shop").status, 421);
}

/// A token must not travel in the clear: the address of the client or the URL for clients says whether it would.
#[test]
fn without_tls_a_token_is_taken_on_this_machine_alone() {
    let project: Project = shop::two_versions();
    let server = publish(&project, "--public-url http://agents.example.com");
    let mut browser = Browser { host: "agents.example.com".to_owned(), cookie: None };
    let reply = browser.sign_in(&server, &server.token(&project, "shop", "read"));
    assert_eq!((reply.status, reply.header("set-cookie")), (403, None));
    let server = publish_again(&project);
    let browser = signed_in(&project, &server, "read");
    assert!(browser.cookie.unwrap().starts_with("lua-store="));
}

fn publish_again(project: &Project) -> Server {
    Server::start(project, "")
}
