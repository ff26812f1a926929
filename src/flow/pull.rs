//! Pull: versions of others are merged into the files, and committed in git.

use super::{Phase, Reporter, git};
use crate::error::Result;
use crate::history::project::Project;
use crate::history::record::Author;
use crate::history::source;
use crate::merge::PullRequest;
use crate::merge::pull::{self, PullOutcome, Pulled};
use crate::store::Heads;

/// Merges the versions of a remote; all of them must be here.
pub fn pull<R: Reporter>(
    reporter: &mut R,
    (project, who): (&Project, &Author),
    there: &Heads,
    request: &PullRequest,
) -> Result<(PullOutcome, Option<git::GitOutcome>)> {
    let outcome = reporter
        .phase(Phase::Merging, |progress| pull::pull(project, there, request, who, progress))?;
    let git = match &outcome {
        PullOutcome::Pulled(pulled) => commit(project, pulled, who)?,
        PullOutcome::UpToDate | PullOutcome::Open(_) | PullOutcome::Refused(_) => None,
    };
    Ok((outcome, git))
}

/// The files that came become a commit, where git is connected. With versions of ours behind them the next push
/// makes the commit: only then there is a source version that holds both.
fn commit(project: &Project, pulled: &Pulled, who: &Author) -> Result<Option<git::GitOutcome>> {
    if !pulled.rebased.is_empty() {
        return Ok(None);
    }
    let newest = source::latest(project.store())?;
    Ok(newest.and_then(|newest| {
        let event = git::GitEvent::Pulled { version: None, tree: newest.source };
        git::commit_after(project, &event, who)
    }))
}
