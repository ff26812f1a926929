//! Every page as people see it: light and dark, on a wide window and a phone, with large text.

use super::look::{self, DARK, DARK_PHONE, LIGHT, PHONE, PageLook};
use super::sample::{PAGES, Sample};
use serde_json::json;

/// Opens some of the pages in some looks. What axe-core finds is a failure, and pictures are taken.
fn see(pages: &[(&str, &str)], looks: &[PageLook]) {
    let Some(sample) = Sample::new() else { return };
    let (browser, axe) = (&sample.browser, look::axe());
    let mut found = Vec::new();
    for (name, path) in pages {
        sample.open(path);
        for look in looks {
            look.of(browser);
            let what = format!("{name}-{}", look.name);
            look::assert_no_sideways_scroll(browser, &what);
            let findings = axe.map(|axe| look::findings(browser, axe)).unwrap_or_default();
            found.extend(findings.into_iter().map(|finding| format!("{what}: {finding}")));
            look::shot(browser, &what);
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    sample.done(&[404]);
}

const LOOKS: [PageLook; 4] = [LIGHT, DARK, PHONE, DARK_PHONE];

#[test]
fn lists_and_versions_are_for_everybody() {
    see(&PAGES[..7], &LOOKS);
}

#[test]
fn comparisons_are_for_everybody() {
    see(&PAGES[7..11], &LOOKS);
}

#[test]
fn files_are_for_everybody() {
    see(&PAGES[11..14], &LOOKS);
}

#[test]
fn personas_and_records_are_for_everybody() {
    see(&PAGES[14..], &LOOKS);
}

/// Text of twice the size, as a reader sets it in the browser: everything is there, and nothing scrolls sideways.
#[test]
fn large_text_is_whole() {
    let Some(sample) = Sample::new() else { return };
    let browser = &sample.browser;
    browser.devtools("Page.setFontSizes", json!({ "fontSizes": { "standard": 32, "fixed": 26 } }));
    for (name, path) in PAGES {
        sample.open(path);
        let size = browser.run("return getComputedStyle(document.body).fontSize");
        assert_eq!(size, "32px", "the text is large");
        for look in [LIGHT, PHONE] {
            look.of(browser);
            let what = format!("{name}-{}-large", look.name);
            look::assert_no_sideways_scroll(browser, &what);
            look::assert_nothing_is_cut(browser, &what);
            look::shot(browser, &what);
        }
    }
    sample.done(&[404]);
}

/// With the colours of the system alone, every state still has a word, a sign or a line.
#[test]
fn forced_colours_lose_nothing() {
    let Some(sample) = Sample::new() else { return };
    let browser = &sample.browser;
    look::media(browser, &[("forced-colors", "active"), ("prefers-reduced-motion", "reduce")]);
    let width = |css: &str| {
        browser.run(&format!(
            "const style = getComputedStyle(document.querySelector('{css}')); return parseFloat(style.borderLeftWidth)"
        ))
    };
    for (name, path) in [PAGES[1], PAGES[5], PAGES[8], PAGES[12]] {
        sample.open(path);
        look::shot(browser, &format!("{name}-forced"));
    }
    sample.open("/shop");
    assert!(width(".live").as_f64() > Some(0.0) && width(".status").as_f64() > Some(0.0));
    sample.open("/shop/-/compare/v1...v4");
    let signs = browser.run("return [...document.querySelectorAll('.diff tr.change')].every((row) => /[+−]/.test(row.textContent))");
    assert_eq!(signs, true, "a changed line has a sign");
    let hidden = browser.run(
        "return [...document.querySelectorAll('strong')].filter((one) => {
            const style = getComputedStyle(one);
            const back = getComputedStyle(one.closest('td, li')).backgroundColor;
            return style.color === (style.backgroundColor === 'rgba(0, 0, 0, 0)' ? back : style.backgroundColor);
        }).length",
    );
    assert_eq!(hidden, 0, "words that differ are visible");
    let words = browser.run("return [...document.querySelectorAll('.line.added, .line.removed, .line.changed')].every((line) => /^[-+~]/.test(line.textContent))");
    assert_eq!(words, true, "a change in words has a sign");
    sample.done(&[]);
}
