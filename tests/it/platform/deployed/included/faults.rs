//! Faults and kills at every request: the same command again ends as undisturbed, and nothing of it was sent twice as new.

use super::{INCLUDE, edit, edited, live, sent};
use crate::platform::deployed::Shop;
use crate::platform::stub::{At, Fault};

/// A push that changes a workflow and a device.
fn prepared() -> Shop {
    let shop = sent();
    edit(&shop);
    shop
}

fn count() -> usize {
    let shop = prepared();
    shop.ok(INCLUDE);
    shop.platform.requests().len()
}

/// Live is the old or the new of each, now and at the end the new.
fn check(shop: &Shop, outcome: &str, at: &str) {
    for (name, text) in live(shop) {
        let is_new = edited()[&name] == text;
        let is_old = ["Sums up the day", "Prints labels"].contains(&&*text);
        assert!(is_new || is_old, "{at}: {name} {text}");
    }
    shop.platform.reset_faults();
    let again = shop.run(INCLUDE);
    assert_eq!(again.code, 0, "{at}: {outcome}\n{again}");
    assert_eq!(live(shop), edited(), "{at}: {outcome}\n{again}");
    shop.platform.reset_requests();
    let nothing = shop.run(INCLUDE);
    assert_eq!(nothing.code, 0, "{at}: {nothing}");
    assert!(shop.changes().is_empty(), "{at}: {:?}", shop.changes());
    assert!(shop.project.ok("fsck").contains("nothing is damaged"), "{at}");
}

fn at_every_request(name: &str, fault: impl Fn() -> Fault) {
    for number in 1..=count() {
        let (shop, at) = (prepared(), format!("{name} at request {number}"));
        shop.platform.on(At::request(number), fault());
        let outcome = shop.run(INCLUDE).to_string();
        check(&shop, &outcome, &at);
    }
}

#[test]
fn a_connection_that_is_cut_before_any_request() {
    at_every_request("cut before", || Fault::CutBefore);
}

#[test]
fn a_connection_that_is_cut_after_any_request() {
    at_every_request("cut after", || Fault::CutAfter);
}

#[test]
fn a_refusal_of_any_request() {
    at_every_request("500", || Fault::Status(500));
}

#[test]
fn an_answer_that_was_lost_is_remembered_by_other_pushes() {
    for route in ["#3 devices", "#3 workflows", "#4 workflows"] {
        let shop = prepared();
        shop.platform.on(At::route(route), Fault::CutAfter);
        let lost = shop.run(INCLUDE);
        assert_eq!(lost.code, 11, "{route}: {lost}");
        shop.platform.reset_faults();
        crate::common::shop::edit(
            &shop.project,
            "src/skills/orders.skill.ts",
            "Knows about orders",
            "Knows orders",
        );
        shop.ok("push");
        check(&shop, &lost.to_string(), route);
    }
}

#[test]
fn lost_answers_in_a_row_use_up_their_numbers() {
    for route in ["#3 devices", "#3 workflows"] {
        for cuts in [&[true, true, true][..], &[true, false], &[false, true], &[true, false, true]]
        {
            let shop = prepared();
            for is_done in cuts {
                let fault = if *is_done { Fault::CutAfter } else { Fault::CutBefore };
                shop.platform.on(At::route(route), fault);
                let lost = shop.run(INCLUDE);
                assert_eq!(lost.code, 11, "{route}: {lost}");
                shop.platform.reset_faults();
            }
            check(&shop, "cut", &format!("{route} {cuts:?}"));
        }
    }
}

#[cfg(unix)]
#[test]
fn a_kill_before_and_after_each_request() {
    use crate::platform::kill::{When, killed_at};
    let count = count();
    for when in [When::Before, When::After] {
        for number in 1..=count {
            let (shop, at) = (prepared(), format!("{when:?} request {number}"));
            let line = shop.line(INCLUDE);
            assert!(killed_at((&shop.platform, &shop.project), &line, number, when), "{at}");
            check(&shop, "killed", &at);
        }
    }
}
