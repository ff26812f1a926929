//! Destination of a push: the remote, which is asked for its head before the work here begins. A
//! push that is behind is refused before anything is made, and an unreachable remote does not lose
//! the push: it stays here, and the next one sends it.

use super::checkout;
use super::remote::NamedRemote;
use super::{Notice, Phase, Reporter};
use crate::client::Deployed;
use crate::client::divergence::Divergence;
use crate::client::fetch;
use crate::client::push::{self, PushOutcome, RemotePush};
use crate::error::{Error, Hint, Kind, Result};
use crate::history::project::Project;
use crate::history::record::Author;
use crate::merge::incoming::Incoming;
use crate::merge::pull::{self, PullOutcome};
use crate::progress::Progress;
use crate::protocol::{Head, limits};
use crate::report;
use crate::store::Store;
use serde::Serialize;

/// A remote, and what it had when it was asked.
pub struct Destination {
    pub remote: NamedRemote,
    /// Or why it could not be asked.
    pub head: Result<Head>,
    /// True if pushes of others go before the files meanwhile, and nothing is merged.
    is_exact: bool,
}

/// Versions and bytes sent to a remote.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    pub name: String,
    url: String,
    pub source_versions: Vec<u64>,
    pub versions: Vec<u64>,
    pub active_moved: bool,
    objects: u64,
    pub bytes: u64,
    /// Requests that changed the agent where it runs.
    #[serde(skip)]
    pub deployed: Option<Deployed>,
}

impl Destination {
    /// Asks a remote what it has, without an opinion on that. One that cannot be reached is no error yet.
    pub fn ask(project: &Project, mut remote: NamedRemote, who: &Author) -> Result<Destination> {
        remote.ask(project.store());
        match remote.asked.take().unwrap_or_else(|| Err(Error::unavailable("it was not asked"))) {
            Err(error) if error.kind() != Kind::Unavailable => Err(error.also(Hint::Offline)),
            head => {
                check_author(&remote, who)?;
                Ok(Destination { remote, head, is_exact: false })
            }
        }
    }

    /// Asks a remote to which exactly the files of the project are to be pushed, after all that it has. `expected` is the
    /// source version that must be its newest one.
    pub fn for_checkout<R: Reporter>(
        reporter: &mut R,
        project: &Project,
        remote: NamedRemote,
        who: &Author,
        expected: Option<u64>,
    ) -> Result<Destination> {
        let destination = Destination::ask(project, remote, who)?;
        let head = destination.head.as_ref().map_err(Error::repeat)?;
        checkout::take_history(reporter, project, &destination.remote, head, expected)?;
        Ok(Destination { is_exact: expected.is_none(), ..destination })
    }

    /// Asks a remote that is to be pushed to. One that has what was not seen here is an error, before anything
    /// is made here.
    pub fn for_push<R: Reporter>(
        reporter: &mut R,
        project: &Project,
        remote: NamedRemote,
        who: &Author,
    ) -> Result<Destination> {
        let destination = Destination::ask(project, remote, who)?;
        let Destination { remote, head, .. } = &destination;
        if let Ok(head) = head {
            let store = project.store();
            if !Divergence::of(&store.heads()?, head, store.objects())?.can_push() {
                fetch(store, remote, head)?;
                // A head that was not known may turn out to be ours: an earlier push whose answer
                // was lost.
                if !Divergence::of(&store.heads()?, head, store.objects())?.can_push() {
                    return Err(behind(reporter, store, "push", &remote.name, head));
                }
            }
        }
        Ok(destination)
    }

    /// Versions of the remote that are not here. They are fetched, and nothing of ours changes.
    pub fn incoming(&self, project: &Project) -> Result<Incoming> {
        let head = self.head.as_ref().map_err(Error::repeat)?;
        let store = project.store();
        fetch(store, &self.remote, head)?;
        Incoming::of(store.objects(), &store.heads()?, &head.heads)
    }

