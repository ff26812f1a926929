//! Scope of a command's first questions: a push need not know the persona.

use super::options::DeployOptions;
use super::remote::PlatformRemote;
use super::unversioned;
use crate::error::Result;
use crate::history::imported::ImportRecord;
use crate::import;
use crate::platform::Listing;

/// Parts of an agent there that a command asks for before it begins. With something to import it is everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadScope {
    #[default]
    Everything,
    /// Everything that a version contains, for a promotion.
    Versioned,
    /// Versions and backups, for a push: later it asks for the kinds of what changed.
    History,
}

impl PlatformRemote {
    /// The agent there, as far as the command asks for it.
    pub fn read_listing(&self) -> Result<Listing> {
        let DeployOptions { scope, include, .. } = &self.options;
        if *scope == ReadScope::Everything || !self.dir.exists() {
            return Listing::read(&self.client);
        }
        let store = self.store()?;
        // Primitives that no version contains are compared with their lists.
        let has_others = !include.is_empty() || unversioned::newest(&store)?.is_some();
        if *scope == ReadScope::History && has_others {
            return Listing::read(&self.client);
        }
        let record = ImportRecord::load(&store, &self.name, &self.address())?;
        let listing = match scope {
            ReadScope::History => Listing::read_history(&self.client)?,
            _ => Listing::read_versioned(&self.client)?,
        };
        // A promotion that was interrupted is compared with everything, too.
        let is_open = store.deploy_journal(&self.name)?.is_some();
        match import::has_all(&record, &listing) && record.seen.is_some() && !is_open {
            true => Ok(listing),
            false => Listing::read(&self.client),
        }
    }
}
