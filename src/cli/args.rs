//! The arguments: global options, the list of commands, and what happens when they make no sense.

use super::command_tree;
use super::commands::*;
use super::other_words;
use super::output::Output;
use super::term::Color;
use super::{Exit, help, program};
use crate::error::{Error, Result};
use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;
use std::path::PathBuf;

/// A version store for AI agents made with the Lua platform
///
/// Stores every state of an agent that you push, gives numbers to the states that you choose, records which one
/// is active, shows what differs between any two, and restores any of them. Needs no network.
#[derive(Debug, Parser)]
#[command(name = "lua-store", version, max_term_width = 100)]
#[command(override_usage = "lua-store [OPTIONS] <COMMAND>")]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options that every command has.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Run as if started in this directory
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// Print the answer, or the error, as JSON on stdout
    #[arg(long, global = true)]
    pub json: bool,
    /// When to use colours
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true)]
    pub color: Color,
    /// Do not show long output in a pager
    #[arg(long, global = true)]
    pub no_pager: bool,
    /// Ask no questions, even on a terminal
    #[arg(long, global = true)]
    pub ci: bool,
    /// The author to record [default: LUA_STORE_AUTHOR, the configuration, or git's user.email]
    #[arg(long, value_name = "EMAIL", global = true)]
    pub author: Option<String>,
    /// Allow a token to be sent in plain text, over http:// to another machine
    #[arg(long, global = true)]
    pub insecure: bool,
}

pub(crate) use super::command_tree::commands;

commands! {
    Command {
        Init(init::Init),
        Status(status::Status),
        Push(push::Push),
        Pull(pull::Pull),
        Version(version::Version),
        Versions(versions::Versions),
        Source(source::Source),
        Snapshot(snapshot::Snapshot),
        Persona(persona::Persona),
        Clone(clone::Clone),
        Fetch(fetch::Fetch),
        Sync(sync::Sync),
        Remote(remote::Remote),
        Login(login::Login),
        Logout(logout::Logout),
        Bundle(bundle::Bundle),
        Git(git::Git),
        Log(log::Log),
        Blame(blame::Blame),
        Diff(diff::Diff),
        Show(show::Show),
        Restore(restore::Restore),
        Undo(undo::Undo),
        Op(op::Op),
        Demo(demo::Demo),
        CatFile(cat_file::CatFile),
        LsTree(ls_tree::LsTree),
        RevParse(rev_parse::RevParse),
        Doctor(doctor::Doctor),
        Fsck(fsck::Fsck),
        HashObject(hash_object::HashObject),
        CountObjects(count_objects::CountObjects),
        Compact(compact::Compact),
        Gc(gc::Gc),
        Purge(purge::Purge),
        Compile(compile::Compile),
        Serve(Box<serve::Serve>),
        Ui(ui::Ui),
        Completions(completions::Completions),
        Man(man::Man),
        Schema(schema::Schema),
    }
}

/// Options that decide how an error is shown, read before anything else can fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EarlyOptions {
    pub json: bool,
    pub color: Color,
}

impl EarlyOptions {
    pub fn scan(raw: &[OsString]) -> EarlyOptions {
        let mut early = EarlyOptions::default();
        let mut words = raw.iter().skip(1).filter_map(|word| word.to_str());
        while let Some(word) = words.next() {
            match word {
                "--" => break,
                "--json" => early.json = true,
                "--color" => early.color = color(words.next().unwrap_or_default()),
                _ => {
                    if let Some(value) = word.strip_prefix("--color=") {
                        early.color = color(value);
                    }
                }
            }
        }
        early
    }
}

fn color(word: &str) -> Color {
    clap::ValueEnum::from_str(word, false).unwrap_or_default()
}

/// Reads the command line. Only the commands that it names are built; help, and advice after a mistake, is that of
/// the whole tree.
pub fn parse(raw: Vec<OsString>) -> std::result::Result<Cli, Refused> {
    match command_tree::with_named(&raw, || Cli::try_parse_from(&raw)) {
        Ok(cli) => return Ok(cli),
        Err(error) if error.kind() == ErrorKind::DisplayVersion => {
            return Err(Refused { error, short_help: false, words: Vec::new() });
        }
        Err(_) => {}
    }
    let short_help = raw.iter().any(|word| word == "-h");
    let words = raw.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    Cli::try_parse_from(raw).map_err(|error| Refused { error, short_help, words })
}

/// A command line that starts no command: help, the version, or a mistake.
#[derive(Debug)]
pub struct Refused {
    error: clap::Error,
    short_help: bool,
    words: Vec<String>,
}

