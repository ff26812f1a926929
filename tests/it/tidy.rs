//! Taste and layers that a machine can hold: rules over the text of the sources. Each rule is a
//! function from a file to what is wrong with it, and has a test that makes it fail.

use std::collections::BTreeMap;
use std::path::Path;
use walkdir::WalkDir;

/// A source file: its path from the top of the project, and its text.
pub struct Source {
    pub path: String,
    pub text: String,
}

/// The rooms from the lowest to the highest, and which rooms each names. `docs/architecture.md` says why.
const ROOMS: &[(&str, &str)] = &[
    ("error", ""),
    ("progress", ""),
    ("text", ""),
    ("parallel", "error"),
    ("fs", "parallel error"),
    ("object", "error"),
    ("pack", "object error"),
    ("store", "pack object fs parallel progress error"),
    ("workspace", "object fs parallel progress error"),
    ("diff", "object error"),
    ("protocol", "store pack object error"),
    ("model", "error"),
    ("reader", "model workspace object fs parallel error"),
    ("history", "model workspace store object fs progress error"),
    ("compare", "history reader model diff store object error"),
    (
        "operations",
        "compare history reader model diff workspace store object fs parallel progress error",
    ),
    ("merge", "operations compare history reader model diff workspace store object progress error"),
    ("report", "merge operations compare history reader model diff workspace object error"),
    ("git", "object fs parallel error"),
    ("remote_store", "history model protocol store pack object fs parallel progress error"),
    ("server", "remote_store protocol store pack fs parallel text error"),
    (
        "client",
        "remote_store merge operations history protocol store pack object fs progress error",
    ),
    (
        "flow",
        "client git report merge operations compare history reader diff workspace store protocol object progress error",
    ),
    (
        "cli",
        "flow client server remote_store git report merge operations compare history reader model protocol diff workspace store object fs text progress error",
    ),
    (
        "library",
        "flow client report merge operations history model diff compare store object progress error",
    ),
    (
        "internals",
        "cli flow client remote_store report merge operations history reader protocol workspace store pack object fs progress error",
    ),
    ("main", ""),
];

#[test]
fn a_room_names_only_rooms_below_it() {
    check(sources("src"), layers);
}

#[test]
fn the_table_of_rooms_has_no_arrow_upwards_and_none_that_nobody_uses() {
    let sources = sources("src");
    for (place, (name, below)) in ROOMS.iter().enumerate() {
        for named in below.split_whitespace() {
            assert!(
                ROOMS[..place].iter().any(|(lower, _)| *lower == named),
                "{named} is not below {name}"
            );
            let of_room = sources.iter().filter(|source| room(&source.path) == Some(name));
            let mut lines = of_room.flat_map(code);
            assert!(
                lines.any(|(_, line)| rooms_named(line).contains(&named)),
                "{name} does not use {named}"
            );
        }
    }
}

