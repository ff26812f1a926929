//! Hints: the pack in which an object was found last. With many packs most lookups are of objects that were looked up
//! before, as of the unchanged parts of the version before.

use crate::object::Id;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

/// Fewer packs than this are searched as fast as a hint is found.
const MANY: usize = 4;

/// Number of places. Ids that share one take it from each other.
const PLACES: usize = 1 << 14;

/// The number of a pack for each place, plus one. It may be wrong: whoever uses one looks into the pack.
#[derive(Default)]
pub(super) struct PackHints {
    places: OnceLock<Box<[AtomicU16]>>,
    /// The same for whatever was found last: objects of one push are in one pack.
    last: AtomicU16,
}

impl PackHints {
    /// Number of the pack to look into first, or of the last one.
    pub fn get(&self, id: &Id) -> Option<usize> {
        let noted = |number: &AtomicU16| usize::from(number.load(Ordering::Relaxed)).checked_sub(1);
        noted(&self.places.get()?[place(id)]).or_else(|| noted(&self.last))
    }

    /// Notes where the object is, among so many packs.
    pub fn note(&self, id: &Id, pack: usize, packs: usize) {
        let Some(number) = u16::try_from(pack + 1).ok().filter(|_| packs > MANY) else { return };
        let places = self.places.get_or_init(|| (0..PLACES).map(|_| AtomicU16::new(0)).collect());
        places[place(id)].store(number, Ordering::Relaxed);
        self.last.store(number, Ordering::Relaxed);
    }
}

fn place(id: &Id) -> usize {
    let [first, second, ..] = *id.as_bytes();
    usize::from(u16::from_le_bytes([first, second])) % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_of_the_object_or_of_the_last_one() {
        let hints = PackHints::default();
        let [one, other] = [b"one", b"two"].map(|bytes| Id::of_blob(bytes));
        assert_ne!(place(&one), place(&other));
        hints.note(&one, 3, MANY);
        assert_eq!(hints.get(&one), None, "few packs need none");
        hints.note(&one, 3, MANY + 1);
        assert_eq!((hints.get(&one), hints.get(&other)), (Some(3), Some(3)));
        hints.note(&other, 0, MANY + 1);
        assert_eq!((hints.get(&one), hints.get(&other)), (Some(3), Some(0)));
        hints.note(&one, usize::from(u16::MAX), usize::MAX);
        assert_eq!(hints.get(&one), Some(3), "more packs than a hint can name");
    }
}
