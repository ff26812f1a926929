//! Token entry of the token file, and the specification of a new one.

use crate::error::{Error, Result};
use crate::protocol::{AgentId, TokenScope};
use crate::server::pattern::{AgentPattern, AgentPatterns};
use crate::stock::signature::AddressSigner;
use crate::store::TokenName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A name is shown on one line beside an author.
const LONGEST_NAME: usize = 60;
/// The bytes of a note and of an author, as those of a record.
const LONGEST_TEXT: usize = 1024;
/// Most agents and patterns of one token.
const MOST_AGENTS: usize = 100;

/// A token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenEntry {
    /// Names the token in lists and logs: the first digits of the hash.
    pub id: String,
    pub(super) hash: String,
    #[serde(flatten)]
    pub agents: AgentPatterns,
    pub scope: TokenScope,
    #[serde(default)]
    pub note: Option<String>,
    /// The author that it speaks for.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// True if it may bring records of other authors.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub for_others: bool,
    pub created_at: Timestamp,
    /// The first moment at which it is good no more.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The token whose rights it took over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

impl TokenEntry {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }

    /// True if the token is for this agent.
    pub fn opens(&self, agent: &str) -> bool {
        self.agents.has(agent)
    }

    /// Agents that the token opens: those that it names, and of the others those that exist.
    pub fn agents_among(&self, existing: Vec<AgentId>) -> Vec<AgentId> {
        let named = self.agents.list().iter().filter(|pattern| pattern.is_plain());
        let mut agents: Vec<AgentId> =
            named.filter_map(|pattern| pattern.as_str().parse().ok()).collect();
        agents.extend(existing.into_iter().filter(|agent| self.opens(agent.as_str())));
        agents.sort_unstable();
        agents.dedup();
        agents
    }

    /// Name of the token in receipts: its note, where it has one that fits in a line.
    pub fn name(&self) -> TokenName {
        let plain =
            |note: &String| note.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        TokenName { id: self.id.clone(), name: self.note.as_ref().map(plain).unwrap_or_default() }
    }

    /// The only author that what it brings may name; `None` where that may be anybody.
    pub fn speaks_for(&self) -> Option<&str> {
        self.owner.as_deref().filter(|_| !self.for_others)
    }

    /// Signer of addresses in the name of the token.
    pub fn signer(&self) -> AddressSigner {
        AddressSigner::new(&self.id, &self.hash)
    }

    /// True if it has this hash. Constant time. Takes as long for every other one.
    pub fn is_of(&self, hash: &blake3::Hash) -> bool {
        blake3::Hash::from_hex(&self.hash).is_ok_and(|kept| kept == *hash)
    }
}

/// Specification of a new token.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub agents: Vec<AgentPattern>,
    pub scope: TokenScope,
    pub note: Option<String>,
    pub owner: Option<String>,
    pub for_others: bool,
    pub expires_at: Option<Timestamp>,
}

impl NewToken {
    /// Refused where it makes no sense, or fills the file for all others.
    pub fn check(&self) -> Result<()> {
        let texts = [self.note.as_ref(), self.owner.as_ref()];
        if texts.into_iter().flatten().any(|text| text.len() > LONGEST_TEXT) {
            return Err(Error::usage(format!(
                "a note and an author have at most {LONGEST_TEXT} bytes"
            )));
        }
        if self.agents.len() > MOST_AGENTS {
            return Err(Error::usage(format!(
                "a token is for at most {MOST_AGENTS} agents and patterns"
            )));
        }
        match &self.owner {
            None if self.for_others => {
                Err(Error::usage("a token can be for others only if it has an author"))
            }
            Some(owner) if owner.trim().is_empty() => {
                Err(Error::usage("an author has a name or an address"))
            }
            Some(owner) if owner.contains(char::is_control) => {
                Err(Error::usage("the name of an author has no control characters"))
            }
            _ => Ok(()),
        }
    }
}
