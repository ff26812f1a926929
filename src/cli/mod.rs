//! The command line: arguments in, text and exit codes out. The only room that reads the clock, the
//! user, the environment and the terminal, and hands them to the rooms below.

mod answer;
pub mod any_version_output;
pub mod args;
mod author;
pub mod breaches;
mod checkout;
pub mod clone_source;
mod command_tree;
pub mod commands;
mod compiled_parts;
pub mod compiler;
pub mod complete;
pub mod context;
pub mod copied;
mod creation;
pub mod data_folder;
pub mod demo;
mod deploy_args;
mod deploy_output;
pub mod diff_output;
pub mod doctor;
pub mod drift;
mod drift_answer;
pub mod drift_output;
pub mod elsewhere;
mod follower_output;
pub mod help;
pub mod hints;
pub mod import_allowance;
pub mod import_output;
mod inclusion;
mod ink;
pub mod ledger_output;
pub mod live;
mod live_check_output;
mod local_agents;
mod markdown;
pub mod next;
pub mod op_view;
mod open_browser;
pub mod open_merge;
mod open_promotion;
mod other_words;
pub mod output;
pub mod pager;
pub mod panic;
pub mod paths;
pub mod platform_diff;
pub mod platform_remote;
pub mod print;
mod program;
pub mod progress;
pub mod promotion_abort;
mod proof_view;
mod pull_version;
mod push;
pub mod push_output;
mod recorder;
pub mod remote;
pub mod restore_words;
mod running_output;
pub mod safety_snapshot;
pub mod schema;
mod selection;
mod status_steps;
pub mod table;
pub mod term;
pub mod terminal;
pub mod time;
pub mod timeline_output;
pub mod token;
pub mod token_remote;
pub mod tree_output;
mod version_creation;
mod which_agent;

use crate::error::{Kind, Result};
use args::Cli;
use context::Context;
use output::Output;
use std::ffi::OsString;
use std::process::ExitCode;
use term::Term;

/// End of a command that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Exit {
    Done,
    /// The work is done, and it found what scripts must notice: damage, drift. Exit code 1.
    Found,
    /// The work is done, and not all of it could be read. Exit code 11.
    Unread,
}

/// Exit code of a process that a closed pipe ended, as a shell sees it (128 + SIGPIPE).
const CLOSED_PIPE: u8 = 141;

/// Runs the program on the arguments and the environment of this process.
pub fn main() -> ExitCode {
    panic::install();
    let raw: Vec<OsString> = std::env::args_os().collect();
    let early = args::EarlyOptions::scan(&raw);
    let mut out = Output::new(Term::of_process(early.color), early.json);
    let result = run(raw, &mut out).and_then(|exit| out.finish().map(|()| exit));
    let code = match result {
        Ok(Exit::Done) => 0,
        Ok(Exit::Found) => 1,
        Ok(Exit::Unread) => Kind::Unavailable.exit_code(),
        Err(_) if out.is_closed() => CLOSED_PIPE,
        Err(error) => {
            out.error(&error);
            error.kind().exit_code()
        }
    };
    ExitCode::from(code)
}

fn run(raw: Vec<OsString>, out: &mut Output) -> Result<Exit> {
    if complete::answer(&raw)? {
        return Ok(Exit::Done);
    }
    let deploy = other_words::deploy(&raw);
    let is_deploy = deploy.is_some();
    let raw = deploy.unwrap_or(raw);
    let words: Vec<String> =
        raw.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    match args::parse(raw) {
        Ok(Cli { global, command }) => {
            let mut cx = Context::new(global, out);
            if is_deploy {
                cx.out.note(other_words::DEPLOY);
            }
            let done = match command {
                Some(command) => command.run(&mut cx),
                None => commands::overview::run(&mut cx),
            };
            recorder::record(&cx, &words);
            done.inspect_err(|error| cx.note(error))
        }
        Err(refused) if is_deploy => {
            refused.show(out).map_err(|error| error.also(other_words::DEPLOY))
        }
        Err(refused) => refused.show(out),
    }
}
