//! Order in which old packs are removed: a pack before those that have the bases of its deltas. So whatever is left when
//! the process dies can be read, also where a base is left out of the new pack.

use super::super::list::{Mapped, Pack};
use std::collections::HashSet;
use std::sync::Arc;

/// The packs, each before those that it needs. Of packs that need each other one comes first all the same.
pub(super) fn dependents_first(packs: &[Arc<Pack>]) -> Vec<Arc<Pack>> {
    let needs: Vec<HashSet<usize>> = (0..packs.len()).map(|at| needed_by(packs, at)).collect();
    let mut rest: Vec<usize> = (0..packs.len()).collect();
    let mut ordered = Vec::new();
    while !rest.is_empty() {
        let is_free =
            |at: &usize| !rest.iter().any(|other| other != at && needs[*other].contains(at));
        let next = rest.iter().position(is_free).unwrap_or(0);
        ordered.push(packs[rest.remove(next)].clone());
    }
    ordered
}

/// Places of the other packs that have a base of a delta in this one.
fn needed_by(packs: &[Arc<Pack>], at: usize) -> HashSet<usize> {
    let mut needed = HashSet::new();
    for base in Mapped(packs[at].clone()).bases() {
        let has = |other: &usize| packs[*other].reader.position(&base).is_some();
        if !has(&at) {
            needed.extend((0..packs.len()).filter(has));
        }
    }
    needed
}
