//! Source versions: one for every push. A ref `refs/source/vN` names a tree of `record`, `state/` and
//! `source/`; the newest one is the *pushed state*.

use super::record::{self, RECORD, SOURCE, STATE, SourceRecord};
use super::state::State;
use crate::error::{Error, Hint, Result};
use crate::model::numbers::{self, Numbers};
use crate::object::{Id, Memory, Sink, Source, Tree, TreeEntry};
use crate::store::{Batch, Store, refs};

pub const REFS: &str = refs::SOURCE;
/// Workspaces kept before a restore overwrote them; records like those of source versions.
pub const SNAPSHOT_REFS: &str = refs::SNAPSHOTS;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceVersion {
    pub number: u64,
    /// The tree that the ref names.
    pub id: Id,
    pub record: SourceRecord,
    pub state: Id,
    pub source: Id,
}

impl SourceVersion {
    pub fn load<S: Source + ?Sized>(source: &S, number: u64, id: Id) -> Result<SourceVersion> {
        let read = || -> Result<SourceVersion> {
            let tree = source.tree(&id)?;
            let bytes = source.blob(&tree.require(RECORD)?)?;
            SourceVersion::decode(number, id, &tree, &bytes)
        };
        read().map_err(|error| unreadable(number, error))
    }

    /// The same from its tree and the bytes of its record.
    pub fn of(number: u64, id: Id, tree: &Tree, record: &[u8]) -> Result<SourceVersion> {
        SourceVersion::decode(number, id, tree, record).map_err(|error| unreadable(number, error))
    }

    fn decode(number: u64, id: Id, tree: &Tree, bytes: &[u8]) -> Result<SourceVersion> {
        Ok(SourceVersion {
            number,
            id,
            record: record::decode(bytes, "record of a source version")?,
            state: tree.require(STATE)?,
            source: tree.require(SOURCE)?,
        })
    }
}

fn unreadable(number: u64, error: Error) -> Error {
    record::unreadable(&format!("source version v{number}"), error)
}

/// The newest source version, or `None` before the first push.
pub fn latest(store: &Store) -> Result<Option<SourceVersion>> {
    match store.refs().latest(REFS)? {
        Some((number, id)) => SourceVersion::load(store.objects(), number, id).map(Some),
        None => Ok(None),
    }
}

/// The source version of a number.
pub fn get(store: &Store, number: u64) -> Result<SourceVersion> {
    find(store, REFS, number)?.ok_or_else(|| {
        Error::not_found(format!("Source version v{number} not found")).hint(Hint::ListSources)
    })
}

/// A kept workspace.
pub fn get_snapshot(store: &Store, number: u64) -> Result<SourceVersion> {
    find(store, SNAPSHOT_REFS, number)?.ok_or_else(|| {
        Error::not_found(format!("There is no safety snapshot {number}")).hint(Hint::ListSnapshots)
    })
}

fn find(store: &Store, series: &str, number: u64) -> Result<Option<SourceVersion>> {
    match store.refs().get(&format!("{series}/v{number}"))? {
        Some(id) => SourceVersion::load(store.objects(), number, id).map(Some),
        None => Ok(None),
    }
}

/// [`put`] for the next push of a store. What was pushed before in the very same millisecond, and is pushed again
/// after something else, would be the same object: refs of two numbers would not differ from a damaged one.
pub fn put_next(
    store: &Store,
    batch: &mut Batch,
    mut record: SourceRecord,
    (state, source): (Id, Id),
    base: Option<&SourceVersion>,
) -> Result<Id> {
    loop {
        let id = put(&mut Memory::default(), &record, state, source, None)?;
        // A push that was killed stored it, perhaps, and made no ref.
        let is_taken = store.objects().contains(&id)?
            && store
                .refs()
                .list_all(REFS)?
                .iter()
                .any(|(_, other)| other.as_ref().ok() == Some(&id));
        if !is_taken {
            return put(batch, &record, state, source, base);
        }
        record.at_ms += 1;
    }
}

/// Stores the tree of a source version. `base` is the one before it.
pub fn put<S: Source + Sink>(
    sink: &mut S,
    record: &SourceRecord,
    state: Id,
    source: Id,
    base: Option<&SourceVersion>,
) -> Result<Id> {
    let old_record = match base {
        Some(base) => sink.tree(&base.id)?.get(RECORD).map(|entry| entry.id),
        None => None,
    };
    let blob = sink.put_blob(record::encode(record), old_record)?;
    let tree = Tree::new(vec![
        TreeEntry::file(RECORD, blob),
        TreeEntry::directory(STATE, state),
        TreeEntry::directory(SOURCE, source),
    ])?;
    sink.put_tree(&tree, base.map(|base| base.id))
}

/// The highest number ever given to each entry.
pub fn floor(old: &State, previous: Option<&SourceVersion>) -> Numbers {
    let mut floor = numbers::below_maximum(&old.numbers);
    if let Some(previous) = previous {
        numbers::raise(&mut floor, &numbers::below_maximum(&previous.record.highest));
    }
    floor
}

/// Numbers that a record must remember beside those of its own state: every number past the one in
/// the state, or of an entry that is gone.
pub fn highest(previous: Option<&SourceVersion>, old: &State, new: &State) -> Numbers {
    let mut highest = floor(old, previous);
    highest
        .retain(|key, number| new.numbers.get(key).is_none_or(|now| numbers::is_past(number, now)));
    highest
}
