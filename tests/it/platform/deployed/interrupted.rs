//! A promotion that was interrupted: `status` and `remote show` name it, what is live of it, and both ways out.

use super::Shop;
use crate::platform::stub::{Assumptions, At, Fault};
use insta::assert_snapshot;
use serde_json::{Value, json};

/// The promotion of v2 is cut off at a route.
fn cut_at(route: &'static str, fault: Fault) -> Shop {
    let shop = Shop::new(Assumptions::default());
    shop.second(true);
    shop.platform.on(At::route(route).always(), fault);
    assert_ne!(shop.run("version promote 2").code, 0);
    shop.platform.reset_faults();
    shop
}

fn open(shop: &Shop) -> Value {
    let status = shop.project.json("status --offline");
    let shown = shop.project.json("remote show");
    let open = &status["openPromotions"];
    assert_eq!(open[0], shown["openPromotion"], "{status} {shown}");
    open.clone()
}

#[test]
fn its_live_parts_and_both_ways_out_are_named() {
    let shop = cut_at("#27", Fault::CutBefore);
    assert_snapshot!(shop.project.run("status --offline").to_string(), @r"
    $ lua-store status --offline
    The promotion of v2 to origin was interrupted: live of it: model, MCP server docs, persona; without an answer, so perhaps done: version 2 is made active
    Active version:  v1  first
      Live since 09:30 UTC (just now) by ana@example.com
      as origin had it at 09:30 UTC, just now
    Newest version:  v2  second
    Pushed source:   v2
    Staged:          v2 (created, never live)
    Not sent to origin: source v2, version v2
    --- stderr
    hint: run `lua-store version promote v2` to finish it
    hint: run `lua-store version promote --abort` to take it back
    hint: run `lua-store version promote v2` to make it active
    hint: run `lua-store push` to send it
    ");
    let address = shop.platform.address(super::AGENT);
    let shown = shop.project.run("remote show").to_string().replace(&address, "ADDRESS");
    assert_snapshot!(shown, @r"
    $ lua-store remote show
    Remote origin (ADDRESS)
      Source:   v1
      Versions: v1
      Active:   v1
      Asked:    2026-11-21 09:30
    The promotion of v2 to origin was interrupted: live of it: model, MCP server docs, persona; without an answer, so perhaps done: version 2 is made active
      Imported: 2 backup(s), 2 version(s)
      Not imported, as the platform does not show it:
        files that the `lua` command passes over: tests, lock files, typings, names with a dot in front, more than 256 KiB
        modes of files, and symbolic links
        authors of backups, times and authors of promotions, and the compiled code
    --- stderr
    hint: run `lua-store version promote v2` to finish it
    hint: run `lua-store version promote --abort` to take it back
    ");
    let expected = json!([{
        "remote": "origin", "version": 2, "underWay": false, "active": false,
        "live": ["model", "MCP server docs", "persona"],
        "unanswered": ["version 2 is made active"],
    }]);
    assert_eq!(open(&shop), expected);
    let asked = shop.project.run("status");
    assert!(asked.code == 0 && asked.stdout.contains("was interrupted: live of it:"), "{asked}");
    shop.project.ok("version promote --abort");
    assert_eq!(open(&shop), Value::Null);
}

#[test]
fn a_part_whose_answer_was_lost_may_be_live() {
    let shop = cut_at("#10", Fault::CutAfter);
    let open = open(&shop);
    assert_eq!((&open[0]["live"], &open[0]["unanswered"]), (&json!([]), &json!(["model"])));
    let shown = shop.project.run("status --offline");
    assert!(
        shown.stdout.contains("nothing of it is live; without an answer, so perhaps done: model"),
        "{shown}"
    );
    shop.ok("version promote 2");
    let shown = shop.project.ok("status");
    assert!(!shown.contains("interrupted"), "{shown}");
}

#[test]
fn one_that_runs_and_was_not_compared_is_active() {
    let shop = cut_at("#33", Fault::Status(500));
    assert_eq!(open(&shop)[0]["active"], true);
    let shown = shop.project.run("status --offline");
    assert!(
        shown.stdout.contains("v2 is active there, and not everything was compared"),
        "{shown}"
    );
}
