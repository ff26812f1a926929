//! `compact`: packs are put together and squeezed, refs come into one file.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::{Exit, progress};
use crate::error::Result;
use crate::store::CompactScope;
use serde::Serialize;

/// Combine the packs of the store into one, and pack its refs
///
/// Runs automatically when there are many packs. Removes nothing that the store contains.
#[derive(Debug, clap::Args)]
pub struct Compact {}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer {
    compacted: Option<Compacted>,
}

answer!(compaction: Answer);

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Compacted {
    /// Null where nothing is left.
    pack: Option<String>,
    objects: u64,
    packs_before: usize,
    bytes_before: u64,
    bytes_after: u64,
    packs_kept: usize,
}

impl Compact {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let store = project.store();
        let objects = store.objects();
        let lock = store.lock()?;
        store.refs().pack_refs(&lock)?;
        store.empty_active_pack(&lock)?;
        drop(lock);
        let done = progress::show(cx.out.term(), "Compacting", progress::Unit::Item, |progress| {
            objects.compact(CompactScope::All, progress)
        })?;
        if cx.out.is_json() {
            let compacted = done.map(|done| Compacted {
                pack: done.pack.map(|pack| pack.file_name()),
                objects: done.objects,
                packs_before: done.packs_before,
                bytes_before: done.bytes_before,
                bytes_after: done.bytes_after,
                packs_kept: done.kept,
            });
            cx.out.json(&Answer { compacted })?;
            return Ok(Exit::Done);
        }
        let Some(done) = done else {
            cx.out.line("Nothing to combine.")?;
            return Ok(Exit::Done);
        };
        let (packs, before, after) = (done.packs_before, done.bytes_before, done.bytes_after);
        cx.out
            .line(format!("✓ Combined {packs} pack(s): {before} bytes before, {after} after."))?;
        if done.kept > 0 {
            cx.out.warn(format!(
                "{} pack(s) were kept, because they contain damaged objects",
                done.kept
            ));
            cx.out
                .hint("run `lua-store fsck` to list what is damaged and which versions it affects");
        }
        Ok(Exit::Done)
    }
}
