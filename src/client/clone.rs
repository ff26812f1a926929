//! Clone: makes a project from the history of a remote.

use super::{Remote, fetch};
use crate::error::{At, Error, Result};
use crate::fs;
use crate::history::project::Project;
use crate::history::rules::{Breach, Strictness};
use crate::operations::restore_clone::{self, RestoredClone};
use crate::progress::Progress;
use crate::protocol::Head;
use crate::store::{self, Store};
use std::path::Path;

/// Result of a clone.
#[derive(Debug)]
pub struct ClonedProject {
    pub head: Head,
    pub bytes: u64,
    pub adopted: RestoredClone,
    /// Broken rules that were accepted.
    pub breaches: Vec<Breach>,
}

/// The remote that the project will have.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    pub name: &'a str,
    pub url: &'a str,
    pub insecure: bool,
}

/// Makes a project of everything that the remote has, in a folder that is empty or not there yet, with the files
/// that were pushed last. One that was cut off is gone on with.
pub fn clone(
    root: &Path,
    Origin { name, url, insecure }: Origin<'_>,
    remote: &dyn Remote,
    strictness: Strictness,
    progress: &Progress,
) -> Result<ClonedProject> {
    check_empty(root, name, url)?;
    // Asked before anything is made.
    let head = Some(remote.head(None)?)
        .filter(|head| !head.heads.is_empty())
        .ok_or_else(|| nothing_pushed(remote, url))?;
    // An interrupted clone may have made the folder, and not its name durable.
    let parent = root.parent().filter(|parent| root.is_dir() && !parent.as_os_str().is_empty());
    parent.map_or(Ok(()), fs::confirm_dir)?;
    fs::create_dir_all(root)?;
    let store = Store::init(&store::dir_in(root))?;
    {
        let lock = store.lock()?;
        let mut config = store.config()?;
        config.set_agent(remote.agent().as_str());
        config.set_remote(name, url, insecure)?;
        config.save(&lock)?;
    }
    let fetched = fetch::bring_with(&store, name, remote, head, strictness, progress)?;
    let adopted = restore_clone::restore(&Project::open(root)?, &fetched.head.heads, progress)?;
    Ok(ClonedProject {
        head: fetched.head,
        bytes: fetched.bytes,
        adopted,
        breaches: fetched.breaches,
    })
}

fn nothing_pushed(remote: &dyn Remote, url: &str) -> Error {
    Error::not_found(format!("nothing was ever pushed to \"{url}\""))
        .hint(format!("is \"{}\" the id of the agent?", remote.agent()))
}

/// The folder is empty, or holds the beginning of the same clone.
pub fn check_empty(root: &Path, name: &str, url: &str) -> Result<()> {
    let mut others = Vec::new();
    if root.exists() {
        for entry in std::fs::read_dir(root).at("read", root)? {
            others.push(entry.at("read", root)?.file_name());
        }
    }
    others.retain(|name| *name != store::DIR && *name != ".gitignore");
    if can_begin(root, name, url, others.is_empty()) {
        return Ok(());
    }
    Err(Error::usage(format!("cannot clone into \"{}\": it is not empty", root.display()))
        .hint("name a folder that does not exist"))
}

/// True if a clone may begin here, or go on: files are restored before the first ref is made. A store that its maker
/// did not finish has no remote yet, and then there are no files either.
fn can_begin(root: &Path, name: &str, url: &str, no_files: bool) -> bool {
    let Ok(store) = Store::open(&store::dir_in(root)) else { return no_files };
    let remote = store.config().map(|config| config.remote(name).map(str::to_owned));
    let untouched = store.refs().latest(store::refs::SOURCE).is_ok_and(|newest| newest.is_none());
    untouched
        && match remote {
            Ok(Some(known)) => known == url,
            Ok(None) => no_files,
            Err(_) => false,
        }
}
