//! Rights over the tokens of a server: everything for the owner of its folder; for an administrator with a token of
//! scope `admin` no more than that token gives.

use super::TokenEntry;
use crate::error::{Error, Kind, Result};
use jiff::Timestamp;

/// Most tokens that one administrator sees. The file is read whole, and is everybody's; who is for all agents fills
/// nobody else's part of it.
const MOST_TOKENS: usize = 1000;

#[derive(Clone, Debug)]
pub struct Rights {
    /// `None`: all that there are.
    token: Option<Box<TokenEntry>>,
}

impl Rights {
    pub fn all() -> Rights {
        Rights { token: None }
    }

    /// Of who shows this token.
    pub fn of(token: TokenEntry) -> Rights {
        Rights { token: Some(Box::new(token)) }
    }

    /// True if the agent may be seen and changed.
    pub fn opens(&self, agent: &str) -> bool {
        self.token.as_ref().is_none_or(|token| token.opens(agent))
    }

    /// True if the token may be seen and revoked: it is for no other agents.
    pub fn reach(&self, other: &TokenEntry) -> bool {
        self.token.as_ref().is_none_or(|token| token.agents.cover(&other.agents))
    }

    /// Latest time at which a new token may end.
    pub fn end(&self) -> Option<Timestamp> {
        self.token.as_ref()?.expires_at
    }

    /// Refused where a new token would give more than there is to give.
    pub fn check(&self, new: &TokenEntry, all: &[TokenEntry]) -> Result<()> {
        let Some(token) = &self.token else { return Ok(()) };
        let refused = |why: String| Err(Error::new(Kind::Forbidden, why));
        if !self.reach(new) {
            return refused(format!(
                "the token is for {}, and can grant nothing else",
                token.agents
            ));
        }
        if !token.scope.allows(new.scope) {
            return refused(format!("the token may {} and can grant no more", token.scope));
        }
        if let Some(owner) = token.speaks_for()
            && !new.speaks_for().is_some_and(|other| other.eq_ignore_ascii_case(owner))
        {
            return refused(format!(
                "the token is bound to \"{owner}\", and can grant nothing else"
            ));
        }
        if let Some(end) = token.expires_at
            && new.expires_at.is_none_or(|other| other > end)
        {
            let end = end.strftime("%Y-%m-%d at %H:%M UTC");
            return refused(format!(
                "the token expires on {end}, and can create none that expires later"
            ));
        }
        let seen = all.iter().filter(|other| self.reach(other)).count();
        if seen >= MOST_TOKENS && !token.agents.has_all() {
            return Err(Error::conflict(format!(
                "there are {seen} tokens for {} already",
                token.agents
            ))
            .hint("revoke those that nobody uses"));
        }
        Ok(())
    }
}
