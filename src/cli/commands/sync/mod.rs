//! `sync`: compare the project with the published version on the server, and take over either side.

mod act;
mod ask;

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::drift_answer::NoComparison;
use crate::cli::remote::RemoteArgs;
use crate::cli::{drift, drift_output};
use crate::error::{Error, Kind, Result};
use crate::flow::sync::{self, Comparison};
use crate::operations::drift::DriftTarget;

answer!(driftUnread: NoComparison<'_>);

/// Compare the project with what is published on the server
///
/// Compares name, persona, model and every primitive, by content and never by number. The published version is
/// the newest one that was ever promoted there; a project that equals the active version is in sync as well. On a
/// terminal it shows each component that differs and offers a choice: push local to server, pull server to local,
/// or skip. It writes nothing before that.
#[derive(Debug, clap::Args)]
pub struct Sync {
    /// Only show what differs; exit code 1 if anything does
    #[arg(long, conflicts_with_all = ["accept", "push", "pull"])]
    check: bool,
    /// Write name, persona and model of the server into the TypeScript, without asking
    #[arg(long, conflicts_with_all = ["push", "pull"])]
    accept: bool,
    /// Push the project, without asking
    #[arg(long, conflicts_with = "pull")]
    push: bool,
    /// Restore the files of the version that is active on the server
    #[arg(long)]
    pull: bool,
    /// The version to compare with: `published`, `active`, or a number
    #[arg(
        long,
        value_name = "VERSION",
        default_value = "published",
        hide_default_value = true,
        conflicts_with = "pull"
    )]
    against: DriftTarget,
    /// Overwrite local edits that were not pushed
    #[arg(long)]
    force: bool,
    /// Fail with exit code 11 if the server cannot be reached, instead of warning
    #[arg(long)]
    strict: bool,
    /// The remote [default: the only one, or origin]
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
}

impl Sync {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let asked = !(self.check || self.accept || self.push || self.pull);
        if asked && !cx.can_ask() {
            return Err(Error::usage("cannot ask what to do without a terminal")
                .hint("run `lua-store sync --check` to see only what differs\nadd `--accept`, `--push` or `--pull` to act"));
        }
        let which = RemoteArgs { remote: self.remote.clone(), ..RemoteArgs::default() };
        let there = match drift::ask(cx, &project, &which) {
            // A server that is down must not stop anybody's work, as with the stock command; what was to be done there
            // or taken from there is not done, which is an error.
            Err(error) if error.kind() == Kind::Unavailable && self.check && !self.strict => {
                return drift::print_unknown(cx, &project, self.remote, &error);
            }
            other => other?,
        };
        if self.pull {
            return act::pull(cx, &project, &there, self.force);
        }
        let compared = match sync::compare_with(&project, &there, &self.against)? {
            Comparison::Unreadable(error) if self.check => return unreadable(cx, &error),
            Comparison::Unreadable(error) => return Err(error),
            Comparison::NothingPublished => return drift_output::nothing_published(cx),
            Comparison::Compared(compared) => compared,
        };
        let live = there.remote.remote.live_check()?;
        if compared.is_in_sync() {
            return drift_output::in_sync(cx, &compared, live.as_ref());
        }
        match (self.check, self.accept, self.push) {
            (true, ..) => drift_output::check(cx, &compared, live.as_ref()),
            (_, true, _) => act::accept(cx, &project, &compared, self.force),
            (_, _, true) => act::push(cx, &which),
            _ => ask::each(cx, &project, &compared, &which, self.force),
        }
    }
}

/// Code that is no agent cannot be compared: exit code 1, as for a difference.
fn unreadable(cx: &mut Context<'_>, error: &Error) -> Result<Exit> {
    match cx.out.is_json() {
        true => cx.out.json(&NoComparison::unreadable(error))?,
        false => cx.out.error(error),
    }
    Ok(Exit::Found)
}
