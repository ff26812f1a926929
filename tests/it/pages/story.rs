//! The story of a reviewer, with scripts off: each step is a page, a link or a form of the page before.

use super::browser::{Browser, text};
use super::{next_version, publish};
use crate::common::server::{Server, token};
use crate::common::{Project, shop};

/// The address of the first link with this text.
fn link(page: &str, words: &str) -> String {
    let (before, _) =
        page.split_once(&format!(">{words}</a>")).unwrap_or_else(|| panic!("{words}: {page}"));
    let (_, tag) = before.rsplit_once("<a ").unwrap();
    let (_, rest) = tag.split_once("href=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Fills in the form of a page whose button has this text, and sends it.
fn submit(
    browser: &Browser,
    server: &Server,
    page: &str,
    button: &str,
    typed: &[(&str, &str)],
) -> (u16, String) {
    let form = page.split("<form ").skip(1).find(|form| {
        form.split("</form>").next().unwrap().contains(&format!(">{button}</button>"))
    });
    let form = form.unwrap_or_else(|| panic!("{button}: {page}")).split("</form>").next().unwrap();
    let value = |tag: &str, name: &str| {
        let start = format!("{name}=\"");
        tag.split_once(&start).map(|(_, rest)| rest.split('"').next().unwrap().to_owned())
    };
    let path = value(form, "action").unwrap();
    let hidden: Vec<(String, String)> = form
        .split("<input type=\"hidden\" ")
        .skip(1)
        .map(|tag| (value(tag, "name").unwrap(), value(tag, "value").unwrap()))
        .collect();
    let mut fields: Vec<(&str, &str)> =
        hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
    fields.extend(typed);
    let reply = browser.post(server, &path, &fields);
    let there = reply.header("location").unwrap_or_default().to_owned();
    (reply.status, if there.is_empty() { reply.text() } else { there })
}

fn sign_in(project: &Project, server: &Server, options: &str) -> (Browser, String) {
    let mut browser = Browser::new(server);
    let (path, page) = browser.follow(server, "/shop/-/compare/v1...v2");
    assert_eq!(path, "/-/login?to=%2Fshop%2F-%2Fcompare%2Fv1...v2");
    let secret = token(project, &format!("--agent shop {options}"));
    let reply =
        browser.post(server, "/-/login", &[("token", &secret), ("to", "/shop/-/compare/v1...v2")]);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/shop/-/compare/v1...v2")));
    browser.cookie =
        Some(reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned());
    (browser, page)
}

#[test]
fn sign_in_compare_promote_lose_a_race_go_back_revoke() {
    let project = shop::two_versions();
    let server = publish(&project, "");
    next_version(&project, 3);
    project.ok("push");
    let (rita, login) =
        sign_in(&project, &server, "--scope admin --for rita@example.com --note rita");
    assert!(login.contains("type=\"password\""), "{login}");
    let (tom, _) = sign_in(&project, &server, "--scope promote --for tom@example.com --note tom");
    // A link from a chat shows the comparison, home what is live.
    assert!(text(&rita.page(&server, "/shop/-/compare/v1...v2")).contains("shop well"));
    let home = rita.page(&server, "/shop");
    assert!(text(&home).contains("Live now") && text(&home).contains("v1 first"));
    let version = rita.page(&server, &link(&home, "v2"));
    let form = rita.page(&server, &link(&version, "Promote v2…"));
    let of_tom = tom.page(&server, "/shop/-/promote/v3");
    let (status, there) = submit(&rita, &server, &form, "Make v2 live", &[("reason", "reviewed")]);
    assert_eq!((status, &*there), (303, "/shop"));
    // The other session was slower: it sees who and why, and decides again.
    let (status, page) = submit(&tom, &server, &of_tom, "Make v3 live", &[("reason", "newer")]);
    assert_eq!(status, 409);
    assert!(text(&page).contains("rita@example.com") && text(&page).contains("reviewed"), "{page}");
    assert_eq!(submit(&tom, &server, &page, "Make v3 live", &[("reason", "newer")]).0, 303);
    // Back by two, with the number.
    let form = rita.page(&server, "/shop/-/promote/v1");
    let typed = [("reason", "broken"), ("number", "1")];
    assert_eq!(submit(&rita, &server, &form, "Make v1 live", &typed).0, 303);
    let home = rita.page(&server, "/shop");
    assert!(text(&home).contains("Reason: broken"), "{home}");
    // A token is revoked, and its session ends.
    let tokens = rita.page(&server, &link(&home, "Tokens"));
    let (before, _) = tokens.split_once("<td>tom</td>").unwrap();
    let id = before.rsplit_once("<code>").unwrap().1.split('<').next().unwrap().to_owned();
    let page = rita.page(&server, &link(&tokens, &format!("Revoke {id}…")));
    assert_eq!(submit(&rita, &server, &page, &format!("Revoke {id}"), &[]).0, 303);
    assert_eq!(tom.get(&server, "/shop").status, 303);
    let (status, there) = submit(&rita, &server, &home, "Sign out", &[]);
    assert_eq!((status, &*there), (303, "/-/login"));
    // The command line reads all of it.
    project.ok("pull");
    let ledger = project.ok("log --ledger --verify");
    for words in ["reviewed", "newer", "broken", "rita@example.com", "tom@example.com"] {
        assert!(ledger.contains(words), "{words}: {ledger}");
    }
}
