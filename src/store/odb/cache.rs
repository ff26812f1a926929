//! Cache of decompressed groups, the last ones used: the next object is often in the group of the
//! one before. Its size in bytes is bounded.

use crate::pack::Group;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Enough that a few threads walking a tree do not push out each other's groups.
const MOST_BYTES: usize = 8 << 20;

/// The number of an open pack, and which entry of it.
pub(super) type GroupKey = (u64, u32);

/// Decompressed groups of any number of databases, all together up to so many bytes. Cheap to clone.
#[derive(Clone)]
pub struct GroupCache {
    most: usize,
    cached: Arc<Mutex<CachedGroups>>,
}

#[derive(Default)]
struct CachedGroups {
    groups: HashMap<GroupKey, (Arc<Group>, u64)>,
    /// By when they were used, the latest last.
    order: BTreeMap<u64, GroupKey>,
    uses: u64,
    bytes: usize,
}

impl Default for GroupCache {
    fn default() -> GroupCache {
        GroupCache::bounded(MOST_BYTES)
    }
}

impl GroupCache {
    pub fn bounded(most: usize) -> GroupCache {
        GroupCache { most, cached: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, CachedGroups> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of the cached groups.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    pub(super) fn get(&self, key: GroupKey) -> Option<Arc<Group>> {
        let mut held = self.lock();
        let (group, used) = held.groups.get(&key)?;
        let group = group.clone();
        // The order of those that were used last of all is not important, and most reads are of one of them.
        if held.uses - used >= held.groups.len() as u64 / 4 {
            let _ = held.take(key);
            held.put(key, &group);
        }
        Some(group)
    }

    /// One that alone is more than the bound is not kept.
    pub(super) fn keep(&self, key: GroupKey, group: &Arc<Group>) {
        let mut held = self.lock();
        // Two threads may have decompressed it at once.
        let _ = held.take(key);
        held.put(key, group);
        while held.bytes > self.most {
            let Some((_, &oldest)) = held.order.first_key_value() else { break };
            let _ = held.take(oldest);
        }
    }
}

impl CachedGroups {
    fn put(&mut self, key: GroupKey, group: &Arc<Group>) {
        self.uses += 1;
        self.bytes += group.size();
        self.order.insert(self.uses, key);
        self.groups.insert(key, (group.clone(), self.uses));
    }

    fn take(&mut self, key: GroupKey) -> Option<Arc<Group>> {
        let (group, used) = self.groups.remove(&key)?;
        self.order.remove(&used);
        self.bytes -= group.size();
        Some(group)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CompactScope, Mapped, Odb};
    use super::*;
    use crate::object::{Id, Sink, Source};
    use crate::pack::{GroupItemKind, PackId};
    use crate::progress::Progress;
    use std::path::{Path, PathBuf};

    fn group(len: usize) -> Arc<Group> {
        let content = Group::encode(&[(GroupItemKind::Blob, vec![7; len])]);
        Arc::new(Group::decode(content).unwrap())
    }

    #[test]
    fn however_many_are_kept_the_bytes_are_bounded_and_the_oldest_go() {
        let one = group(1000);
        let groups = GroupCache::bounded(one.size() * 3);
        for number in 0..100 {
            groups.keep((number, 0), &one);
            assert!(groups.get((0, 0)).is_some() && groups.bytes() <= one.size() * 3);
        }
        assert_eq!(groups.bytes(), one.size() * 3);
        assert!(
            groups.get((99, 0)).is_some()
                && groups.get((98, 0)).is_some()
                && groups.get((97, 0)).is_none()
        );
        assert!(one.size() > 1000, "the table of a group is counted too");
    }

    /// Small texts that were put together into one pack.
    fn compacted(dir: &Path) -> (Vec<Id>, PathBuf, PackId) {
        let odb = Odb::open(dir);
        let mut batch = odb.batch();
        let ids = (0..50)
            .map(|n| batch.put_blob(format!("text {n}").into_bytes(), None).unwrap())
            .collect();
        batch.commit().unwrap();
        odb.compact(CompactScope::All, &Progress::default()).unwrap();
        let pack = odb.packs().unwrap().good[0].id;
        (ids, dir.join(pack.file_name()), pack)
    }

    #[test]
    fn databases_that_share_groups_decompress_those_of_a_pack_once_and_of_its_copy_again() {
        let dir = tempfile::tempdir().unwrap();
        let (ids, path, id) = compacted(dir.path());
        let (pack, groups) = (Mapped::open(&path, id).unwrap(), GroupCache::bounded(1 << 20));
        let read = |pack: &Mapped| {
            let odb = Odb::over_with([pack.clone()], groups.clone());
            ids.iter().for_each(|id| drop(odb.blob(id).unwrap()));
            groups.bytes()
        };
        let once = read(&pack);
        assert!(once > 50 * 6);
        assert_eq!(read(&pack), once);
        // A file of the same name may be damaged: nothing of one is taken for the other.
        assert_eq!(read(&Mapped::open(&path, id).unwrap()), 2 * once);
    }

    #[test]
    fn one_that_comes_twice_counts_once_and_one_that_is_too_large_leaves_nothing() {
        let one = group(1000);
        let groups = GroupCache::bounded(one.size() * 3);
        groups.keep((1, 0), &one);
        groups.keep((1, 0), &one);
        assert_eq!(groups.bytes(), one.size());
        groups.keep((2, 0), &group(10_000));
        assert_eq!(groups.bytes(), 0);
        assert!(groups.get((2, 0)).is_none());
    }
}
