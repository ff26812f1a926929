//! Upkeep: packs that pile up are put together, and what nobody needs goes, beside everything else.

use super::limits::{Pool, Who};
use super::state::State;
use crate::depot::Upkeep;
use crate::protocol::AgentId;
use serde_json::json;
use std::sync::Arc;

/// Looks after an agent that was just written to, on a thread of its own. The answer does not wait for it, and
/// what goes wrong with it is told in the log and done again after the next write.
pub fn after_write(state: &Arc<State>, agent: AgentId) {
    let state = state.clone();
    tokio::spawn(async move {
        let upkeep = Upkeep::at(state.log.now().into());
        let name = agent.to_string();
        let who = Who { agent: agent.clone(), token: None };
        let done = state.work(Pool::Upkeep, &who, move |depot| match depot.needs_upkeep(&agent)? {
            true => depot.collect(&agent, &upkeep).map(Some),
            false => Ok(None),
        });
        match done.await {
            Ok(None) => {}
            Ok(Some(done)) => state.log.event(
                "upkeep",
                [
                    ("agent", json!(name)),
                    ("compacted", json!(done.compacted)),
                    ("deleted", json!(done.deleted)),
                    ("uploads", json!(done.uploads)),
                ],
            ),
            Err(failure) => {
                let fields = [("agent", json!(name)), ("error", json!(failure.error.message()))];
                state.log.event("upkeep_failed", fields);
            }
        }
    });
}
