//! Init: the store of a project, and the agent that it belongs to.

use super::stock_manifest::StockManifest;
use crate::error::Result;
use crate::store::{self, Store};
use std::path::Path;

/// Makes the store of a project, or finishes one that was cut short, and keeps git away from it. The agent is the one that
/// is named, else the one known before, else the one that `lua.skill.yaml` declares.
pub fn init(root: &Path, agent_id: Option<String>) -> Result<(Store, Option<String>)> {
    let declared = declared_agent(root)?;
    let store = Store::init(&store::project::store_of(root))?;
    store.guard_from_git()?;
    let agent_id = remember(&store, agent_id, declared)?;
    Ok((store, agent_id))
}

fn remember(
    store: &Store,
    named: Option<String>,
    declared: Option<String>,
) -> Result<Option<String>> {
    let lock = store.lock()?;
    let mut config = store.config()?;
    let known = config.agent().map(str::to_owned);
    let wanted = named.or_else(|| known.clone()).or(declared);
    if let Some(id) = wanted.as_ref().filter(|id| Some(*id) != known.as_ref()) {
        config.set_agent(id);
        config.save(&lock)?;
    }
    Ok(wanted)
}

/// The agent that `lua.skill.yaml` declares.
pub fn declared_agent(root: &Path) -> Result<Option<String>> {
    Ok(Some(StockManifest::read(root)?.agent_id).filter(|id| !id.trim().is_empty()))
}
