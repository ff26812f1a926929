//! What `sync` compares: the project, and what is published. Nothing is written.

use crate::agent::build::Scope;
use crate::agent::drift::{self, Drift, Sides};
use crate::agent::project::Project;
use crate::agent::stage;
use crate::agent::version::Version;
use crate::cli::context::Context;
use crate::cli::outward::Which;
use crate::cli::remote::{self, Reached};
use crate::error::{Error, Kind, Result};
use crate::object::{Id, Joined};
use crate::progress::Progress;
use crate::protocol::Head;
use crate::store::{Heads, Odb};
use crate::sync::fetch;
use crate::workspace::View;

pub enum Seen {
    Unreachable(Error),
    /// No version was ever promoted there: there is nothing to differ from.
    NothingPublished,
    Compared(Box<Compared>),
}

pub struct Compared {
    pub reached: Reached,
    pub head: Head,
    /// The newest version that was ever promoted there.
    pub published: Version,
    /// The state of the active version there.
    pub active: Option<Version>,
    pub drift: Drift,
    /// The state of the project as it is.
    pub local: Id,
}

impl Compared {
    /// Equal to what is published, or to what is live: after a rollback both are good.
    pub fn is_in_sync(&self) -> bool {
        self.drift.parts.is_empty() || self.is_active()
    }

    /// Whether the project is what is live, while a newer version was published once.
    pub fn is_active(&self) -> bool {
        self.active.as_ref().is_some_and(|active| active.state == self.local)
    }
}

pub fn look(cx: &mut Context<'_>, project: &Project, which: &Which) -> Result<Seen> {
    let reached = remote::require(cx, project, which.remote.as_deref())?;
    let store = project.store();
    let seen = fetch::look(store, &reached.name, &*reached.remote)
        .and_then(|head| Ok((fetch::peek(store, &reached.name, &*reached.remote, &head)?, head)));
    let (peeked, head) = match seen {
        Err(error) if error.kind() == Kind::Unavailable => return Ok(Seen::Unreachable(error)),
        other => other?,
    };
    let objects = &peeked.objects;
    let Some(published) = drift::published(objects, &head.versions, head.active)? else {
        return Ok(Seen::NothingPublished);
    };
    let request = stage::Request {
        scope: Scope::All,
        set_version: None,
        compiled: false,
        progress: Progress::default(),
    };
    let staged = stage::look(project, &request)?;
    let local = staged.report.state;
    let drift = compare(project, &staged.objects, objects, &published, local)?;
    let active = head.active.and_then(|active| active.version);
    let active = active.map(|number| {
        let id = head.versions.get((number - 1) as usize);
        let missing = || Error::corrupt(format!("the remote's pointer names v{number}, which it has not"));
        Version::load(objects, number, *id.ok_or_else(missing)?)
    });
    let active = active.transpose()?;
    Ok(Seen::Compared(Box::new(Compared { reached, head, published, active, drift, local })))
}

fn compare(
    project: &Project,
    view: &View<'_>,
    objects: &Odb,
    published: &Version,
    local: Id,
) -> Result<Drift> {
    let base = base(&project.store().heads()?, objects, local)?;
    let sides = Sides { server: published.state, local, base };
    Drift::between(&Joined(view, objects), &sides)
}

/// What both sides had when they were last equal, as far as it is known here: the version that was published then, or
/// the one that was live, where that is what the project still is.
fn base(here: &Heads, objects: &Odb, local: Id) -> Result<Option<Id>> {
    let active = here.active.and_then(|active| active.version);
    if let Some((number, id)) =
        active.and_then(|number| Some((number, here.versions.get(number as usize - 1)?)))
        && Version::load(objects, number, *id)?.state == local
    {
        return Ok(Some(local));
    }
    let published = drift::published(objects, &here.versions, here.active)?;
    Ok(published.map(|version| version.state))
}