#[test]
fn no_command_names_another_command() {
    let sources: Vec<Source> =
        sources("src").into_iter().filter(|one| one.path.starts_with(COMMANDS)).collect();
    let commands: Vec<&str> =
        sources.iter().filter(|one| one.text.contains(RUNS)).map(|one| stem(&one.path)).collect();
    assert!(commands.len() > 40, "the commands are found: {commands:?}");
    let wrong: Vec<String> =
        sources.iter().flat_map(|source| sibling_commands(source, &commands)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn only_the_tables_of_hints_name_commands() {
    check(sources("src"), names_commands);
}

#[test]
fn only_the_room_fs_writes_files() {
    check(sources("src"), writes_files);
}

#[test]
fn only_the_layouts_name_the_files_of_a_store() {
    check(sources("src"), names_store_files);
}

#[test]
fn only_git_knows_git() {
    check(sources("src"), knows_git);
}

#[test]
fn only_parallel_spreads_work_over_threads() {
    check(sources("src"), starts_threads);
}

#[test]
fn answers_are_types_and_no_json_by_hand() {
    check(sources("src"), json_by_hand);
}

#[test]
fn no_failure_is_a_text() {
    check(sources("src"), text_as_failure);
}

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

#[test]
fn nothing_is_left_for_later() {
    check(sources("src"), left_for_later);
    check(
        sources("tests").into_iter().filter(|source| source.path != THIS).collect(),
        left_for_later,
    );
}

#[test]
fn no_path_of_one_machine_is_written_down() {
    for folder in ["src", "tests", "docs", "benches", ".ci"] {
        check(
            files(folder, "").into_iter().filter(|source| source.path != THIS).collect(),
            machine_path,
        );
    }
}

#[test]
fn only_maps_and_the_heap_are_unsafe() {
    let mut places = Vec::new();
    for source in sources("src") {
        places.extend(unsafe_lines(&source));
    }
    let expected = [
        "src/fs/map.rs: #[allow(unsafe_code",
        "src/fs/map.rs: unsafe {",
        "src/fs/torn.rs: #[allow(unsafe_code",
        "src/fs/torn.rs: unsafe {",
        "src/fs/torn.rs: #[allow(unsafe_code",
        "src/fs/torn.rs: unsafe {",
        "src/server/limits/heap.rs: #[allow(unsafe_code",
        "src/server/limits/heap.rs: unsafe {",
    ];
    assert_eq!(places, expected);
}

#[test]
fn one_place_swaps_the_pointer() {
    let places = |word| -> Vec<String> {
        let files = sources("src");
        files.iter().flat_map(|source| mentions(source, word)).collect()
    };
    let writer = "src/store/active.rs";
    assert!(
        places("layout::ACTIVE").iter().all(|path| path == writer),
        "ACTIVE is read and written in {writer}"
    );
    assert_eq!(places("active::swap("), ["src/store/mod.rs"]);
    assert!(places(".swap_active(").len() <= 1, "the ledger's writer is the one caller");
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

const THIS: &str = "tests/it/tidy.rs";

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

fn layers(source: &Source) -> Vec<String> {
    let Some(room) = room(&source.path) else { return Vec::new() };
    let Some((_, below)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{}: the room \"{room}\" has no place in the layers", source.path)];
    };
    let mut wrong = Vec::new();
    for (number, line) in code(source) {
        for named in rooms_named(line) {
            if named != room && !below.split(' ').any(|lower| lower == named) {
                wrong.push(format!("{}:{number}: {room} may not name {named}", source.path));
            }
        }
    }
    wrong
}

/// The rooms that a line names, as `crate::room` (`lua_store::room` in the binary). A `use` of
/// several rooms at once in braces is written as several lines, so that this sees them.
fn rooms_named(line: &str) -> Vec<&str> {
    let starts = line.match_indices("crate::").chain(line.match_indices("lua_store::"));
    let rests = starts.map(|(at, path)| &line[at + path.len()..]);
    let names = rests
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(""));
    // A macro or a brace gives no room; braces are caught by asking for a known one.
    names.filter(|name| !name.starts_with(char::is_uppercase)).collect()
}

const COMMANDS: &str = "src/cli/commands/";
/// First line of the function that runs a command.
const RUNS: &str = "pub fn run(self, cx: &mut Context";

/// The name of a file, or of the folder whose `mod.rs` it is.
fn stem(path: &str) -> &str {
    let path = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
    path.rsplit('/').next().unwrap_or(path)
}

/// Commands that name another one. Code that several commands share is in `cli`, or below it.
/// `mod.rs` of a group may name those of the group.
fn sibling_commands(source: &Source, commands: &[&str]) -> Vec<String> {
    let is_group = source.path.ends_with("/mod.rs");
    let names = |line: &str, path: &str| {
        line.split(path).skip(1).any(|rest| {
            let braced = rest.strip_prefix('{').and_then(|rest| rest.split('}').next());
            let list = braced.unwrap_or(rest).split(',').map(str::trim);
            let first = |one: &str| {
                one.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned)
            };
            list.filter_map(first).any(|name| commands.contains(&&*name))
        })
    };
    let wrong = code(source).filter(|(_, line)| {
        line.contains("crate::cli::commands::") || !is_group && names(line, "super::")
    });
    wrong
        .map(|(number, line)| {
            format!("{}:{number}: a command names another one: {}", source.path, line.trim())
        })
        .collect()
}

/// A room below `cli` says what helps as an `error::Hint`; the front end knows its commands. The server has
/// its own table, for its answers.
fn names_commands(source: &Source) -> Vec<String> {
    // The one sentence with a command in it is no hint of an error.
    let tables = ["src/server/hints.rs", "src/report/live.rs"];
    if matches!(room(&source.path), Some("cli") | None) || tables.contains(&&*source.path) {
        return Vec::new();
    }
    // A name of the server is no command to run.
    let names =
        |line: &str| line.split("`lua-store ").skip(1).any(|rest| !rest.starts_with("serve`"));
    code(source)
        .filter(|(_, line)| names(line))
        .map(|(number, line)| {
            format!("{}:{number}: only cli/hints.rs names commands: {}", source.path, line.trim())
        })
        .collect()
}

