//! Agent id: the name of an agent on the platform, as in its URLs.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The ids that the platform gives have about 50 characters.
const MAX_LEN: usize = 128;

/// First parts of the addresses of the platform, which the stock command asks a server for. No agent has one of these
/// as its id.
pub const RESERVED_IDS: [&str; 5] = ["developer", "admin", "agents", "chat", "auth"];

/// Id of one agent, case-sensitive; a folder of this name is made by the remote store only,
/// which encodes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct AgentId(Box<str>);

impl AgentId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AgentId {
    type Err = Error;

    fn from_str(text: &str) -> Result<AgentId> {
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty()
            || text.len() > MAX_LEN
            || text.starts_with(['.', '-'])
            || !text.chars().all(fine)
        {
            return Err(Error::usage(format!("\"{text}\" cannot be the id of an agent"))
                .hint("an agent's id has letters, digits, `-`, `_` and `.`, and begins with a letter, a digit or `_`"));
        }
        if RESERVED_IDS.contains(&text) {
            return Err(Error::usage(format!(
                "\"{text}\" cannot be the id of an agent: addresses of the stock command begin with it"
            ))
            .hint("choose another id"));
        }
        Ok(AgentId(text.into()))
    }
}

impl TryFrom<String> for AgentId {
    type Error = Error;

    fn try_from(text: String) -> Result<AgentId> {
        text.parse()
    }
}

impl From<AgentId> for String {
    fn from(id: AgentId) -> String {
        id.0.into()
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
