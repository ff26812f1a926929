//! The story of a reviewer, from the link in a chat to the ledger that the command line reads. It is the same without scripts.

use super::driver::{BrowserOptions, Chromium};
use super::look::{self, LIGHT, PHONE};
use crate::common::server::{Server, token};
use crate::common::{Project, shop};
use crate::pages::{next_version, publish};

const ESCAPE: &str = "\u{e00c}";

/// Somebody with a browser, whose token speaks for them.
struct Person<'a> {
    browser: &'a Chromium,
    server: &'a Server,
}

impl Person<'_> {
    fn open(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.server.url));
    }

    /// Opens a page from a link, and signs in on the way.
    fn sign_in(&self, path: &str, token: &str) {
        self.open(path);
        self.browser.fill("input[name=token]", token);
        self.browser.click(&self.browser.named("Sign in"));
        self.browser.wait_for("Sign out");
        assert_eq!(self.browser.path(), path, "the link leads where it said");
    }

    /// Fills the form of a version in.
    fn give_reason(&self, version: u64, reason: &str) {
        self.open(&format!("/shop/-/versions/{version}"));
        self.browser.click(&self.browser.named(&format!("Promote v{version}…")));
        self.browser.wait_for("What will change");
        self.browser.fill("textarea[name=reason]", reason);
    }

    fn send(&self, version: u64) {
        self.browser.click(&self.browser.named(&format!("Make v{version} live")));
    }

    fn is_live(&self, version: u64, reason: &str) {
        self.browser.wait_for("Live now");
        let text = self.browser.text();
        let (_, live) = text.split_once("Live now").unwrap();
        assert!(live.trim_start().starts_with(&format!("v{version}")), "{live}");
        assert!(live.contains(reason), "{live}");
    }
}

/// Id of the token that speaks for somebody.
fn token_id(project: &Project, who: &str) -> String {
    let list = project.list("serve token list --data ../data");
    let tokens = list.as_array().unwrap();
    let found = tokens.iter().find(|one| one.to_string().contains(who)).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

fn story(options: BrowserOptions) {
    let Some((rita, tom)) = Chromium::start(options).zip(Chromium::start(options)) else { return };
    let project = shop::two_versions();
    let server = publish(&project, "");
    next_version(&project, 3);
    project.ok("push");
    let of = |(who, scope): (&str, &str)| {
        token(&project, &format!("--agent shop --scope {scope} --for {who}"))
    };
    let [ritas, toms] = [("rita@example.com", "admin"), ("tom@example.com", "promote")].map(of);
    let [rita, tom] = [&rita, &tom].map(|browser| Person { browser, server: &server });

    rita.sign_in("/shop/-/compare/v1...v2", &ritas);
    assert!(rita.browser.text().contains("Finds products by name"));
    rita.browser.press("?");
    assert_eq!(rita.browser.text().contains("next change"), !options.without_scripts);
    rita.browser.press(ESCAPE);
    rita.give_reason(2, "the team likes it");
    for look in [LIGHT, PHONE] {
        look.of(rita.browser);
        look::assert_no_sideways_scroll(rita.browser, "promote");
        look::shot(rita.browser, &format!("promote-{}", look.name));
    }

    tom.sign_in("/shop/-/versions/3", &toms);
    tom.give_reason(3, "the shop opens today");
    rita.send(2);
    rita.is_live(2, "the team likes it");

    tom.send(3);
    tom.browser.wait_for("Somebody else was faster");
    let text = tom.browser.text();
    for words in ["v2 is live", "rita@example.com", "the team likes it"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let kept = tom.browser.value_of("textarea[name=reason]");
    assert_eq!(kept, "the shop opens today", "what was typed is kept");
    look::shot(tom.browser, "promote-409");
    tom.send(3);
    tom.is_live(3, "the shop opens today");

    rita.give_reason(1, "customers complain");
    rita.browser.fill("input[name=number]", "v1");
    look::shot(rita.browser, "promote-back");
    rita.send(1);
    rita.is_live(1, "customers complain");

    let id = token_id(&project, "tom@");
    rita.open("/shop/-/tokens");
    rita.browser.click(&rita.browser.named(&format!("Revoke {id}…")));
    rita.browser.wait_for("tom@example.com");
    rita.browser.click(&rita.browser.named(&format!("Revoke {id}")));
    rita.browser.wait_for("Create the token");
    assert!(!rita.browser.text().contains(&id), "it is revoked");
    tom.open("/shop");
    tom.browser.wait_for("Token");
    assert!(tom.browser.path().starts_with("/-/login"), "a revoked token ends the session");

    project.ok("pull");
    let told = project.ok("log --ledger --verify");
    let at = |words: &str| told.find(words).unwrap_or_else(|| panic!("{words}: {told}"));
    assert!(at("customers complain") < at("the shop opens today"), "newest first: {told}");
    assert!(at("the shop opens today") < at("the team likes it"), "newest first: {told}");
    assert!(told.contains("tom@example.com"), "{told}");
    look::assert_clean(rita.browser, &server.url, &[]);
    look::assert_clean(tom.browser, &server.url, &[409]);
}

#[test]
fn a_reviewer_promotes_is_overtaken_goes_back_and_is_signed_out() {
    story(BrowserOptions::default());
}

#[test]
fn the_story_is_the_same_without_scripts() {
    story(BrowserOptions { without_scripts: true });
}
