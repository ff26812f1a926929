//! Inventory of the agents as JSON, for `serve agents` and the admin API alike.

use super::inventory::{AgentDetails, DeletedAgent, changed};
use crate::protocol::{AgentId, TokenScope};
use crate::remote_store::Overview;
use jiff::Timestamp;
use serde::Serialize;

/// An agent in a list.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OverviewView {
    agent: AgentId,
    archived: bool,
    source_versions: usize,
    versions: usize,
    active: Option<u64>,
    bytes: u64,
    packs: usize,
    objects: u64,
    #[serde(rename = "condemnedPacks")]
    retired_packs: usize,
    uploads: usize,
    upload_bytes: u64,
    changed_at: Option<Timestamp>,
}

/// An agent that cannot be read.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnreadableAgent<'a> {
    agent: &'a AgentId,
    error: &'a str,
}

/// A line of a list of agents.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ListedAgent<'a> {
    Sound(OverviewView),
    Unreadable(UnreadableAgent<'a>),
}

/// One agent, what it takes, and which tokens open it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DetailsView {
    #[serde(flatten)]
    overview: OverviewView,
    quotas: QuotasView,
    missing_packs: usize,
    tokens: Vec<OpeningToken>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct QuotasView {
    bytes: QuotaUse<u64>,
    refs: QuotaUse<u64>,
    uploads: QuotaUse<u64>,
    /// Only the server itself knows how much of it is used.
    cache: QuotaUse<Option<u64>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct QuotaUse<T> {
    used: T,
    limit: u64,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct OpeningToken {
    id: String,
    scope: TokenScope,
    note: Option<String>,
}

/// An agent that is gone, and the tokens that open it still.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeletedView<'a> {
    deleted: &'a AgentId,
    packs: usize,
    bytes: u64,
    tokens: Vec<&'a str>,
}

impl OverviewView {
    pub fn new(overview: &Overview) -> OverviewView {
        let (uploads, upload_bytes) = overview.uploads;
        OverviewView {
            agent: overview.agent.clone(),
            archived: overview.archived,
            source_versions: overview.source,
            versions: overview.versions,
            active: overview.active,
            bytes: overview.bytes,
            packs: overview.packs,
            objects: overview.objects,
            retired_packs: overview.retired,
            uploads,
            upload_bytes,
            changed_at: changed(overview),
        }
    }
}

impl<'a> ListedAgent<'a> {
    pub fn sound(overview: &Overview) -> ListedAgent<'a> {
        ListedAgent::Sound(OverviewView::new(overview))
    }

    pub fn unreadable(agent: &'a AgentId, error: &'a str) -> ListedAgent<'a> {
        ListedAgent::Unreadable(UnreadableAgent { agent, error })
    }
}

impl AgentDetails {
    pub fn view(&self) -> DetailsView {
        let [bytes, refs, uploads] = self.used().map(|(used, limit)| QuotaUse { used, limit });
        let cache = QuotaUse { used: self.cached, limit: self.quotas.cache };
        let tokens = self.tokens.iter().map(|token| OpeningToken {
            id: token.id.clone(),
            scope: token.scope,
            note: token.note.clone(),
        });
        DetailsView {
            overview: OverviewView::new(&self.overview),
            quotas: QuotasView { bytes, refs, uploads, cache },
            missing_packs: self.missing,
            tokens: tokens.collect(),
        }
    }
}

impl DeletedAgent {
    pub fn view(&self) -> DeletedView<'_> {
        DeletedView {
            deleted: &self.agent,
            packs: self.freed.packs,
            bytes: self.freed.bytes,
            tokens: self.tokens.iter().map(|token| &*token.id).collect(),
        }
    }
}
