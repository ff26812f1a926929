//! Cases: one disturbance at one request, and everything that holds after it.

use super::super::Shop;
use super::acts::Act;
use super::end::{End, check_sound, check_whole};
use super::prepared::{ABORT, PROMOTE, Prepared, Scenario};
use crate::common::Outcome;
use crate::platform::kill::{When, killed_at};
use crate::platform::stub::{At, Fault};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    CutBefore,
    CutAfter,
    Refused(u16),
    FailedAfter(u16),
    /// It is done, and sent again after a failure: the program gives up no sooner than ever.
    SentAgain,
    Killed(When),
    Somebody(Act),
}

/// The command after the one that was disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Again,
    Abort,
}

use Disturbance::{CutAfter, CutBefore, FailedAfter, Killed, Refused, SentAgain, Somebody};

pub const PROMOTED: [(Disturbance, Then); 19] = [
    (CutBefore, Then::Again),
    (CutAfter, Then::Again),
    (Refused(500), Then::Again),
    (Refused(429), Then::Again),
    (FailedAfter(500), Then::Again),
    (FailedAfter(503), Then::Again),
    (SentAgain, Then::Again),
    (Killed(When::Before), Then::Again),
    (Killed(When::After), Then::Again),
    (Killed(When::Late), Then::Again),
    (Refused(503), Then::Abort),
    (CutAfter, Then::Abort),
    (Killed(When::Before), Then::Abort),
    (Killed(When::After), Then::Abort),
    (Somebody(Act::Pushes), Then::Again),
    (Somebody(Act::EditsPersona), Then::Again),
    (Somebody(Act::DeploysSkill), Then::Again),
    (Somebody(Act::DeploysJob), Then::Again),
    (Somebody(Act::Promotes), Then::Again),
];

/// Of a push alone, and of an abort.
pub const OTHERS: [(Disturbance, Then); 6] = [
    (CutBefore, Then::Again),
    (CutAfter, Then::Again),
    (FailedAfter(503), Then::Again),
    (SentAgain, Then::Again),
    (Killed(When::Before), Then::Again),
    (Killed(When::After), Then::Again),
];

impl Scenario {
    pub fn disturbances(self) -> &'static [(Disturbance, Then)] {
        match self {
            Scenario::Promote => &PROMOTED,
            _ => &OTHERS,
        }
    }
}

impl Disturbance {
    fn fault(self) -> Option<Fault> {
        Some(match self {
            CutBefore => Fault::CutBefore,
            CutAfter => Fault::CutAfter,
            Refused(status) => Fault::Status(status),
            FailedAfter(status) => Fault::StatusAfter(status),
            SentAgain => Fault::BusyAfter(503, 0),
            Somebody(act) => Fault::before(move |dashboard| act.play(dashboard)),
            Killed(_) => return None,
        })
    }
}

impl Prepared {
    pub fn name(&self, (what, then): (Disturbance, Then), number: usize) -> String {
        let (scenario, route) = (self.scenario, &self.routes[number - 1].0);
        format!("{}: {scenario:?}, {what:?} at request {number} ({route}), {then:?}", self.name)
    }

    /// One disturbance at one request.
    pub fn case(&self, (what, then): (Disturbance, Then), number: usize) {
        let (mut shop, at) = (self.shop(), self.name((what, then), number));
        let line = shop.line(self.scenario.line());
        if what == SentAgain {
            shop.project.set("LUA_STORE_TRIES", "2");
        }
        let outcome = match (what.fault(), what) {
            (Some(fault), _) => {
                shop.platform.on(At::request(number), fault);
                Some(shop.project.run(&line))
            }
            (None, Killed(when)) => {
                let is_killed = killed_at((&*shop.platform, &shop.project), &line, number, when);
                assert!(is_killed, "{at}");
                None
            }
            (None, _) => unreachable!("the other disturbances are faults"),
        };
        if let (Somebody(act), Some(outcome)) = (what, &outcome) {
            return act.check(self, &shop, outcome, number, &at);
        }
        shop.platform.reset_faults();
        shop.project.set("LUA_STORE_TRIES", "1");
        match self.scenario {
            Scenario::Push => self.check_push(&shop, outcome, &at),
            Scenario::Promote => self.check_promotion(&shop, outcome, then, &at),
            Scenario::AbortBefore | Scenario::AbortAfter => self.check_abort(&shop, &at),
        }
    }

    fn check_push(&self, shop: &Shop, outcome: Option<Outcome>, at: &str) {
        assert_eq!(End::of(shop), self.old, "{at}");
        if outcome.is_none_or(|outcome| outcome.code != 0) {
            let again = shop.run("push");
            assert_eq!(again.code, 0, "{at}: {again}");
        }
        assert_eq!(End::of(shop), self.old, "{at}");
        check_sound(shop, at);
        let nothing = shop.run("push");
        let is_all = nothing.stdout.contains("has everything");
        assert!(nothing.code == 0 && is_all, "{at}: {nothing}");
    }

    fn check_promotion(&self, shop: &Shop, outcome: Option<Outcome>, then: Then, at: &str) {
        check_whole(shop, &self.old, &self.new, at);
        if then == Then::Abort {
            self.abort(shop, at);
        }
        if then == Then::Abort || outcome.is_none_or(|outcome| outcome.code != 0) {
            let again = shop.run(PROMOTE);
            assert_eq!(again.code, 0, "{at}: {again}");
        }
        self.check_end(shop, at);
    }

    fn check_abort(&self, shop: &Shop, at: &str) {
        check_whole(shop, &self.old, &self.new, at);
        self.abort(shop, at);
        assert_eq!(End::of(shop), self.old, "{at}");
        let again = shop.run(PROMOTE);
        assert_eq!(again.code, 0, "{at}: {again}");
        self.check_end(shop, at);
    }

    /// Takes the promotion back. There may be none: nothing was begun, or all was done.
    fn abort(&self, shop: &Shop, at: &str) {
        let aborted = shop.project.run(ABORT);
        if aborted.code == 0 {
            assert_eq!(End::of(shop), self.old, "{at}: {aborted}");
        } else {
            let is_none = aborted.stderr.contains("no promotion of \"origin\" is open");
            assert!(is_none, "{at}: {aborted}");
            check_whole(shop, &self.old, &self.new, at);
        }
    }

    /// The version runs, here and there, as if nothing had happened.
    pub fn check_end(&self, shop: &Shop, at: &str) {
        let live = End::of(shop);
        assert_eq!(live, self.new.numbered(live.active), "{at}");
        assert_ne!(live.active, self.old.active, "{at}");
        check_sound(shop, at);
        // Elsewhere the stub alone is the witness: one process less for each case.
        if self.name == "default" {
            let verified = shop.project.run("remote verify");
            assert_eq!(verified.code, 0, "{at}: {verified}");
        }
        assert!(shop.project.pointer().contains("v2"), "{at}: {}", shop.project.pointer());
    }
}
