//! `kill -9` before and after every request of a push, a promotion and an abort.

use super::Shop;
use super::faults::{PROMOTE, check_end, check_whole, ends, shop};
use crate::platform::kill::{When, killed_at};

fn killed(when: When) {
    let (old, new, count) = ends();
    for number in 1..=count {
        let shop = shop();
        let at = format!("{when:?} request {number}");
        let line = shop.line(PROMOTE);
        assert!(killed_at((&shop.platform, &shop.project), &line, number, when), "{at}");
        check_whole(&shop, &old, &new, &at);
        let again = shop.run(PROMOTE);
        assert_eq!(again.code, 0, "{at}: {again}");
        check_end(&shop, &new, &at);
    }
}

#[test]
fn before_each_request() {
    killed(When::Before);
}

#[test]
fn after_each_request() {
    killed(When::After);
}

#[test]
fn an_abort_that_is_killed_goes_on() {
    let interrupted = || -> Shop {
        let shop = shop();
        let line = shop.line(PROMOTE);
        let switch = crate::platform::stub::At::route("#27");
        shop.platform.on(switch.always(), crate::platform::stub::Fault::CutBefore);
        assert_ne!(shop.project.run(&line).code, 0);
        shop.platform.reset_faults();
        shop.platform.reset_requests();
        shop
    };
    let (old, new, _) = ends();
    let whole = interrupted();
    let aborted = whole.project.run("version promote --abort");
    assert_eq!(aborted.code, 0, "{aborted}");
    assert_eq!(super::faults::End::of(&whole), old);
    for number in 1..=whole.platform.requests().len() {
        let shop = interrupted();
        let at = format!("request {number}");
        let place = (&shop.platform, &shop.project);
        killed_at(place, "version promote --abort", number, When::After);
        check_whole(&shop, &old, &new, &at);
        let again = shop.project.run("version promote --abort");
        let is_done = again.stderr.contains("no promotion of");
        assert!(again.code == 0 || is_done, "{at}: {again}");
        assert_eq!(super::faults::End::of(&shop), old, "{at}: {again}");
        shop.ok(PROMOTE);
        check_end(&shop, &new, &at);
    }
}
