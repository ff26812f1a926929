//! Remote: another place that has versions of the agent, a server or a folder.

use super::{Author, Project, Version, milliseconds};
use crate::client::{self, Address, FolderRemote, fetch};
use crate::error::{Error, Result};
use crate::flow;
use crate::flow::destination::Destination;
use crate::flow::remote::NamedRemote;
use crate::merge::PullRequest;
use crate::merge::pull::PullOutcome;
use crate::progress::Progress;
use crate::report;
use std::time::SystemTime;

/// A remote under the name that the project has for it.
pub struct Remote<'p> {
    project: &'p Project,
    name: String,
    address: Address,
    token: Option<String>,
    now: SystemTime,
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
        let store = project.inner().store();
        Address::parse(url, project.root())?;
        let lock = store.lock()?;
        let mut config = store.config()?;
        config.set_remote(name, url, false)?;
        config.save(&lock)
    }

    pub(super) fn open<'p>(
        project: &'p Project,
        name: &str,
        token: Option<&str>,
        now: SystemTime,
    ) -> Result<Remote<'p>> {
        let config = project.inner().store().config()?;
        let url = config
            .remote(name)
            .ok_or_else(|| Error::not_found(format!("there is no remote \"{name}\"")))?;
        let address = Address::parse(url, project.root())?;
        if token.is_some() && !config.is_insecure(name) {
            address.require_private(None)?;
        }
        let (name, token) = (name.to_owned(), token.map(str::to_owned));
        Ok(Remote { project, name, address, token, now })
    }

    /// A connection for one operation.
    fn connect(&self) -> Result<NamedRemote> {
        let remote = connect(&self.address, self.token.as_deref(), self.now)?;
        let (name, address) = (self.name.clone(), self.address.clone());
        let store = self.project.inner().store();
        let remote = NamedRemote { name, address, remote, asked: None };
        Ok(remote.remembering(store, milliseconds(self.now)))
    }

    /// Brings everything here that the remote has. Versions, files and what is live stay as they are. Says whether it has
    /// anything that it had not when it was asked before.
    pub fn fetch(&self) -> Result<bool> {
        let NamedRemote { name, remote, .. } = self.connect()?;
        let at = (None, milliseconds(self.now));
        let fetched = self.project.recorded("fetch", at, |project| {
            fetch::fetch(project.store(), &name, &*remote, &Progress::default())
        })?;
        Ok(fetched.is_new())
    }

    /// Sends everything that is here and not there. A remote that has what is not here is left as it is: the error is a
    /// conflict, and [`Remote::pull`] brings it. So is one whose token speaks for another author: that is forbidden.
    pub fn push(&self, author: &Author) -> Result<Sent> {
        let (reporter, remote) = (&mut self.project.reporter(), self.connect()?);
        let delivery = self.project.recorded("push", author.at(), |project| {
            let destination = Destination::for_push(reporter, project, remote, &author.who())?;
            destination.deliver(reporter, project, None)
        })?;
        Ok(Sent {
            source_versions: delivery.source_versions,
            versions: delivery.versions,
            active_moved: delivery.active_moved,
            bytes: delivery.bytes,
        })
    }

    /// Makes a version live there and then here, as `lua-store version promote` does: judged by what is live there, and only
    /// when nobody moved it meanwhile. `expect` is what must be live there before.
    pub fn promote(
        &self,
        version: &str,
        expect: Option<&str>,
        reason: Option<&str>,
        author: &Author,
    ) -> Result<Version> {
        self.project.promote_at(Some(self.connect()?), version, expect, reason, author)
    }

    /// Fetches, merges what came into the project's files, and puts ours behind it; what came becomes a commit in git where
    /// the project is connected. Where both sides changed one thing, nothing changes and the error is a conflict. Says
    /// whether anything came.
    pub fn pull(&self, author: &Author) -> Result<bool> {
        let mut reporter = self.project.reporter();
        let NamedRemote { name, remote, .. } = self.connect()?;
        let (outcome, git) = self.project.recorded("pull", author.at(), |project| {
            let fetched = fetch::fetch(project.store(), &name, &*remote, &Progress::default())?;
            let (there, at) = (fetched.head.heads, (project, &author.who()));
            flow::pull::pull(&mut reporter, at, &there, &PullRequest::default())
        })?;
        reporter.git(git.as_ref());
        match outcome {
            PullOutcome::UpToDate | PullOutcome::Open(_) => Ok(false),
            PullOutcome::Pulled(_) => Ok(true),
            PullOutcome::Refused(refused) => Err(report::refusal(&name, &refused)),
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
        Address::Platform(_) => Err(Error::usage(format!(
            "\"{address}\" is on the platform, which only the program reaches"
        ))),
        #[cfg(not(feature = "client"))]
        Address::Http { .. } => {
            let _ = token;
            Err(Error::usage(format!(
                "cannot reach \"{address}\": built without the feature `client`"
            )))
        }
    }
}
