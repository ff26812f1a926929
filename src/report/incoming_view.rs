//! Incoming versions of a remote as JSON, and the answers of a refused and of a completed pull.

use super::change_view::ChangeView;
use super::conflict::ConflictView;
use super::view::{SourceSummary, source_summary};
use crate::diff::TreeChange;
use crate::history::ledger::LedgerEntry;
use crate::history::record::iso;
use crate::history::version::Version;
use crate::merge::incoming::{Incoming, LedgerChange};
use crate::merge::pull::{PullConflicts, Pulled};
use crate::merge::rebase::{NumberChange, Rebased, Renumbered};
use crate::object::Id;
use serde::Serialize;

/// Versions and records of others, oldest first.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct IncomingView<'a> {
    source: Vec<SourceView<'a>>,
    versions: Vec<VersionView<'a>>,
    ledger: Vec<LedgerChangeView<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SourceView<'a> {
    #[serde(flatten)]
    summary: SourceSummary,
    changes: ChangeView<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct VersionView<'a> {
    version: u64,
    message: Option<&'a str>,
    created_by: &'a str,
    created_at: String,
    source_manifest_version: u64,
    id: Id,
}

/// A record of a ledger.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LedgerChangeView<'a> {
    event: &'static str,
    /// `None`: the version has no local number.
    version: Option<u64>,
    by: &'a str,
    at: String,
    reason: Option<&'a str>,
    id: Id,
}

/// Changes of both sides because of which a pull was refused.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PullConflictsView<'a> {
    incoming: IncomingView<'a>,
    conflicts: Vec<ConflictView<'a>>,
    ledger: Option<DivergedView<'a>>,
}

/// A ledger that was continued on both sides.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct DivergedView<'a> {
    ours: Vec<LedgerChangeView<'a>>,
    theirs: Vec<LedgerChangeView<'a>>,
}

/// Result of a pull: incoming versions, and the new numbers of ours.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PulledView<'a> {
    incoming: IncomingView<'a>,
    files: Vec<PulledFile<'a>>,
    merged: &'a [String],
    decided: Vec<ConflictView<'a>>,
    /// Changes of a side that the merged files lack, although no lines clashed.
    missing: Vec<ConflictView<'a>>,
    renumbered: RenumberedView<'a>,
    left_out: Vec<LedgerChangeView<'a>>,
    /// The safety snapshot with the files as they were.
    snapshot: Option<u64>,
    allowed: &'a [String],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PulledFile<'a> {
    path: &'a str,
    from: Option<&'a str>,
    change: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RenumberedView<'a> {
    source: &'a [NumberChange],
    versions: &'a [NumberChange],
    primitives: &'a [Renumbered],
}

impl<'a> IncomingView<'a> {
    pub fn new(incoming: &'a Incoming) -> IncomingView<'a> {
        let source = incoming.source.iter().map(|push| SourceView {
            summary: source_summary(&push.version),
            changes: ChangeView::new(&push.change),
        });
        IncomingView {
            source: source.collect(),
            versions: incoming.versions.iter().map(VersionView::new).collect(),
            ledger: ledger_views(&incoming.ledger),
        }
    }
}

/// Records of a ledger.
pub fn ledger_views(list: &[LedgerChange]) -> Vec<LedgerChangeView<'_>> {
    list.iter().map(|change| LedgerChangeView::new(&change.step, change.number)).collect()
}

impl<'a> VersionView<'a> {
    fn new(version: &'a Version) -> VersionView<'a> {
        let meta = &version.meta;
        VersionView {
            version: version.number,
            message: meta.message.as_deref(),
            created_by: &meta.by,
            created_at: iso(meta.at_ms),
            source_manifest_version: meta.source_version,
            id: version.id,
        }
    }
}

impl<'a> LedgerChangeView<'a> {
    fn new(step: &'a LedgerEntry, version: Option<u64>) -> LedgerChangeView<'a> {
        let record = &step.record;
        LedgerChangeView {
            event: record.event.word(),
            version,
            by: &record.by,
            at: iso(record.at_ms),
            reason: record.reason.as_deref(),
            id: step.id,
        }
    }
}

impl<'a> PullConflictsView<'a> {
    pub fn new(refused: &'a PullConflicts) -> PullConflictsView<'a> {
        let diverged = refused.diverged.as_ref();
        PullConflictsView {
            incoming: IncomingView::new(&refused.incoming),
            conflicts: refused.conflicts.iter().map(ConflictView::new).collect(),
            ledger: diverged.map(|(ours, theirs)| DivergedView {
                ours: ledger_views(ours),
                theirs: ledger_views(theirs),
            }),
        }
    }
}

impl<'a> PulledView<'a> {
    pub fn new(pulled: &'a Pulled) -> PulledView<'a> {
        let Rebased { source, versions, primitives, left_out, .. } = &pulled.rebased;
        PulledView {
            incoming: IncomingView::new(&pulled.incoming),
            files: pulled.files.iter().map(PulledFile::new).collect(),
            merged: &pulled.texts,
            decided: pulled.decided.iter().map(ConflictView::new).collect(),
            missing: pulled.missing.iter().map(ConflictView::new).collect(),
            renumbered: RenumberedView { source, versions, primitives },
            left_out: left_out.iter().map(|step| LedgerChangeView::new(step, None)).collect(),
            snapshot: pulled.kept,
            allowed: &pulled.allowed,
        }
    }
}

impl<'a> PulledFile<'a> {
    fn new(change: &'a TreeChange) -> PulledFile<'a> {
        let TreeChange { path, from, kind, .. } = change;
        PulledFile { path, from: from.as_deref(), change: kind.word() }
    }
}
