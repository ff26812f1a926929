//! Scope of a token.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Each scope includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// To see and to get.
    Read,
    /// To add source and agent versions.
    Push,
    /// To move the pointer.
    Promote,
    /// To maintain the agent's storage.
    Admin,
}

impl TokenScope {
    pub const ALL: [TokenScope; 4] =
        [TokenScope::Read, TokenScope::Push, TokenScope::Promote, TokenScope::Admin];

    pub fn word(self) -> &'static str {
        match self {
            TokenScope::Read => "read",
            TokenScope::Push => "push",
            TokenScope::Promote => "promote",
            TokenScope::Admin => "admin",
        }
    }

    pub fn allows(self, needed: TokenScope) -> bool {
        self >= needed
    }
}

impl fmt::Display for TokenScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for TokenScope {
    type Err = Error;

    fn from_str(text: &str) -> Result<TokenScope> {
        let bad =
            || Error::usage(format!("\"{text}\" is not a scope (read, push, promote or admin)"));
        TokenScope::ALL.into_iter().find(|scope| scope.word() == text).ok_or_else(bad)
    }
}
