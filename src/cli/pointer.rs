//! A step of the pointer: judged by the remote, where there is one, taken there, and then here.

use super::context::Context;
use super::outward::{Outward, Which, behind, with_hint};
use super::progress::{self, Unit};
use super::remote::Reached;
use crate::client::promote::{self, PromoteOutcome, RemoteHistory};
use crate::error::{Error, Result};
use crate::history::project::Project;
use crate::merge::incoming::LedgerChange;
use crate::merge::join_history::{DivergedLedgers, JoinedHistory};
use crate::operations::promote::{Ground, Step};
use crate::protocol::Head;
use crate::report;
use crate::store::Store;

/// Where it is decided what is live.
pub enum Station {
    /// There is no remote, or it is left alone.
    Here,
    There(Box<There>),
}

pub struct There {
    reached: Reached,
    head: Head,
    met: RemoteHistory,
}

/// What a command wants of the remote.
pub struct Wish<'a> {
    pub which: &'a Which,
    /// As in `promote v2`: for messages, and to be typed again.
    pub action: &'a str,
    /// Whether it may change anything at all.
    pub dry_run: bool,
    /// Leave out what was recorded here and cannot follow on the ledger there.
    pub theirs: bool,
}

impl Station {
    /// Asks the remote what is live. A ledger that is behind is brought here, and said.
    pub fn find(cx: &mut Context<'_>, project: &Project, wish: &Wish) -> Result<Station> {
        let Some(Outward { reached, head }) = Outward::ask(cx, project, wish.which)? else {
            return Ok(Station::Here);
        };
        let head = head.map_err(unchanged)?;
        let met = promote::join_remote(
            project.store(),
            &reached.name,
            &*reached.remote,
            &head,
            !wish.dry_run,
            wish.theirs,
        );
        let met = met
            .map_err(unchanged)?
            .map_err(|apart| self::apart(cx, wish, &reached.name, &apart))?;
        tell(cx, &reached.name, &met.history);
        Ok(Station::There(Box::new(There { reached, head, met })))
    }

    /// What a step is judged by.
    pub fn ground<'a>(&'a self, store: &'a Store) -> Result<Ground<'a>> {
        match self {
            Station::Here => Ground::here(store),
            Station::There(there) => there.ground(store),
        }
    }

    pub fn name(&self) -> Option<&str> {
        match self {
            Station::Here => None,
            Station::There(there) => Some(&there.reached.name),
        }
    }

    /// Records of the remote's ledger that were not known here.
    pub fn brought(&self) -> &[LedgerChange] {
        match self {
            Station::Here => &[],
            Station::There(there) => &there.met.history.brought,
        }
    }
}

impl There {
    pub fn ground<'a>(&'a self, store: &'a Store) -> Result<Ground<'a>> {
        self.met.history.ground(store, &self.met.seen.objects)
    }

    /// Takes a step there, and then here.
    pub fn take(
        self,
        cx: &mut Context<'_>,
        project: &Project,
        action: &str,
        step: &Step,
    ) -> Result<()> {
        let There { reached, head, met } = self;
        let (store, term) = (project.store(), *cx.out.term());
        let before = head.clone();
        let taken = progress::show(&term, "Sending", Unit::Byte, |progress| {
            let step = (step.number, step.new);
            promote::send_promotion(
                store,
                &reached.name,
                &*reached.remote,
                head,
                &met.history,
                step,
                progress,
            )
        });
        match taken.map_err(unchanged)? {
            PromoteOutcome::Done(followed) => {
                if !followed {
                    stays_behind(cx, &reached.name);
                }
                Ok(())
            }
            PromoteOutcome::Behind(head) => Err(behind(cx, store, action, &reached.name, &head)),
            PromoteOutcome::Moved(now) => {
                Err(moved(cx, store, action, &reached.name, &before, &now))
            }
        }
    }

    /// There is nothing to do there: ours comes up to it.
    pub fn settle(self, cx: &mut Context<'_>, project: &Project) -> Result<()> {
        if !promote::catch_up(project.store(), &self.head, &self.met.history)? {
            stays_behind(cx, &self.reached.name);
        }
        project.store().confirm()
    }
}

fn unchanged(error: Error) -> Error {
    match error.hint_text() {
        // What was asked for may have happened after all.
        Some(hint) if hint == promote::UNANSWERED => error,
        _ => with_hint(error, "nothing was changed; `--offline` moves only the pointer here"),
    }
}

/// What the remote had that was not known here, and what becomes of ours.
fn tell(cx: &mut Context<'_>, name: &str, accord: &JoinedHistory) {
    let lists = [
        (format!("Brought from {name}, not known here before:"), &accord.brought),
        (format!("Not sent to {name} before, and going there first:"), &accord.unsent),
        (format!("Left out, as {name} has a ledger without it:"), &accord.left_out),
    ];
    for (head, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        cx.out.note(head);
        for line in report::moved_lines(list) {
            cx.out.note(format!("  {}", line.text));
        }
    }
}

fn stays_behind(cx: &mut Context<'_>, name: &str) {
    cx.out.warn(format!("the ledger here cannot follow the one of {name}"));
    cx.out.hint(format!("`lua-store pull {name}` puts yours and theirs together"));
}

/// Both sides recorded something that the other has not seen.
fn apart(cx: &mut Context<'_>, wish: &Wish, name: &str, apart: &DivergedLedgers) -> Error {
    for (label, list) in [("here:", &apart.ours), ("there:", &apart.theirs)] {
        if !list.is_empty() {
            cx.out.note(label);
        }
        for line in report::moved_lines(list) {
            cx.out.note(format!("  {}", line.text));
        }
    }
    let Wish { action, which, .. } = wish;
    let remote = which.remote.as_ref().map_or(String::new(), |name| format!(" --remote {name}"));
    Error::conflict(format!("cannot {action}: what was recorded here offline cannot follow what \"{name}\" has"))
        .hint(format!(
            "`lua-store version {action}{remote} --theirs` goes on from what is there and leaves yours out; nothing was changed"
        ))
}

/// Somebody was faster.
fn moved(
    cx: &mut Context<'_>,
    store: &Store,
    action: &str,
    name: &str,
    before: &Head,
    now: &Head,
) -> Error {
    let new = report::moved_since(
        store.objects(),
        &crate::client::heads(before),
        &crate::client::heads(now),
    );
    for line in new.unwrap_or_default() {
        cx.out.note(line.text);
    }
    Error::conflict(format!(
        "cannot {action}: somebody else moved the pointer of \"{name}\" meanwhile"
    ))
    .hint("the same command again is judged by what is live now; nothing was changed")
}
