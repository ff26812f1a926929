//! Pull of a sync: the files of the version that is active on the server.

use super::RemoteState;
use super::accept::unpushed_edits;
use crate::client::fetch;
use crate::diff::TreeChange;
use crate::error::{Error, Hint, Result};
use crate::flow::{Phase, Reporter};
use crate::history::imported;
use crate::history::project::Project;
use crate::history::record::Author;
use crate::operations::rollback::{self, RollbackSource};
use crate::progress::Progress;

/// Result of a pull of the live version.
pub struct Restored {
    /// The number of the version that is active.
    pub version: u64,
    pub changes: Vec<TreeChange>,
    /// The safety snapshot of the files before.
    pub kept: Option<u64>,
}

/// Brings back the files of the version that is active on the server. Edits that were not pushed are refused,
/// unless `force` is set: then they are kept as a safety snapshot.
pub fn pull<R: Reporter>(
    reporter: &mut R,
    (project, who): (&Project, &Author),
    there: &RemoteState,
    force: bool,
) -> Result<Restored> {
    let (active, _) = there.versions()?.live()?.ok_or_else(|| {
        Error::not_found("no version is active on the server").hint(Hint::PullEverything)
    })?;
    let (remote, head) = (&there.remote, there.head.clone());
    fetch::fetch_from(project.store(), &remote.name, &*remote.remote, head, &Progress::default())?;
    let is_partial = imported::version_is_partial(project.store(), &active)?;
    let from = RollbackSource::Files { state: active.state, source: active.source, is_partial };
    let rollback =
        reporter.phase(Phase::Reading, |progress| rollback::prepare(project, from, progress))?;
    let changes = rollback.changes.clone();
    if !force && !changes.is_empty() && rollback.has_edits()? {
        let paths: Vec<&str> = changes.iter().map(|change| &*change.path).collect();
        return Err(unpushed_edits(&paths));
    }
    let done = reporter.phase(Phase::Restoring, |progress| rollback.run(who, progress))?;
    Ok(Restored { version: active.number, changes, kept: done.kept })
}
