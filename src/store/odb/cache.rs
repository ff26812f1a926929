//! The groups that were decompressed last: what is read next is often beside what was read before.

use crate::pack::{Group, PackId};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Enough that a few threads walking a tree do not push out each other's groups.
const MOST_BYTES: usize = 8 << 20;

type Key = (PackId, u32);

#[derive(Default)]
pub(super) struct Groups(Mutex<Held>);

/// Newest first.
#[derive(Default)]
struct Held {
    groups: VecDeque<(Key, Arc<Group>)>,
    bytes: usize,
}

impl Groups {
    pub fn get(&self, key: Key) -> Option<Arc<Group>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = held.groups.iter().position(|(other, _)| *other == key)?;
        let found = held.groups.remove(at)?;
        held.groups.push_front(found.clone());
        Some(found.1)
    }

    pub fn keep(&self, key: Key, group: &Arc<Group>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.bytes += group.size();
        held.groups.push_front((key, group.clone()));
        while held.bytes > MOST_BYTES {
            let Some((_, oldest)) = held.groups.pop_back() else { break };
            held.bytes -= oldest.size();
        }
    }
}
