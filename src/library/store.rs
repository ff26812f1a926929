//! Store: the versions of an agent, and which of them is live.

use super::{Diff, Version};
use crate::compare;
use crate::error::Result;
use crate::history::catalog::Catalog;
use crate::history::revision::Revision;
use crate::history::{resolve, version};
use crate::store;
use std::path::Path;

/// The folder `.lua/`: everything that was pushed, whether or not the project's files are there.
#[derive(Clone)]
pub struct Store(store::Store);

impl Store {
    /// The store in a folder, which is a project's `.lua`.
    pub fn open(dir: &Path) -> Result<Store> {
        store::Store::open(dir).map(Store)
    }

    pub(super) fn of(store: store::Store) -> Store {
        Store(store)
    }

    /// All versions, newest first, deleted ones included. One whose ref is damaged is an error, which says how to repair it.
    pub fn versions(&self) -> Result<Vec<Version>> {
        let catalog = Catalog::load(&self.0)?;
        catalog.numbers().map(|number| self.version_of(&catalog, number)).collect()
    }

    /// The version that is meant by `2`, `v2`, `active`, `latest`, `previous` or the beginning of an id.
    pub fn version(&self, name: &str) -> Result<Version> {
        let catalog = Catalog::load(&self.0)?;
        let number = resolve::number(&catalog, &name.parse::<Revision>()?)?;
        self.version_of(&catalog, number)
    }

    /// The live version, if there is one.
    pub fn active(&self) -> Result<Option<Version>> {
        let catalog = Catalog::load(&self.0)?;
        catalog.active_number().map(|number| self.version_of(&catalog, number)).transpose()
    }

    /// Changes from the first of two versions to the second.
    pub fn diff(&self, from: &str, to: &str) -> Result<Diff> {
        let (from, to) = (self.load(from)?, self.load(to)?);
        let objects = self.0.objects();
        let change = compare::between(objects, Some(&from.state), Some(&to.state))?;
        Diff::of(objects, &change, Some(from.source), to.source)
    }

    pub(super) fn load(&self, name: &str) -> Result<version::Version> {
        let catalog = Catalog::load(&self.0)?;
        catalog.get(resolve::number(&catalog, &name.parse()?)?)
    }

    fn version_of(&self, catalog: &Catalog<'_>, number: u64) -> Result<Version> {
        Ok(Version::new(&self.0, catalog.get(number)?, catalog.status(number)))
    }
}
