//! Purged objects of an agent, as its ledger names them: nobody may send one again.

use super::RemoteStore;
use super::head::StoredHead;
use crate::error::{Kind, Result};
use crate::history::{ledger, purge};
use crate::object::Id;
use crate::store::{Mapped, Odb};
use std::collections::HashSet;
use std::sync::Arc;

/// Objects that the ledger up to this record names.
#[derive(Clone)]
pub(super) struct PurgedObjects {
    ledger: Id,
    ids: Arc<HashSet<Id>>,
}

impl RemoteStore {
    /// Object of a pack that was purged. A client that has not seen the purge sends it.
    pub(super) fn purged_in(
        &self,
        head: &StoredHead,
        objects: &Odb,
        pack: &Mapped,
    ) -> Result<Option<Id>> {
        let purged = self.purged(head, objects)?;
        Ok(pack.ids().find(|id| purged.contains(id)))
    }

    /// Reads only the records since it was asked last. A purge rewrites the ledger, so that all of it is read again.
    fn purged(&self, head: &StoredHead, objects: &Odb) -> Result<Arc<HashSet<Id>>> {
        let Some(active) = head.heads.active else { return Ok(Arc::default()) };
        let known = self.purged.get(&head.agent);
        if let Some(known) = known.as_ref().filter(|known| known.ledger == active.ledger) {
            return Ok(known.ids.clone());
        }
        let mut ids = HashSet::new();
        for step in ledger::steps(objects, Some(active.ledger)) {
            let step = match step {
                // A damaged record stops no push.
                Err(error) if error.kind() == Kind::Corrupt => return Ok(Arc::new(ids)),
                step => step?,
            };
            if let Some(known) = known.as_ref().filter(|known| known.ledger == step.id) {
                ids.extend(known.ids.iter());
                break;
            }
            let details = purge::details(objects, &step)?;
            ids.extend(details.iter().flat_map(|details| &details.objects).map(|one| one.object));
        }
        let ids = Arc::new(ids);
        let now = PurgedObjects { ledger: active.ledger, ids: ids.clone() };
        self.purged.put(head.agent.clone(), now);
        Ok(ids)
    }
}
