//! Traces: work that was put off, paths of one machine, test files that nobody runs.

use super::{Source, check, files, source, sources, top};
use walkdir::WalkDir;

#[test]
fn nothing_is_left_for_later() {
    check(sources("src"), left_for_later);
    check(sources("tests"), left_for_later);
}

#[test]
fn no_path_of_one_machine_is_written_down() {
    for folder in ["src", "tests", "docs", "benches", ".ci"] {
        check(files(folder, ""), machine_path);
    }
}

#[test]
fn every_test_file_is_part_of_the_binary() {
    let folders = WalkDir::new(top().join("tests/it")).into_iter().filter_map(Result::ok);
    for folder in folders.filter(|entry| entry.file_type().is_dir()) {
        let root = if folder.depth() == 0 { "main" } else { "mod" };
        let declared = std::fs::read_to_string(folder.path().join(format!("{root}.rs"))).unwrap();
        let mut names: Vec<String> =
            std::fs::read_dir(folder.path()).unwrap().map(module_name).collect();
        names.retain(|name| name != root && !name.starts_with('.'));
        names.sort();
        assert_eq!(names, modules(&declared), "{}", folder.path().display());
    }
}

fn module_name(entry: std::io::Result<std::fs::DirEntry>) -> String {
    entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()
}

/// The modules that a file declares, sorted.
fn modules(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    names.sort_unstable();
    names
}

fn left_for_later(source: &Source) -> Vec<String> {
    // In two parts, so that this file needs no exception.
    const WORDS: &[&str] = &[
        concat!("to", "do!"),
        concat!("unimple", "mented!"),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("#[ig", "nore"),
    ];
    let lines = source.text.lines().enumerate();
    let wrong = lines.filter(|(_, line)| WORDS.iter().any(|word| line.contains(word)));
    wrong.map(|(index, line)| format!("{}:{}: {}", source.path, index + 1, line.trim())).collect()
}

fn machine_path(source: &Source) -> Vec<String> {
    const PLACES: &[&str] = &[
        concat!("/t", "mp/"),
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("C:\\Us", "ers"),
    ];
    let lines = source.text.lines().enumerate();
    let wrong = lines.filter(|(_, line)| PLACES.iter().any(|place| line.contains(place)));
    wrong.map(|(index, line)| format!("{}:{}: {}", source.path, index + 1, line.trim())).collect()
}

#[test]
fn leaving_work_and_traces() {
    assert_eq!(left_for_later(&source("a", concat!("// FIX", "ME later\nto", "do!()"))).len(), 2);
    assert_eq!(machine_path(&source("a", concat!("see /wo", "rk/notes"))).len(), 1);
    assert_eq!(modules("mod b;\nmod a;\nuse c;"), ["a", "b"]);
}
