//! Layers: a room names only rooms below it, a command no other command.

use super::{Source, check, code, room, source, sources};

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
    ("history", "model workspace store object fs parallel progress error"),
    ("compare", "history reader model diff store object error"),
    (
        "operations",
        "compare history reader model diff workspace store object fs parallel progress error",
    ),
    ("merge", "operations compare history reader model diff workspace store object progress error"),
    ("report", "merge operations compare history reader model diff workspace object error"),
    ("git", "object fs parallel error"),
    ("remote_store", "history model protocol store pack object fs parallel progress error"),
    ("engine", "remote_store protocol pack fs error"),
    (
        "stock",
        "operations reader workspace remote_store history model protocol store object fs error",
    ),
    ("page", "report diff history text"),
    (
        "server",
        "page report stock engine remote_store operations compare history protocol model diff store pack object fs parallel text error",
    ),
    ("platform", "reader protocol model fs error"),
    (
        "client",
        "platform remote_store merge operations history protocol store pack object fs progress error",
    ),
    (
        "import",
        "client stock platform operations reader history model workspace store object fs progress error",
    ),
    (
        "deploy",
        "import client stock platform reader history model workspace protocol store object fs progress error",
    ),
    (
        "flow",
        "client git report merge operations compare history reader diff workspace store protocol object progress error",
    ),
    (
        "cli",
        "deploy import flow platform client server stock engine remote_store git report merge operations compare history reader model protocol diff workspace store object fs text progress error",
    ),
    (
        "library",
        "flow client report merge operations history model diff compare store object progress error",
    ),
    (
        "internals",
        "cli deploy flow platform client engine page remote_store report merge operations history reader protocol workspace store pack object fs progress error",
    ),
    ("main", ""),
];

const COMMANDS: &str = "src/cli/commands/";

/// First line of the function that runs a command.
const RUNS: &str = "pub fn run(self, cx: &mut Context";

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

#[test]
fn naming_a_room_above() {
    let wrong = |path: &str, text: &str| layers(&source(path, text)).len();
    assert_eq!(wrong("src/object/id.rs", "use crate::store::Store;"), 1);
    assert_eq!(wrong("src/workspace/mod.rs", "    let x = crate::diff::text();"), 1);
    assert_eq!(wrong("src/main.rs", "    lua_store::reader()"), 1);
    assert_eq!(wrong("src/cli/mod.rs", "use crate::{agent, store};"), 1, "braces hide rooms");
    assert_eq!(wrong("src/newroom.rs", ""), 1);
    assert_eq!(wrong("src/history/mod.rs", "use crate::store::Store;\nuse crate::model::kind;"), 0);
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
    assert_eq!(wrong("src/cli/commands/sync/act.rs", "use crate::cli::commands::push::Push;"), 1);
    assert_eq!(wrong("src/cli/commands/status.rs", "use super::push::left_out;"), 1);
    assert_eq!(wrong("src/cli/commands/status.rs", "use super::{kept, push};"), 1);
    assert_eq!(wrong("src/cli/commands/status.rs", "use super::kept;\nuse crate::cli::push;"), 0);
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
