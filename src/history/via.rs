//! Via: the token with which a record was sent to a remote. The author of a record is a claim of
//! its maker; the token was checked by the remote, and is known here, offline too, since its last
//! answer.

use super::ledger;
use crate::error::Result;
use crate::object::{Id, Source};
use crate::store::{ReceiptSeries, ReceiptToken, RemoteTracking, Store, TokenName};
use std::collections::HashMap;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    pub remote: String,
    pub token: TokenName,
    /// Time by the remote's clock.
    pub at_ms: u64,
}

/// ` via token "laptop-2"`, to be put after an author.
impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " via token {}", self.shown())
    }
}

impl Via {
    /// Its name in quotes, or its id where nobody gave it one.
    pub fn shown(&self) -> String {
        let TokenName { id, name } = &self.token;
        if name.is_empty() { id.clone() } else { format!("\"{name}\"") }
    }
}

/// Receipts of all remotes, by the ids of source versions, versions and ledger records.
#[derive(Debug, Default)]
pub struct Vias {
    known: HashMap<Id, Via>,
    remotes: Vec<(String, RemoteTracking)>,
}

impl Vias {
    /// Of source versions and versions.
    pub fn load(store: &Store) -> Result<Vias> {
        let mut vias = Vias::default();
        for (name, tracking) in store.known_remotes()? {
            if !tracking.receipts.is_empty() {
                vias.take(
                    &name,
                    &tracking,
                    ReceiptSeries::Source,
                    tracking.heads.source.iter().rev().copied(),
                );
                vias.take(
                    &name,
                    &tracking,
                    ReceiptSeries::Versions,
                    tracking.heads.versions.iter().rev().copied(),
                );
                vias.remotes.push((name, tracking));
            }
        }
        Ok(vias)
    }

    /// The same, and of the ledger too, which has to be read for it.
    pub fn load_with_ledger<S: Source + ?Sized>(store: &Store, objects: &S) -> Result<Vias> {
        let mut vias = Vias::load(store)?;
        for (name, tracking) in std::mem::take(&mut vias.remotes) {
            let head = tracking.heads.active.map(|active| active.ledger);
            // A record that cannot be read ends it.
            let ids = ledger::steps(objects, head).map_while(Result::ok).map(|step| step.id);
            vias.take(&name, &tracking, ReceiptSeries::Ledger, ids);
            vias.remotes.push((name, tracking));
        }
        Ok(vias)
    }

    /// Adds receipts, the newest first. The first one of an id wins: of two remotes one, of one
    /// remote its latest.
    fn take(
        &mut self,
        remote: &str,
        tracking: &RemoteTracking,
        series: ReceiptSeries,
        ids: impl Iterator<Item = Id>,
    ) {
        for (brought, id) in tracking.receipts.newest(series).zip(ids) {
            if let Some(ReceiptToken { token, at_ms }) = brought {
                let via = Via { remote: remote.to_owned(), token: token.clone(), at_ms };
                self.known.entry(id).or_insert(via);
            }
        }
    }

    pub fn get(&self, id: &Id) -> Option<&Via> {
        self.known.get(id)
    }

    /// ` via token "laptop-2"`, or nothing.
    pub fn after(&self, id: &Id) -> String {
        self.get(id).map_or(String::new(), Via::to_string)
    }

    /// An author for the cell of a table: `ana@example.com via "laptop-2"`.
    pub fn beside(&self, by: &str, id: &Id) -> String {
        self.get(id).map_or(by.to_owned(), |via| format!("{by} via {}", via.shown()))
    }
}
