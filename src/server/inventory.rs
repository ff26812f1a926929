//! Inventory of the agents on a server, for `serve agents` and the admin API alike.

use super::limits::{Quotas, ServerLimits};
use super::tokens::{TokenEntry, Tokens};
use crate::error::{Error, Result};
use crate::protocol::AgentId;
use crate::remote_store::{Freed, MOST_UPLOADS, Overview, RemoteStore};
use jiff::Timestamp;
use std::time::SystemTime;

/// Some agents in the order of their ids.
pub struct AgentPage {
    /// Each with its numbers, or why these cannot be read.
    pub agents: Vec<(AgentId, Result<Overview>)>,
    pub more: bool,
}

/// One agent.
pub struct AgentDetails {
    pub overview: Overview,
    /// Packs that its head names and that do not exist.
    pub missing: usize,
    /// Those that open it.
    pub tokens: Vec<TokenEntry>,
    pub quotas: Quotas,
    /// Bytes of its answers on their way; only the server itself knows.
    pub cached: Option<u64>,
}

/// An agent that is gone.
pub struct DeletedAgent {
    pub agent: AgentId,
    pub freed: Freed,
    /// Those that open it still, so that it can be made anew.
    pub tokens: Vec<TokenEntry>,
}

/// The first agents after one of them, as many as wanted, of those that may be seen.
pub fn page(
    store: &RemoteStore,
    after: Option<&AgentId>,
    limit: usize,
    may_see: impl Fn(&AgentId) -> bool,
) -> Result<AgentPage> {
    let mut page = AgentPage { agents: Vec::new(), more: false };
    for agent in store.agents()? {
        if after.is_some_and(|after| agent <= *after) || !may_see(&agent) {
            continue;
        }
        let Some(overview) = store.overview(&agent).transpose() else { continue };
        if page.agents.len() == limit {
            page.more = true;
            break;
        }
        page.agents.push((agent, overview));
    }
    Ok(page)
}

/// Warnings about stored agents whose ids are reserved now.
pub fn reserved_warnings(store: &RemoteStore) -> Vec<String> {
    let warning = |id| {
        format!(
            "agent \"{id}\" is stored, but not served: addresses of the stock command begin with its id; \
             clone it with the program that stored it, and push it under another id"
        )
    };
    store.reserved_agents().into_iter().map(warning).collect()
}

/// The agent's numbers, or an error where there is no such agent.
pub fn existing(store: &RemoteStore, agent: &AgentId) -> Result<Overview> {
    store.overview(agent)?.ok_or_else(|| no_agent(agent))
}

fn no_agent(agent: &AgentId) -> Error {
    let hint = super::hints::LIST_AGENTS;
    Error::not_found(format!("there is no agent \"{agent}\"")).hint(hint)
}

pub fn details(
    store: &RemoteStore,
    tokens: &Tokens,
    agent: &AgentId,
    quotas: Quotas,
) -> Result<AgentDetails> {
    let overview = existing(store, agent)?;
    let missing = store.missing_packs(agent)?.len();
    Ok(AgentDetails { overview, missing, tokens: opening(tokens, agent)?, quotas, cached: None })
}

/// Closes an agent for everything new, or opens it again; false where it was so before.
pub fn archive(store: &RemoteStore, agent: &AgentId, archived: bool) -> Result<bool> {
    existing(store, agent)?;
    store.archive(agent, archived)
}

/// Deletes an agent for good, or finishes that; one whose head is damaged only if that is meant.
pub fn delete(
    store: &RemoteStore,
    tokens: &Tokens,
    agent: &AgentId,
    now: SystemTime,
    damaged: bool,
) -> Result<DeletedAgent> {
    let freed = match damaged {
        true => store.delete_damaged(agent, now)?,
        false => store.delete(agent, now)?,
    };
    let freed = freed.ok_or_else(|| no_agent(agent))?;
    Ok(DeletedAgent { agent: agent.clone(), freed, tokens: opening(tokens, agent)? })
}

fn opening(tokens: &Tokens, agent: &AgentId) -> Result<Vec<TokenEntry>> {
    let mut tokens = tokens.list()?;
    tokens.retain(|token| token.opens(agent.as_str()));
    Ok(tokens)
}

/// Limits for one agent that the last server on these agents used; the defaults where there was none.
pub fn quotas(store: &RemoteStore) -> Quotas {
    Quotas::noted(&**store.notes()).unwrap_or_else(|| Quotas::of(&ServerLimits::default()))
}

/// Time of the last transaction of the agent.
pub fn changed(overview: &Overview) -> Option<Timestamp> {
    Timestamp::from_millisecond(overview.changed_ms?.try_into().ok()?).ok()
}

impl AgentDetails {
    /// Use and limit of each quota: bytes with those of uploads, versions of both kinds, unfinished uploads.
    pub fn used(&self) -> [(u64, u64); 3] {
        let (overview, (uploads, upload_bytes)) = (&self.overview, self.overview.uploads);
        let refs = (overview.source + overview.versions) as u64;
        [
            (overview.bytes + upload_bytes, self.quotas.bytes),
            (refs, self.quotas.refs),
            (uploads as u64, MOST_UPLOADS as u64),
        ]
    }
}
