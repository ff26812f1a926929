//! Numbers of requests that a promotion takes, all routes counted.

use super::Shop;
use crate::platform::stub::{Assumptions, Platform};

/// Every request since the last count, by route: shown where there are too many.
fn routes(platform: &Platform) -> Vec<String> {
    platform.requests().iter().map(|one| one.route()).collect()
}

#[test]
fn a_promotion_of_what_was_pushed_and_the_way_back() {
    for (name, assumptions) in Assumptions::each() {
        let shop = Shop::new(assumptions);
        shop.second(false);
        shop.ok("push");
        shop.platform.reset_requests();
        shop.ok("version promote 2");
        let all = routes(&shop.platform);
        let switch = all.iter().position(|route| route == "#27").unwrap();
        let made = all.iter().position(|route| route == "#23").unwrap();
        assert!(switch - made < 8, "{name}: {all:?}");
        let settled = all.len();
        assert!(settled <= 32, "{name}: {settled} requests: {all:?}");
        let changes = shop.changes();
        assert_eq!(changes[..2], ["#23", "#27"], "{name}");
        shop.platform.reset_requests();
        shop.ok("version promote 1");
        let all = routes(&shop.platform);
        assert!(all.len() <= 32, "{name}: {} requests: {all:?}", all.len());
        assert_eq!(shop.changes()[0], "#27", "{name}");
    }
}

#[test]
fn parts_that_are_live_before_the_switch_are_so_for_eight_requests() {
    for (name, assumptions) in Assumptions::each() {
        let shop = Shop::new(assumptions);
        shop.second(true);
        shop.ok("push");
        shop.platform.reset_requests();
        shop.ok("version promote 2");
        let all = routes(&shop.platform);
        let first = all.iter().position(|route| ["#10", "#7", "#12"].contains(&&**route)).unwrap();
        let switch = all.iter().position(|route| route == "#27").unwrap();
        let between = switch - first + 1;
        assert!(
            between <= 8,
            "{name}: {between} requests from the first live part to the switch: {all:?}"
        );
        assert!(all.len() <= 32, "{name}: {} requests: {all:?}", all.len());
    }
}