impl Refused {
    pub fn show(self, out: &mut Output) -> Result<Exit> {
        let rendered = self.error.render();
        match self.error.kind() {
            ErrorKind::DisplayVersion if out.is_json() => program::print(out).map(|()| Exit::Done),
            ErrorKind::DisplayVersion => out.own(&rendered.to_string()).map(|()| Exit::Done),
            ErrorKind::DisplayHelp => {
                let text = help::text(&rendered, !self.short_help, out.term().colour_stdout);
                out.own(&text).map(|()| Exit::Done)
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                out.own_note(&help::text(&rendered, false, out.term().colour_stderr));
                Err(no_command(&rendered.to_string()))
            }
            ErrorKind::MissingSubcommand => Err(no_command(&rendered.to_string())),
            _ => Err(self.into_error()),
        }
    }

    /// The same mistake in this program's form. An error of ours comes back as it was.
    fn into_error(self) -> Error {
        let own = std::error::Error::source(&self.error)
            .and_then(|source| source.downcast_ref::<Error>());
        if let Some(own) = own {
            return own.repeat();
        }
        let text = self.error.render().to_string();
        let mut paragraphs = text.split("\n\n").map(str::trim);
        let message = paragraphs.next().unwrap_or_default().trim_start_matches("error: ");
        let message =
            message.lines().map(str::trim).collect::<Vec<_>>().join(" ").replace('\'', "\"");
        let hints: Vec<String> = paragraphs.filter_map(hint).collect();
        let hints = match self.other_word() {
            Some(other) => other,
            None => hints.join("\n"),
        };
        Error::usage(message).hint(hints)
    }
}

impl Refused {
    /// The hint for a command of git or of the stock command.
    fn other_word(&self) -> Option<String> {
        match self.error.get(ContextKind::InvalidSubcommand)? {
            ContextValue::String(word) => {
                let after = self.words.iter().skip_while(|other| *other != word).skip(1);
                other_words::hint(word, &after.map(String::as_str).collect::<Vec<_>>())
            }
            _ => None,
        }
    }
}

/// The program, or a group of its commands, without one.
fn no_command(rendered: &str) -> Error {
    let usage = rendered.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap_or_default();
    let message = match help::group(usage) {
        Some(group) => format!("no command was given after \"{group}\""),
        None => "no command was given".to_owned(),
    };
    Error::usage(message).hint(usage_hint(usage))
}

/// Hint after a mistake, from clap's usage line.
fn usage_hint(usage: &str) -> String {
    match usage.split_once(help::COMMANDS) {
        Some((program, _)) => format!("run `{program} --help` to list the commands"),
        None => format!("usage: `{usage}`"),
    }
}

/// One paragraph of clap's advice as a hint.
fn hint(paragraph: &str) -> Option<String> {
    if let Some(usage) = paragraph.strip_prefix("Usage: ") {
        return Some(usage_hint(usage));
    }
    let tip = paragraph.strip_prefix("tip: ")?.replace('\'', "`");
    match tip.split_once(" similar ").and_then(|(_, rest)| rest.split_once(": ")) {
        Some((_, names)) => Some(format!("did you mean {names}?")),
        None => Some(tip),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(line: &str) -> Error {
        parse(line.split(' ').map(OsString::from).collect()).unwrap_err().into_error()
    }

    #[test]
    fn clap_is_content_with_the_definitions() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn a_mistyped_command_is_suggested() {
        let error = refusal("lua-store hash-objct x");
        assert_eq!(error.message(), "unrecognized subcommand \"hash-objct\"");
        assert!(
            error.hint_text().unwrap().starts_with("did you mean `hash-object`?\n"),
            "{error:?}"
        );
        assert_eq!(error.kind().exit_code(), 2);
    }

    #[test]
    fn a_mistyped_option_is_suggested() {
        let error = refusal("lua-store hash-object --jsn x");
        assert_eq!(error.message(), "unexpected argument \"--jsn\" found");
        assert!(error.hint_text().unwrap().starts_with("did you mean `--json`?\n"), "{error:?}");
    }

    #[test]
    fn how_errors_are_shown_is_known_before_anything_can_fail() {
        let early = |line: &str| {
            EarlyOptions::scan(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
        };
        let json = |line| early(line).json;
        assert!(json("lua-store verson --json"));
        assert!(!json("lua-store hash-object -- --json"));
        assert_eq!(early("lua-store --color never x").color, Color::Never);
        assert_eq!(early("lua-store x --color=always").color, Color::Always);
        assert_eq!(early("lua-store x --color").color, Color::Auto);
    }
}
