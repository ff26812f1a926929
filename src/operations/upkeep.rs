//! Keeping the packs of a store few after a write. Nothing here may fail the command that came before it.

use crate::error::Result;
use crate::history::project::Project;
use crate::progress::Progress;
use crate::store::{CompactScope, Compacted};

/// Combines packs of about one size when there are many, within the limit of one command.
pub fn after_write(project: &Project) -> Result<Option<Compacted>> {
    project.store().objects().compact(CompactScope::Tier, &Progress::default())
}
