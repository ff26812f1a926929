//! Keyboard alone: the skip link, visible focus, keys for changes, none of them while somebody types.

use super::driver::{BrowserOptions, Chromium};
use super::sample::Sample;
use crate::common::server::token;
use crate::common::shop;
use crate::pages::publish;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

fn focused(browser: &Chromium) -> String {
    let text =
        browser.run("return document.activeElement.textContent || document.activeElement.name");
    text.as_str().unwrap_or_default().trim().to_owned()
}

/// Goes on with the tabulator until an element with this text has the focus.
fn tab_to(browser: &Chromium, text: &str) {
    for _ in 0..80 {
        browser.press(TAB);
        let now = focused(browser);
        if now == text {
            let outline = "return getComputedStyle(document.activeElement).outlineStyle";
            assert_ne!(browser.run(outline), "none", "{text}: the focus is visible");
            return;
        }
    }
    panic!("the tabulator never comes to {text}");
}

#[test]
fn somebody_without_a_mouse_signs_in_compares_and_promotes() {
    let Some(browser) = Chromium::start(BrowserOptions::default()) else { return };
    let project = shop::two_versions();
    let server = publish(&project, "");
    let token = token(&project, "--agent shop --scope promote --for rita@example.com");
    browser.open(&format!("{}/shop", server.url));
    browser.press(TAB);
    assert_eq!(focused(&browser), "Skip to content");
    browser.press(ENTER);
    assert_eq!(browser.run("return document.activeElement.id"), "main");
    tab_to(&browser, "token");
    browser.press(&token);
    browser.press(ENTER);
    browser.wait_for("Live now");
    tab_to(&browser, "with live v1");
    browser.press(ENTER);
    browser.wait_for("Diff v1 → v2");
    assert_eq!(browser.path(), "/shop/-/compare/v1...v2");
    browser.open(&format!("{}/shop/-/versions/2", server.url));
    tab_to(&browser, "Promote v2…");
    browser.press(ENTER);
    browser.wait_for("What will change");
    tab_to(&browser, "reason");
    browser.press("as the team said");
    tab_to(&browser, "Make v2 live");
    browser.press(ENTER);
    browser.wait_for("as the team said");
    assert_eq!(browser.path(), "/shop");
}

#[test]
fn keys_go_from_change_to_change_and_never_disturb_typing() {
    let Some(sample) = Sample::new() else { return };
    let browser = &sample.browser;
    sample.open("/shop/-/compare/v1...v4");
    browser.press("j");
    let first = focused(browser);
    browser.press("j");
    let second = focused(browser);
    assert!(!first.is_empty() && first != second, "{first} {second}");
    browser.press("k");
    assert_eq!(focused(browser), first);
    browser.press("?");
    assert!(browser.text().contains("next change"));
    browser.press("j");
    browser.press(ESCAPE);
    assert_eq!(browser.run("return document.querySelector('dialog').open"), false);
    browser.run("document.querySelector('input[name=from]').focus()");
    browser.press("jk?/");
    let typed = browser.run("return document.activeElement.value");
    assert!(typed.as_str().is_some_and(|typed| typed.contains("jk?/")), "{typed}");
    assert_eq!(browser.run("return document.querySelector('dialog').open"), false);
    browser.run("document.activeElement.blur()");
    browser.press("/");
    browser.wait_for("Content of version");
    assert_eq!(browser.path(), "/shop/-/search");
    browser.press("/j");
    assert_eq!(browser.run("return document.activeElement.type"), "search");
    sample.done(&[]);
}
