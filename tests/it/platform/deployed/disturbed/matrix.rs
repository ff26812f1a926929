//! The whole of it: which cases run, and which of them failed.

use super::acts::Act;
use super::cases::{Disturbance, Then};
use super::prepared::{Prepared, Scenario};
use crate::platform::kill::When;
use crate::platform::stub::Assumptions;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

type Kind = (Disturbance, Then);

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Runs cases, and fails with the names of those that failed.
fn run(prepared: &Prepared, cases: impl Iterator<Item = (Kind, usize)>) -> Vec<String> {
    let only = variable("LUA_STORE_CASE");
    let mut failed = Vec::new();
    for (kind, number) in cases {
        let name = prepared.name(kind, number);
        if only.as_ref().is_some_and(|only| !name.contains(only)) {
            continue;
        }
        if catch_unwind(AssertUnwindSafe(|| prepared.case(kind, number))).is_err() {
            failed.push(name);
        }
    }
    failed
}

fn check(failed: &[String]) {
    assert!(failed.is_empty(), "{} cases failed:\n{}", failed.len(), failed.join("\n"));
}

/// One disturbance at each request, on the default platform.
fn at_each_request(scenario: Scenario, kind: Kind) {
    let prepared = Prepared::new("default", Assumptions::default(), scenario);
    let all = 1..=prepared.routes.len();
    check(&run(&prepared, all.map(|number| (kind, number))));
}

/// Each request has one of the disturbances, in turn; a push and an abort have them at the requests that change something.
fn in_turn(prepared: &Prepared, platform: usize) -> Vec<(Kind, usize)> {
    let kinds = prepared.scenario.disturbances();
    let is_change = |number: &usize| prepared.routes[number - 1].1;
    let all = 1..=prepared.routes.len();
    if let Some(every) = variable("LUA_STORE_EVERY") {
        let asked = all.filter(|number| every == "request" || is_change(number));
        return asked.flat_map(|number| kinds.iter().map(move |kind| (*kind, number))).collect();
    }
    let seed: usize = variable("LUA_STORE_SEED").map_or(0, |text| text.parse().expect("a number"));
    let is_whole = prepared.scenario == Scenario::Promote;
    // A step without a common divisor, so that neighbours are disturbed in other ways.
    let kind = |number: usize| kinds[(seed + platform * 5 + number) % kinds.len()];
    let asked = all.filter(|number| is_whole || is_change(number));
    asked.map(|number| (kind(number), number)).collect()
}

/// A scenario on each platform but the default one, two at once.
fn on_each_platform(scenario: Scenario) {
    let platforms: Vec<(usize, (&str, Assumptions))> =
        Assumptions::each().into_iter().enumerate().skip(1).rev().collect();
    let (queue, failed) = (Mutex::new(platforms), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().pop();
                    let Some((platform, (name, assumptions))) = next else { return };
                    let prepared = Prepared::new(name, assumptions, scenario);
                    let cases = in_turn(&prepared, platform);
                    failed.lock().unwrap().extend(run(&prepared, cases.into_iter()));
                }
            });
        }
    });
    check(&failed.into_inner().unwrap());
}

#[test]
fn promotions_on_each_platform() {
    on_each_platform(Scenario::Promote);
}

#[test]
fn pushes_on_each_platform() {
    on_each_platform(Scenario::Push);
}

#[test]
fn aborts_before_the_switch_on_each_platform() {
    on_each_platform(Scenario::AbortBefore);
}

#[test]
fn aborts_after_the_switch_on_each_platform() {
    on_each_platform(Scenario::AbortAfter);
}

/// Tests of disturbances on the default platform: of those that differ from each other in what is done there.
macro_rules! each {
    ($($name:ident: $scenario:ident, $kind:expr;)*) => {$(
        #[test]
        fn $name() {
            at_each_request(Scenario::$scenario, $kind);
        }
    )*};
}

use Disturbance::{CutAfter, CutBefore, FailedAfter, Killed, Refused, SentAgain, Somebody};
use Then::{Abort, Again};

each! {
    cut_before: Promote, (CutBefore, Again);
    cut_after: Promote, (CutAfter, Again);
    refused_with_500: Promote, (Refused(500), Again);
    refused_with_429: Promote, (Refused(429), Again);
    done_and_answered_500: Promote, (FailedAfter(500), Again);
    done_and_answered_503: Promote, (FailedAfter(503), Again);
    done_and_sent_again: Promote, (SentAgain, Again);
    killed_before: Promote, (Killed(When::Before), Again);
    killed_after: Promote, (Killed(When::After), Again);
    killed_while_it_was_on_its_way: Promote, (Killed(When::Late), Again);
    cut_after_and_aborted: Promote, (CutAfter, Abort);
    killed_after_and_aborted: Promote, (Killed(When::After), Abort);
    somebody_pushes: Promote, (Somebody(Act::Pushes), Again);
    somebody_edits_the_persona: Promote, (Somebody(Act::EditsPersona), Again);
    somebody_deploys_a_skill: Promote, (Somebody(Act::DeploysSkill), Again);
    somebody_promotes: Promote, (Somebody(Act::Promotes), Again);
    push_cut_before: Push, (CutBefore, Again);
    push_cut_after: Push, (CutAfter, Again);
    push_done_and_sent_again: Push, (SentAgain, Again);
    push_killed_before: Push, (Killed(When::Before), Again);
    push_killed_after: Push, (Killed(When::After), Again);
    abort_cut_after: AbortBefore, (CutAfter, Again);
    abort_killed_before: AbortBefore, (Killed(When::Before), Again);
    abort_killed_after: AbortBefore, (Killed(When::After), Again);
    late_abort_cut_after: AbortAfter, (CutAfter, Again);
    late_abort_killed_before: AbortAfter, (Killed(When::Before), Again);
    late_abort_killed_after: AbortAfter, (Killed(When::After), Again);
}

#[test]
fn a_slow_platform_is_waited_for() {
    use crate::platform::stub::{At, Fault};
    let prepared = Prepared::new("default", Assumptions::default(), Scenario::Promote);
    let shop = prepared.shop();
    shop.platform.on(At::all(), Fault::Delay(std::time::Duration::from_millis(30)));
    shop.ok(Scenario::Promote.line());
    prepared.check_end(&shop, "slow");
}
