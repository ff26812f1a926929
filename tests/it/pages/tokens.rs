//! Tokens of an agent on its pages: who sees which, a secret that is shown once, an end that counts at once.

use super::browser::{Browser, encode, text};
use super::{publish, signed_in};
use crate::common::server::{Server, token};
use crate::common::{Project, shop};

const TOKENS: &str = "/shop/-/tokens";

fn served() -> (Project, Server, Browser) {
    let project = shop::two_versions();
    let server = publish(&project, "");
    let mut browser = Browser::new(&server);
    let token = token(&project, "--agent shop --scope admin --note boss");
    assert_eq!(browser.sign_in(&server, &token).status, 303);
    (project, server, browser)
}

/// Sends the form for a new token.
fn create(browser: &Browser, server: &Server, fields: &[(&str, &str)]) -> (u16, String) {
    let key = browser.form_key(server);
    let reply = browser.post(server, TOKENS, &[fields, &[("key", &*key)]].concat());
    (reply.status, reply.text())
}

/// The secret on a page, if there is one.
fn secret(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("lst_")?;
    let digits: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    (digits.len() == 72).then(|| format!("lst_{digits}"))
}

/// Tokens with a note, as the operator lists them.
fn listed(project: &Project, note: &str) -> Vec<serde_json::Value> {
    let list = project.list("serve token list --data ../data");
    list.as_array().unwrap().iter().filter(|one| one["note"] == note).cloned().collect()
}

#[test]
fn a_token_is_created_shown_once_used_and_revoked() {
    let (project, server, browser) = served();
    assert!(browser.page(&server, "/shop").contains("href=\"/shop/-/tokens\""));
    let fields =
        [("note", "review"), ("for", "rita@example.com"), ("scope", "promote"), ("expires", "30d")];
    let (status, page) = create(&browser, &server, &fields);
    assert_eq!(status, 201, "{page}");
    let secret = secret(&page).expect("the secret");
    let list = browser.page(&server, TOKENS);
    assert!(!list.contains("lst_"), "it is shown once: {list}");
    for words in
        ["review", "rita@example.com", "promote", "2026-12-21 09:30 UTC", "of this session"]
    {
        assert!(text(&list).contains(words), "{words}: {list}");
    }
    let of_command = listed(&project, "review").remove(0);
    assert_eq!(
        (&of_command["for"], &of_command["scope"]),
        (&"rita@example.com".into(), &"promote".into())
    );
    let mut reviewer = Browser::new(&server);
    assert_eq!(reviewer.sign_in(&server, &secret).status, 303);
    assert_eq!(reviewer.get(&server, "/shop/-/promote/v2").status, 200);
    assert!(text(&browser.page(&server, TOKENS)).contains("2026-11-21 09:00 UTC"), "to the hour");
    let path = format!("{TOKENS}/{}", of_command["id"].as_str().unwrap());
    assert!(text(&browser.page(&server, &path)).contains("This cannot be undone"));
    assert_eq!(browser.get(&server, &path).status, 200, "a look revokes nothing");
    let key = browser.form_key(&server);
    let reply = browser.post(&server, &path, &[("key", &key)]);
    assert_eq!((reply.status, reply.header("location")), (303, Some(TOKENS)));
    assert_eq!(reviewer.get(&server, "/shop").status, 303, "signed out");
    assert_eq!(browser.post(&server, &path, &[("key", &key)]).status, 404, "sent twice");
    assert!(listed(&project, "review").is_empty());
    let log = server.log();
    assert!(log.contains("create token") && log.contains("revoke token"), "{log}");
    assert!(!log.contains(&secret[4..20]), "the log has no secret");
}

#[test]
fn who_revokes_his_own_token_is_signed_out() {
    let (project, server, browser) = served();
    let id = listed(&project, "boss")[0]["id"].as_str().unwrap().to_owned();
    let path = format!("{TOKENS}/{id}");
    assert!(text(&browser.page(&server, &path)).contains("This session uses it"));
    let key = browser.form_key(&server);
    let reply = browser.post(&server, &path, &[("key", &key)]);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/")));
    assert_eq!(browser.get(&server, "/shop").status, 303);
}

#[test]
fn tokens_are_for_administrators_alone() {
    let (project, server, admin) = served();
    let id = listed(&project, "boss")[0]["id"].as_str().unwrap().to_owned();
    let path = format!("{TOKENS}/{id}");
    for scope in ["read", "push", "promote"] {
        let browser = signed_in(&project, &server, scope);
        assert!(!browser.page(&server, "/shop").contains("/-/tokens"), "{scope}");
        assert_eq!(browser.get(&server, TOKENS).status, 403, "{scope}");
        assert_eq!(browser.get(&server, &path).status, 403, "{scope}");
        assert_eq!(create(&browser, &server, &[("scope", "read")]).0, 403, "{scope}");
        let key = browser.form_key(&server);
        assert_eq!(browser.post(&server, &path, &[("key", &key)]).status, 403, "{scope}");
    }
    let nobody = Browser::new(&server);
    assert_eq!(nobody.get(&server, TOKENS).status, 303);
    assert_eq!(nobody.post(&server, TOKENS, &[("scope", "admin")]).status, 303);
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let key = admin.form_key(&server);
    let foreign = format!("{kind}Sec-Fetch-Site: cross-site\r\n");
    let body = encode(&[("scope", "admin"), ("key", &key)]);
    for path in [TOKENS, &path] {
        assert_eq!(admin.ask(&server, "POST", path, &foreign, &body).status, 403);
        let body = encode(&[("scope", "admin"), ("key", "0")]);
        let ours = format!("{kind}Sec-Fetch-Site: same-origin\r\n");
        assert_eq!(admin.ask(&server, "POST", path, &ours, &body).status, 403);
    }
    assert_eq!(listed(&project, "boss").len(), 1);
    let open = Server::start(&Project::new(), "--no-auth");
    assert_eq!(Browser::new(&open).get(&open, TOKENS).status, 403);
}

