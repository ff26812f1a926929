//! The plan of a new pack: the order of its objects, and which of them share an entry.

use super::paths;
use crate::object::{Id, ObjectKind, Tree};
use crate::pack::Group;
use std::collections::HashMap;
use std::ops::Range;

/// Blobs up to this size are in groups; larger ones are deltas of each other.
const SMALL: u64 = 16 << 10;

/// A group is closed when it has this many bytes. Larger groups are smaller on disk and slower to read.
const GROUP: u64 = 128 << 10;

/// A run of deltas begins anew after this many objects, so that no chain is longer than its
/// logarithm.
const RUN: usize = 1 << 10;

/// Object that goes into the new pack.
pub struct PlannedObject {
    pub id: Id,
    pub kind: ObjectKind,
    pub len: u64,
    /// Entries, of a tree.
    pub children: Option<Tree>,
    /// Content, of one of the first: it is not looked up again to be written.
    pub bytes: Option<Vec<u8>>,
}

impl PlannedObject {
    pub fn new(id: Id, kind: ObjectKind, len: u64) -> PlannedObject {
        PlannedObject { id, kind, len, children: None, bytes: None }
    }
}

/// One entry of the new pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompactUnit {
    Group(Range<u32>),
    /// An object by itself, and the position of its base.
    Single(u32, Option<u32>),
}

pub struct CompactPlan {
    objects: Vec<PlannedObject>,
    positions: HashMap<Id, u32>,
    pub units: Vec<CompactUnit>,
}

/// Section of the pack for an object. Trees come first: walking them touches nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PackSection {
    Trees,
    SmallBlobs,
    LargeBlobs,
}

fn part(object: &PlannedObject) -> PackSection {
    match object.kind {
        ObjectKind::Tree if object.len <= Group::MAX_LEN / 2 => PackSection::Trees,
        ObjectKind::Blob if object.len <= SMALL => PackSection::SmallBlobs,
        _ => PackSection::LargeBlobs,
    }
}

impl CompactPlan {
    /// Plan for objects with the newest first. Those of one path are neighbours, in that order; an
    /// object without a path is placed beside others of its size.
    pub fn new(objects: Vec<PlannedObject>) -> CompactPlan {
        let paths = paths::assign(&objects);
        let mut order: Vec<usize> = (0..objects.len()).collect();
        order.sort_by_key(|at| {
            (
                part(&objects[*at]),
                paths[*at],
                if paths[*at].is_none() { objects[*at].len } else { 0 },
            )
        });
        let path_at: Vec<_> = order.iter().map(|at| paths[*at]).collect();
        let mut slots: Vec<_> = objects.into_iter().map(Some).collect();
        let objects: Vec<PlannedObject> =
            order.into_iter().filter_map(|at| slots[at].take()).collect();
        let positions =
            objects.iter().zip(0..).map(|(object, position)| (object.id, position)).collect();
        let units = units(&objects, &path_at);
        CompactPlan { objects, positions, units }
    }

    pub fn count(&self) -> usize {
        self.objects.len()
    }

    pub fn objects(&self) -> &[PlannedObject] {
        &self.objects
    }

    pub fn object(&self, position: u32) -> &PlannedObject {
        &self.objects[position as usize]
    }

    pub fn position(&self, id: &Id) -> Option<u32> {
        self.positions.get(id).copied()
    }
}

fn units(objects: &[PlannedObject], paths: &[paths::PathNumber]) -> Vec<CompactUnit> {
    let large = objects.partition_point(|object| part(object) != PackSection::LargeBlobs);
    let mut units = groups(&objects[..large]);
    let mut start = large;
    for at in large..objects.len() {
        let same = at > start && paths[at].is_some() && paths[at] == paths[at - 1];
        if !same || at - start >= RUN {
            start = at;
        }
        let base = skip_base(at - start).map(|base| (start + base) as u32);
        units.push(CompactUnit::Single(at as u32, base));
    }
    units
}

fn groups(objects: &[PlannedObject]) -> Vec<CompactUnit> {
    let mut units = Vec::new();
    let (mut group, mut bytes) = (0..0, 0);
    for (object, position) in objects.iter().zip(0u32..) {
        if bytes >= GROUP || part(object) != part(&objects[group.start as usize]) {
            units.push(CompactUnit::Group(group));
            (group, bytes) = (position..position, 0);
        }
        group.end = position + 1;
        bytes += object.len;
    }
    if !group.is_empty() {
        units.push(CompactUnit::Group(group));
    }
    units
}

/// The base of the `n`th object of a run: `n` without its lowest bit. So a chain is as long as `n`
/// has bits, and most bases are near.
fn skip_base(n: usize) -> Option<usize> {
    (n > 0).then(|| n & (n - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_chain_is_longer_than_ten() {
        let length = |n| std::iter::successors(Some(n), |n| skip_base(*n)).count() - 1;
        assert_eq!((0..RUN).map(length).max(), Some(10));
    }

    #[test]
    fn every_object_is_in_one_entry_and_entries_are_in_order() {
        let lens = [1, 20_000, 90_000, 5, 16_384, 16_385, 70_000, 0, 9 << 20];
        let blob = |(n, len): (usize, &u64)| {
            PlannedObject::new(Id::of_blob(&[n as u8]), ObjectKind::Blob, *len)
        };
        let mut objects: Vec<PlannedObject> = lens.iter().enumerate().map(blob).collect();
        objects
            .extend((0..40).map(|n| PlannedObject::new(Id::of_tree(&[n]), ObjectKind::Tree, 9000)));
        let plan = CompactPlan::new(objects);
        let mut next = 0;
        for unit in &plan.units {
            let range = match unit {
                CompactUnit::Group(range) => range.clone(),
                CompactUnit::Single(position, _) => *position..*position + 1,
            };
            assert_eq!(range.start, next);
            assert!(range.end > range.start);
            next = range.end;
        }
        assert_eq!(next as usize, plan.count());
        for object in plan.objects() {
            assert_eq!(plan.object(plan.position(&object.id).unwrap()).id, object.id);
        }
    }
}
