//! Two people at once, with one key, a clock that is wrong, and versions that nobody else has.

use super::{AGENT, There};
use crate::common::shop;
use std::thread;

/// A version of a number that nobody has yet.
fn one_more(there: &There, number: &str) {
    there.push("skills", "orders", number);
    there.version("one more");
}

fn sound(there: &There, folder: &str) {
    let checked = there.in_clone(folder, "fsck");
    assert!(checked.contains("nothing is damaged"), "{checked}");
}

#[test]
fn two_clones_that_ask_at_once_have_the_same_history() {
    let there = There::new();
    there.cloned("mine");
    there.cloned("yours");
    one_more(&there, "1.0.4");
    one_more(&there, "1.0.5");
    let lines = ["-C ../mine fetch", "-C ../mine fetch", "-C ../yours pull", "-C ../mine status"];
    thread::scope(|scope| {
        let started = lines.map(|line| scope.spawn(|| there.project.run(line)));
        for command in started {
            let outcome = command.join().unwrap();
            assert_eq!(outcome.code, 0, "{outcome}");
        }
    });
    there.in_clone("mine", "pull");
    assert_eq!(there.refs("mine"), there.refs("yours"));
    let all = there.json("mine", "version list --all --offline");
    assert_eq!(all["versions"].as_array().unwrap().len(), 5);
    sound(&there, "mine");
    sound(&there, "yours");
}

#[test]
fn a_clock_that_is_wrong_by_a_day_changes_nothing_of_an_import() {
    let mut there = There::new();
    there.cloned("right");
    // All but the time at which the platform was asked.
    let refs = |there: &There, folder: &str, now: &str| there.refs(folder).replace(now, "NOW");
    let expected = refs(&there, "right", "2026-11-21T09:30:00");
    // The platform is a day ahead, and a day behind.
    for (folder, now) in [("early", "2026-11-19T10:00:00"), ("late", "2026-11-22T10:00:00")] {
        there.project.set("LUA_STORE_NOW", &format!("{now}Z"));
        there.cloned(folder);
        assert_eq!(refs(&there, folder, now), expected, "{now}");
        there.in_clone(folder, "status");
        there.in_clone(folder, "remote verify");
        // A version of ours is made then, too, and stays behind those that come later.
        shop::edit(
            &there.project,
            &format!("../{folder}/src/index.ts"),
            "You are Ava.",
            "You are Cy.",
        );
        there.in_clone(folder, "push --offline -m ours");
        there.in_clone(folder, "version create -m ours");
        sound(&there, folder);
    }
    one_more(&there, "1.0.4");
    for folder in ["early", "late"] {
        there.in_clone(folder, "pull");
        let all = there.json(folder, "version list --all --offline");
        let messages: Vec<&str> = all["versions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|version| version["message"].as_str().unwrap())
            .collect();
        assert_eq!(messages, ["ours", "one more", "third", "second", "first"]);
        assert!(there.read(folder, "src/index.ts").contains("You are Cy."));
        sound(&there, folder);
    }
}

#[test]
fn versions_that_are_not_pushed_get_the_numbers_after_the_new_ones() {
    let there = There::new();
    there.cloned("mine");
    shop::edit(&there.project, "../mine/src/index.ts", "You are Ava.", "You are Cy.");
    there.in_clone("mine", "push --offline -m ours");
    there.in_clone("mine", "version create -m ours");
    // A fetch changes none of them.
    let before = there.refs("mine");
    one_more(&there, "1.0.4");
    there.in_clone("mine", "fetch");
    assert_eq!(there.refs("mine"), before);
    there.in_clone("mine", "pull");
    let listed = |line: &str| {
        let all = there.json("mine", line);
        let one = |version: &serde_json::Value| {
            (version["version"].as_u64().unwrap(), version["message"].as_str().unwrap().to_owned())
        };
        all["versions"].as_array().unwrap().iter().map(one).take(2).collect::<Vec<_>>()
    };
    let newest = listed("version list --all --offline");
    assert_eq!(newest, [(5, "ours".to_owned()), (4, "one more".to_owned())]);
    // Again, and with nothing new, they stay where they are.
    there.in_clone("mine", "pull");
    assert_eq!(listed("version list --all --offline"), newest);
    assert_eq!(there.platform.changes().iter().filter(|one| one.number != "#16").count(), 0);
    there.cloned("fresh");
    there.platform.dashboard(AGENT).promote(4);
    there.in_clone("mine", "pull");
    assert!(there.in_clone("mine", "version list --offline").contains("v4*"));
    sound(&there, "mine");
}
