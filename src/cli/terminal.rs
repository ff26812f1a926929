//! Terminal: the front end of flows, which shows on stdout and stderr what happens on the way.

use super::context::Context;
use super::hints;
use super::progress::{self, Unit};
use super::push_output;
use crate::error::Result;
use crate::flow::destination::Delivery;
use crate::flow::git::{self, Warning};
use crate::flow::push::is_versionable;
use crate::flow::{Notice, Phase, Reporter};
use crate::history::project::Project;
use crate::history::record::Author;
use crate::merge::incoming::LedgerChange;
use crate::merge::join_history::{DivergedLedgers, JoinedHistory};
use crate::operations::push::Pushed;
use crate::progress::Progress;
use crate::report;

pub struct Terminal<'c, 'o> {
    pub cx: &'c mut Context<'o>,
    /// A push is only a part of the command: its last line and what may come next are left out.
    is_brief: bool,
}

impl<'c, 'o> Terminal<'c, 'o> {
    pub fn new(cx: &'c mut Context<'o>) -> Self {
        Terminal { cx, is_brief: false }
    }

    pub fn brief(cx: &'c mut Context<'o>) -> Self {
        Terminal { cx, is_brief: true }
    }

    fn pushed(&mut self, pushed: &Pushed, project: &Project, who: &Author) -> Result<()> {
        push_output::print(self.cx, pushed, None)?;
        if self.is_brief {
            return Ok(());
        }
        if !self.cx.out.is_json() {
            push_output::print_summary(self.cx, pushed, false)?;
        }
        if pushed.number.is_some() && is_versionable(project, who) {
            self.cx.out.hint("run `lua-store version create` to create a version of it");
        }
        Ok(())
    }

    /// Records under the label of a side, where there are any.
    fn records(&mut self, label: &str, list: &[LedgerChange]) {
        if list.is_empty() {
            return;
        }
        self.cx.out.note(label);
        for line in report::newest_moved_lines(list) {
            self.cx.out.note(format!("  {}", line.text));
        }
    }

    /// New records of the remote, and the fate of ours.
    fn joined(&mut self, name: &str, joined: &JoinedHistory) {
        let JoinedHistory { incoming, unsent, left_out, .. } = joined;
        self.records(&format!("Downloaded from {name}:"), incoming);
        self.records(&format!("Sent to {name} first:"), unsent);
        self.records(
            &format!("Left out, because the ledger of {name} does not contain it:"),
            left_out,
        );
    }
}

impl Reporter for Terminal<'_, '_> {
    fn phase<T: Send>(
        &mut self,
        phase: Phase,
        work: impl FnOnce(&Progress) -> Result<T>,
    ) -> Result<T> {
        let (label, unit) = match phase {
            Phase::Pushing => ("Pushing", Unit::Item),
            Phase::Sending => ("Sending", Unit::Byte),
            Phase::Reading => ("Reading", Unit::Item),
            Phase::Restoring => ("Restoring", Unit::Item),
            Phase::Merging => ("Merging", Unit::Item),
        };
        progress::show(self.cx.out.term(), label, unit, work)
    }

    fn notice(&mut self, notice: Notice<'_>) -> Result<()> {
        let is_json = self.cx.out.is_json();
        let out = &mut *self.cx.out;
        match notice {
            Notice::Incoming(incoming) => {
                report::newest_lines(incoming).into_iter().for_each(|line| out.note(line.text));
            }
            Notice::Renumbered(rebased) => {
                report::renumbered_lines(rebased).into_iter().for_each(|line| out.note(line.text));
            }
            Notice::Overtaken(records) => {
                report::newest_moved_lines(records)
                    .into_iter()
                    .for_each(|line| out.note(line.text));
            }
            Notice::Diverged(DivergedLedgers { ours, theirs }) => {
                self.records("here:", ours);
                self.records("there:", theirs);
            }
            Notice::Pushed { pushed, project, who } => return self.pushed(pushed, project, who),
            Notice::Git(outcome) => print_git(self.cx, outcome),
            Notice::Delivered(delivery) if !is_json => return out.line(delivered(delivery)),
            Notice::Delivered(_) => {}
            Notice::LedgersJoined { remote, joined } => self.joined(remote, joined),
            Notice::LedgerBehind { remote } => {
                out.warn(format!("the local ledger and that of {remote} have diverged"));
                out.hint(format!("run `lua-store pull {remote}` to merge yours and theirs"));
            }
            Notice::Edited { label, path, spared } => {
                if !is_json {
                    out.line(format!("✅ {label} synced from server ({path})"))?;
                }
                if let Some(spared) = spared {
                    out.note(format!("{spared} was not changed, because other code uses it too."));
                }
            }
        }
        Ok(())
    }
}

/// Failures of git, each with the way to make up for it.
pub fn print_git(cx: &mut Context<'_>, outcome: &git::GitOutcome) {
    for Warning { what, fix } in &outcome.warnings {
        cx.out.warn(what);
        for line in fix.iter().map(hints::text) {
            line.lines().for_each(|line| cx.out.hint(line));
        }
    }
}

fn delivered(delivery: &Delivery) -> String {
    let mut parts = Vec::new();
    parts.extend(numbers("source version", &delivery.source_versions));
    parts.extend(numbers("version", &delivery.versions));
    if delivery.active_moved {
        parts.push("the ledger".to_owned());
    }
    match parts.is_empty() {
        true => format!("✅ {} has everything.", delivery.name),
        false if delivery.deployed.is_some() => {
            format!("✅ Sent to {}: {}", delivery.name, parts.join(", "))
        }
        false => {
            format!("✅ Sent to {}: {} ({} bytes)", delivery.name, parts.join(", "), delivery.bytes)
        }
    }
}

/// `source version v5` or `source versions v5..v7`.
fn numbers(what: &str, numbers: &[u64]) -> Option<String> {
    match numbers {
        [] => None,
        [one] => Some(format!("{what} v{one}")),
        [first, .., last] => Some(format!("{what}s v{first}..v{last}")),
    }
}
