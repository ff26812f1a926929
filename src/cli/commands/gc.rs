//! `gc`: a compaction that leaves out what nothing reaches.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::{Exit, copied, progress, time};
use crate::error::Result;
use crate::operations::purge;
use crate::store::{Compacted, ObjectCounts};
use serde::Serialize;
use std::time::Duration;

/// Remove unreachable objects, and combine the packs
///
/// An object is unreachable if no version, source version, snapshot or ledger record refers to it, for example after
/// a push was killed. Younger objects are kept.
#[derive(Debug, clap::Args)]
pub struct Gc {
    /// List what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove only objects that have been unreachable for this long: `14d`, `12h`, `0`
    #[arg(long, value_name = "SPAN", default_value = "14d", value_parser = time::span)]
    prune_older_than: Duration,
}

/// Answer of `gc`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer {
    dry_run: bool,
    /// Objects that were removed, or would be.
    removed: ObjectsView,
    /// Objects that nothing reaches either, and that stay until they are old.
    young: ObjectsView,
    /// The packs before and after; null with `--dry-run`, or where there are none.
    packs: Option<PacksView>,
}

answer!(collection: Answer);

/// Number of objects, and the bytes of their content.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ObjectsView {
    objects: u64,
    bytes: u64,
}

/// Packs before and after.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct PacksView {
    before: usize,
    bytes_before: u64,
    bytes_after: u64,
    /// Packs that stay because something in them is damaged.
    kept: usize,
}

impl From<ObjectCounts> for ObjectsView {
    fn from(counts: ObjectCounts) -> ObjectsView {
        ObjectsView { objects: counts.objects, bytes: counts.bytes }
    }
}

impl Gc {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let store = project.store();
        if !self.dry_run {
            progress::show(cx.out.term(), "Purging", progress::Unit::Item, |progress| {
                purge::finish(&project, progress)
            })?;
        }
        let garbage = store.garbage(cx.now()?.into(), self.prune_older_than)?;
        let (removed, young) = (store.measure(&garbage.old)?, store.measure(&garbage.young)?);
        let done = match self.dry_run {
            true => None,
            false => {
                let lock = store.lock()?;
                store.refs().pack_refs(&lock)?;
                drop(lock);
                progress::show(cx.out.term(), "Collecting", progress::Unit::Item, |progress| {
                    store.remove_garbage(garbage, progress)
                })?
            }
        };
        if cx.out.is_json() {
            let packs = done.map(|done| PacksView {
                before: done.packs_before,
                bytes_before: done.bytes_before,
                bytes_after: done.bytes_after,
                kept: done.kept,
            });
            let (dry_run, removed, young) = (self.dry_run, removed.into(), young.into());
            cx.out.json(&Answer { dry_run, removed, young, packs })?;
            return Ok(Exit::Done);
        }
        self.print(cx, (removed, young), done)?;
        Ok(Exit::Done)
    }

    fn print(
        &self,
        cx: &mut Context<'_>,
        (removed, young): (ObjectCounts, ObjectCounts),
        done: Option<Compacted>,
    ) -> Result<()> {
        let (objects, bytes) = (removed.objects, copied::size(removed.bytes));
        cx.out.line(match (self.dry_run, objects) {
            (true, 0) => "Would remove nothing.".to_owned(),
            (true, _) => {
                format!("Would remove {objects} unreachable object(s), {bytes}.")
            }
            (false, 0) => "✓ Nothing to remove.".to_owned(),
            (false, _) => format!("✓ Removed {objects} unreachable object(s), {bytes}."),
        })?;
        if young.objects > 0 {
            let (objects, bytes) = (young.objects, copied::size(young.bytes));
            cx.out
                .line(format!("  {objects} younger unreachable object(s), {bytes}, were kept."))?;
        }
        let Some(done) = done else { return Ok(()) };
        let (packs, before, after) = (done.packs_before, done.bytes_before, done.bytes_after);
        let (before, after) = (copied::size(before), copied::size(after));
        cx.out.line(format!(
            "  Combined {packs} pack(s) into one: {before} before, {after} after."
        ))?;
        if done.kept > 0 {
            cx.out.warn(format!(
                "{} pack(s) were kept, because they contain damaged objects",
                done.kept
            ));
            cx.out
                .hint("run `lua-store fsck` to list what is damaged and which versions it affects");
        }
        Ok(())
    }
}
