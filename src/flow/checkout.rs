//! Push of a checkout: its files become the next source version after whatever the remote has, and nothing is merged.

use super::remote::NamedRemote;
use super::{Notice, Reporter};
use crate::client::fetch;
use crate::error::Result;
use crate::history::project::Project;
use crate::history::source::{self, SourceVersion};
use crate::merge::pull::{self, PullOutcome};
use crate::operations::{inherit, push};
use crate::progress::Progress;
use crate::protocol::Head;
use crate::report;

/// Makes the history of a remote that of the project, with what was not sent yet behind it. Files stay as they are.
/// `expected` is the source version that must be the newest one there.
pub fn take_history<R: Reporter>(
    reporter: &mut R,
    project: &Project,
    remote: &NamedRemote,
    head: &Head,
    expected: Option<u64>,
) -> Result<()> {
    let store = project.store();
    fetch::fetch_from(store, &remote.name, &*remote.remote, head.clone(), &Progress::default())?;
    let number = head.heads.source.len() as u64;
    let newest = head.heads.source.last();
    let newest = newest.map(|id| SourceVersion::load(store.objects(), number, *id)).transpose()?;
    if let Some(expected) = expected {
        push::expect(expected, newest.as_ref())?;
    }
    // Else the files that others allowed would be left out, and so count as removed.
    if let Some(newest) = &newest {
        inherit::inherit(project, source::latest(store)?.as_ref(), newest)?;
    }
    match pull::overtake(project, &head.heads, None)? {
        PullOutcome::Refused(refused) => Err(report::refusal(&remote.name, &refused)),
        PullOutcome::Pulled(pulled) if !pulled.rebased.is_empty() => {
            reporter.notice(Notice::Renumbered(&pulled.rebased))
        }
        PullOutcome::Pulled(_) | PullOutcome::UpToDate | PullOutcome::Open(_) => Ok(()),
    }
}
