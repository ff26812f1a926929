//! Access control: the token of a request, looked up among those that are valid now.
//!
//! Only hashes of tokens are known. A request without access to an agent gets the same answer as
//! for an agent that does not exist, so that ids cannot be probed.

use super::hints;
use super::limits::Requester;
use super::log::Clock;
use super::pattern::AgentPattern;
use super::token::TokenSecret;
use super::tokens::{Rights, TokenEntry, Tokens, TokensVersion, id_of};
use crate::error::{Error, Kind, Result};
use crate::protocol::{AgentId, TokenScope};
use crate::remote_store::Bearer;
use crate::server::last_used::LastUsed;
use crate::stock::signature::{AddressSigner, SignedQuery};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

pub struct Access {
    tokens: Tokens,
    used: LastUsed,
    open: bool,
    clock: Clock,
    known: RwLock<Arc<TokenTable>>,
}

/// The tokens as they were at one moment.
pub struct TokenTable {
    /// `None`: they were not read yet.
    version: Option<TokensVersion>,
    by_id: HashMap<String, TokenEntry>,
}

/// A request that was let in, with the token that it showed.
#[derive(Clone, Debug)]
pub struct Admitted {
    pub agent: AgentId,
    /// `None` where nobody is asked for a token.
    pub bearer: Option<Bearer>,
    /// The author that the token names, also if it may bring records of others.
    pub owner: Option<String>,
    /// Signer of addresses that are valid as long as the token is.
    pub signer: AddressSigner,
    scope: TokenScope,
}

impl Admitted {
    /// The token and agent whose share of the server it uses.
    pub fn who(&self) -> Requester {
        let token = self.bearer.as_ref().map(|bearer| bearer.token.id.clone());
        Requester { agent: Some(self.agent.clone()), token }
    }

    /// Refused unless the token has this scope.
    pub fn needs(&self, needed: TokenScope) -> Result<()> {
        allows(self.scope, needed, self.agent.as_str())
    }
}

impl Access {
    pub fn new(tokens: Tokens, open: bool, clock: Clock) -> Result<Access> {
        let access = Access {
            used: tokens.used(),
            tokens,
            open,
            clock,
            known: RwLock::new(Arc::new(TokenTable { version: None, by_id: HashMap::new() })),
        };
        access.refresh()?;
        Ok(access)
    }

    /// Lets a request in. Of an agent that the token is not for nothing is looked at, so the answer
    /// and the time it takes are the same whether that agent exists or not.
    pub fn admit(&self, headers: &HeaderMap, agent: &str, needed: TokenScope) -> Result<Admitted> {
        if self.open {
            let agent = agent.parse().map_err(|_| no_agent(agent))?;
            return Ok(Admitted {
                agent,
                bearer: None,
                owner: None,
                signer: open_signer(),
                scope: TokenScope::Admin,
            });
        }
        let entry = self.owner(headers)?;
        self.admit_entry(&entry, agent, needed)
    }

    /// Lets a request in that has a signed address in the place of a token.
    pub fn admit_signed(
        &self,
        query: &SignedQuery,
        agent: &str,
        needed: TokenScope,
        is_signed: impl FnOnce(&AddressSigner, &AgentId, &SignedQuery) -> bool,
    ) -> Result<Admitted> {
        let refused =
            || Error::new(Kind::Forbidden, "the address of the file is not valid any more");
        let known = self.known()?;
        let entry = known.by_id.get(&query.token);
        let signer = match entry {
            None if self.open => open_signer(),
            Some(entry) if !entry.is_expired((self.clock)()) => entry.signer(),
            _ => return Err(refused()),
        };
        let id = agent.parse().map_err(|_| no_agent(agent))?;
        if !is_signed(&signer, &id, query) {
            return Err(refused());
        }
        match entry {
            None => Ok(Admitted {
                agent: id,
                bearer: None,
                owner: None,
                signer,
                scope: TokenScope::Admin,
            }),
            Some(entry) => self.admit_entry(entry, agent, needed),
        }
    }

    /// True if nobody is asked for a token.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Lets somebody without a token read an agent that the operator made public.
    pub fn admit_reader(&self, agent: AgentId) -> Admitted {
        Admitted {
            agent,
            bearer: None,
            owner: None,
            signer: open_signer(),
            scope: TokenScope::Read,
        }
    }

    /// Lets a request in by a token of its session.
    pub fn admit_entry(
        &self,
        entry: &TokenEntry,
        agent: &str,
        needed: TokenScope,
    ) -> Result<Admitted> {
        let agent = match agent.parse() {
            Ok(id) if entry.opens(agent) => id,
            _ => return Err(no_agent(agent)),
        };
        self.used.note(&entry.id, (self.clock)());
        let (token, speaks_for) = (entry.name(), entry.speaks_for().map(str::to_owned));
        let now_ms = u64::try_from((self.clock)().as_millisecond()).unwrap_or(0);
        let bearer = Some(Bearer { token, speaks_for, now_ms });
        let (owner, signer) = (entry.owner.clone(), entry.signer());
        let admitted = Admitted { agent, bearer, owner, signer, scope: entry.scope };
        admitted.needs(needed)?;
        Ok(admitted)
    }

