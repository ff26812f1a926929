//! Versions as a remote has them: `origin/v2`, `origin/active`, `origin/source/v3`, by its last known heads.

use super::catalog::Catalog;
use super::revision::{InSeries, Revision};
use crate::error::{Error, Hint, Result};
use crate::object::{Id, Source};
use crate::store::{Heads, Store};

/// The heads of a remote when it last answered, or when it was last fetched.
pub fn heads(store: &Store, remote: &str) -> Result<Heads> {
    let known = match store.last_known(remote) {
        Some(last) => Some(last.refs),
        None => store.remote(remote)?,
    };
    match known {
        Some(tracking) => Ok(tracking.heads),
        None if store.config()?.remote(remote).is_some() => {
            Err(Error::not_found(format!("nothing is known about the remote \"{remote}\""))
                .hint(Hint::Fetch))
        }
        None => {
            Err(Error::not_found(format!("there is no remote \"{remote}\""))
                .hint(Hint::HelpVersions))
        }
    }
}

/// Id and number of a version of a remote, which is in the store.
pub fn find(store: &Store, remote: &str, of: &Revision) -> Result<(u64, Id)> {
    let heads = heads(store, remote)?;
    let (series, number) = match of {
        Revision::Source(InSeries::Latest) => (&heads.source, heads.source.len() as u64),
        Revision::Source(InSeries::Number(number)) => (&heads.source, *number),
        Revision::Number(number) => (&heads.versions, *number),
        _ => (&heads.versions, by_word(store, remote, &heads, of)?),
    };
    let missing = || {
        let name = if *of == Revision::Latest { "versions".into() } else { of.to_string() };
        Error::not_found(format!("the remote \"{remote}\" has no {name}")).hint(Hint::Fetch)
    };
    let at = number.checked_sub(1).and_then(|at| usize::try_from(at).ok());
    let id = *at.and_then(|at| series.get(at)).ok_or_else(missing)?;
    if store.objects().contains(&id)? {
        return Ok((number, id));
    }
    Err(Error::not_found(format!("{remote}/{of} is not in this store yet")).hint(Hint::Fetch))
}

/// The number behind `active`, `latest` or `previous`.
fn by_word(store: &Store, remote: &str, heads: &Heads, of: &Revision) -> Result<u64> {
    let none = |what: &str| Error::not_found(format!("{what} at the remote \"{remote}\""));
    if *of == Revision::Active {
        let active = heads.active.and_then(|active| active.version);
        return active.ok_or_else(|| none("no version is active"));
    }
    if let Some(active) = heads.active
        && !store.objects().contains(&active.ledger)?
    {
        return Err(
            Error::not_found(format!("{remote}/{of} is not in this store yet")).hint(Hint::Fetch)
        );
    }
    let catalog = Catalog::of(store, store.objects(), heads)?;
    match of {
        Revision::Previous => catalog
            .previous_number()?
            .ok_or_else(|| none("no version was active before the active one")),
        _ => catalog.latest().ok_or_else(|| none("there is not a range of versions")),
    }
}
