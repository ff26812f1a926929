//! `version create`: the pushed state gets the next number.

use super::record::{VersionMeta, Who};
use super::source;
use super::version::{self, Catalog, REFS, Status};
use crate::error::{Error, Result};
use crate::object::{Id, Memory, Source};
use crate::store::Store;

#[derive(Clone, Debug, Default)]
pub struct Request {
    pub message: Option<String>,
    /// The git commit that the pushed files were at, where the caller knows it.
    pub commit: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    New {
        number: u64,
        id: Id,
    },
    /// The newest version that is not deleted has this very state. A new message alone makes none.
    NothingStaged {
        latest: u64,
    },
}

/// Makes the next version from the newest source version. The lock is held from the look at what is
/// there to the new ref: two at once cannot take one number, nor make two versions of one state.
pub fn create(store: &Store, request: &Request, who: &Who) -> Result<Created> {
    let lock = store.lock()?;
    let pushed = source::latest(store)?.ok_or_else(nothing_pushed)?;
    let catalog = Catalog::load(store)?;
    // A damaged one may be of the pushed state: then it is not known what to compare with.
    let newest = catalog.numbers().find(|number| catalog.status(*number) != Status::Deleted);
    if let Some(latest) = newest
        && catalog.get(latest)?.state == pushed.state
    {
        return Ok(Created::NothingStaged { latest });
    }
    let number = catalog.latest_number().unwrap_or(0) + 1;
    let base = catalog.latest_number().map(|latest| catalog.get(latest)).transpose()?;
    let meta = unused(
        store,
        &catalog,
        pushed.state,
        pushed.source,
        VersionMeta {
            by: who.by.clone(),
            at_ms: who.at_ms,
            message: request.message.clone(),
            commit: request.commit.clone(),
            source_version: pushed.number,
        },
    )?;
    let mut batch = store.batch();
    let id = version::put(&mut batch, &meta, pushed.state, pushed.source, base.as_ref())?;
    batch.commit()?;
    store.refs().create(&lock, &format!("{REFS}/v{number}"), id)?;
    Ok(Created::New { number, id })
}

/// The ledger names versions by id, so two versions must never be one object. They could be only with
/// equal times; the later one is then a millisecond younger. What a damaged ref names is not known, so
/// beside one no version is an object that is there.
fn unused(
    store: &Store,
    catalog: &Catalog,
    state: Id,
    source: Id,
    mut meta: VersionMeta,
) -> Result<VersionMeta> {
    loop {
        let mut memory = Memory::default();
        let id = version::put(&mut memory, &meta, state, source, None)?;
        let hidden = catalog.damaged() > 0 && store.objects().contains(&id)?;
        if catalog.number_of(&id).is_none() && !hidden {
            return Ok(meta);
        }
        meta.at_ms += 1;
    }
}

fn nothing_pushed() -> Error {
    Error::failed("No source version exists for this agent")
        .hint("run `lua-store push` first, or pass `--auto-push` to push everything and then snapshot")
}
