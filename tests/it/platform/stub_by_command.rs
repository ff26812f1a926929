//! The stub with the real command as its judge: it understands every answer, and does what it should with it.

use super::stub::{Assumptions, Platform};
use crate::common::stock::{AGENT, Stock};
use std::collections::BTreeMap;

/// The project of the fixtures with this platform behind it.
fn stock(platform: &Platform) -> Option<Stock> {
    let mut stock = Stock::new()?;
    stock.url = platform.url();
    stock.token = platform.key();
    Some(stock)
}

/// Everything that the fixture has, with its first number.
fn first_numbers(with_versions: bool) -> BTreeMap<String, String> {
    let at_once = ["devices/label-printer", "device-triggers/doorbell"];
    let pinned = [
        "skills/catalog",
        "skills/orders",
        "webhooks/order-paid",
        "triggers/new-review",
        "jobs/nightly",
        "preprocessors/guard",
        "postprocessors/polish",
    ];
    let pinned = pinned.iter().filter(|_| with_versions);
    at_once.iter().chain(pinned).map(|name| (name.to_string(), "1.0.1".to_string())).collect()
}

#[test]
fn a_first_push_and_a_promote_are_understood() {
    let platform = Platform::start(AGENT);
    let Some(stock) = stock(&platform) else { return };
    let pushed = stock.ok("push all --force");
    assert!(pushed.contains("Push All Complete"), "{pushed}");
    assert!(platform.requests().iter().all(|one| one.number != "?"), "{:?}", platform.requests());
    let live = platform.live(AGENT);
    assert_eq!((live.active, &live.code), (None, &first_numbers(false)));
    assert_eq!(live.persona, "You are Ava.\nYou help customers shop.");
    assert_eq!(live.model.as_deref(), Some("openai/gpt-4o"));
    assert!(live.servers.contains_key("docs"), "{live:?}");

    let created = stock.ok("version create -m first");
    assert!(created.contains("Created v1 (staged)"), "{created}");
    let again = stock.ok("version create -m again");
    assert!(again.contains("No changes since the latest version"), "{again}");
    assert_eq!(platform.live(AGENT), live);
    let promoted = stock.ok("version promote 1");
    assert!(promoted.contains("Promoted v1. (No previous active version.)"), "{promoted}");
    let again = stock.ok("version promote 1");
    assert!(again.contains("v1 is already active"), "{again}");
    let live = platform.live(AGENT);
    assert_eq!((live.active, &live.code), (Some(1), &first_numbers(true)));
}

#[test]
fn what_was_pushed_is_listed_compared_and_restored() {
    let platform = Platform::start(AGENT);
    let Some(stock) = stock(&platform) else { return };
    stock.ok("push all --force");
    stock.ok("version create -m first");
    stock.ok("version promote 1");
    stock.ok("push all --force");
    stock.ok("version create -m second");
    let list = stock.ok("version list");
    assert!(list.contains("v2       staged") && list.contains("v1*      active"), "{list}");
    let shown = stock.ok("version show 2");
    for line in ["Skills:         2", "Persona:        v2", "Model:   openai/gpt-4o"] {
        assert!(shown.contains(line), "{shown}");
    }
    let diff = stock.ok("version diff 1 2");
    assert!(diff.contains("~ orders 1.0.1 → 1.0.2"), "{diff}");
    assert!(diff.contains("Persona: (unchanged)"), "{diff}");
    let sources = stock.ok("source list");
    assert!(sources.contains("batch push") && sources.contains("v2"), "{sources}");
    let view = stock.ok("persona production view --persona-version 1");
    assert!(view.contains("You help customers shop."), "{view}");
    // Numbers that were pushed are not live yet: this is drift.
    let drift = stock.lua("sync --check");
    assert!(drift.stdout.contains("orders (local v1.0.2, server v1.0.1)"), "{drift}");
    assert!(stock.ok("version promote 2").contains("Promoted v2. Previous active: v1."));
    platform.dashboard(AGENT).set_field("name", "Paint Shop".into());
    assert!(stock.ok("sync --check").contains("No drift detected"));

    let before = stock.project.read("src/index.ts");
    stock.project.write("src/index.ts", "nothing");
    stock.ok("pull --force");
    assert_eq!(stock.project.read("src/index.ts"), before);
    platform.dashboard(AGENT).edit_persona("You are Bo.");
    let drift = stock.lua("sync --check");
    assert_eq!(drift.code, 1, "{drift}");
    assert!(drift.stdout.contains("Persona drift detected"), "{drift}");
}

#[test]
fn enveloped_lists_and_a_refusal_are_understood() {
    let (_, assumptions) =
        Assumptions::each().into_iter().find(|(name, _)| *name == "all enveloped").unwrap();
    let platform = Platform::with(AGENT, Assumptions { versioning: false, ..assumptions });
    let Some(stock) = stock(&platform) else { return };
    stock.ok("push all --force");
    stock.ok("push all --force");
    let number = |name: &str| platform.body(AGENT, "jobs", name, "1.0.2");
    assert!(number("nightly").is_some());
    let refused = stock.lua("version create -m first");
    assert_eq!(refused.code, 10, "{refused}");
    assert!(refused.stderr.contains("versioning is not enabled"), "{refused}");
}
