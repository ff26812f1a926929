//! The way back of a promotion, after somebody else changed something since its first live part: whatever is theirs stays, and
//! where their version runs, so does everything that it contains.

use super::{AGENT, Shop};
use crate::common::Outcome;
use crate::platform::stub::{Assumptions, At, Dashboard, Fault};
use serde_json::json;

const PROMOTE: &str = "version promote 2";
const THEIR_URL: &str = "https://theirs.example.com/mcp";

/// Other changes than a promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    Model,
    Server,
    NoServer,
    Persona,
    /// A version of the persona that was there before is served again.
    OldPersona,
}

const EDITS: [Edit; 5] =
    [Edit::Model, Edit::Server, Edit::NoServer, Edit::Persona, Edit::OldPersona];

impl Edit {
    fn play(self, dashboard: &Dashboard) {
        match self {
            Edit::Model => dashboard.set_model("openai/o1"),
            Edit::Server => {
                let server = json!({"transport": "streamable-http", "url": THEIR_URL});
                dashboard.set_server("docs", server);
            }
            Edit::NoServer => dashboard.remove_server("docs"),
            Edit::Persona => drop(dashboard.edit_persona("You are Bo.")),
            Edit::OldPersona => dashboard.serve_persona(1),
        }
    }

    /// Everything but the edit is as it was.
    fn check(self, shop: &Shop, active: Option<u64>, at: &str) {
        let live = shop.live();
        assert_eq!(live.active, active, "{at}");
        let model = if self == Edit::Model { "openai/o1" } else { "openai/gpt-4o" };
        assert_eq!(live.model.as_deref(), Some(model), "{at}");
        let url = live.servers.get("docs").map(|server| server["url"].clone());
        let expected = match self {
            Edit::Server => Some(json!(THEIR_URL)),
            Edit::NoServer => None,
            _ => Some(json!("https://docs.example.com/mcp")),
        };
        assert_eq!(url, expected, "{at}");
        let persona = match self {
            Edit::Persona => "You are Bo.",
            Edit::OldPersona => "You are Cy.",
            _ => "You are Ava.\nYou help customers shop.",
        };
        assert_eq!(live.persona, persona, "{at}");
    }
}

/// v1 is active, with another persona before it; v2 differs in all parts.
fn prepared(assumptions: Assumptions) -> Shop {
    let shop = Shop::empty(assumptions);
    shop.platform.dashboard(AGENT).edit_persona("You are Cy.");
    shop.project.ok("fetch");
    shop.ok("push");
    shop.project.ok("version create -m first --offline");
    shop.ok("version promote 1");
    shop.second(true);
    shop
}

/// Cuts the promotion off before its switch.
fn cut(shop: &Shop) {
    shop.platform.on(At::route("#27").always(), Fault::CutBefore);
    let cut = shop.run(PROMOTE);
    assert_eq!(cut.code, 11, "{cut}");
    shop.platform.reset_faults();
    shop.platform.reset_requests();
}

fn abort(shop: &Shop) -> Outcome {
    shop.project.run("version promote --abort")
}

/// The parts that run are those of the active version, which is theirs.
fn check_theirs(shop: &Shop, at: &str) {
    let live = shop.live();
    let version = shop.platform.version(AGENT, live.active.unwrap()).unwrap();
    assert_eq!(version["createdByEmail"], "bo@example.com", "{at}");
    let snapshot = &version["snapshot"];
    assert_eq!(json!(live.model), snapshot["model"], "{at}");
    assert_eq!(json!(live.current_persona), snapshot["persona"]["version"], "{at}");
    let urls: Vec<_> = live.servers.values().map(|server| &server["url"]).collect();
    let expected: Vec<_> =
        snapshot["mcpServers"].as_array().unwrap().iter().map(|server| &server["url"]).collect();
    assert_eq!(urls, expected, "{at}");
    assert!(shop.project.ok("fsck").contains("nothing is damaged"), "{at}");
}

fn promote_theirs(dashboard: &Dashboard) {
    let theirs = dashboard.create_version("theirs");
    dashboard.promote(theirs);
}

