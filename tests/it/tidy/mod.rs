//! Taste and layers that a machine can hold: rules over the text of the sources. Each rule is a
//! function from a file to what is wrong with it, and has a test that makes it fail.

mod layers;
mod mechanisms;
mod sizes;
mod traces;
mod types;

use std::path::Path;
use walkdir::WalkDir;

/// A source file: its path from the top of the project, and its text.
pub struct Source {
    pub path: String,
    pub text: String,
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn sources(folder: &str) -> Vec<Source> {
    files(folder, ".rs")
}

/// The UTF-8 files of a folder whose names end so. A folder that is not there has none.
pub fn files(folder: &str, ending: &str) -> Vec<Source> {
    let walk =
        WalkDir::new(top().join(folder)).sort_by_file_name().into_iter().filter_map(Result::ok);
    let named = walk.filter(|entry| {
        entry.file_type().is_file() && entry.path().to_string_lossy().ends_with(ending)
    });
    named
        .filter_map(|entry| {
            let path =
                entry.path().strip_prefix(top()).unwrap().to_string_lossy().replace('\\', "/");
            Some(Source { path, text: std::fs::read_to_string(entry.path()).ok()? })
        })
        .collect()
}

fn check(sources: Vec<Source>, rule: fn(&Source) -> Vec<String>) {
    let found: Vec<String> = sources.iter().flat_map(rule).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Code without comments and without tests: tests are in a module at the end of the file, or in
/// files of their own.
fn code(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let is_test = source.path.ends_with("/tests.rs") || source.path.contains("/tests/");
    let end = if is_test { 0 } else { start_of_tests(&source.text) };
    let lines = source.text.lines().take(end).enumerate();
    lines
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn start_of_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let opens_module = |index: usize| {
        let next = lines[index..].iter().find(|line| !line.starts_with("#["));
        next.is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'))
    };
    let for_tests = |line: &str| line == "#[cfg(test)]" || line.starts_with("#[cfg(all(test, ");
    let tests = |index: &usize| for_tests(lines[*index]) && opens_module(*index);
    (0..lines.len()).find(tests).unwrap_or(lines.len())
}

fn room(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let name = inside.split('/').next()?;
    // The build script is no part of the crate.
    Some(name.strip_suffix(".rs").unwrap_or(name)).filter(|name| !matches!(*name, "lib" | "build"))
}

fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}