/// Rooms whose JSON is an answer, and so a type with named fields. In `reader` and `compare` it is data.
const ANSWERING: [&str; 6] = ["cli", "report", "server", "flow", "merge", "history"];

fn json_by_hand(source: &Source) -> Vec<String> {
    if !room(&source.path).is_some_and(|room| ANSWERING.contains(&room)) {
        return Vec::new();
    }
    let by_hand = code(source).filter(|(_, line)| line.contains("json!"));
    by_hand
        .map(|(number, line)| {
            format!("{}:{number}: an answer is a serde type: {}", source.path, line.trim())
        })
        .collect()
}

/// A `Result` that fails with a `String`, also in a type alias: nobody can tell one failure from another.
fn text_as_failure(source: &Source) -> Vec<String> {
    let code: String = code(source).map(|(_, line)| format!("{line}\n")).collect();
    let fails = code.match_indices("Result<").filter(|(at, name)| {
        let arguments = arguments(&code[at + name.len()..]);
        arguments.len() == 2 && arguments[1] == "String"
    });
    fails.map(|_| format!("{}: a failure is a type, no text", source.path)).collect()
}

/// The arguments of a generic type, up to its end.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut arguments) = (0, vec![String::new()]);
    for letter in text.chars() {
        match letter {
            '>' if depth == 0 => break,
            ',' if depth == 0 => arguments.push(String::new()),
            letter => {
                depth += i32::from("<([".contains(letter)) - i32::from(">)]".contains(letter));
                arguments.last_mut().expect("there is one").push(letter);
            }
        }
    }
    let arguments = arguments.iter().map(|one| one.trim().to_owned());
    arguments.filter(|one| !one.is_empty()).collect()
}

