//! `sync`: how the project stands to what is published on the server, and what to do about it.

mod act;
mod ask;
mod look;
mod show;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::outward::Which;
use crate::error::{Error, Result};
use look::Seen;
use serde_json::{Value, json};

/// Compare the project with what is published on the server
///
/// Name, persona, model and every primitive are compared, by content. Published is the newest version that was ever promoted there. On a terminal every component that differs is
/// shown, with a choice: push local to server, pull server to local, skip. Nothing is written before that.
#[derive(Debug, clap::Args)]
pub struct Sync {
    /// Only say what differs; exit code 1 when something does
    #[arg(long, conflicts_with_all = ["accept", "push", "pull"])]
    check: bool,
    /// Take name, persona and model of the server into the TypeScript, without asking
    #[arg(long, conflicts_with_all = ["push", "pull"])]
    accept: bool,
    /// Push what is here, without asking
    #[arg(long, conflicts_with = "pull")]
    push: bool,
    /// Bring back the files of the version that is active on the server
    #[arg(long)]
    pull: bool,
    /// Overwrite local edits that were not pushed
    #[arg(long)]
    force: bool,
    /// A server that cannot be reached is an error (exit code 11), not a warning
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
                .hint("`lua-store sync --check` only says what differs\n`--accept`, `--push` or `--pull` says what to do"));
        }
        let which = Which { remote: self.remote.clone(), offline: false };
        let seen = look::look(cx, &project, &which)?;
        let compared = match seen {
            Seen::Unreachable(error) => return unreachable(cx, error, self.strict),
            Seen::NothingPublished => return show::nothing_published(cx),
            Seen::Compared(compared) => compared,
        };
        if self.pull {
            return act::pull(cx, &project, &compared, self.force);
        }
        if compared.is_in_sync() {
            return show::in_sync(cx, &compared);
        }
        match (self.check, self.accept, self.push) {
            (true, ..) => show::check(cx, &compared),
            (_, true, _) => act::accept(cx, &project, &compared, self.force),
            (_, _, true) => act::push(cx, &which),
            _ => ask::each(cx, &project, &compared, &which, self.force),
        }
    }
}

/// As the stock command says it: a server that is down must not stop anybody's work.
fn unreachable(cx: &mut Context<'_>, error: Error, strict: bool) -> Result<Exit> {
    if strict {
        return Err(error);
    }
    if cx.out.is_json() {
        cx.out.json(&unknown(&error))?;
    }
    cx.out.warn(format!("drift is not known: {}", error.message()));
    Ok(Exit::Done)
}

/// For `compile --sync`: what differs is told, and stops nothing.
pub fn tell(cx: &mut Context<'_>) -> Result<Exit> {
    let project = cx.project()?;
    let _ = match look::look(cx, &project, &Which::default())? {
        Seen::Unreachable(error) => unreachable(cx, error, false)?,
        Seen::NothingPublished => show::nothing_published(cx)?,
        Seen::Compared(compared) if compared.is_in_sync() => show::in_sync(cx, &compared)?,
        Seen::Compared(compared) => show::check(cx, &compared)?,
    };
    Ok(Exit::Done)
}

/// The same as JSON.
pub fn standing(cx: &mut Context<'_>) -> Result<Value> {
    let project = cx.project()?;
    Ok(match look::look(cx, &project, &Which::default())? {
        Seen::Unreachable(error) => unknown(&error),
        Seen::NothingPublished => show::nothing(),
        Seen::Compared(compared) => show::to_json(&compared),
    })
}

fn unknown(error: &Error) -> Value {
    json!({"standing": "unknown", "reason": error.message()})
}
