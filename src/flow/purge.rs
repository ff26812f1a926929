//! Purge in a project with a remote: the remote does it first, and this store follows as every clone does.

use super::remote::NamedRemote;
use crate::client::{fetch, purge as remote_purge};
use crate::error::Result;
use crate::history::project::Project;
use crate::history::purge::PurgeTarget;
use crate::history::record::Author;
use crate::merge::join_history;
use crate::operations::wording;
use crate::progress::Progress;
use crate::store::RemoteTracking;

/// Fetches what a remote has, and follows a purge that it did already: one that was cut off here goes on so.
pub fn catch_up(project: &Project, remote: &NamedRemote, progress: &Progress) -> Result<()> {
    let store = project.store();
    let fetched = fetch::fetch(store, &remote.name, &*remote.remote, progress)?;
    // A ledger that cannot follow waits for the next pull.
    join_history::catch_up(store, &fetched.head.heads, &[]).map(drop)
}

/// Purges on the remote, then here.
pub fn purge(
    project: &Project,
    remote: &NamedRemote,
    targets: &[PurgeTarget],
    (who, reason): (&Author, &str),
    progress: &Progress,
) -> Result<Option<RemoteTracking>> {
    let store = project.store();
    wording::check(store, &[("reason", Some(reason)), ("author", Some(&who.by))])?;
    remote_purge::purge(store, &remote.name, &*remote.remote, targets, (who, reason))?;
    catch_up(project, remote, progress)?;
    store.remote(&remote.name)
}
