//! `kill -9` at every request of a clone and of a pull: the store is clean, and run again it ends as undisturbed.

use super::There;
use crate::platform::kill::{When, killed_at};

#[test]
fn a_clone_that_is_killed_at_any_request_goes_on() {
    let whole = There::new();
    whole.platform.reset_requests();
    whole.cloned("mine");
    let (expected, count) = (whole.refs("mine"), whole.platform.requests().len());
    for number in 1..=count {
        let there = There::new();
        assert!(
            killed_at(
                (&there.platform, &there.project),
                &there.clone_line("mine"),
                number,
                When::Before
            ),
            "request {number}"
        );
        there.cloned("mine");
        assert_eq!(there.refs("mine"), expected, "killed at request {number}");
        let checked = there.in_clone("mine", "fsck");
        assert!(checked.contains("nothing is damaged"), "{number}: {checked}");
    }
}

#[test]
fn a_pull_that_is_killed_at_any_request_changes_nothing_and_goes_on() {
    let prepared = || {
        let there = There::new();
        there.cloned("mine");
        there.fourth();
        there
    };
    let whole = prepared();
    let before = whole.refs("mine");
    whole.platform.reset_requests();
    whole.in_clone("mine", "pull");
    let (expected, count) = (whole.refs("mine"), whole.platform.requests().len());
    for number in 1..=count {
        let there = prepared();
        assert!(
            killed_at((&there.platform, &there.project), "-C ../mine pull", number, When::Before),
            "request {number}"
        );
        assert_eq!(there.refs("mine"), before, "killed at request {number}");
        assert!(there.read("mine", "src/lib/store.ts").contains("the door"));
        let checked = there.in_clone("mine", "fsck");
        assert!(checked.contains("nothing is damaged"), "{number}: {checked}");
        there.in_clone("mine", "pull");
        assert_eq!(there.refs("mine"), expected, "killed at request {number}");
        assert!(there.read("mine", "src/lib/store.ts").contains("the gate"));
    }
}