fn writes_files(source: &Source) -> Vec<String> {
    const WRITES: &[&str] = &[
        "std::fs::write(",
        "std::fs::rename(",
        "std::fs::remove_",
        "std::fs::create_dir",
        "std::fs::copy(",
        "std::fs::hard_link(",
        "std::fs::set_permissions(",
        "std::os::unix::fs::symlink(",
        "File::create",
        "File::options(",
        "OpenOptions",
        ".set_len(",
        ".set_permissions(",
        "allow(clippy::disallowed_methods",
    ];
    if source.path.starts_with("src/fs/") {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    let mut before = "";
    for (number, line) in code(source) {
        let of_tests = before == "#[cfg(test)]" && line.starts_with("#[allow(");
        let code = line.replace("AtomicFile::create", "");
        if !of_tests && WRITES.iter().any(|write| code.contains(write)) {
            wrong.push(format!("{}:{number}: only fs writes: {}", source.path, line.trim()));
        }
        before = line;
    }
    wrong
}

/// Names below `.lua/` are in `store/layout.rs`, those of a server's data folder in `remote_store/layout.rs`. Sentences for a
/// person may hold them.
fn names_store_files(source: &Source) -> Vec<String> {
    // Rooms below the store: they know the name of its folder, to keep out of it.
    const OTHERS: [&str; 4] = [
        "src/store/layout.rs",
        "src/remote_store/layout.rs",
        "src/fs/names.rs",
        "src/workspace/rules.rs",
    ];
    const NAMES: [&str; 7] = [
        "\".lua\"",
        "\".lua/",
        "\"refs/s",
        "\"refs/versions",
        "\"refs/remotes",
        "\"cache/",
        "\"packed-refs\"",
    ];
    const JOINED: [&str; 10] = [
        "format",
        "config.toml",
        "ACTIVE",
        "lock",
        "objects",
        "reflog",
        "incoming",
        "refs",
        "cache",
        "heard",
    ];
    if OTHERS.contains(&&*source.path) {
        return Vec::new();
    }
    let is_remote = ["remote_store", "server"].map(Some).contains(&room(&source.path));
    let names = |line: &str| {
        // A quotation mark in a sentence.
        let line = &*line.replace("\\\"", "'");
        let joined = line.split(".join(").skip(1);
        let mut joined = joined.map(|rest| rest.trim_start_matches('"'));
        NAMES.iter().any(|name| line.contains(name))
            || joined.any(|rest| {
                let is_name = rest.starts_with(char::is_alphabetic)
                    && (line.contains(&format!(".join(\"{rest}"))
                        || rest.starts_with(char::is_uppercase));
                JOINED.iter().any(|name| rest.starts_with(&format!("{name}\")")))
                    || is_remote && is_name
            })
    };
    let wrong = code(source).filter(|(_, line)| names(line));
    wrong
        .map(|(number, line)| {
            format!("{}:{number}: only a layout names this: {}", source.path, line.trim())
        })
        .collect()
}

/// The program git is started in one place, and what is in its folder is known in two.
fn knows_git(source: &Source) -> Vec<String> {
    // The git guard is a part of every store, and a server links no `git`. The others know the name of the folder only:
    // to leave it out, and to find the top of a work tree as package managers and the stock compiler do.
    const NAMES_FOLDER: [&str; 6] = [
        "src/store/git_guard.rs",
        "src/store/git_guard/enclosing.rs",
        "src/fs/names.rs",
        "src/workspace/rules.rs",
        "src/reader/lockfile/mod.rs",
        "src/reader/compiled/fresh.rs",
    ];
    if room(&source.path) == Some("git") {
        return Vec::new();
    }
    let may_name = NAMES_FOLDER.contains(&&*source.path);
    let knows = |line: &str| {
        line.contains("Command::new(\"git\")")
            || !may_name && (line.contains("\".git\"") || line.contains("\".git/"))
    };
    let wrong = code(source).filter(|(_, line)| knows(line));
    wrong
        .map(|(number, line)| {
            format!("{}:{number}: only git knows this: {}", source.path, line.trim())
        })
        .collect()
}

/// Threads that do no share of a work: each waits for something while the work goes on elsewhere.
const OTHER_THREADS: [&str; 6] = [
    // A bar is drawn, a person reads that nobody answers, a remote is asked, the log is written.
    "src/cli/progress.rs",
    "src/client/http/waiting.rs",
    "src/cli/live.rs",
    "src/server/log.rs",
    // The pipes of a git process, which must all be read at once.
    "src/git/process.rs",
    // Writers that race on purpose, to try an engine.
    "src/remote_store/probe.rs",
];

fn starts_threads(source: &Source) -> Vec<String> {
    const STARTS: [&str; 4] =
        ["thread::scope(", "thread::spawn(", "thread::Builder", "available_parallelism"];
    if source.path == "src/parallel.rs" || OTHER_THREADS.contains(&&*source.path) {
        return Vec::new();
    }
    let wrong = code(source).filter(|(_, line)| STARTS.iter().any(|start| line.contains(start)));
    wrong
        .map(|(number, line)| {
            format!("{}:{number}: only parallel starts threads: {}", source.path, line.trim())
        })
        .collect()
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

/// A room that holds more of all lines than this is several.
const LARGEST_ROOM_PERCENT: usize = 20;

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

const LONGEST_FUNCTION: usize = 60;

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

fn left_for_later(source: &Source) -> Vec<String> {
    const WORDS: &[&str] = &["todo!", "unimplemented!", "TODO", "FIXME", "XXX", "#[ignore"];
    let lines = source.text.lines().enumerate();
    let wrong = lines.filter(|(_, line)| WORDS.iter().any(|word| line.contains(word)));
    wrong.map(|(index, line)| format!("{}:{}: {}", source.path, index + 1, line.trim())).collect()
}

fn machine_path(source: &Source) -> Vec<String> {
    const PLACES: &[&str] = &["/tmp/", "/work/", "/root/", "/home/", "/Users/", "C:\\Users"];
    let lines = source.text.lines().enumerate();
    let wrong = lines.filter(|(_, line)| PLACES.iter().any(|place| line.contains(place)));
    wrong.map(|(index, line)| format!("{}:{}: {}", source.path, index + 1, line.trim())).collect()
}

/// The file's path, once for each line of code that has the word.
fn mentions(source: &Source, word: &str) -> Vec<String> {
    code(source).filter(|(_, line)| line.contains(word)).map(|_| source.path.clone()).collect()
}

fn unsafe_lines(source: &Source) -> Vec<String> {
    let found = ["#[allow(unsafe_code", "unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"];
    let mut places = Vec::new();
    for (_, line) in code(source) {
        let here = found.iter().filter(|word| line.contains(*word));
        places.extend(here.map(|word| format!("{}: {word}", source.path)));
    }
    places
}

mod the_rules_can_fail {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn naming_a_room_above() {
        let wrong = |path: &str, text: &str| layers(&source(path, text)).len();
        assert_eq!(wrong("src/object/id.rs", "use crate::store::Store;"), 1);
        assert_eq!(wrong("src/workspace/mod.rs", "    let x = crate::diff::text();"), 1);
        assert_eq!(wrong("src/main.rs", "    lua_store::reader()"), 1);
        assert_eq!(wrong("src/cli/mod.rs", "use crate::{agent, store};"), 1, "braces hide rooms");
        assert_eq!(wrong("src/newroom.rs", ""), 1);
        assert_eq!(
            wrong("src/history/mod.rs", "use crate::store::Store;\nuse crate::model::kind;"),
            0
        );
        assert_eq!(
            wrong("src/fs/mod.rs", "// crate::cli\n#[cfg(test)]\nmod tests {\nuse crate::cli;"),
            0
        );
        assert_eq!(
            wrong("src/fs/mod.rs", "#[cfg(test)]\nmod tests;\nuse crate::cli;"),
            1,
            "code goes on"
        );
    }

    #[test]
    fn naming_another_command() {
        let wrong = |path: &str, text: &str| {
            let source = source(path, text);
            sibling_commands(&source, &["push", "status", "show"]).len()
        };
        assert_eq!(
            wrong("src/cli/commands/sync/act.rs", "use crate::cli::commands::push::Push;"),
            1
        );
        assert_eq!(wrong("src/cli/commands/status.rs", "use super::push::left_out;"), 1);
        assert_eq!(wrong("src/cli/commands/status.rs", "use super::{kept, push};"), 1);
        assert_eq!(
            wrong("src/cli/commands/status.rs", "use super::kept;\nuse crate::cli::push;"),
            0
        );
        assert_eq!(wrong("src/cli/commands/source/mod.rs", "use super::push;"), 0);
        assert_eq!(stem("src/cli/commands/source/mod.rs"), "source");
    }

    #[test]
    fn naming_a_command() {
        let wrong = |path: &str, text: &str| names_commands(&source(path, text)).len();
        assert_eq!(wrong("src/store/a.rs", ".hint(\"`lua-store fsck` names it\")"), 1);
        assert_eq!(wrong("src/server/a.rs", "\"`lua-store serve token list` shows them\""), 1);
        assert_eq!(wrong("src/remote_store/a.rs", "\"no folder of `lua-store serve`\""), 0);
        assert_eq!(wrong("src/cli/hints.rs", "\"`lua-store fsck` names it\""), 0);
        assert_eq!(wrong("src/store/a.rs", "// `lua-store fsck` calls it"), 0);
    }

    #[test]
    fn writing_files() {
        assert_eq!(writes_files(&source("src/store/a.rs", "std::fs::write(p, b)")).len(), 1);
        assert_eq!(
            writes_files(&source("src/store/a.rs", "#![allow(clippy::disallowed_methods)]")).len(),
            1
        );
        assert_eq!(writes_files(&source("src/fs/a.rs", "std::fs::write(p, b)")).len(), 0);
    }

    #[test]
    fn naming_a_file_of_a_store() {
        let wrong = |path: &str, text: &str| names_store_files(&source(path, text)).len();
        assert_eq!(wrong("src/cli/a.rs", "root.join(\".lua\")"), 1);
        assert_eq!(wrong("src/cli/a.rs", "root.join(DIR).join(\"format\").exists()"), 1);
        assert_eq!(wrong("src/history/a.rs", "store.dir().join(\"cache\").join(\"index\")"), 1);
        assert_eq!(wrong("src/history/a.rs", "format!(\"refs/source/v{number}\")"), 1);
        assert_eq!(wrong("src/history/a.rs", "store.path(store::STAT_INDEX)"), 0);
        assert_eq!(wrong("src/cli/a.rs", "\"bring \\\".lua/ACTIVE\\\" back\""), 0, "a sentence");
        assert_eq!(wrong("src/server/a.rs", "data.join(\"quotas\")"), 1);
        assert_eq!(wrong("src/server/a.rs", "data.join(FILE)"), 1);
        assert_eq!(wrong("src/server/a.rs", "lines.join(\"; \"); folder.join(name)"), 0);
        assert_eq!(wrong("src/remote_store/layout.rs", "self.0.join(\"quotas\")"), 0);
    }

    #[test]
    fn knowing_git() {
        let wrong = |path: &str, text: &str| knows_git(&source(path, text)).len();
        assert_eq!(wrong("src/cli/a.rs", "Command::new(\"git\")"), 1);
        assert_eq!(wrong("src/store/git_guard.rs", "Command::new(\"git\")"), 1);
        assert_eq!(wrong("src/cli/a.rs", "root.join(\".git\").exists()"), 1);
        assert_eq!(wrong("src/cli/a.rs", "root.join(\".gitignore\")"), 0);
        assert_eq!(wrong("src/git/a.rs", "Command::new(\"git\")"), 0);
    }

    #[test]
    fn starting_threads() {
        let wrong = |path: &str, text: &str| starts_threads(&source(path, text)).len();
        assert_eq!(wrong("src/store/a.rs", "std::thread::scope(|scope| work(scope))"), 1);
        assert_eq!(wrong("src/store/a.rs", "let n = std::thread::available_parallelism();"), 1);
        assert_eq!(wrong("src/store/a.rs", "std::thread::sleep(pause);"), 0);
        assert_eq!(wrong("src/parallel.rs", "thread::Builder::new()"), 0);
    }

    #[test]
    fn json_that_is_no_type() {
        let wrong = |path: &str, text: &str| json_by_hand(&source(path, text)).len();
        assert_eq!(wrong("src/cli/push.rs", "    out.json(&json!({}))"), 1);
        assert_eq!(wrong("src/server/a.rs", "serde_json::json!(1)"), 1);
        assert_eq!(wrong("src/reader/zod.rs", "json!({\"type\": \"null\"})"), 0, "data");
        assert_eq!(wrong("src/report/a.rs", "#[cfg(test)]\nmod tests {\njson!(1)"), 0);
        assert_eq!(wrong("src/history/tests.rs", "json!(1)"), 0);
    }

    #[test]
    fn a_failure_that_is_a_text() {
        let wrong = |text: &str| text_as_failure(&source("src/a.rs", text)).len();
        assert_eq!(wrong("pub type Reading = Result<Agent, String>;"), 1);
        assert_eq!(wrong("fn a() -> Result<\n    Vec<(u8, u8)>,\n    String,\n> {"), 1);
        assert_eq!(wrong("-> std::result::Result<Map<String, String>, String>"), 1);
        assert_eq!(wrong("fn a() -> Result<HashMap<String, String>> {"), 0);
        assert_eq!(wrong("fn a() -> Result<Option<String>, Error> {"), 0);
        assert_eq!(wrong("#[cfg(test)]\nmod tests {\nfn a() -> Result<u8, String>"), 0);
    }

    #[test]
    fn size_and_header() {
        assert_eq!(header(&source("a", "use std::fs;")).len(), 1);
        assert_eq!(file_length(&source("a", &"\n".repeat(401))).len(), 1);
        let long = format!(
            "impl X {{\n    pub fn long(\n{}    ) {{\n    }}\n}}\n",
            "        a,\n".repeat(58)
        );
        assert_eq!(function_length(&source("a", &long)), ["a: long:2 has 61 lines, at most 60"]);
        assert_eq!(function_length(&source("a", &long.replacen("        a,\n", "", 1))).len(), 0);
    }

    #[test]
    fn rooms_that_hold_too_much() {
        let file = |path, lines: usize| source(path, &"x\n".repeat(lines));
        let files = |lines| {
            [file("src/git/a.rs", lines), file("src/git/b.rs", 10), file("src/store/c.rs", 80)]
        };
        let of_git = |lines| large_rooms(&files(lines)).iter().any(|one| one.contains("src/git"));
        assert!(!of_git(10), "20 of 100");
        assert!(of_git(11), "21 of 101");
    }

    #[test]
    fn leaving_work_and_traces() {
        assert_eq!(left_for_later(&source("a", "// FIXME later\ntodo!()")).len(), 2);
        assert_eq!(machine_path(&source("a", "see /work/notes")).len(), 1);
        assert_eq!(unsafe_lines(&source("a", "let x = unsafe { y };")).len(), 1);
        assert_eq!(
            mentions(&source("a", "x.swap();\n// x.swap()\nx.swap()"), ".swap("),
            ["a", "a"]
        );
        assert_eq!(modules("mod b;\nmod a;\nuse c;"), ["a", "b"]);
    }
}