#[test]
fn an_edit_stays_when_the_switch_is_refused() {
    for edit in EDITS {
        let shop = prepared(Assumptions::default());
        shop.platform.on(At::route("#27"), Fault::before(move |board| edit.play(board)));
        shop.platform.on(At::route("#27"), Fault::Status(400));
        let refused = shop.run(PROMOTE);
        let at = format!("{edit:?}: {refused}");
        assert_eq!(refused.code, 1, "{at}");
        edit.check(&shop, Some(1), &at);
        if edit != Edit::Persona {
            assert!(refused.stderr.contains("meanwhile, and stays so"), "{at}");
        }
        assert!(shop.project.ok("fsck").contains("nothing is damaged"), "{at}");
    }
}

#[test]
fn an_edit_stays_when_an_open_promotion_is_taken_back() {
    for edit in EDITS {
        let shop = prepared(Assumptions::default());
        cut(&shop);
        edit.play(&shop.platform.dashboard(AGENT));
        let aborted = abort(&shop);
        let at = format!("{edit:?}: {aborted}");
        assert_eq!(aborted.code, 0, "{at}");
        edit.check(&shop, Some(1), &at);
    }
}

#[test]
fn a_version_of_theirs_keeps_its_parts_when_it_is_found_before_the_switch() {
    let named = ["default", "promote serves no persona", "promote sets no servers"];
    let all = Assumptions::each().into_iter().filter(|(name, _)| named.contains(name));
    for (name, assumptions) in all {
        // Before the first live part, between two of them, after the last one.
        for route in ["#10", "#7", "#12", "#23"] {
            let shop = prepared(assumptions.clone());
            let fault = match route {
                "#23" => Fault::after(promote_theirs),
                _ => Fault::before(promote_theirs),
            };
            shop.platform.on(At::route(route), fault);
            let refused = shop.run(PROMOTE);
            let at = format!("{name}, {route}: {refused}");
            assert_eq!(refused.code, 1, "{at}");
            assert!(refused.stderr.contains("of bo@example.com runs there"), "{at}");
            check_theirs(&shop, &at);
            // Nothing is open, and theirs is what the next fetch brings.
            assert!(!shop.project.ok("status").contains("interrupted"), "{at}");
        }
    }
}

#[test]
fn a_version_of_theirs_keeps_its_parts_when_an_open_promotion_is_taken_back() {
    for route in ["#27", "#33"] {
        let shop = prepared(Assumptions::default());
        match route {
            "#27" => cut(&shop),
            // It runs, and was not compared.
            _ => {
                shop.ok("push");
                shop.platform.on(At::route(route).always(), Fault::Status(500));
                assert_ne!(shop.run(PROMOTE).code, 0);
                shop.platform.reset_faults();
                shop.platform.reset_requests();
            }
        }
        let dashboard = shop.platform.dashboard(AGENT);
        dashboard.edit_persona("You are Bo.");
        promote_theirs(&dashboard);
        let aborted = abort(&shop);
        let at = format!("{route}: {aborted}");
        assert_eq!(aborted.code, 0, "{at}");
        assert!(aborted.stderr.contains("of bo@example.com runs there"), "{at}");
        check_theirs(&shop, &at);
        assert_eq!(shop.changes(), ["#28"], "{at}");
    }
}

#[test]
fn an_edit_after_the_switch_is_not_set_again() {
    for edit in [Edit::Server, Edit::OldPersona] {
        let shop = prepared(Assumptions::default());
        shop.platform.on(At::route("#27"), Fault::after(move |board| edit.play(board)));
        let promoted = shop.run(PROMOTE);
        let at = format!("{edit:?}: {promoted}");
        assert_eq!(promoted.code, 1, "{at}");
        let live = shop.live();
        match edit {
            Edit::Server => assert_eq!(live.servers["docs"]["url"], THEIR_URL, "{at}"),
            _ => assert_eq!(live.persona, "You are Cy.", "{at}"),
        }
        assert!(promoted.stderr.contains("something else runs"), "{at}");
    }
}
