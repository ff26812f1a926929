//! Ref list: the refs of a series by number, the sound ones apart from the damaged ones, which are hardly ever any.

use crate::error::{Error, Result};
use crate::object::Id;
use std::collections::BTreeMap;

/// Refs by number.
#[derive(Debug, Default)]
pub struct RefList {
    /// Ascending.
    sound: Vec<(u64, Id)>,
    damaged: BTreeMap<u64, Error>,
}

impl RefList {
    /// Refs that are all sound, ascending.
    pub fn sound(sound: Vec<(u64, Id)>) -> RefList {
        RefList { sound, damaged: BTreeMap::new() }
    }

    pub fn ids(&self) -> &[(u64, Id)] {
        &self.sound
    }

    /// Damage by number.
    pub fn damaged(&self) -> &BTreeMap<u64, Error> {
        &self.damaged
    }

    /// The object of a number, or its damage; `None` for a number that is not there.
    pub fn get(&self, number: u64) -> Option<Result<Id, &Error>> {
        if let Some(error) = self.damaged.get(&number) {
            return Some(Err(error));
        }
        let at = self.sound.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(Ok(self.sound[at].1))
    }

    /// Highest number.
    pub fn last(&self) -> Option<u64> {
        let sound = self.sound.last().map(|(number, _)| *number);
        sound.max(self.damaged.keys().next_back().copied())
    }

    /// Numbers below another one, the newest first.
    pub fn below(&self, number: u64) -> impl Iterator<Item = u64> {
        let end = self.sound.partition_point(|(other, _)| *other < number);
        let mut sound = self.sound[..end].iter().rev().map(|(number, _)| *number).peekable();
        let mut damaged = self.damaged.range(..number).rev().map(|(number, _)| *number).peekable();
        std::iter::from_fn(move || match (sound.peek(), damaged.peek()) {
            (Some(one), Some(other)) if one < other => damaged.next(),
            (None, _) => damaged.next(),
            _ => sound.next(),
        })
    }
}

impl FromIterator<(u64, Result<Id>)> for RefList {
    /// The numbers ascend.
    fn from_iter<T: IntoIterator<Item = (u64, Result<Id>)>>(refs: T) -> RefList {
        let mut list = RefList::default();
        for (number, id) in refs {
            match id {
                Ok(id) => list.sound.push((number, id)),
                Err(error) => drop(list.damaged.insert(number, error)),
            }
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_descend_whichever_are_damaged() {
        let id = Id::of_blob(b"x");
        for damaged in [&[][..], &[1], &[2, 3], &[5], &[1, 2, 3, 4, 5]] {
            let one = |number| match damaged.contains(&number) {
                true => (number, Err(Error::corrupt("it is damaged"))),
                false => (number, Ok(id)),
            };
            let list: RefList = (1..=5).map(one).collect();
            assert_eq!(list.below(u64::MAX).collect::<Vec<_>>(), [5, 4, 3, 2, 1], "{damaged:?}");
            assert_eq!(list.below(3).collect::<Vec<_>>(), [2, 1], "{damaged:?}");
            assert_eq!((list.last(), list.below(1).next()), (Some(5), None));
            for number in 1..=5 {
                let found = list.get(number).unwrap();
                assert_eq!(found.is_err(), damaged.contains(&number));
                assert!(found.is_err() || found.unwrap() == id);
            }
            assert!(list.get(0).is_none() && list.get(6).is_none());
        }
        assert_eq!(RefList::default().last(), None);
    }
}
