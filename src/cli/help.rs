//! Help: the commands in groups, by what they are for, and the page of one command.

pub mod manual;
pub mod page;

use super::args::Cli;
use clap::builder::StyledStr;
use clap::{Command, CommandFactory};
use std::fmt::Write;

/// Groups of commands. Every command is in exactly one; a test holds this.
const GROUPS: &[(&str, &[&str])] = &[
    ("Start here", &["demo", "init", "status", "compile"]),
    ("Store and restore the project", &["push", "source", "restore", "snapshot", "undo", "op"]),
    (
        "Create, compare and promote versions",
        &["version", "persona", "log", "blame", "diff", "show"],
    ),
    (
        "Share with others",
        &["clone", "fetch", "pull", "sync", "remote", "login", "logout", "bundle", "serve", "ui"],
    ),
    ("Look inside", &["ls-tree", "cat-file", "rev-parse", "hash-object"]),
    ("Maintain the store", &["fsck", "gc", "purge", "compact", "count-objects", "doctor"]),
    ("Set up", &["git", "completions", "man", "schema", "help"]),
    ("Help topics", &["versions"]),
];

/// Start of the usage line of the whole program, and of no single command.
const WHOLE_PROGRAM: &str = "lua-store [OPTIONS] <COMMAND>";

/// Rest of the usage line of the program, and of each group of commands, after the name.
pub const COMMANDS: &str = " [OPTIONS] <COMMAND>";

/// The group of commands that a usage line is of, as one types it: `lua-store version`.
pub fn group(usage: &str) -> Option<&str> {
    let (words, _) = usage.split_once(COMMANDS)?;
    words.contains(' ').then_some(words)
}

/// The help that clap would show, as this program shows it. `whole` is what `--help` asks for, and `-h` does not.
pub fn text(rendered: &StyledStr, whole: bool, coloured: bool) -> String {
    let rendered = rendered.to_string();
    let usage = rendered.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap_or_default();
    let text = match usage.starts_with(WHOLE_PROGRAM) {
        true => grouped(),
        false => page::render(usage, whole),
    };
    if coloured { text.ansi().to_string() } else { text.to_string() }
}

fn grouped() -> StyledStr {
    let mut command = Cli::command();
    // Gives the commands their own copies of the global options, so that the heading of those here
    // can be taken away: clap's template lists options without a heading only.
    command.build();
    let about = command.get_long_about().cloned().unwrap_or_default();
    let body = groups(&command);
    let template =
        format!("{{about}}\n\n{{usage-heading}} {{usage}}\n{body}\nOptions:\n{{options}}\n");
    let command = command.mut_args(|arg| arg.help_heading(None::<&str>));
    let mut command =
        command.mut_arg("help", |arg| arg.help("Print help")).about(about).help_template(template);
    let mut text = command.render_help();
    let _ = writeln!(text);
    text
}

fn groups(command: &Command) -> String {
    let mut text = String::new();
    for (heading, names) in GROUPS {
        let _ = writeln!(text, "\n{heading}:");
        for name in *names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let _ = writeln!(text, "  {name:14} {}", about.cloned().unwrap_or_default());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_in_one_group() {
        let mut command = Cli::command();
        command.build();
        let mut known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        known.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, known);
    }

    #[test]
    fn every_command_is_told_on_one_line_of_80_columns() {
        let text = grouped().to_string();
        let told = text
            .lines()
            .take_while(|line| *line != "Options:")
            .filter(|line| line.starts_with("  "));
        let long: Vec<&str> = told.filter(|line| line.chars().count() > 80).collect();
        assert!(long.is_empty(), "{long:#?}");
    }

    #[test]
    fn every_command_is_in_the_documents() {
        let (commands, readme) =
            (include_str!("../../docs/commands.md"), include_str!("../../README.md"));
        for name in GROUPS.iter().flat_map(|(_, names)| *names) {
            assert!(
                commands.contains(&format!("\n## `{name}`\n")),
                "docs/commands.md has no `{name}`"
            );
            assert!(
                *name == "help" || readme.contains(&format!("| `{name}` |")),
                "README.md has no `{name}`"
            );
        }
    }
}