/// An administrator of one agent sees no token that is for another agent as well.
#[test]
fn the_tokens_of_others_are_not_shown() {
    let (project, server, browser) = served();
    token(&project, "--agent other --scope read --note secret-plan");
    token(&project, "--agent s* --scope read --note wide");
    let page = browser.page(&server, TOKENS);
    assert!(!page.contains("secret-plan") && !page.contains("wide"), "{page}");
    let mut all = Browser::new(&server);
    let everything = token(&project, "--agent * --scope admin --note all");
    all.sign_in(&server, &everything);
    let page = text(&all.page(&server, TOKENS));
    assert!(
        page.contains("wide") && page.contains("boss") && !page.contains("secret-plan"),
        "{page}"
    );
    let key = browser.form_key(&server);
    for (browser, note) in [(&browser, "secret-plan"), (&browser, "wide"), (&all, "secret-plan")] {
        let key = if note == "secret-plan" { browser.form_key(&server) } else { key.clone() };
        let path = format!("{TOKENS}/{}", listed(&project, note)[0]["id"].as_str().unwrap());
        assert_eq!(browser.get(&server, &path).status, 404, "{note}");
        assert_eq!(browser.post(&server, &path, &[("key", &key)]).status, 404, "{note}");
        assert_eq!(listed(&project, note).len(), 1);
    }
}

#[test]
fn each_field_has_its_limit_and_a_refused_form_keeps_what_was_typed() {
    let (project, server, browser) = served();
    let (full, over) = ("n".repeat(1024), "n".repeat(1025));
    for (note, status) in [("", 201), ("n", 201), (&*full, 201), (&*over, 400)] {
        let (got, page) = create(&browser, &server, &[("note", note), ("scope", "read")]);
        assert_eq!(got, status, "{}: {page}", note.len());
        let (got, _) = create(&browser, &server, &[("for", note), ("scope", "read")]);
        assert_eq!(got, status, "{}", note.len());
    }
    assert_eq!(listed(&project, &full).len(), 1);
    for (field, value) in [
        ("scope", ""),
        ("scope", "root"),
        ("expires", "soon"),
        ("expires", "2020-01-01"),
        ("expires", &"9".repeat(41)),
    ] {
        let mut fields = vec![("note", "kept & typed"), ("scope", "push")];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        let (status, page) = create(&browser, &server, &fields);
        assert_eq!(status, 400, "{field}={value}: {page}");
        assert!(page.contains("value=\"kept &amp; typed\"") && page.contains("role=\"alert\""));
        assert_eq!(secret(&page), None);
    }
    assert!(listed(&project, "kept & typed").is_empty());
    assert_eq!(create(&browser, &server, &[("note", &"x".repeat(20_000))]).0, 413);
}

/// A token that ends creates none that ends later, as in the API.
#[test]
fn nobody_grants_more_than_he_has() {
    let (project, server, _) = served();
    let mut browser = Browser::new(&server);
    let short = token(&project, "--agent shop --scope admin --expires 1d --for rita@example.com");
    browser.sign_in(&server, &short);
    let own = ("for", "rita@example.com");
    for fields in [&[("scope", "read"), own, ("expires", "2d")][..], &[("scope", "read")]] {
        assert_eq!(create(&browser, &server, fields).0, 403, "{fields:?}");
    }
    let (status, page) = create(&browser, &server, &[("scope", "admin"), own]);
    assert_eq!(status, 201, "{page}");
    assert!(text(&page).contains("2026-11-22 09:30 UTC"), "it ends with its creator: {page}");
}

#[test]
fn a_long_list_has_pages() {
    let (_project, server, browser) = served();
    for _ in 0..50 {
        assert_eq!(create(&browser, &server, &[("scope", "read")]).0, 201);
    }
    let rows = |page: &str| page.matches("<th scope=\"row\">").count();
    let first = browser.page(&server, TOKENS);
    assert!(rows(&first) == 50 && first.contains("href=\"/shop/-/tokens?page=2\""));
    assert!(rows(&browser.page(&server, "/shop/-/tokens?page=2")) > 0);
    assert_eq!(rows(&browser.page(&server, "/shop/-/tokens?page=9")), 0);
}