    /// Puts ours behind what the remote has, which becomes history.
    pub fn supersede<R: Reporter>(&self, reporter: &mut R, project: &Project) -> Result<()> {
        let head = self.head.as_ref().map_err(Error::repeat)?;
        match pull::overtake(project, &head.heads, None)? {
            PullOutcome::Refused(refused) => Err(report::refusal(&self.remote.name, &refused)),
            PullOutcome::Pulled(pulled) => reporter.notice(Notice::Renumbered(&pulled.rebased)),
            PullOutcome::UpToDate | PullOutcome::Open(_) => Ok(()),
        }
    }

    /// Sends whatever is not there. `made` is the source version that was just made.
    pub fn deliver<R: Reporter>(
        self,
        reporter: &mut R,
        project: &Project,
        made: Option<u64>,
    ) -> Result<Delivery> {
        let Destination { remote, head, is_exact } = self;
        let mut head = head.map_err(|error| unsent(error, &remote.name, made))?;
        let mut races = 0;
        loop {
            let sent = reporter.phase(Phase::Sending, |progress| {
                let there = &*remote.remote;
                let sent = push::push(project.store(), &remote.name, there, head, progress)?;
                if let PushOutcome::Done(_) = &sent {
                    there.push_unversioned()?;
                }
                Ok(sent)
            });
            match sent {
                Ok(PushOutcome::Done(pushed)) => {
                    let delivery = Delivery::of(&remote, pushed);
                    reporter.notice(Notice::Delivered(&delivery))?;
                    return Ok(delivery);
                }
                Ok(PushOutcome::Behind(now)) if is_exact && races < limits::RACES => {
                    checkout::take_history(reporter, project, &remote, &now, None)?;
                    (head, races) = (now, races + 1);
                }
                Ok(PushOutcome::Behind(head)) => {
                    return Err(behind(reporter, project.store(), "push", &remote.name, &head));
                }
                Err(error) => return Err(unsent(error, &remote.name, made)),
            }
        }
    }
}

impl Delivery {
    fn of(remote: &NamedRemote, pushed: RemotePush) -> Delivery {
        let RemotePush { source, mut versions, active, objects, bytes } = pushed;
        if remote.remote.is_deployed_to() {
            // They are made there by a promotion.
            versions.clear();
        }
        Delivery {
            name: remote.name.clone(),
            url: remote.address.to_string(),
            source_versions: source,
            versions,
            active_moved: active,
            objects,
            bytes,
            deployed: remote.remote.deployed(),
        }
    }
}

fn fetch(store: &Store, remote: &NamedRemote, head: &Head) -> Result<()> {
    let progress = Progress::default();
    fetch::fetch_from(store, &remote.name, &*remote.remote, head.clone(), &progress).map(drop)
}

/// Before a record is made that the remote would refuse, as its token speaks for somebody else alone.
fn check_author(remote: &NamedRemote, who: &Author) -> Result<()> {
    let Some(owner) = remote.remote.author() else { return Ok(()) };
    let by = &who.by;
    if by.eq_ignore_ascii_case(&owner) {
        return Ok(());
    }
    let name = &remote.name;
    let message = format!("you are \"{by}\", and the token for {name} is bound to \"{owner}\"");
    Err(Error::new(Kind::Forbidden, message)
        .hint(Hint::AuthorOfToken { owner, remote: name.clone() }))
}

/// The remote has what is not here: it is reported, and the error says what to do.
pub fn behind<R: Reporter>(
    reporter: &mut R,
    store: &Store,
    action: &str,
    name: &str,
    head: &Head,
) -> Error {
    let heads = store.heads().unwrap_or_default();
    let news = Incoming::of(store.objects(), &heads, &head.heads);
    match news.and_then(|news| reporter.notice(Notice::Incoming(&news)).map(|()| news)) {
        Ok(news) => report::behind(action, name, &news),
        Err(error) => error,
    }
}

/// It is here, and not there yet. Only where the remote did not answer the same command helps.
fn unsent(error: Error, name: &str, made: Option<u64>) -> Error {
    let is_silent = error.kind() == Kind::Unavailable;
    error.also(Hint::PushAgain { made, remote: name.to_owned(), is_silent })
}
