//! Mechanisms that exist once: who writes files, names them, starts git and threads, swaps the pointer, and what is unsafe.

use super::{Source, check, code, room, source, sources};

/// Threads that do no share of a work: each waits for something while the work goes on elsewhere.
const OTHER_THREADS: [&str; 10] = [
    // A bar is drawn, a person reads that nobody answers, a remote is asked, the log is written.
    "src/cli/progress.rs",
    "src/client/http/waiting.rs",
    "src/cli/demo/relay.rs",
    "src/cli/live.rs",
    "src/cli/doctor/remotes.rs",
    "src/server/log.rs",
    // Answers of the platform are waited for, several at once.
    "src/platform/many.rs",
    // The pipes of a git process, which must all be read at once.
    "src/git/process.rs",
    // A browser ends when a person closes it.
    "src/cli/open_browser.rs",
    // Writers that race on purpose, to try an engine.
    "src/remote_store/probe.rs",
];

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
fn only_maps_write_back_and_the_heap_are_unsafe() {
    let mut places = Vec::new();
    for source in sources("src") {
        places.extend(unsafe_lines(&source));
    }
    let expected = [
        "src/fs/map.rs: #[allow(unsafe_code",
        "src/fs/map.rs: unsafe {",
        "src/fs/map.rs: #[allow(unsafe_code",
        "src/fs/map.rs: unsafe {",
        "src/fs/platform.rs: #[allow(unsafe_code",
        "src/fs/platform.rs: unsafe {",
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
    assert_eq!(places("active::swap("), ["src/store/pointer.rs"]);
    for writer in [".swap_active(", ".append_record("] {
        assert!(places(writer).len() <= 1, "the ledger's writer is the one caller");
    }
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
    // The build script writes what cargo compiles in; it is no part of the program.
    if source.path.starts_with("src/fs/") || source.path == "src/build.rs" {
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
    // The build script asks for the commit of the sources; it is no part of the program.
    if room(&source.path) == Some("git") || source.path == "src/build.rs" {
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
fn what_is_unsafe_or_mentioned() {
    assert_eq!(unsafe_lines(&source("a", "let x = unsafe { y };")).len(), 1);
    assert_eq!(mentions(&source("a", "x.swap();\n// x.swap()\nx.swap()"), ".swap("), ["a", "a"]);
}
