//! Details of a purge: the folder `purge` of its ledger record, with what was done and the tombstones.

use crate::error::{Error, Result};
use crate::history::record;
use crate::object::{Id, Sink, Source, Tree, TreeEntry};
use serde::{Deserialize, Serialize};

/// Name of the blob in the folder; the others have the ids of the purged objects.
const DETAILS: &str = "details";

/// Objects that were replaced, and the refs that became others for it. Field order is part of the format.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PurgeDetails {
    pub objects: Vec<PurgedObject>,
    pub source: Vec<RewrittenRef>,
    pub versions: Vec<RewrittenRef>,
    /// The newest ledger record before the purge, by the id that it had.
    pub ledger: Option<Id>,
}

/// A purged blob, and the tombstone in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PurgedObject {
    pub object: Id,
    pub tombstone: Id,
    /// Length of the blob.
    pub bytes: u64,
}

/// A ref, and the ids that it had before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RewrittenRef {
    pub number: u64,
    pub old: Id,
    pub new: Id,
}

impl PurgedObject {
    pub fn pair(&self) -> (Id, Id) {
        (self.object, self.tombstone)
    }
}

impl RewrittenRef {
    pub(super) fn between(old: &[Id], new: &[Id]) -> Vec<RewrittenRef> {
        let all = (1..).zip(old.iter().zip(new));
        let changed = all.filter(|(_, (old, new))| old != new);
        changed.map(|(number, (old, new))| RewrittenRef { number, old: *old, new: *new }).collect()
    }
}

impl PurgeDetails {
    pub fn encode(&self) -> Vec<u8> {
        record::encode(self)
    }

    /// Stores the folder. It has the tombstones too, so that whoever gets the record has them.
    pub fn store(&self, sink: &mut dyn Sink) -> Result<Id> {
        let mut entries = vec![TreeEntry::file(DETAILS, sink.put_blob(self.encode(), None)?)];
        let tombstones = self.objects.iter();
        entries
            .extend(tombstones.map(|one| TreeEntry::file(&one.object.to_string(), one.tombstone)));
        sink.put_tree(&Tree::new(entries)?, None)
    }

    /// Reads what [`PurgeDetails::store`] stores.
    pub fn load<S: Source + ?Sized>(source: &S, id: &Id) -> Result<PurgeDetails> {
        let tree = source.tree(id)?;
        let details = PurgeDetails::decode(&source.blob(&tree.require(DETAILS)?)?)?;
        let has = |one: &PurgedObject| {
            tree.get(&one.object.to_string()).is_some_and(|entry| entry.id == one.tombstone)
        };
        let is_whole = tree.entries().len() == details.objects.len() + 1;
        match is_whole && details.objects.iter().all(has) {
            true => Ok(details),
            false => Err(Error::corrupt(format!("object {id} is no record of a purge"))),
        }
    }

    /// Reads exactly what [`PurgeDetails::encode`] writes.
    pub fn decode(bytes: &[u8]) -> Result<PurgeDetails> {
        record::decode(bytes, "record of a purge")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_a_map_in_declared_order() {
        let id = Id::of_blob(b"");
        let text = id.to_string();
        let details = PurgeDetails {
            objects: vec![PurgedObject { object: id, tombstone: id, bytes: 5 }],
            source: vec![RewrittenRef { number: 3, old: id, new: id }],
            versions: Vec::new(),
            ledger: None,
        };
        // By hand from the MessagePack specification: fixmaps, fixarrays, str 8 for the ids.
        let ids = |name: &str| {
            [&[0xa0 | name.len() as u8], name.as_bytes(), b"\xd9\x40", text.as_bytes()].concat()
        };
        let expected = [
            b"\x84\xa7objects\x91\x83".to_vec(),
            ids("object"),
            ids("tombstone"),
            b"\xa5bytes\x05\xa6source\x91\x83\xa6number\x03".to_vec(),
            ids("old"),
            ids("new"),
            b"\xa8versions\x90\xa6ledger\xc0".to_vec(),
        ];
        assert_eq!(details.encode(), expected.concat());
        assert_eq!(PurgeDetails::decode(&expected.concat()).unwrap(), details);
    }
}
