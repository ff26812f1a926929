//! LRU cache of a few values, so that their cost stays bounded.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Newest first. Few enough that looking through all of them is nothing.
pub struct LruCache<K, V> {
    most: usize,
    entries: Mutex<VecDeque<(K, V)>>,
}

impl<K: PartialEq, V: Clone> LruCache<K, V> {
    pub fn new(most: usize) -> LruCache<K, V> {
        LruCache { most, entries: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(K, V)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, key: &K) -> Option<V> {
        let mut held = self.lock();
        let at = held.iter().position(|(other, _)| other == key)?;
        let found = held.remove(at)?;
        let value = found.1.clone();
        held.push_front(found);
        Some(value)
    }

    /// Forgets the value of a key.
    pub fn remove(&self, key: &K) {
        self.lock().retain(|(known, _)| known != key);
    }

    /// Removes the value of a key and gives it to one caller.
    pub fn take(&self, key: &K) -> Option<V> {
        let mut held = self.lock();
        let at = held.iter().position(|(other, _)| other == key)?;
        held.remove(at).map(|(_, value)| value)
    }

    /// Takes the place of an older value.
    pub fn put(&self, key: K, value: V) {
        let mut held = self.lock();
        held.retain(|(other, _)| *other != key);
        held.push_front((key, value));
        held.truncate(self.most);
    }

    /// The same; of the older values only the newest remain that weigh at most `limit` together with this one.
    pub fn put_within(&self, key: K, value: V, limit: u64, weigh: impl Fn(&V) -> u64) {
        let mut total = weigh(&value);
        self.put(key, value);
        let mut held = self.lock();
        let fits = held.iter().skip(1).take_while(|(_, older)| {
            total += weigh(older);
            total <= limit
        });
        let kept = 1 + fits.count();
        held.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let recent = LruCache::new(2);
        recent.put("a", 1);
        recent.put("b", 2);
        assert_eq!(recent.get(&"a"), Some(1));
        recent.put("c", 3);
        assert_eq!(
            (recent.get(&"a"), recent.get(&"b"), recent.get(&"c")),
            (Some(1), None, Some(3))
        );
        recent.put("a", 4);
        assert_eq!((recent.get(&"a"), recent.get(&"c")), (Some(4), Some(3)));
    }
    #[test]
    fn the_newest_within_a_limit_remain() {
        let recent = LruCache::new(8);
        let put = |key, weight: u64| recent.put_within(key, weight, 10, |weight| *weight);
        let held = || recent.lock().iter().map(|(key, _)| *key).collect::<String>();
        put('a', 4);
        put('b', 4);
        assert_eq!(held(), "ba");
        put('c', 3);
        assert_eq!(held(), "cb", "an older one goes, as all weigh 11");
        put('d', 11);
        assert_eq!(held(), "d", "the newest remains, whatever it weighs");
        put('e', 0);
        assert_eq!(held(), "e");
    }

    #[test]
    fn one_caller_takes_a_value() {
        let recent = LruCache::new(2);
        recent.put("a", 1);
        recent.put("b", 2);
        assert_eq!((recent.take(&"a"), recent.take(&"a")), (Some(1), None));
        assert_eq!(recent.get(&"b"), Some(2));
    }
}
