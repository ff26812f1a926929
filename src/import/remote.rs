//! The platform as a remote: its history is imported, and read as that of any other remote.

use super::live;
use crate::client::{LiveCheck, LivePart, PushedBy, Remote};
use crate::error::{Error, Hint, Result};
use crate::fs::{self, Spool};
use crate::history::imported::ImportRecord;
use crate::platform::details;
use crate::platform::{Listing, PlatformClient};
use crate::progress::Progress;
use crate::protocol::{AgentId, FetchRequest, Head, Transaction, TxnOutcome};
use crate::store::{Mapped, Receipts, Store};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// An agent on the platform, imported into the store that asks.
pub struct PlatformRemote {
    client: PlatformClient,
    name: String,
    /// Folder of the store.
    dir: PathBuf,
    /// The last answers, for a comparison with what they made.
    last: Mutex<Option<(ImportRecord, Listing)>>,
}

impl PlatformRemote {
    pub fn new(client: PlatformClient, name: &str, dir: PathBuf) -> PlatformRemote {
        PlatformRemote { client, name: name.to_owned(), dir, last: Mutex::default() }
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
        let (heads, receipts) = (record.heads.clone(), Receipts::default());
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((record, listing));
        Ok(Head { agent, heads, receipts })
    }

    fn live_check(&self) -> Result<Option<LiveCheck>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((record, listing)) = &*last else { return Ok(None) };
        let store = Store::open(&self.dir)?;
        let Some(mut check) = live::check(store.objects(), record, listing)? else {
            return Ok(None);
        };
        check.pushed = self.pushed(listing, &check)?;
        Ok(Some(check))
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
    /// Asks who pushed the numbers that run and are not those of the version (#33).
    fn pushed(&self, listing: &Listing, check: &LiveCheck) -> Result<Vec<PushedBy>> {
        let mut pushed = Vec::new();
        for (part, state) in &check.parts {
            let (LivePart::Primitive(kind, name), Some(number)) = (part, state.there()) else {
                continue;
            };
            let mut rows = listing.primitives.iter();
            let row = rows.find(|row| row.route.kind.word == *kind && row.name == *name);
            let Some(row) = row else { continue };
            let all = details::numbers(&self.client, row)?;
            let found = all.into_iter().find(|one| one.number == number);
            pushed.extend(found.map(|one| PushedBy {
                part: part.clone(),
                at_ms: one.at_ms,
                by: one.by,
            }));
        }
        Ok(pushed)
    }

    fn not_sent(&self) -> Error {
        Error::usage(format!(
            "\"{}\" is on the platform, and this program only reads it",
            self.name
        ))
        .hint("use the `lua` command to push or promote there")
    }
}
