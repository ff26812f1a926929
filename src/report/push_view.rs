//! Push as JSON: files and primitives that it kept, left out or could not evaluate.

use crate::compare::PushedItem;
use crate::model::agent::{Dropped, Note};
use crate::object::Id;
use crate::operations::push::Pushed;
use crate::operations::reached::Needed;
use crate::operations::stage::PushReport;
use crate::operations::stock;
use crate::reader::compiled::Dist;
use crate::workspace::Skipped;
use serde::Serialize;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PushView<'a> {
    changed: bool,
    dry_run: bool,
    source_version: Option<u64>,
    healed: usize,
    previous_source_version: Option<u64>,
    items: Vec<PushedItemView<'a>>,
    /// Number of files in the project.
    files: usize,
    left_out: &'a [Skipped],
    kept_although_ignored: Vec<NeededView<'a>>,
    notes: &'a [Note],
    dropped: &'a [Dropped],
    deployable: bool,
    unread: Option<&'a str>,
    compiled: DistView<'a>,
    state: Id,
    source: Id,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PushedItemView<'a> {
    kind: &'static str,
    name: &'a str,
    change: &'static str,
    from: Option<&'a str>,
    to: Option<&'a str>,
    rebundled: bool,
}

/// A file that is kept although an ignore rule names it, and who needs it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NeededView<'a> {
    path: &'a str,
    imported_by: Option<String>,
}

/// Output of `lua compile` for the same files.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DistView<'a> {
    state: &'static str,
    reason: Option<String>,
    left_out: Vec<LeftOutBundleView<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LeftOutBundleView<'a> {
    path: &'a str,
    reason: &'a str,
}

impl<'a> PushView<'a> {
    pub fn new(pushed: &'a Pushed, dry_run: bool) -> PushView<'a> {
        let report = &pushed.report;
        PushView {
            changed: report.changed(),
            dry_run,
            source_version: pushed.number,
            healed: pushed.healed,
            previous_source_version: report.previous.as_ref().map(|previous| previous.number),
            items: report.items.iter().map(PushedItemView::new).collect(),
            files: report.snapshot.files,
            left_out: &report.snapshot.skipped,
            kept_although_ignored: NeededView::all(report),
            notes: &report.notes,
            dropped: &report.dropped,
            deployable: stock::is_deployable(&report.dropped),
            unread: report.unread.as_deref(),
            compiled: DistView::new(&report.dist),
            state: report.state,
            source: report.snapshot.tree,
        }
    }
}

impl<'a> PushedItemView<'a> {
    fn new(item: &'a PushedItem) -> PushedItemView<'a> {
        PushedItemView {
            kind: item.kind,
            name: &item.name,
            change: item.change.word(),
            from: item.before.as_deref(),
            to: item.after.as_deref(),
            rebundled: item.rebundled,
        }
    }
}

impl<'a> NeededView<'a> {
    pub fn all(report: &'a PushReport) -> Vec<NeededView<'a>> {
        report.needed.iter().map(NeededView::new).collect()
    }

    fn new(needed: &'a Needed) -> NeededView<'a> {
        let imported_by = needed.by.as_ref().map(|by| format!("{}:{}", by.path, by.line));
        NeededView { path: &needed.path, imported_by }
    }
}

impl<'a> DistView<'a> {
    pub fn new(dist: &'a Dist) -> DistView<'a> {
        let left_out = dist.output().map(|output| &*output.left_out).unwrap_or_default();
        let left_out = left_out.iter().map(|(path, reason)| LeftOutBundleView { path, reason });
        DistView { state: dist.word(), reason: dist.reason(), left_out: left_out.collect() }
    }
}
