//! Promoting by a form: what it shows, what it refuses, and what the command line reads afterwards.

use super::browser::{Browser, text};
use super::{next_version, publish};
use crate::common::server::{Server, token};
use crate::common::{Project, shop};
use crate::secrets::anthropic;

const FORM: &str = "/shop/-/promote/v2";

/// A browser whose token speaks for somebody.
fn reviewer(project: &Project, server: &Server, who: &str) -> Browser {
    let mut browser = Browser::new(server);
    let token = token(project, &format!("--agent shop --scope promote --for {who}"));
    assert_eq!(browser.sign_in(server, &token).status, 303);
    browser
}

fn served() -> (Project, Server, Browser) {
    let project = shop::two_versions();
    let server = publish(&project, "");
    let browser = reviewer(&project, &server, "rita@example.com");
    (project, server, browser)
}

/// Values of the hidden fields of a form.
fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("{name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

/// Opens the form of a version and sends it, with these fields beside the hidden ones.
fn send(browser: &Browser, server: &Server, path: &str, fields: &[(&str, &str)]) -> u16 {
    let page = browser.page(server, path);
    let expected = hidden(&page, "expected");
    let key = browser.form_key(server);
    let fields = [fields, &[("expected", &*expected), ("key", &*key)]].concat();
    browser.post(server, path, &fields).status
}

#[test]
fn a_version_is_made_live_with_a_reason_and_everybody_fetches_it() {
    let (project, server, browser) = served();
    let page = text(&browser.page(&server, FORM));
    for words in ["Live now is v1", "What will change", "Finds products by name"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(browser.page(&server, "/shop/-/versions/2").contains("/shop/-/promote/v2"));
    assert_eq!(send(&browser, &server, FORM, &[("reason", "the team likes it")]), 303);
    let home = text(&browser.page(&server, "/shop"));
    assert!(home.contains("v2 second") && home.contains("promoted by rita@example.com"), "{home}");
    project.ok("fetch");
    project.ok("pull");
    let told = project.ok("log --ledger --verify");
    assert!(told.contains("the team likes it") && told.contains("rita@example.com"), "{told}");
    let again = text(&browser.page(&server, FORM));
    assert!(again.contains("v2 is live already"), "{again}");
}

#[test]
fn of_two_promotions_at_once_the_second_is_told_of_the_first() {
    let (project, server, browser) = served();
    next_version(&project, 3);
    project.ok("push");
    let other = reviewer(&project, &server, "tom@example.com");
    let stale = hidden(&browser.page(&server, FORM), "expected");
    assert_eq!(send(&other, &server, "/shop/-/promote/v3", &[("reason", "faster")]), 303);
    let key = browser.form_key(&server);
    let fields = [("reason", "slower"), ("expected", &*stale), ("key", &*key)];
    let reply = browser.post(&server, FORM, &fields);
    let page = text(&reply.text());
    assert_eq!(reply.status, 409, "{page}");
    for words in ["Somebody else was faster", "v3 is live", "tom@example.com", "faster", "slower"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(text(&browser.page(&server, "/shop/-/ledger")).contains("2 records"));
    // The same form sent twice: the second says that it is live already.
    let expected = hidden(&reply.text(), "expected");
    let fields = [("reason", "slower"), ("expected", &*expected), ("key", &*key)];
    assert_eq!(browser.post(&server, FORM, &fields).status, 303);
    let twice = browser.post(&server, FORM, &fields);
    assert_eq!(twice.status, 200);
    assert!(text(&twice.text()).contains("v2 is live already"));
    assert!(text(&browser.page(&server, "/shop/-/ledger")).contains("3 records"));
}

#[test]
fn going_far_back_needs_the_number() {
    let (project, server, browser) = served();
    next_version(&project, 3);
    project.ok("version promote v3 --reason on");
    let back = "/shop/-/promote/v1";
    let page = browser.page(&server, back);
    assert!(text(&page).contains("this goes back by more than one"), "{page}");
    for typed in ["", "v3", "11"] {
        assert_eq!(send(&browser, &server, back, &[("reason", "back"), ("number", typed)]), 400);
    }
    assert_eq!(send(&browser, &server, back, &[("reason", "back"), ("number", "v1")]), 303);
    assert_eq!(browser.follow(&server, "/shop/-/versions/active").0, "/shop/-/versions/1");
}

#[test]
fn a_reason_has_1_to_500_letters_and_no_secret() {
    let (_project, server, browser) = served();
    let secret = format!("with {}", anthropic());
    for reason in ["", "   ", &"ä".repeat(501), &secret] {
        assert_eq!(send(&browser, &server, FORM, &[("reason", reason)]), 400, "{reason}");
    }
    assert_eq!(send(&browser, &server, FORM, &[("reason", &"x".repeat(20_000))]), 413);
    assert!(text(&browser.page(&server, "/shop/-/ledger")).contains("1 record"));
    assert_eq!(send(&browser, &server, FORM, &[("reason", &"ä".repeat(500))]), 303);
    assert_eq!(send(&browser, &server, "/shop/-/promote/v1", &[("reason", "x")]), 303);
}

/// A refused form keeps what was typed into it.
#[test]
fn a_reason_stays_in_a_form_that_was_refused() {
    let (project, server, browser) = served();
    next_version(&project, 3);
    project.ok("version promote v3 --reason on");
    let back = "/shop/-/promote/v1";
    let page = browser.page(&server, back);
    let (expected, key) = (hidden(&page, "expected"), browser.form_key(&server));
    let fields = [("reason", "<b>back</b>"), ("expected", &*expected), ("key", &*key)];
    let reply = browser.post(&server, back, &fields);
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("&lt;b&gt;back&lt;/b&gt;</textarea>"), "{}", reply.text());
}

/// A disk that fills up between the page and the form: nothing moved, and the same form works when there is room.
#[test]
fn on_a_full_disk_nothing_is_promoted() {
    let mut project = shop::two_versions();
    let full = project.path("../full");
    let data = crate::common::server::data(&project);
    let fault = format!("full=1,in={},while={}", data.display(), full.display());
    project.set("LUA_STORE_FAULT", &fault);
    let server = publish(&project, "");
    let browser = reviewer(&project, &server, "rita@example.com");
    let page = browser.page(&server, FORM);
    let (expected, key) = (hidden(&page, "expected"), browser.form_key(&server));
    let fields = [("reason", "better"), ("expected", &*expected), ("key", &*key)];
    std::fs::write(&full, "").unwrap();
    let reply = browser.post(&server, FORM, &fields);
    assert_eq!(reply.status, 507, "{}", reply.text());
    assert!(text(&reply.text()).contains("the server's disk is full"), "{}", reply.text());
    assert!(text(&browser.page(&server, "/shop")).contains("v1 first"));
    std::fs::remove_file(&full).unwrap();
    assert!(text(&browser.page(&server, "/shop/-/ledger")).contains("1 record"));
    assert_eq!(browser.post(&server, FORM, &fields).status, 303);
}

/// Two tabs of one session: the second form that is sent moves nothing.
#[test]
fn of_two_tabs_the_second_moves_nothing() {
    let (project, server, browser) = served();
    next_version(&project, 3);
    project.ok("push");
    let key = browser.form_key(&server);
    let tabs = [FORM, "/shop/-/promote/v3"].map(|path| (path, browser.page(&server, path)));
    let statuses = tabs.map(|(path, page)| {
        let expected = hidden(&page, "expected");
        let fields = [("reason", "from a tab"), ("expected", &*expected), ("key", &*key)];
        browser.post(&server, path, &fields).status
    });
    assert_eq!(statuses, [303, 409]);
    assert_eq!(browser.follow(&server, "/shop/-/versions/active").0, "/shop/-/versions/2");
}

#[test]
fn going_back_to_what_was_deleted_needs_the_number() {
    let (project, server, browser) = served();
    shop::edit(&project, "src/index.ts", "skills: [orders, catalog]", "skills: [orders]");
    project.ok("push");
    project.ok("version create");
    project.ok("version promote v3 --reason less");
    let page = browser.page(&server, FORM);
    assert!(text(&page).contains("this restores what was deleted"), "{page}");
    assert_eq!(send(&browser, &server, FORM, &[("reason", "back")]), 400);
    assert_eq!(send(&browser, &server, FORM, &[("reason", "back"), ("number", "2")]), 303);
}

#[test]
fn nobody_promotes_without_the_scope_a_name_or_our_own_form() {
    let (project, server, browser) = served();
    let page = browser.page(&server, FORM);
    let (expected, key) = (hidden(&page, "expected"), browser.form_key(&server));
    let fields = [("reason", "x"), ("expected", &*expected), ("key", &*key)];
    let body = super::browser::encode(&fields);
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    for site in ["cross-site", "same-site", "none"] {
        let headers = format!("{kind}Sec-Fetch-Site: {site}\r\n");
        assert_eq!(browser.ask(&server, "POST", FORM, &headers, &body).status, 403, "{site}");
    }
    let other = reviewer(&project, &server, "tom@example.com").form_key(&server);
    for key in ["", &other] {
        let fields = [("reason", "x"), ("expected", &*expected), ("key", key)];
        assert_eq!(browser.post(&server, FORM, &fields).status, 403);
    }
    let reader = super::signed_in(&project, &server, "read");
    assert_eq!(reader.get(&server, FORM).status, 403);
    assert!(!reader.page(&server, "/shop/-/versions/2").contains("/promote/"));
    let nameless = super::signed_in(&project, &server, "promote");
    assert_eq!(nameless.get(&server, FORM).status, 403);
    for browser in [&reader, &nameless] {
        let key = browser.form_key(&server);
        let fields = [("reason", "x"), ("expected", &*expected), ("key", &*key)];
        assert_eq!(browser.post(&server, FORM, &fields).status, 403);
    }
    let nobody = Browser::new(&server);
    assert_eq!(nobody.post(&server, FORM, &fields).status, 303);
    for path in ["/shop/-/promote/v9", "/shop/-/promote/v0", "/shop/-/promote/2"] {
        assert_eq!(browser.get(&server, path).status, 404, "{path}");
    }
    assert!(text(&browser.page(&server, "/shop/-/ledger")).contains("1 record"));
}

#[test]
fn a_deleted_version_stays_as_it_is() {
    let (project, server, browser) = served();
    project.ok("version delete v2 --force");
    assert_eq!(browser.get(&server, FORM).status, 409);
}
