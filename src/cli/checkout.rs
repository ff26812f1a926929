//! Checkout: files without a store, as a CI job has them, whose history is at a remote.

use super::context::Context;
use super::remote::{self, RemoteArgs};
use super::which_agent::WhichAgent;
use crate::client::Address;
use crate::error::Result;
use crate::flow::remote::{DEFAULT, NamedRemote};
use crate::history::project::Project;
use crate::operations;

/// Makes the store of the project in this directory, with the remote at an address. The remote is asked first: where it
/// refuses, nothing is made.
pub fn open(
    cx: &mut Context<'_>,
    which: &WhichAgent,
    url: &str,
    to: &RemoteArgs,
) -> Result<(Project, NamedRemote)> {
    let directory = cx.directory()?;
    let address = Address::parse(url, &directory)?;
    let root = which.choose(cx, &directory)?;
    let insecure = cx.insecure();
    let mut remote = remote::open(cx, DEFAULT.to_owned(), address, insecure)?;
    let declared = operations::init::declared_agent(&root)?;
    to.check_agent(declared.as_deref(), &remote)?;
    remote.asked = Some(Ok(remote.remote.head(None)?));
    let agent = declared.unwrap_or_else(|| remote.address.agent().to_string());
    let (store, _) = operations::init::init(&root, Some(agent))?;
    let lock = store.lock()?;
    let mut config = store.config()?;
    config.set_remote(DEFAULT, &remote.address.to_string(), insecure)?;
    config.set_checkout();
    config.save(&lock)?;
    drop(lock);
    let now = cx.now()?.as_millisecond();
    let project = Project::open(&root)?.journaled(&cx.journal);
    Ok((project, remote.remembering(&store, now)))
}
