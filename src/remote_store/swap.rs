//! The one swap of a head: its page first, where it needs one, then the head.

use super::RemoteStore;
use super::engine::{Cas, Expect};
use super::head::{LoadedHead, StoredHead};
use crate::error::Result;
use crate::object::Id;
use std::sync::Arc;

impl RemoteStore {
    /// Swaps in what was made of a head. A page has a key that nobody knows before the swap lands; after a swap that did
    /// not land it goes, and the next attempt makes another one. One that upkeep retired meanwhile needs no look: that
    /// was a swap, and so this one is lost.
    pub(super) fn swap(
        &self,
        seen: &LoadedHead,
        mut next: StoredHead,
    ) -> Result<Cas<Arc<LoadedHead>>> {
        let agent = next.agent.clone();
        let page = next.turn_page()?;
        let key = next.pages.last().map(|page| page.key.clone()).filter(|_| page.is_some());
        if let (Some(key), Some(page)) = (&key, &page) {
            self.packs.put_new(key, &mut &page[..], page.len() as u64)?;
        }
        let bytes = next.encode();
        let expect = seen.token.as_ref().map_or(Expect::Absent, Expect::Match);
        let swapped = self.heads.swap(&agent, expect, &bytes);
        if let (Ok(Cas::Lost) | Err(_), Some(key)) = (&swapped, key) {
            // Upkeep finds it later where this fails.
            let _ = self.packs.delete(&key);
        }
        Ok(match swapped? {
            Cas::Won(token) => {
                let hash = Id::of_blob(&bytes);
                let seen = Arc::new(LoadedHead { head: next, token: Some(token), hash });
                self.seen.put(agent, seen.clone());
                Cas::Won(seen)
            }
            Cas::Lost => Cas::Lost,
            Cas::Unknown(error) => Cas::Unknown(error),
        })
    }
}
