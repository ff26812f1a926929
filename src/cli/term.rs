//! The terminal: whether there is one, how wide it is, whether it shows colour, whether a person
//! can be asked.

use clap::ValueEnum;
use std::env;
use std::io::{IsTerminal, stderr, stdin, stdout};

/// The value of `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

/// Properties of the three standard streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Term {
    pub stdin: bool,
    pub stdout: bool,
    pub stderr: bool,
    pub colour_stdout: bool,
    pub colour_stderr: bool,
}

impl Term {
    pub fn of_process(color: Color) -> Term {
        let streams = [stdin().is_terminal(), stdout().is_terminal(), stderr().is_terminal()];
        let refused = is_set("NO_COLOR") || env::var_os("TERM").is_some_and(|term| term == "dumb");
        Term::decide(streams, color, refused)
    }

    fn decide([stdin, stdout, stderr]: [bool; 3], color: Color, refused: bool) -> Term {
        let coloured = |terminal: bool| match color {
            Color::Auto => terminal && !refused,
            Color::Always => true,
            Color::Never => false,
        };
        Term {
            stdin,
            stdout,
            stderr,
            colour_stdout: coloured(stdout),
            colour_stderr: coloured(stderr),
        }
    }

    /// True if a question reaches a person and the answer comes back.
    pub fn can_ask(&self) -> bool {
        self.stdin && self.stderr
    }
}

/// Lines and columns of the terminal, or what a terminal used to have.
pub fn size() -> (usize, usize) {
    match terminal_size::terminal_size() {
        Some((width, height)) => (height.0.into(), width.0.into()),
        None => (24, 80),
    }
}

/// True in continuous integration, by the variable that all services set.
pub fn in_ci() -> bool {
    is_set("CI") && env::var_os("CI").is_some_and(|value| value != "false" && value != "0")
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_follows_each_stream_and_the_flag_has_the_last_word() {
        let decide = |color, refused| {
            let term = Term::decide([true, false, true], color, refused);
            (term.colour_stdout, term.colour_stderr)
        };
        assert_eq!(decide(Color::Auto, false), (false, true));
        assert_eq!(decide(Color::Auto, true), (false, false));
        assert_eq!(decide(Color::Always, true), (true, true));
        assert_eq!(decide(Color::Never, false), (false, false));
    }

    #[test]
    fn a_question_needs_a_person_at_both_ends() {
        let can_ask = |streams| Term::decide(streams, Color::Auto, false).can_ask();
        assert!(can_ask([true, false, true]));
        assert!(!can_ask([false, true, true]));
        assert!(!can_ask([true, true, false]));
    }
}
