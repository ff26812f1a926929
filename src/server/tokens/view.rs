//! TokenView: a token as JSON, for `serve token` and the admin API alike: everything but the secret.

use super::{Rotated, TokenEntry};
use crate::protocol::{AgentId, TokenScope};
use crate::server::pattern::AgentPattern;
use crate::server::token::TokenSecret;
use jiff::Timestamp;
use serde::Serialize;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TokenView<'a> {
    id: &'a str,
    /// The one agent that it is for.
    agent: Option<AgentId>,
    agents: &'a [AgentPattern],
    scope: TokenScope,
    note: Option<&'a str>,
    #[serde(rename = "for")]
    owner: Option<&'a str>,
    for_others: bool,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    replaces: Option<&'a str>,
}

/// A token in a list.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListedToken<'a> {
    #[serde(flatten)]
    token: TokenView<'a>,
    expired: bool,
    last_used_at: Option<Timestamp>,
}

/// A new token with its secret, which is shown once.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewTokenView<'a> {
    #[serde(flatten)]
    entry: TokenView<'a>,
    token: String,
    /// End of the replaced token.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_expires_at: Option<Timestamp>,
}

impl TokenEntry {
    pub fn view(&self) -> TokenView<'_> {
        TokenView {
            id: &self.id,
            agent: self.agents.one(),
            agents: self.agents.list(),
            scope: self.scope,
            note: self.note.as_deref(),
            owner: self.owner.as_deref(),
            for_others: self.for_others,
            created_at: self.created_at,
            expires_at: self.expires_at,
            replaces: self.replaces.as_deref(),
        }
    }

    /// The same in a list: is it over, and when was it used last?
    pub fn listed(&self, now: Timestamp, used: Option<&Timestamp>) -> ListedToken<'_> {
        ListedToken {
            token: self.view(),
            expired: self.is_expired(now),
            last_used_at: used.copied(),
        }
    }

    /// The same with the secret.
    pub fn with_secret(&self, secret: &TokenSecret) -> NewTokenView<'_> {
        NewTokenView { entry: self.view(), token: secret.to_string(), old_expires_at: None }
    }
}

impl Rotated {
    pub fn view(&self) -> NewTokenView<'_> {
        let old_expires_at = Some(self.old_ends);
        NewTokenView { old_expires_at, ..self.entry.with_secret(&self.secret) }
    }
}
