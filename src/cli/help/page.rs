//! The help page of one command: its own options, the global ones in one line, and examples.

use crate::cli::args::Cli;
use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory};
use std::fmt::Write;

pub const EXAMPLES: &str = include_str!("examples.txt");

/// A task and the command line that does it.
pub type Example = (&'static str, &'static str);

/// Examples of a command, by the words after `lua-store`.
pub fn examples(command: &str) -> Vec<Example> {
    let heading = format!("[{command}]");
    let lines = EXAMPLES.lines().skip_while(|line| *line != heading).skip(1);
    let lines: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    lines.chunks_exact(2).map(|pair| (pair[0], pair[1].trim_start())).collect()
}

/// The command that a usage line is of, and the words after `lua-store`.
pub fn find(usage: &str) -> (Command, String) {
    let mut command = Cli::command();
    command.build();
    let mut name = Vec::new();
    for word in usage.split(' ').skip(1) {
        let Some(below) = command.find_subcommand(word).cloned() else { break };
        command = below;
        name.push(word);
    }
    (command, name.join(" "))
}

/// The page, in short (`-h`) or whole (`--help`).
pub fn render(usage: &str, whole: bool) -> StyledStr {
    let (command, name) = find(usage);
    let after = after(&command, &name);
    let command = command.after_help(after.clone()).after_long_help(after);
    let mut command = command.mut_args(|arg| if is_global(&arg) { arg.hide(true) } else { arg });
    if whole { command.render_long_help() } else { command.render_help() }
}

pub fn is_global(arg: &Arg) -> bool {
    arg.is_global_set()
}

fn after(command: &Command, name: &str) -> StyledStr {
    let heading = command.get_styles().get_header();
    let mut text = String::new();
    let options = global_options(command);
    let _ = writeln!(text, "{heading}Global options:{heading:#} {options}");
    let examples = examples(name);
    if !examples.is_empty() {
        let _ = write!(text, "\n{heading}Examples:{heading:#}");
    }
    for (task, line) in examples {
        let _ = write!(text, "\n  {task}\n    $ {line}");
    }
    text.into()
}

/// The options of every command in one line: `-C DIR, --json, …`.
pub fn global_options(command: &Command) -> String {
    let options = command.get_arguments().filter(|arg| is_global(arg)).map(option);
    options.collect::<Vec<_>>().join(", ")
}

/// `--color WHEN`
fn option(arg: &Arg) -> String {
    let name = match (arg.get_long(), arg.get_short()) {
        (Some(long), _) => format!("--{long}"),
        (None, short) => format!("-{}", short.unwrap_or_default()),
    };
    match arg.get_value_names().filter(|_| arg.get_action().takes_values()) {
        Some([value, ..]) => format!("{name} {value}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_two_or_three_examples_and_no_other_has_any() {
        let mut names = Vec::new();
        list(&find("lua-store").0, "", &mut names);
        for name in &names {
            let count = examples(name).len();
            assert!((2..=3).contains(&count), "{name} has {count} examples");
        }
        let headings = EXAMPLES.lines().filter_map(|line| line.strip_prefix('['));
        for heading in headings {
            let name = heading.trim_end_matches(']');
            assert!(names.iter().any(|known| known == name), "{name} is no command");
        }
    }

    #[test]
    fn a_usage_line_names_its_command() {
        let (_, name) = find("lua-store version promote [OPTIONS] <VERSION>");
        assert_eq!(name, "version promote");
        assert_eq!(find("lua-store [OPTIONS] <COMMAND>").1, "");
    }

    /// The names of all commands, `help` aside.
    fn list(command: &Command, before: &str, names: &mut Vec<String>) {
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            let name = format!("{before}{}", below.get_name());
            list(below, &format!("{name} "), names);
            names.push(name);
        }
    }
}
