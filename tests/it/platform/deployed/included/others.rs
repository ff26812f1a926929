//! Somebody else changes one of them: nothing is replaced that the last fetch did not know.

use super::{INCLUDE, edit, edited, live, sent};
use crate::platform::deployed::{AGENT, Shop};
use crate::platform::stub::{At, Dashboard, Fault};
use insta::assert_snapshot;
use serde_json::json;

fn theirs(dashboard: &Dashboard) {
    dashboard.push("workflows", "digest", "1.0.7", json!({"description": "Theirs"}));
    dashboard.deploy("workflows", "digest", "1.0.7");
}

/// Is refused, and done after a fetch.
fn refused(shop: &Shop, words: &str) {
    let before = live(shop);
    shop.platform.reset_requests();
    for line in [INCLUDE.to_owned(), format!("{INCLUDE} --force")] {
        let outcome = shop.run(&line);
        assert_eq!(outcome.code, 1, "{outcome}");
        assert!(outcome.stderr.contains(words), "{outcome}");
        assert!(outcome.stderr.contains("run `lua-store fetch`"), "{outcome}");
        assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    }
    let planned = shop.run(&format!("{INCLUDE} --dry-run"));
    assert!(planned.stderr.contains(words), "{planned}");
    assert_eq!(live(shop), before);
    shop.project.ok("fetch");
    shop.ok(INCLUDE);
    assert_eq!(live(shop), edited());
}

#[test]
fn a_number_that_somebody_pushed_is_named_and_replaced_after_a_fetch() {
    let shop = sent();
    edit(&shop);
    theirs(&shop.platform.dashboard(AGENT));
    assert_snapshot!(shop.run(INCLUDE).stderr, @r#"
    What changed of workflows, devices, device-triggers will be live at once. It is in no version: a promotion neither makes it live nor reverts it.
    hint: run `lua-store version create` to create a version of it
    Error: cannot push: since the last fetch, the workflow "digest" is 1.0.7 there, pushed by bo@example.com
    hint: run `lua-store fetch` to accept that yours replaces it, then the same push again
    hint: v2 is stored here; run `lua-store push` to send it to origin, once that is repaired
    "#);
    refused(&shop, "the workflow \"digest\" is 1.0.7 there, pushed by bo@example.com");
    assert_eq!(shop.live().number("workflows/digest"), Some("1.0.8"));
    // Nothing is left to be sent, under either number.
    shop.platform.reset_requests();
    shop.ok(INCLUDE);
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
}

#[test]
fn a_device_that_somebody_pushed_is_named() {
    let shop = sent();
    edit(&shop);
    let device = json!({"description": "Theirs", "group": "warehouse"});
    shop.platform.dashboard(AGENT).push("devices", "label-printer", "1.0.1", device);
    refused(&shop, "the device \"label-printer\" is 1.0.1 there, pushed by bo@example.com");
}

#[test]
fn an_older_number_that_somebody_made_live_is_named() {
    let shop = sent();
    edit(&shop);
    shop.ok(INCLUDE);
    shop.platform.dashboard(AGENT).deploy("workflows", "digest", "1.0.0");
    refused(&shop, "the workflow \"digest\" 1.0.0 was made live there");
    // Its content is there: only the live number was changed.
    assert_eq!(shop.changes(), ["#4 workflows"]);
}

#[test]
fn a_workflow_that_somebody_deleted_is_named() {
    let shop = sent();
    edit(&shop);
    shop.platform.dashboard(AGENT).delete_primitive("workflows", "digest");
    refused(&shop, "the workflow \"digest\" was deleted there");
}

#[test]
fn who_comes_in_between_is_not_replaced_unnoticed() {
    let shop = sent();
    edit(&shop);
    shop.ok(INCLUDE);
    let count = shop.platform.requests().len();
    for number in 1..=count {
        let shop = sent();
        edit(&shop);
        shop.platform.on(At::request(number), Fault::before(theirs));
        let outcome = shop.run(INCLUDE);
        // Theirs stays, or it is named: between the last look and the push no request can prevent it.
        let is_theirs = live(&shop)["workflows/digest"] == "Theirs";
        let is_named = outcome.stderr.contains("1.0.7");
        assert!(is_theirs || outcome.code == 1 && is_named, "request {number}: {outcome}");
        if outcome.code == 0 {
            // It came after the last answer.
            assert_eq!(live(&shop)["devices/label-printer"], "Prints a label", "{number}");
        }
    }
}

#[test]
fn what_somebody_makes_live_after_it_is_found() {
    let shop = sent();
    edit(&shop);
    shop.platform.on(At::route("#4 workflows"), Fault::after(theirs));
    let outcome = shop.run(INCLUDE);
    assert_eq!(outcome.code, 1, "{outcome}");
    let words = "the workflow \"digest\" 1.0.1 was pushed, and 1.0.7 is live on the platform";
    assert!(outcome.stderr.contains(words), "{outcome}");
}
