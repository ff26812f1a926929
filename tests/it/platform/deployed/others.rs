//! Somebody else at every request of a promotion: no code runs that the version does not contain, and an edit is overwritten
//! only in the one request before the switch, with an error that names it.

use super::{AGENT, Shop};
use crate::platform::stub::{Assumptions, At, Dashboard, Fault};
use serde_json::json;

const PROMOTE: &str = "version promote 2";

fn shop() -> Shop {
    let shop = Shop::new(Assumptions::default());
    shop.second(true);
    shop.platform.reset_requests();
    shop
}

fn requests() -> usize {
    let shop = shop();
    shop.ok(PROMOTE);
    shop.platform.requests().len()
}

#[test]
fn who_pushes_a_primitive_is_not_made_live() {
    for number in 1..=requests() {
        let shop = shop();
        let push = |dashboard: &Dashboard| {
            dashboard.push("skills", "orders", "1.0.9", json!({"description": "Theirs"}));
        };
        shop.platform.on(At::request(number), Fault::before(push));
        let outcome = shop.run(PROMOTE);
        let live = shop.live();
        assert_ne!(live.number("skills/orders"), Some("1.0.9"), "request {number}: {outcome}");
        if outcome.code == 0 {
            assert_eq!(live.number("skills/orders"), Some("1.0.1"), "request {number}: {outcome}");
        } else {
            assert_eq!(live.active, Some(1), "request {number}: {outcome}");
            assert_eq!(
                live.persona, "You are Ava.\nYou help customers shop.",
                "{number}: {outcome}"
            );
            assert_eq!(live.model.as_deref(), Some("openai/gpt-4o"), "{number}: {outcome}");
        }
    }
}

#[test]
fn who_edits_the_persona_is_not_overwritten_unnoticed() {
    for number in 1..=requests() {
        let shop = shop();
        let theirs = "You are Bo.";
        shop.platform.on(
            At::request(number),
            Fault::before(|d| {
                d.edit_persona("You are Bo.");
            }),
        );
        let outcome = shop.run(PROMOTE);
        let live = shop.live();
        assert!(live.persona == theirs || outcome.code != 0, "request {number}: {outcome}");
        let switched = shop.platform.requests().iter().position(|one| one.number == "#27");
        if live.persona != theirs {
            // The one request between the last look and the switch.
            assert!(outcome.stderr.contains("somebody else edited the persona"), "{outcome}");
            assert!(switched.is_some_and(|at| number.abs_diff(at + 1) <= 1), "{number}: {outcome}");
        }
    }
}

#[test]
fn who_promotes_meanwhile_is_named() {
    for number in 1..=requests() {
        let shop = shop();
        let promote = |dashboard: &Dashboard| {
            let theirs = dashboard.create_version("theirs");
            dashboard.promote(theirs);
        };
        shop.platform.on(At::request(number), Fault::before(promote));
        let outcome = shop.run(PROMOTE);
        let live = shop.live();
        let ours = shop.platform.requests().iter().any(|one| one.number == "#27");
        if outcome.code == 0 {
            // Theirs, if it was made of the same parts a moment before: nothing is left to be made then.
            assert_eq!(live.number("skills/orders"), Some("1.0.1"), "request {number}: {outcome}");
            assert_eq!(live.model.as_deref(), Some("openai/gpt-5"), "request {number}: {outcome}");
        } else {
            let words = ["somebody else", "since the last fetch", "are different versions"];
            assert!(
                words.iter().any(|word| outcome.stderr.contains(word)),
                "{number} {ours}: {outcome}"
            );
        }
    }
}

#[test]
fn who_deploys_one_skill_is_taken_back_or_found() {
    for number in 1..=requests() {
        let shop = shop();
        shop.platform.dashboard(AGENT).push(
            "skills",
            "catalog",
            "0.9.0",
            json!({"description": "Old"}),
        );
        let deploy = |dashboard: &Dashboard| {
            dashboard.deploy("skills", "catalog", "0.9.0");
        };
        shop.platform.on(At::request(number), Fault::before(deploy));
        let outcome = shop.run(PROMOTE);
        let is_theirs = shop.live().number("skills/catalog") == Some("0.9.0");
        assert!(!is_theirs || outcome.code != 0, "request {number}: {outcome}");
    }
}
