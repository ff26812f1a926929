//! Head of a remote: its refs and the pointer.

use super::AgentId;
use super::block_hasher::BlockHasher;
use crate::object::Id;
use crate::store::{Active, Heads, Receipt, Receipts, TokenName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// All refs of one agent at one moment, as a remote answers them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub agent: AgentId,
    #[serde(flatten)]
    pub heads: Heads,
    /// Receipts, of a server that asks for tokens and notes them.
    #[serde(default, skip_serializing_if = "Receipts::is_empty")]
    pub receipts: Receipts,
}

impl Head {
    /// An agent that was never pushed.
    pub fn empty(agent: AgentId) -> Head {
        Head { agent, heads: Heads::default(), receipts: Receipts::default() }
    }

    pub fn view(&self) -> HeadView<'_> {
        HeadView {
            agent: &self.agent,
            source: &self.heads.source,
            versions: &self.heads.versions,
            active: self.heads.active,
            tokens: &self.receipts.tokens,
            receipts: &self.receipts.list,
        }
    }

    /// Equal for equal heads only. What a server does to its storage does not change it.
    pub fn etag(&self) -> Etag {
        self.view().etag()
    }
}

/// A head that is only read. Series only grow, so that an older head is a view of a newer one.
#[derive(Clone, Copy, Debug)]
pub struct HeadView<'a> {
    pub agent: &'a AgentId,
    pub source: &'a [Id],
    pub versions: &'a [Id],
    pub active: Option<Active>,
    /// The tokens and the list of the receipts.
    pub tokens: &'a [TokenName],
    pub receipts: &'a [Receipt],
}

impl HeadView<'_> {
    pub fn to_head(self) -> Head {
        Head {
            agent: self.agent.clone(),
            heads: Heads {
                source: self.source.to_vec(),
                versions: self.versions.to_vec(),
                active: self.active,
            },
            receipts: Receipts { tokens: self.tokens.to_vec(), list: self.receipts.to_vec() },
        }
    }

    /// See [`Head::etag`].
    pub fn etag(&self) -> Etag {
        let mut text = BlockHasher::new_derive_key("lua-store 2026-11-21 head etag v1");
        let mut add = |bytes: &[u8]| {
            text.update(&(bytes.len() as u64).to_le_bytes());
            text.update(bytes);
        };
        add(self.agent.as_str().as_bytes());
        for series in [self.source, self.versions] {
            add(&(series.len() as u64).to_le_bytes());
            series.iter().for_each(|id| add(id.as_bytes()));
        }
        if let Some(active) = &self.active {
            add(&active.version.unwrap_or(0).to_le_bytes());
            add(active.ledger.as_bytes());
        }
        // A client that does not know receipts gets another etag than the server's, and so always an answer.
        for token in self.tokens {
            add(token.id.as_bytes());
            add(token.name.as_bytes());
        }
        for receipt in self.receipts {
            let numbers: (u64, u64, u64, u64, u64) = (*receipt).into();
            let (a, b, c, d, e) = numbers;
            [a, b, c, d, e].iter().for_each(|number| add(&number.to_le_bytes()));
        }
        Etag(text.finalize().to_hex()[..32].to_owned())
    }
}

/// Stands for a whole head. In a header it is quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etag(String);

impl Etag {
    /// Without quotes, as it is kept.
    pub fn new(text: &str) -> Etag {
        Etag(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From a header; a weak one (`W/"…"`, which proxies make) is as good.
    pub fn from_header(text: &str) -> Option<Etag> {
        let quoted = text.trim().trim_start_matches("W/");
        Some(Etag(quoted.strip_prefix('"')?.strip_suffix('"')?.to_owned()))
    }
}

impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}
