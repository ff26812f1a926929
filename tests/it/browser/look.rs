//! Look of a page: how wide and how dark it is, what axe-core finds, what the browser complains of.

use super::driver::Chromium;
use crate::common::skip::skipped;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::OnceLock;

/// Tags of the rules for WCAG 2.2, level AA.
const TAGS: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/// A way in which a page is seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PageLook {
    pub name: &'static str,
    pub width: u32,
    pub dark: bool,
}

pub const LIGHT: PageLook = PageLook { name: "light", width: 1200, dark: false };
pub const DARK: PageLook = PageLook { name: "dark", width: 1200, dark: true };
pub const PHONE: PageLook = PageLook { name: "phone", width: 390, dark: false };
pub const DARK_PHONE: PageLook = PageLook { name: "phone-dark", width: 390, dark: true };

impl PageLook {
    pub fn of(self, browser: &Chromium) {
        let size =
            json!({ "width": self.width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        browser.devtools("Emulation.setDeviceMetricsOverride", size);
        let scheme = if self.dark { "dark" } else { "light" };
        media(browser, &[("prefers-color-scheme", scheme)]);
    }
}

/// Wishes of the reader, as the system would pass them to the page.
pub fn media(browser: &Chromium, wishes: &[(&str, &str)]) {
    let features: Vec<Value> =
        wishes.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    browser.devtools("Emulation.setEmulatedMedia", json!({ "features": features }));
}

/// Text of axe-core, the file that `LUA_STORE_AXE` names. `None` where it names none.
pub fn axe() -> Option<&'static str> {
    static TEXT: OnceLock<Option<String>> = OnceLock::new();
    let read = || {
        let file = std::env::var_os("LUA_STORE_AXE")?;
        Some(std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file:?}: {error}")))
    };
    let text = TEXT.get_or_init(read).as_deref();
    if text.is_none() {
        skipped("accessibility is not tested: LUA_STORE_AXE names axe.min.js, as `.ci/run` does");
    }
    text
}

/// Findings of axe-core on the page that is open, each with its rule and element.
pub fn findings(browser: &Chromium, axe: &str) -> Vec<String> {
    if browser.run("return typeof window.axe") != "object" {
        browser.run(&format!("{axe}; window.axe = axe;"));
    }
    let run = format!(
        "const done = arguments[arguments.length - 1];
         axe.run(document, {{ runOnly: {{ type: 'tag', values: {} }}, resultTypes: ['violations'] }})
            .then((result) => done(result.violations.flatMap((rule) => rule.nodes.map(
               (node) => rule.id + ': ' + node.html.slice(0, 200) + ' ' + node.failureSummary))),
               (error) => done(['axe failed: ' + error]))",
        json!(TAGS)
    );
    let found = browser.run_async(&run);
    found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// Fails if the page is wider than the window.
pub fn assert_no_sideways_scroll(browser: &Chromium, what: &str) {
    let script = "const root = document.documentElement;
         const wide = [...document.querySelectorAll('body *')].filter((one) =>
            one.getBoundingClientRect().right > root.clientWidth + 1 && !one.closest('.scroll, .hidden, .skip'));
         return [root.scrollWidth, root.clientWidth, wide.slice(0, 5).map((one) => one.outerHTML.slice(0, 150))]";
    let found = browser.run(script);
    assert!(found[0].as_u64() <= found[1].as_u64(), "{what} is too wide: {found}");
    assert_eq!(found[2], json!([]), "{what}: elements stand out of the window");
}

/// Fails if text does not fit into its element and nothing scrolls.
pub fn assert_nothing_is_cut(browser: &Chromium, what: &str) {
    let script = "return [...document.querySelectorAll('body *')].filter((one) => {
            const style = getComputedStyle(one);
            if (one.closest('.hidden, option, select, input, textarea') || style.display === 'inline') return false;
            const hides = (side) => ['hidden', 'clip'].includes(side) || style.textOverflow === 'ellipsis';
            return (hides(style.overflowX) && one.scrollWidth > one.clientWidth + 1) ||
                (hides(style.overflowY) && one.scrollHeight > one.clientHeight + 1) ||
                (one.matches('button, .button') && one.scrollWidth > one.clientWidth + 1);
         }).slice(0, 5).map((one) => one.outerHTML.slice(0, 150))";
    assert_eq!(browser.run(script), json!([]), "{what}: text is cut");
}

/// Saves a picture of the whole page in the folder that `LUA_STORE_SHOTS` names.
pub fn shot(browser: &Chromium, name: &str) {
    let Some(folder) = std::env::var_os("LUA_STORE_SHOTS").map(PathBuf::from) else { return };
    let size =
        browser.run("return [innerWidth, document.documentElement.scrollHeight, innerHeight]");
    let [width, whole, window] = [0, 1, 2].map(|at| size[at].as_u64().unwrap());
    let set = |height: u64| {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        browser.devtools("Emulation.setDeviceMetricsOverride", size);
    };
    set(whole.min(8000));
    let picture = browser.picture();
    set(window);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
}

/// Fails if a page asked for anything of another origin, or the browser had to enforce the policy or found an error.
/// Answers with an error status that the test wanted are named by `expected`.
pub fn assert_clean(browser: &Chromium, origin: &str, expected: &[u16]) {
    for entry in browser.log("performance") {
        let event: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
        let message = &event["message"];
        if message["method"] == "Network.requestWillBeSent" {
            let url = message["params"]["request"]["url"].as_str().unwrap();
            // Pages of `chrome:` are those of a new window.
            let ours = url.starts_with(&format!("{origin}/"))
                || ["data:", "chrome:"].iter().any(|scheme| url.starts_with(scheme));
            assert!(ours, "a request to another origin: {url}");
        }
    }
    for entry in browser.log("browser") {
        // Advice of its developers' tools has a lower level.
        if !matches!(entry["level"].as_str(), Some("WARNING" | "SEVERE")) {
            continue;
        }
        let text = entry["message"].as_str().unwrap();
        let is_wanted = expected.iter().any(|status| text.contains(&format!("status of {status}")));
        assert!(is_wanted, "the browser says: {text}");
    }
}
