//! Heads: the refs of an agent and its pointer at one moment, in a store, in a bundle or at a remote.
//!
//! The one type for that. A remote's answer ([`crate::protocol::Head`]), its remote-tracking refs and the head as a remote
//! store keeps it each hold one, and add what only they know.

use super::{Active, Store, refs};
use crate::error::{Error, Result};
use crate::object::Id;
use serde::{Deserialize, Serialize};

/// The refs of both series, by number from 1, and the pointer. Both begin with 1 and have no gaps, so that a list of ids says
/// it all: `refs/source/v3` is `source[2]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heads {
    pub source: Vec<Id>,
    pub versions: Vec<Id>,
    pub active: Option<Active>,
}

/// Number of ids that two series both begin with.
pub fn common(ours: &[Id], theirs: &[Id]) -> usize {
    ours.iter().zip(theirs).take_while(|(ours, theirs)| ours == theirs).count()
}

impl Heads {
    /// True for an agent that was never pushed.
    pub fn is_empty(&self) -> bool {
        self.source.is_empty() && self.versions.is_empty() && self.active.is_none()
    }

    /// Every id that it names directly: where a walk over all of its objects begins.
    pub fn roots(&self) -> Vec<Id> {
        let ledger = self.active.map(|active| active.ledger);
        self.source.iter().chain(&self.versions).copied().chain(ledger).collect()
    }

    pub(super) fn check(&self) -> Result<()> {
        let wrong = |what: String| Err(Error::failed(what));
        match self.active.and_then(|active| active.version) {
            Some(number) if number == 0 || number > self.versions.len() as u64 => {
                wrong(format!("v{number} would be active and not be there"))
            }
            _ => Ok(()),
        }
    }
}

impl Store {
    /// All that moves: both series and the pointer.
    pub fn heads(&self) -> Result<Heads> {
        let ids = |series| -> Result<Vec<Id>> {
            Ok(self.refs().list(series)?.into_iter().map(|(_, id)| id).collect())
        };
        // The pointer first: a version that it names is there when the refs are read.
        let active = self.active()?;
        Ok(Heads { source: ids(refs::SOURCE)?, versions: ids(refs::VERSIONS)?, active })
    }
}
