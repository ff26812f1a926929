//! Large agents and large files: the first part is shown, with a link for the rest.

use super::{next_version, publish, signed_in};
use crate::common::shop;
use std::fmt::Write;

#[test]
fn of_a_large_file_and_a_long_difference_the_first_part_is_shown() {
    let project = shop::versioned();
    let lines = |mark: &str| {
        (0..8000).fold(String::new(), |mut text, number| {
            let _ = writeln!(text, "{mark} {number}");
            text
        })
    };
    project.write("data/long.txt", lines("before"));
    project.write("data/z.txt", "first\n");
    project.write("data/large.txt", "x".repeat(600 << 10));
    next_version(&project, 1);
    project.write("data/long.txt", lines("after"));
    project.write("data/z.txt", "second\n");
    project.write("data/large.txt", "y".repeat(3 << 20));
    next_version(&project, 2);
    let server = publish(&project, "");
    let browser = signed_in(&project, &server, "read");
    let page = browser.page(&server, "/shop/-/files/v2/data/large.txt");
    assert!(page.contains("Only the first part is shown"));
    let shown = page.matches('x').count();
    assert!((512 << 10..(512 << 10) + 2000).contains(&shown), "{shown}");
    let raw = browser.get(&server, "/shop/-/raw/v3/data/large.txt");
    assert_eq!(raw.body.len(), 3 << 20);
    let page = browser.page(&server, "/shop/-/compare/v2...v3");
    assert!(page.contains("Too large to be compared here: 614400 → 3145728 bytes"), "{page}");
    assert!(page.contains("Show the rest of this file") && page.contains("Show this file"));
    assert!(page.matches("<tr").count() <= 3100);
    let part =
        browser.page(&server, "/shop/-/compare/v2...v3?view=unified&file=data%2Flong.txt&part=6");
    assert!(part.contains("after 7999") && !part.contains("Show the rest"), "the last lines");
}
