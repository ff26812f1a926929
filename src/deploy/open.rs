//! Open promotions: those that were interrupted, as far as their journals know what is live of them. Nobody is asked.

use super::journal::DeployJournal;
use crate::client::Address;
use crate::error::{Hint, Result};
use crate::store::Store;
use std::collections::BTreeSet;

/// Requests that are live with their answer, and are no switch.
const AT_ONCE: [&str; 6] = ["#10", "#7", "#8", "#12", "#13", "#34"];
const SWITCH: &str = "#27";

/// A promotion that is not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDeployment {
    pub remote: String,
    /// Number of the version here.
    pub number: u64,
    /// True while another process is at it.
    pub is_under_way: bool,
    /// True once the platform answered that the version is active.
    pub is_active: bool,
    /// Parts of it that are live, in the order in which they were set.
    pub live: Vec<String>,
    /// Changes whose answers did not arrive: they may be done.
    pub unanswered: Vec<String>,
}

/// Hint to both ways out of an open promotion.
pub fn finish_hint(store: &Store, remote: &str, number: u64) -> Hint {
    Hint::FinishPromotion { number, remote: named(store, remote) }
}

/// The remote, if a promotion means another one without a name.
pub fn named(store: &Store, remote: &str) -> Option<String> {
    let is_meant = || -> Result<bool> {
        let config = store.config()?;
        let only = Address::only_platform(&config.remotes(), store.project())?;
        Ok(only.or(config.default_remote()) == Some(remote))
    };
    // It can always be named.
    (!is_meant().unwrap_or(false)).then(|| remote.to_owned())
}

impl OpenDeployment {
    pub fn hint(&self, store: &Store) -> Hint {
        finish_hint(store, &self.remote, self.number)
    }

    /// The open promotion at a remote.
    pub fn find(store: &Store, remote: &str) -> Result<Option<OpenDeployment>> {
        let Some(journal) = DeployJournal::find(store, remote)? else { return Ok(None) };
        let Some(open) = &journal.promotion else { return Ok(None) };
        let mut known = BTreeSet::new();
        let (mut live, mut unanswered, mut is_active) = (Vec::new(), Vec::new(), open.is_switched);
        for request in &journal.requests {
            let is_switch = request.route == SWITCH;
            let is_live = AT_ONCE.contains(&&*request.route);
            match &request.answer {
                None if is_switch || is_live => unanswered.push(request.subject.clone()),
                Some(_) if is_switch => is_active = true,
                Some(_) if is_live && known.insert(&request.subject) => {
                    live.push(request.subject.clone());
                }
                _ => {}
            }
        }
        Ok(Some(OpenDeployment {
            remote: remote.to_owned(),
            number: open.number,
            is_under_way: store.share_deploys()?.is_none(),
            is_active,
            live,
            unanswered,
        }))
    }

    /// Those of all remotes of a store.
    pub fn all(store: &Store) -> Result<Vec<OpenDeployment>> {
        let config = store.config()?;
        let remotes = config.remotes().into_iter();
        let found = remotes.map(|(name, _)| OpenDeployment::find(store, name));
        found.filter_map(Result::transpose).collect()
    }
}
