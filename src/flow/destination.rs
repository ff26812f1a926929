//! Destination of a push: the remote, which is asked for its head before the work here begins. A
//! push that is behind is refused before anything is made, and an unreachable remote does not lose
//! the push: it stays here, and the next one sends it.

use super::remote::NamedRemote;
use super::{Notice, Phase, Reporter};
use crate::client::divergence::Divergence;
use crate::client::fetch;
use crate::client::push::{self, PushOutcome, RemotePush};
use crate::error::{Error, Hint, Kind, Result};
use crate::history::project::Project;
use crate::history::record::Author;
use crate::merge::incoming::Incoming;
use crate::merge::pull::{self, PullOutcome};
use crate::progress::Progress;
use crate::protocol::Head;
use crate::report;
use crate::store::Store;
use serde::Serialize;

/// A remote, and what it had when it was asked.
pub struct Destination {
    pub remote: NamedRemote,
    /// Or why it could not be asked.
    pub head: Result<Head>,
}

/// Versions and bytes sent to a remote.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    pub name: String,
    url: String,
    pub source_versions: Vec<u64>,
    pub versions: Vec<u64>,
    pub active_moved: bool,
    objects: u64,
    pub bytes: u64,
}

impl Destination {
    /// Asks a remote what it has, without an opinion on that. One that cannot be reached is no error yet.
    pub fn ask(project: &Project, remote: NamedRemote, who: &Author) -> Result<Destination> {
        match fetch::read_head(project.store(), &remote.name, &*remote.remote) {
            Err(error) if error.kind() != Kind::Unavailable => Err(error.also(Hint::Offline)),
            head => {
                check_author(&remote, who)?;
                Ok(Destination { remote, head })
            }
        }
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
        let Destination { remote, head } = &destination;
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
            PullOutcome::UpToDate => Ok(()),
        }
    }

    /// Sends whatever is not there. `made` is the source version that was just made.
    pub fn deliver<R: Reporter>(
        self,
        reporter: &mut R,
        project: &Project,
        made: Option<u64>,
    ) -> Result<Delivery> {
        let Destination { remote, head } = self;
        let head = head.map_err(|error| unsent(error, &remote.name, made))?;
        let sent = reporter.phase(Phase::Sending, |progress| {
            push::push(project.store(), &remote.name, &*remote.remote, head, progress)
        });
        match sent {
            Ok(PushOutcome::Done(pushed)) => {
                let delivery = Delivery::of(&remote, pushed);
                reporter.notice(Notice::Delivered(&delivery))?;
                Ok(delivery)
            }
            Ok(PushOutcome::Behind(head)) => {
                Err(behind(reporter, project.store(), "push", &remote.name, &head))
            }
            Err(error) => Err(unsent(error, &remote.name, made)),
        }
    }
}

impl Delivery {
    fn of(remote: &NamedRemote, pushed: RemotePush) -> Delivery {
        let RemotePush { source, versions, active, objects, bytes } = pushed;
        Delivery {
            name: remote.name.clone(),
            url: remote.address.to_string(),
            source_versions: source,
            versions,
            active_moved: active,
            objects,
            bytes,
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
    let message =
        format!("you are \"{by}\", and the token for {name} speaks for \"{owner}\" alone");
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