    /// Refused unless the token may administer this agent, or any. Nothing of another agent is read.
    pub fn needs_admin(&self, entry: &TokenEntry, agent: Option<&str>) -> Result<()> {
        if let Some(agent) = agent.filter(|agent| !entry.opens(agent)) {
            return Err(no_agent(agent));
        }
        self.used.note(&entry.id, (self.clock)());
        let all = || {
            entry
                .agents
                .list()
                .iter()
                .map(AgentPattern::quoted)
                .collect::<Vec<_>>()
                .join(" --agent ")
        };
        allows(entry.scope, TokenScope::Admin, &agent.map_or_else(all, str::to_owned))
    }

    /// The file with the tokens, for who may do so much with it.
    pub fn tokens(&self, rights: Rights) -> Tokens {
        self.tokens.within(rights)
    }

    /// Times at which tokens were last used.
    pub fn used(&self) -> BTreeMap<String, Timestamp> {
        self.used.newest()
    }

    /// Writes down when tokens were used.
    pub fn note_used(&self) -> Result<()> {
        let known = self.known()?;
        self.used.write(|id| known.by_id.contains_key(id))
    }

    /// True if the token of the request may administer an agent.
    pub fn is_admin(&self, headers: &HeaderMap) -> bool {
        self.owner(headers).is_ok_and(|entry| entry.scope.allows(TokenScope::Admin))
    }

    /// The token of a request; `None` where nobody is asked for one.
    pub fn owner_or_open(&self, headers: &HeaderMap) -> Result<Option<TokenEntry>> {
        if self.open { Ok(None) } else { self.owner(headers).map(Some) }
    }

    /// The token of a request, which must be known and not over; also where nobody is asked for one to get and to push.
    pub fn owner(&self, headers: &HeaderMap) -> Result<TokenEntry> {
        self.owner_of(&presented_token(headers)?.hash())
    }

    /// The token with this hash, which must be known and not over.
    pub fn owner_of(&self, hash: &blake3::Hash) -> Result<TokenEntry> {
        let known = self.known()?;
        let entry = known.by_id.get(&id_of(hash)).filter(|entry| entry.is_of(hash));
        let entry = entry.ok_or_else(|| {
            denied("the token is unknown: it was revoked, or created for another server")
        })?;
        match entry.expires_at {
            Some(end) if entry.is_expired((self.clock)()) => Err(denied(&format!(
                "the token expired on {}",
                end.strftime("%Y-%m-%d at %H:%M UTC")
            ))),
            _ => Ok(entry.clone()),
        }
    }

    /// True if a request must wait for [`Access::refresh`] before it is admitted: other machines may have changed the
    /// tokens.
    pub fn must_refresh(&self) -> bool {
        self.tokens.is_shared() && !self.open
    }

    /// The tokens now. Of a file that is one system call; shared ones are as they were at the last refresh.
    fn known(&self) -> Result<Arc<TokenTable>> {
        if self.tokens.is_shared() {
            return Ok(self.known.read().unwrap_or_else(PoisonError::into_inner).clone());
        }
        self.refresh()
    }

    /// Reads the tokens again, if they changed.
    pub fn refresh(&self) -> Result<Arc<TokenTable>> {
        let version = Some(self.tokens.version()?);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        if known.version == version {
            return Ok(known);
        }
        let entries = self.tokens.list()?;
        let by_id = entries.into_iter().map(|entry| (entry.id.clone(), entry)).collect();
        let fresh = Arc::new(TokenTable { version, by_id });
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        Ok(fresh)
    }
}

/// Signer of a server that asks for no token: everybody may sign.
fn open_signer() -> AddressSigner {
    AddressSigner::new("", "")
}

fn allows(scope: TokenScope, needed: TokenScope, agents: &str) -> Result<()> {
    if scope.allows(needed) {
        return Ok(());
    }
    Err(Error::new(Kind::Forbidden, format!("the token may {scope} but not {needed}"))
        .hint(hints::create_token(agents, needed)))
}

fn presented_token(headers: &HeaderMap) -> Result<TokenSecret> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, more) = (values.next(), values.next().is_some());
    let Some(value) = value else { return Err(denied("a token is required")) };
    let text = value.to_str().ok().filter(|_| !more);
    let bearer = text
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = bearer else {
        return Err(denied("the header Authorization must be one `Bearer` with a token"));
    };
    TokenSecret::parse(token.trim()).ok_or_else(|| {
        denied(
            "this is not a token of `lua-store serve`: it is truncated, mistyped or from another service",
        )
    })
}

fn denied(message: &str) -> Error {
    Error::new(Kind::Auth, message).hint(hints::TOKEN)
}

/// The one answer for an agent that is somebody else's and for one that nobody has.
pub fn no_agent(name: &str) -> Error {
    let name: String = name.chars().take(128).collect();
    Error::not_found(format!("there is no agent \"{name}\" here, or the token is not for it"))
}

#[cfg(test)]
mod tests;
