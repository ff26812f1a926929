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

/// Commands that a status suggests, as text and as JSON.
fn suggested(shop: &Shop) -> Vec<String> {
    let said = shop.project.run("status --offline");
    let hints = said.stderr.lines().filter_map(|line| line.strip_prefix("hint: run `lua-store "));
    let hints = hints.map(|line| line.split('`').next().unwrap().to_owned());
    // It belongs to a line of the text alone.
    let hints: Vec<String> = hints.filter(|line| line != "remote verify").collect();
    let next = shop.project.json("status --offline")["next"].clone();
    let words = |one: &Value| {
        one.as_array().unwrap()[1..]
            .iter()
            .map(|word| word.as_str().unwrap())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let next: Vec<String> = next.as_array().unwrap().iter().map(words).collect();
    assert_eq!(next, hints, "{said}");
    hints
}

#[test]
fn a_status_suggests_no_push_and_no_other_promotion() {
    let shop = cut_at("#27", Fault::CutBefore);
    let ways = ["version promote v2", "version promote --abort"];
    assert_eq!(suggested(&shop), ways);
    shop.project.write("README.md", "About the shop.");
    assert_eq!(suggested(&shop), ways);
    shop.project.ok("version promote --abort");
    assert_eq!(suggested(&shop), ["version promote v2", "push"]);
}

#[test]
fn another_platform_is_named_in_both_ways_out() {
    let shop = Shop::new(Assumptions::default());
    let other = Shop::empty(Assumptions::default());
    shop.project.ok(&format!("remote add other {}", other.platform.address(super::AGENT)));
    other.platform.on(At::route("#27").always(), Fault::CutBefore);
    let cut = shop.run("version promote 1 --remote other");
    assert_eq!(cut.code, 11, "{cut}");
    other.platform.reset_faults();
    let ways = ["version promote v1 --remote other", "version promote --abort --remote other"];
    assert_eq!(suggested(&shop), ways);
    shop.project.write("README.md", "About the shop.");
    let refused = shop.run("push --remote other");
    for way in ways {
        assert!(refused.stderr.contains(&format!("run `lua-store {way}`")), "{way}: {refused}");
    }
    // Each of them does it.
    let aborted = shop.project.run(ways[1]);
    assert_eq!(aborted.code, 0, "{aborted}");
    assert!(aborted.stderr.contains("the persona stays"), "{aborted}");
    assert_eq!((other.live().active, shop.live().active), (None, Some(1)));
    assert!(
        suggested(&shop).iter().all(|line| !line.contains("promote")),
        "{:?}",
        suggested(&shop)
    );
}

#[test]
fn the_only_platform_is_meant_beside_other_remotes() {
    let shop = cut_at("#27", Fault::CutBefore);
    let project = &shop.project;
    let url = shop.platform.address(super::AGENT);
    // `origin` is a folder of the team now, and the platform has another name.
    project.ok("version promote --abort");
    project.ok("remote remove origin");
    project.ok("remote add origin ../team/agent_shop");
    project.ok(&format!("remote add cloud {url}"));
    project.ok("fetch cloud");
    shop.platform.on(At::route("#27").always(), Fault::CutBefore);
    let cut = shop.run("version promote 2");
    assert_eq!(cut.code, 11, "{cut}");
    shop.platform.reset_faults();
    assert_eq!(suggested(&shop), ["version promote v2", "version promote --abort"]);
    project.ok("version promote --abort");
    assert_eq!(shop.live().active, Some(1));
}
