//! Sizes of files, functions and rooms, and the first line of a file.

use super::{Source, check, room, source, sources};
use std::collections::BTreeMap;

/// A room that holds more of all lines than this is several.
const LARGEST_ROOM_PERCENT: usize = 20;

const LONGEST_FUNCTION: usize = 60;

#[test]
fn every_file_says_what_its_noun_is() {
    check(sources("src"), header);
    check(sources("tests"), header);
}

#[test]
fn files_and_functions_stay_small() {
    check(sources("src"), file_length);
    check(sources("src"), function_length);
}

#[test]
fn no_room_is_a_fifth_of_the_crate() {
    let large = large_rooms(&sources("src"));
    assert!(large.is_empty(), "\n{}", large.join("\n"));
}

fn header(source: &Source) -> Vec<String> {
    let ok = source.text.starts_with("//! ");
    if ok {
        Vec::new()
    } else {
        vec![format!("{}: the first line must say what this is (//! …)", source.path)]
    }
}

/// 150 lines are the target; 400 are a reason to look for a second noun.
fn file_length(source: &Source) -> Vec<String> {
    let length = source.text.lines().count();
    let ok = length <= 400;
    if ok { Vec::new() } else { vec![format!("{}: {length} lines, at most 400", source.path)] }
}

fn large_rooms(sources: &[Source]) -> Vec<String> {
    let (mut rooms, mut all) = (BTreeMap::<&str, usize>::new(), 0);
    for source in sources {
        let lines = source.text.lines().count();
        all += lines;
        *rooms.entry(room(&source.path).unwrap_or_default()).or_default() += lines;
    }
    let large = rooms.iter().filter(|(_, lines)| **lines * 100 > all * LARGEST_ROOM_PERCENT);
    large
        .map(|(room, lines)| {
            format!("src/{room}: {lines} of {all} lines, at most {LARGEST_ROOM_PERCENT} of 100")
        })
        .collect()
}

/// 10 lines are the target, 40 already many.
fn function_length(source: &Source) -> Vec<String> {
    let long = functions(&source.text).into_iter().filter(|(_, length)| *length > LONGEST_FUNCTION);
    long.map(|(name, length)| {
        format!("{}: {name} has {length} lines, at most {LONGEST_FUNCTION}", source.path)
    })
    .collect()
}

/// Every function with its length. The sources are formatted, so a function ends at the first
/// closing brace with the indentation of its beginning.
fn functions(text: &str) -> BTreeMap<String, usize> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        let end = format!("{}}}", " ".repeat(indent));
        let one_line = line.ends_with(['}', ';']);
        let length = if one_line {
            0
        } else {
            lines[index..].iter().take_while(|line| **line != end).count()
        };
        found.insert(format!("{name}:{}", index + 1), length + 1);
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let qualifier = |word| {
        word == "pub" || word == "const" || word == "async" || str::starts_with(word, "pub(")
    };
    let is_declaration = before.split_whitespace().all(qualifier);
    let name = after.split(['(', '<']).next()?;
    (is_declaration && !name.is_empty() && after.contains(['(', '<'])).then_some(name)
}

#[test]
fn size_and_header() {
    assert_eq!(header(&source("a", "use std::fs;")).len(), 1);
    assert_eq!(file_length(&source("a", &"\n".repeat(401))).len(), 1);
    let long =
        format!("impl X {{\n    pub fn long(\n{}    ) {{\n    }}\n}}\n", "        a,\n".repeat(58));
    assert_eq!(function_length(&source("a", &long)), ["a: long:2 has 61 lines, at most 60"]);
    assert_eq!(function_length(&source("a", &long.replacen("        a,\n", "", 1))).len(), 0);
}

#[test]
fn rooms_that_hold_too_much() {
    let file = |path, lines: usize| source(path, &"x\n".repeat(lines));
    let files =
        |lines| [file("src/git/a.rs", lines), file("src/git/b.rs", 10), file("src/store/c.rs", 80)];
    let of_git = |lines| large_rooms(&files(lines)).iter().any(|one| one.contains("src/git"));
    assert!(!of_git(10), "20 of 100");
    assert!(of_git(11), "21 of 101");
}
