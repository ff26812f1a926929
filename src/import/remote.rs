//! The platform as a remote: its history is imported, and read as that of any other remote.

use super::live::{LiveCheck, LivePart};
use crate::client::Remote;
use crate::error::{Error, Hint, Result};
use crate::fs::{self, Spool};
use crate::history::imported::ImportRecord;
use crate::platform::details;
use crate::platform::{Listing, PlatformClient};
use crate::progress::Progress;
use crate::protocol::{AgentId, FetchRequest, Head, Transaction, TxnOutcome};
use crate::store::{Mapped, Receipts, Store};
use std::path::PathBuf;

/// The push of a number that runs and is not that of the active version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedBy {
    pub part: LivePart,
    pub at_ms: Option<i64>,
    pub by: Option<String>,
}

/// An agent on the platform, imported into the store that asks.
pub struct PlatformRemote {
    client: PlatformClient,
    name: String,
    /// Folder of the store.
    dir: PathBuf,
}

impl PlatformRemote {
    pub fn new(client: PlatformClient, name: &str, dir: PathBuf) -> PlatformRemote {
        PlatformRemote { client, name: name.to_owned(), dir }
    }

    /// Compares what runs with the version that is active there. `None`: none is. Asks, and changes nothing there.
    pub fn live(&self, progress: &Progress) -> Result<Option<(LiveCheck, Vec<PushedBy>)>> {
        let listing = Listing::read(&self.client)?;
        let record = self.import(&listing, progress)?;
        let store = Store::open(&self.dir)?;
        let Some(check) = LiveCheck::of(store.objects(), &record, &listing)? else {
            return Ok(None);
        };
        let mut pushed = Vec::new();
        for (part, state) in &check.parts {
            let (LivePart::Primitive(kind, name), Some(number)) = (part, state.there()) else {
                continue;
            };
            let row = listing.primitives.iter();
            let mut row = row.filter(|row| row.route.kind.word == *kind && row.name == *name);
            let Some(row) = row.next() else { continue };
            let all = details::numbers(&self.client, row)?;
            let found = all.into_iter().find(|one| one.number == number);
            pushed.extend(found.map(|one| PushedBy {
                part: part.clone(),
                at_ms: one.at_ms,
                by: one.by,
            }));
        }
        Ok(Some((check, pushed)))
    }

    /// Brings everything that is new into the store, whose refs stay as they are.
    pub fn import(&self, listing: &Listing, progress: &Progress) -> Result<ImportRecord> {
        super::import(&self.client, &Store::open(&self.dir)?, &self.name, listing, progress)
    }
}

impl Remote for PlatformRemote {
    fn agent(&self) -> &AgentId {
        &self.client.address().agent
    }

    fn head(&self, _: Option<&Head>) -> Result<Head> {
        let listing = Listing::read(&self.client)?;
        let agent = self.agent().clone();
        if !self.dir.exists() {
            if listing.is_empty() {
                return Ok(Head::empty(agent));
            }
            // A clone asks before it makes anything, and there is something.
            fs::create_dir_all(&self.dir)?;
            Store::init(&self.dir)?;
        }
        let record = self.import(&listing, &Progress::default())?;
        let receipts = Receipts::default();
        Ok(Head { agent, heads: record.heads, receipts })
    }

    fn author(&self) -> Option<String> {
        None
    }

    fn send(&self, _: &Mapped, _: &Progress) -> Result<()> {
        Err(self.not_sent())
    }

    fn transact(&self, _: &Transaction, _: &Head) -> Result<TxnOutcome> {
        Err(self.not_sent())
    }

    /// Everything was stored when the platform was asked. What is missing now was lost since.
    fn fetch(&self, _: &FetchRequest, _: &mut Spool, _: &Progress) -> Result<()> {
        Err(Error::corrupt(format!(
            "objects of \"{}\" are missing, which were imported into this store",
            self.name
        ))
        .hint(Hint::FsckAffected))
    }
}

impl PlatformRemote {
    fn not_sent(&self) -> Error {
        Error::usage(format!(
            "\"{}\" is on the platform, and this program only reads it",
            self.name
        ))
        .hint("use the `lua` command to push or promote there")
    }
}
