//! Lost answers to pushes of one number, in a row: each number counts as used, and the next push takes the next free one.

use super::{AGENT, Shop};
use crate::common::{Outcome, shop};
use crate::platform::stub::{Assumptions, At, Fault};
use insta::assert_snapshot;

const PUSH: &str = "#3 skills";

/// A push whose connection is cut at the number of the skill.
fn cut(shop: &Shop, fault: Fault) {
    shop.platform.on(At::route(PUSH), fault);
    let lost = shop.run("push");
    assert_eq!(lost.code, 11, "{lost}");
    assert_eq!(shop.platform.waiting_faults(), 0, "{lost}");
    shop.platform.reset_faults();
}

/// The next push took this number for the skill. A version of it runs then, and there is nothing more to push.
fn check(shop: &Shop, sent: &Outcome, number: &str, at: &str) {
    assert_eq!(sent.code, 0, "{at}: {sent}");
    let body = shop.platform.body(AGENT, "skills", "orders", number);
    let body = body.unwrap_or_else(|| panic!("{at}: no {number}: {sent}"));
    assert_eq!(body["description"], "Knows orders", "{at}");
    let patch: u64 = number.rsplit('.').next().unwrap().parse().unwrap();
    let above = format!("1.0.{}", patch + 1);
    assert!(shop.platform.body(AGENT, "skills", "orders", &above).is_none(), "{at}");
    if number != "1.0.1" {
        let both = format!("skill orders 1.0.1 is {number} there.");
        assert!(sent.stderr.contains(&both), "{at}: {sent}");
    }
    shop.platform.reset_requests();
    let nothing = shop.run("push");
    assert!(nothing.stdout.contains("has everything"), "{at}: {nothing}");
    assert!(shop.changes().is_empty(), "{at}: {:?}", shop.changes());
    shop.project.ok("version create -m second --offline");
    shop.ok("version promote 2");
    assert_eq!(shop.live().number("skills/orders"), Some(number), "{at}");
    let verified = shop.project.run("remote verify");
    assert_eq!(verified.code, 0, "{at}: {verified}");
    assert!(shop.project.ok("fsck").contains("nothing is damaged"), "{at}");
}

#[test]
fn up_to_three_lost_answers_in_a_row_use_up_their_numbers() {
    for idempotency in [true, false] {
        for lost in 1..=3 {
            let shop = Shop::new(Assumptions { idempotency, ..Assumptions::default() });
            shop.edit(false);
            (0..lost).for_each(|_| cut(&shop, Fault::CutAfter));
            let at = format!("{lost} lost, idempotency {idempotency}");
            let plan = shop.run("push --dry-run");
            let number = format!("1.0.{}", 1 + lost);
            let words = format!("skill orders {number} (#3)");
            assert!(plan.stdout.contains(&words), "{at}: {plan}");
            let sent = shop.run("push");
            check(&shop, &sent, &number, &at);
        }
    }
}

#[test]
fn the_next_push_says_both_numbers() {
    let shop = Shop::new(Assumptions::default());
    shop.edit(false);
    (0..2).for_each(|_| cut(&shop, Fault::CutAfter));
    assert_snapshot!(shop.run("push").to_string(), @r"
    $ lua-store push --compiled ../out
    Nothing changed since source version v2.
    ✅ Sent to origin: source version v2
       staged        skill orders 1.0.3 (#3)
       staged        backup of source version v2 (#19)
    --- stderr
    skill orders 1.0.1 is 1.0.3 there.
    ");
}

#[test]
fn a_number_that_was_not_pushed_is_free() {
    // The requests that did something, in their order: `x` for one whose answer was lost, `.` for one that did not arrive.
    for (cuts, number) in [
        (".", "1.0.1"),
        (".x", "1.0.2"),
        ("x.", "1.0.2"),
        ("x..", "1.0.2"),
        ("x.x", "1.0.3"),
        (".x.x", "1.0.3"),
    ] {
        let shop = Shop::new(Assumptions::default());
        shop.edit(false);
        for one in cuts.chars() {
            cut(&shop, if one == 'x' { Fault::CutAfter } else { Fault::CutBefore });
        }
        let sent = shop.run("push");
        check(&shop, &sent, number, cuts);
    }
}

#[test]
fn another_deployment_in_between_forgets_none_of_them() {
    let shop = Shop::new(Assumptions::default());
    shop.second(true);
    shop.ok("version promote 2");
    shop::edit(&shop.project, "src/skills/orders.skill.ts", "Knows orders", "Knows all orders");
    for version in [1, 2] {
        cut(&shop, Fault::CutAfter);
        shop.ok(&format!("version promote {version}"));
    }
    let sent = shop.run("push");
    assert_eq!(sent.code, 0, "{sent}");
    assert!(sent.stderr.contains("skill orders 1.0.2 is 1.0.4 there."), "{sent}");
    // Nothing is remembered of them then.
    assert!(!shop.project.path(".lua/deploys/origin").exists());
}

#[test]
fn a_number_of_somebody_else_is_none_that_was_lost() {
    let shop = Shop::new(Assumptions::default());
    shop.edit(false);
    cut(&shop, Fault::CutAfter);
    let body = serde_json::json!({"description": "Theirs"});
    shop.platform.dashboard(AGENT).push("skills", "orders", "1.0.2", body);
    let refused = shop.run("push");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("the platform has 1.0.2"), "{refused}");
    assert!(shop.platform.body(AGENT, "skills", "orders", "1.0.3").is_none());
}
