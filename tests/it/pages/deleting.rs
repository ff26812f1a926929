//! Deleting by a form: the guards are those of `version delete`.

use super::browser::{Browser, text};
use super::{publish, signed_in};
use crate::common::server::{Server, token};
use crate::common::{Project, shop};

const FORM: &str = "/shop/-/delete/v2";

fn served() -> (Project, Server, Browser) {
    let project = shop::two_versions();
    let server = publish(&project, "");
    let mut browser = Browser::new(&server);
    let token = token(&project, "--agent shop --scope promote --for rita@example.com");
    assert_eq!(browser.sign_in(&server, &token).status, 303);
    (project, server, browser)
}

fn send(browser: &Browser, server: &Server, path: &str) -> (u16, String) {
    let key = browser.form_key(server);
    let reply = browser.post(server, path, &[("key", &key)]);
    (reply.status, text(&reply.text()))
}

#[test]
fn a_version_is_deleted_and_the_command_restores_it() {
    let (project, server, browser) = served();
    assert!(browser.page(&server, "/shop/-/versions/2").contains(FORM));
    assert!(text(&browser.page(&server, FORM)).contains("version undelete v2"));
    assert_eq!(send(&browser, &server, FORM).0, 303);
    assert!(text(&browser.page(&server, "/shop/-/versions/2")).contains("v2 deleted"));
    let (status, page) = send(&browser, &server, FORM);
    assert!(status == 200 && page.contains("v2 is deleted already"), "{status} {page}");
    assert!(text(&browser.page(&server, "/shop/-/ledger")).contains("2 records"), "one effect");
    project.ok("fetch");
    project.ok("pull");
    let ledger = project.ok("log --ledger --verify");
    assert!(ledger.contains("delete") && ledger.contains("rita@example.com"), "{ledger}");
    project.ok("version undelete v2");
    assert!(text(&browser.page(&server, "/shop/-/versions/2")).contains("v2 staged"));
}

/// The words are those of the command.
#[test]
fn the_active_version_and_the_only_one_stay() {
    let (project, server, browser) = served();
    for (path, version) in [("/shop/-/delete/v1", "v1"), (FORM, "v2")] {
        if version == "v2" {
            project.ok("version promote v2 --reason on");
        }
        let refused = project.run(&format!("version delete {version} --force"));
        assert_eq!(refused.code, 1, "{refused}");
        let words = format!(
            "Cannot delete {version}: it is the active version. Promote a different version first."
        );
        assert!(refused.stderr.contains(words.trim_end_matches('.')), "{refused}");
        for (status, page) in [
            (browser.get(&server, path).status, browser.get(&server, path).text()),
            send(&browser, &server, path),
        ] {
            assert_eq!(status, 409, "{page}");
            assert!(text(&page).contains(&words), "{page}");
        }
    }
    assert!(!browser.page(&server, "/shop/-/versions/2").contains(FORM));

    let project = shop::versioned();
    let server = Server::start(&project, "");
    let admin = server.token(&project, "shop", "admin");
    let mut project = project;
    project.set("LUA_STORE_TOKEN", &admin);
    project.ok(&format!("remote add origin {}/shop", server.url));
    project.ok("push");
    let mut browser = Browser::new(&server);
    browser.sign_in(&server, &token(&project, "--agent shop --scope promote --note rita"));
    let (status, page) = send(&browser, &server, "/shop/-/delete/v1");
    assert_eq!(status, 409);
    assert!(page.contains("Cannot delete v1: it is the only remaining version."), "{page}");
    let page = browser.page(&server, "/shop/-/versions/1");
    assert!(page.contains("/promote/v1") && !page.contains("/delete/v1"), "{page}");
}

#[test]
fn nobody_deletes_without_the_scope_a_name_or_our_own_form() {
    let (project, server, browser) = served();
    for scope in ["read", "push", "promote"] {
        // None of them names an author.
        let other = signed_in(&project, &server, scope);
        assert_eq!(other.get(&server, FORM).status, 403, "{scope}");
        assert_eq!(send(&other, &server, FORM).0, 403, "{scope}");
    }
    assert_eq!(browser.post(&server, FORM, &[("key", "0")]).status, 403);
    let key = browser.form_key(&server);
    let headers =
        "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: cross-site\r\n";
    let body = super::browser::encode(&[("key", &key)]);
    assert_eq!(browser.ask(&server, "POST", FORM, headers, &body).status, 403);
    assert_eq!(Browser::new(&server).post(&server, FORM, &[]).status, 303);
    for path in ["/shop/-/delete/v9", "/shop/-/delete/v0", "/shop/-/delete/2"] {
        assert_eq!(browser.get(&server, path).status, 404, "{path}");
        assert_eq!(send(&browser, &server, path).0, 404, "{path}");
    }
    assert!(text(&browser.page(&server, "/shop/-/versions/2")).contains("v2 staged"));
}
