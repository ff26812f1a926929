//! Faults at every request of a push and of a promotion: live is the old or the new, or one of the states in between that a
//! promotion of live parts has, and the same command again ends as undisturbed.

use super::{AGENT, Shop};
use crate::platform::stub::{Assumptions, At, Fault, Live};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Pushes and promotes a version that changes everything.
pub const PROMOTE: &str = "version promote 2";

pub fn shop() -> Shop {
    let shop = Shop::new(Assumptions::default());
    shop.second(true);
    shop.platform.reset_requests();
    shop
}

/// The state before the promotion, and after it.
pub fn ends() -> (End, End, usize) {
    let shop = shop();
    let old = End::of(&shop);
    shop.ok(PROMOTE);
    (old, End::of(&shop), shop.platform.requests().len())
}

/// Everything that runs.
#[derive(PartialEq, Debug)]
pub struct End {
    active: Option<u64>,
    code: BTreeMap<String, Value>,
    persona: Value,
    model: Option<String>,
    servers: BTreeMap<String, Value>,
}

impl End {
    pub fn of(shop: &Shop) -> End {
        let live = shop.live();
        let code = code(shop, &live);
        let Live { active, persona, model, servers, .. } = live;
        End { active, code, persona, model, servers }
    }
}

/// The code that runs, by the description with which it was pushed: its numbers depend on how many answers were lost.
fn code(shop: &Shop, live: &Live) -> BTreeMap<String, Value> {
    let one = |(name, number): (&String, &String)| {
        let (kind, primitive) = name.split_once('/').unwrap();
        let body = shop.platform.body(AGENT, kind, primitive, number).unwrap();
        (name.clone(), body["description"].clone())
    };
    live.code.iter().map(one).collect()
}

/// The code that runs is that of one version as a whole, whatever is live beside it.
pub fn check_whole(shop: &Shop, old: &End, new: &End, at: &str) {
    let live = End::of(shop);
    let (is_old, is_new) = (live.active == old.active, live.active == new.active);
    assert!(is_old || is_new, "{at}: {live:?}");
    assert_eq!(live.code, if is_new { new.code.clone() } else { old.code.clone() }, "{at}");
    for (is, was, will) in [
        (&live.persona, &old.persona, &new.persona),
        (&live.servers["docs"], &old.servers["docs"], &new.servers["docs"]),
    ] {
        assert!(is == was || is == will, "{at}: {is}");
        assert!(!is_new || is == will, "{at}: {is} after the switch");
    }
}

pub fn check_end(shop: &Shop, new: &End, at: &str) {
    let live = End { active: new.active, ..End::of(shop) };
    assert_eq!(live, *new, "{at}");
    let checked = shop.project.ok("fsck");
    assert!(checked.contains("nothing is damaged"), "{at}: {checked}");
    let verified = shop.project.run("remote verify");
    assert_eq!(verified.code, 0, "{at}: {verified}");
    assert!(shop.project.ok("version list --offline").contains("v2*"), "{at}");
}

fn at_every_request(name: &str, fault: impl Fn() -> Fault) {
    let (old, new, count) = ends();
    for number in 1..=count {
        let shop = shop();
        let at = format!("{name} at request {number}");
        shop.platform.on(At::request(number), fault());
        let outcome = shop.run(PROMOTE);
        check_whole(&shop, &old, &new, &at);
        shop.platform.reset_faults();
        if outcome.code != 0 {
            let again = shop.run(PROMOTE);
            assert_eq!(again.code, 0, "{at}: {outcome}\n{again}");
        }
        check_end(&shop, &new, &at);
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
fn a_failure_after_any_request_was_done() {
    at_every_request("503 after", || Fault::StatusAfter(503));
}

#[test]
fn a_refusal_of_any_request() {
    at_every_request("500", || Fault::Status(500));
}

#[test]
fn a_slow_platform_is_waited_for() {
    let (_, new, _) = ends();
    let shop = shop();
    shop.platform.on(At::all(), Fault::Delay(Duration::from_millis(30)));
    shop.ok(PROMOTE);
    check_end(&shop, &new, "slow");
}

#[test]
fn an_interrupted_promotion_is_taken_back() {
    let (old, new, count) = ends();
    for number in 1..=count {
        let shop = shop();
        let at = format!("request {number}");
        shop.platform.on(At::request(number).always(), Fault::CutAfter);
        let outcome = shop.run(PROMOTE);
        shop.platform.reset_faults();
        let aborted = shop.project.run("version promote --abort");
        if aborted.code == 0 {
            assert_eq!(End::of(&shop), old, "{at}: {outcome}\n{aborted}");
        } else {
            // Nothing was begun, or all was done.
            assert!(
                aborted.stderr.contains("no promotion of \"origin\" is open"),
                "{at}: {aborted}"
            );
            check_whole(&shop, &old, &new, &at);
        }
        let again = shop.run(PROMOTE);
        assert_eq!(again.code, 0, "{at}: {aborted}\n{again}");
        check_end(&shop, &new, &at);
    }
}
