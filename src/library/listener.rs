//! Listener: notices to a program that links the crate, while a push, a promotion or a pull goes
//! on.

use crate::error::Result;
use crate::flow::git::GitOutcome;
use crate::flow::{self, Notice, Phase};
use crate::merge::incoming::LedgerChange;
use crate::merge::join_history::{DivergedLedgers, JoinedHistory};
use crate::progress::Progress;
use crate::report;
use std::sync::Arc;

/// Notices of a project. Called on the thread that pushes, promotes or pulls; a project without one
/// shows nothing.
pub trait Listener: Send + Sync {
    /// A part of the work that may take long begins.
    fn phase(&self, phase: Phase) {
        let _ = phase;
    }

    /// One line about something that happened, in the words of the command line: what others pushed meanwhile, which
    /// numbers moved, what git did not do. What comes after it may still fail.
    fn message(&self, line: &str) {
        let _ = line;
    }
}

/// The front end of the flows that a program starts.
#[derive(Clone, Default)]
pub(super) struct LibraryReporter(pub Option<Arc<dyn Listener>>);

impl LibraryReporter {
    fn message(&self, line: &str) {
        if let Some(listener) = &self.0 {
            listener.message(line);
        }
    }

    fn records(&self, label: &str, records: &[LedgerChange]) {
        for line in report::moved_lines(records) {
            self.message(&format!("{label}: {}", line.text));
        }
    }

    /// Failures of git.
    pub fn git(&self, outcome: Option<&GitOutcome>) {
        let warnings = outcome.into_iter().flat_map(|outcome| &outcome.warnings);
        warnings.for_each(|warning| self.message(&warning.what));
    }
}

impl flow::Reporter for LibraryReporter {
    fn phase<T: Send>(
        &mut self,
        phase: Phase,
        work: impl FnOnce(&Progress) -> Result<T>,
    ) -> Result<T> {
        if let Some(listener) = &self.0 {
            listener.phase(phase);
        }
        work(&Progress::default())
    }

    fn notice(&mut self, notice: Notice<'_>) -> Result<()> {
        let lines = match notice {
            Notice::Incoming(incoming) => report::incoming_lines(incoming),
            Notice::Renumbered(rebased) => report::renumbered_lines(rebased),
            Notice::Overtaken(records) => report::moved_lines(records),
            Notice::Diverged(DivergedLedgers { ours, theirs }) => {
                self.records("here", ours);
                self.records("there", theirs);
                Vec::new()
            }
            Notice::LedgersJoined { remote, joined } => {
                let JoinedHistory { incoming, unsent, left_out, .. } = joined;
                self.records(&format!("from {remote}"), incoming);
                self.records(&format!("not sent to {remote} before"), unsent);
                self.records("left out", left_out);
                Vec::new()
            }
            Notice::LedgerBehind { remote } => {
                self.message(&format!("the local ledger and that of {remote} have diverged"));
                Vec::new()
            }
            Notice::Git(outcome) => {
                self.git(Some(outcome));
                Vec::new()
            }
            Notice::Pushed { .. } | Notice::Delivered(_) | Notice::Edited { .. } => Vec::new(),
        };
        lines.iter().for_each(|line| self.message(&line.text));
        Ok(())
    }
}
