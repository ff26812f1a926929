//! Decided history: the versions and the ledger on which a promotion would be decided now, for reading.

use super::remote::NamedRemote;
use crate::client::fetch::{self, Peeked};
use crate::client::promote;
use crate::error::{Error, Result};
use crate::history::project::Project;
use crate::store::{Heads, Odb};

/// Our history, joined with that of the remote, if there is one. Nothing of it is stored.
pub struct DecidedHistory {
    pub heads: Heads,
    seen: Peeked,
}

impl DecidedHistory {
    /// History of this store alone.
    pub fn here(project: &Project) -> Result<DecidedHistory> {
        let store = project.store();
        Ok(DecidedHistory { heads: store.heads()?, seen: Peeked::here(store) })
    }

    /// The same with a remote, which is asked.
    pub fn at(project: &Project, remote: &NamedRemote) -> Result<DecidedHistory> {
        let store = project.store();
        let (name, there) = (&remote.name, &*remote.remote);
        let head = fetch::read_head(store, name, there)?;
        let joined = promote::join_remote(store, name, there, &head, false, false)?;
        let joined = joined.map_err(|_| {
            Error::conflict(format!("the records here and the ledger of \"{name}\" have diverged"))
        })?;
        Ok(DecidedHistory { heads: joined.history.ours, seen: joined.seen })
    }

    pub fn objects(&self) -> &Odb {
        &self.seen.objects
    }
}
