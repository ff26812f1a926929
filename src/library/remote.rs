//! Remote: another place that has versions of the agent, a server or a folder.

use super::{Author, milliseconds};
use crate::client::push::{self, PushOutcome};
use crate::client::remembered::RememberedRemote;
use crate::client::{self, Address, FolderRemote, fetch};
use crate::error::{Error, Result};
use crate::history::project::Project;
use crate::merge::incoming::Incoming;
use crate::merge::pull::{self, PullOutcome};
use crate::progress::Progress;
use crate::report;
use std::time::SystemTime;

/// A remote under the name that the project has for it.
pub struct Remote<'p> {
    project: &'p Project,
    name: String,
    inner: Box<dyn client::Remote>,
}

/// Versions and bytes that a push sent to a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// Numbers of the source versions that were not there.
    pub source_versions: Vec<u64>,
    /// Numbers of the versions that were not there.
    pub versions: Vec<u64>,
    /// True if the live version there changed, or its ledger grew.
    pub active_moved: bool,
    /// Number of bytes sent.
    pub bytes: u64,
}

impl Remote<'_> {
    pub(super) fn add(project: &Project, name: &str, url: &str) -> Result<()> {
        Address::parse(url, project.root())?;
        let lock = project.store().lock()?;
        let mut config = project.store().config()?;
        config.set_remote(name, url, false)?;
        config.save(&lock)
    }

    pub(super) fn open<'p>(
        project: &'p Project,
        name: &str,
        token: Option<&str>,
        now: SystemTime,
    ) -> Result<Remote<'p>> {
        let (store, config) = (project.store(), project.store().config()?);
        let url = config
            .remote(name)
            .ok_or_else(|| Error::not_found(format!("there is no remote \"{name}\"")))?;
        let address = Address::parse(url, project.root())?;
        if token.is_some() && !config.is_insecure(name) {
            address.require_private(None)?;
        }
        let remote = connect(&address, token, now)?;
        let (name, at_ms) = (name.to_owned(), milliseconds(now));
        let inner = RememberedRemote { remote, store: store.clone(), name: name.clone(), at_ms };
        Ok(Remote { project, name, inner: Box::new(inner) })
    }

    /// Brings everything here that the remote has. Versions, files and what is live stay as they are. Says whether it has
    /// anything that it had not when it was asked before.
    pub fn fetch(&self) -> Result<bool> {
        let store = self.project.store();
        let fetched = fetch::fetch(store, &self.name, &*self.inner, &Progress::default())?;
        Ok(fetched.is_new())
    }

    /// Sends everything that is here and not there. A remote that has what is not here is left as it is: the error is a
    /// conflict, and [`Remote::pull`] brings it.
    pub fn push(&self) -> Result<Sent> {
        let store = self.project.store();
        let head = fetch::read_head(store, &self.name, &*self.inner)?;
        match push::push(store, &self.name, &*self.inner, head, &Progress::default())? {
            PushOutcome::Done(pushed) => Ok(Sent {
                source_versions: pushed.source,
                versions: pushed.versions,
                active_moved: pushed.active,
                bytes: pushed.bytes,
            }),
            PushOutcome::Behind(head) => {
                let there = client::heads(&head);
                let incoming = Incoming::of(store.objects(), &store.heads()?, &there)?;
                Err(report::behind("push", &self.name, &incoming))
            }
        }
    }

    /// Fetches, merges what came into the project's files, and puts ours behind it. Where both sides changed one thing, nothing
    /// changes and the error is a conflict. Says whether anything came.
    pub fn pull(&self, author: &Author) -> Result<bool> {
        let (store, progress) = (self.project.store(), Progress::default());
        let fetched = fetch::fetch(store, &self.name, &*self.inner, &progress)?;
        let there = client::heads(&fetched.head);
        match pull::pull(self.project, &there, None, &author.who(), &progress)? {
            PullOutcome::UpToDate => Ok(false),
            PullOutcome::Pulled(_) => Ok(true),
            PullOutcome::Refused(refused) => Err(report::refusal(&self.name, &refused)),
        }
    }
}

fn connect(
    address: &Address,
    token: Option<&str>,
    now: SystemTime,
) -> Result<Box<dyn client::Remote>> {
    match address {
        Address::Folder { root, agent } => Ok(Box::new(FolderRemote::new(root, agent, now))),
        #[cfg(feature = "client")]
        Address::Http { base, agent } => {
            let (token, direct) = (token.map(str::to_owned), address.is_at_home());
            let options = client::HttpOptions { token, direct, ..Default::default() };
            Ok(Box::new(client::HttpRemote::new(base, agent, options)?))
        }
        #[cfg(not(feature = "client"))]
        Address::Http { .. } => {
            let _ = token;
            Err(Error::usage(format!(
                "cannot reach \"{address}\": built without the feature `client`"
            )))
        }
    }
}
