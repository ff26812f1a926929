//! Sync: comparison of the project with a version of the remote, and the transfer of either side to
//! the other. Called by `sync` and `compile --sync`.

pub mod accept;
mod pull;
pub mod running;

pub use pull::{Restored, pull};

use super::remote::NamedRemote;
use crate::client::fetch::{self, Peeked};
use crate::compare;
use crate::error::{Error, Kind, Result};
use crate::history::ledger::LedgerEntry;
use crate::history::project::Project;
use crate::history::revision::Revision;
use crate::history::version::Version;
use crate::object::{Id, Overlay};
use crate::operations::drift::{Drift, DriftStates, DriftTarget, Versions};
use crate::operations::stage::Local;
use crate::progress::Progress;
use crate::protocol::Head;
use crate::store::{Heads, Odb};

/// A remote that answered, with everything that it has.
pub struct RemoteState {
    pub remote: NamedRemote,
    pub head: Head,
    peeked: Peeked,
}

impl RemoteState {
    pub fn versions(&self) -> Result<Versions<'_, Odb>> {
        Versions::of(&self.peeked.objects, &self.head.heads.versions, self.head.heads.active)
    }
}

pub enum Comparison {
    /// The code of the project cannot be read as an agent.
    Unreadable(Error),
    /// No version was ever promoted there: there is nothing to differ from.
    NothingPublished,
    Compared(Box<Compared>),
}

pub struct Compared {
    pub against: DriftTarget,
    /// The version that the project was compared with.
    pub server: Version,
    /// The newest version that was ever promoted there.
    pub published: Version,
    /// Live version there, and the record that promoted it.
    pub live: Option<(Version, LedgerEntry)>,
    /// From the version to the project.
    pub drift: Drift,
    /// True if the project equals the live version, although it differs from the published one.
    pub is_live: bool,
}

impl Compared {
    pub fn is_in_sync(&self) -> bool {
        self.drift.parts.is_empty() || self.is_live
    }
}

/// Asks the remote: what an earlier command saw there is never taken for an answer.
pub fn ask(project: &Project, remote: NamedRemote) -> Result<RemoteState> {
    let store = project.store();
    let head = fetch::read_head(store, &remote.name, &*remote.remote)?;
    let peeked = fetch::peek(store, &remote.name, &*remote.remote, &head)?;
    Ok(RemoteState { remote, head, peeked })
}

/// Compares the project with a version of the remote. Nothing is written.
pub fn compare_with(
    project: &Project,
    there: &RemoteState,
    against: &DriftTarget,
) -> Result<Comparison> {
    let versions = there.versions()?;
    let (Some(published), Some(server)) =
        (versions.find(&DriftTarget::Published)?, versions.find(against)?)
    else {
        return Ok(Comparison::NothingPublished);
    };
    let live = versions.live()?;
    let objects = &there.peeked.objects;
    let mut local = match Local::read(project, objects, &Progress::default()) {
        Err(error) if error.kind() == Kind::Unreadable => return Ok(Comparison::Unreadable(error)),
        other => other?,
    };
    let here = project.store().heads()?;
    let drift = compare(&mut local, objects, &here, against, &server)?;
    let is_live = match &live {
        Some((live, _)) if *against == DriftTarget::Published && !drift.parts.is_empty() => {
            live.id != server.id && is_same(&mut local, live)?
        }
        _ => false,
    };
    let against = against.clone();
    Ok(Comparison::Compared(Box::new(Compared {
        against,
        server,
        published,
        live,
        drift,
        is_live,
    })))
}

/// True if the project has the content of a version, whatever its numbers are.
fn is_same(local: &mut Local<'_>, version: &Version) -> Result<bool> {
    let here = local.over(version)?;
    Ok(compare::count(&local.objects, Some(&version.state), Some(&here))? == 0)
}

fn compare(
    local: &mut Local<'_>,
    objects: &Odb,
    here: &Heads,
    against: &DriftTarget,
    server: &Version,
) -> Result<Drift> {
    let base = base(local, objects, here, against, server)?;
    let here = local.over(server)?;
    let sides = DriftStates { server: server.state, local: here, base };
    Drift::between(&Overlay(&local.objects, objects), &sides)
}

/// Last common state of both sides, as far as it is known here: the version of the last comparison,
/// or the live one if the project still equals it.
fn base(
    local: &mut Local<'_>,
    objects: &Odb,
    here: &Heads,
    against: &DriftTarget,
    server: &Version,
) -> Result<Option<Id>> {
    let known = Versions::of(objects, &here.versions, here.active)?;
    let active = DriftTarget::Version(Revision::Active);
    Ok(match against {
        // One version is what it is: only the project can have moved.
        DriftTarget::Version(revision) if *revision != Revision::Active => Some(server.state),
        DriftTarget::Version(_) => known.find(&active)?.map(|version| version.state),
        DriftTarget::Published => match known.find(&active)? {
            Some(active) if is_same(local, &active)? => Some(local.over(&active)?),
            _ => known.find(&DriftTarget::Published)?.map(|version| version.state),
        },
    })
}
