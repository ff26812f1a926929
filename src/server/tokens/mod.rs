//! The tokens that a server knows: one small file in its data folder, replaced durably, for its
//! owner's eyes only. It holds hashes, so that who reads it still has no token.

mod entry;
mod rights;
mod view;

pub use entry::{NewToken, TokenEntry};
pub use rights::Rights;
pub use view::{ListedToken, NewTokenView, TokenView};

use super::pattern::AgentPatterns;
use super::token::TokenSecret;
use crate::error::{Error, Result};
use crate::fs;
use crate::remote_store::RemoteLayout;
use crate::server::hints;
use crate::server::last_used::LastUsed;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

const FORMAT: u32 = 1;
/// Of a file in which a token speaks for somebody alone: a program that does not know that must not open it.
const WITH_OWNERS: u32 = 2;
/// Of a file in which a token is for several agents.
const WITH_PATTERNS: u32 = 3;
/// Nobody holds the lock for longer than it takes to write the file.
const WAIT: Duration = Duration::from_secs(10);

/// Result of a rotation.
pub struct Rotated {
    pub entry: TokenEntry,
    pub secret: TokenSecret,
    /// Time at which the old one ends.
    pub old_ends: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: u32,
    tokens: Vec<TokenEntry>,
}

/// The file with the tokens, for somebody who may do so much with it.
#[derive(Clone, Debug)]
pub struct Tokens {
    data: PathBuf,
    rights: Rights,
}

impl Tokens {
    /// The tokens of the server whose data are in this folder, for who has the folder.
    pub fn of(data: &Path) -> Tokens {
        Tokens { data: data.to_owned(), rights: Rights::all() }
    }

    /// The same for somebody who may do less.
    pub fn within(&self, rights: Rights) -> Tokens {
        Tokens { data: self.data.clone(), rights }
    }

    pub fn path(&self) -> PathBuf {
        RemoteLayout::new(&self.data).tokens()
    }

    /// Copies the file to where the data of another server are. Where there is none, nothing is copied.
    pub fn copy_to(&self, other: &Path) -> Result<()> {
        match fs::read_if_exists(&self.path())? {
            Some(bytes) => fs::replace_private(&Tokens::of(other).path(), &bytes),
            None => Ok(()),
        }
    }

    /// Those that may be seen, the oldest first.
    pub fn list(&self) -> Result<Vec<TokenEntry>> {
        let mut tokens = self.all()?;
        tokens.retain(|entry| self.rights.reach(entry));
        Ok(tokens)
    }

    /// No file is no token.
    fn all(&self) -> Result<Vec<TokenEntry>> {
        match fs::read_if_exists(&self.path())? {
            Some(bytes) => self.decode(&bytes),
            None => Ok(Vec::new()),
        }
    }

    /// Makes a token. The secret is given here and never again.
    pub fn create(&self, wanted: NewToken, now: Timestamp) -> Result<(TokenEntry, TokenSecret)> {
        wanted.check()?;
        let _lock = self.lock()?;
        let mut tokens = self.all()?;
        let (secret, id, hash) = fresh(&tokens)?;
        let NewToken { agents, scope, note, owner, for_others, expires_at } = wanted;
        let owner = owner.map(|owner| owner.trim().to_owned());
        let (agents, created_at, replaces) = (AgentPatterns::new(agents)?, now, None);
        let expires_at = expires_at.or(self.rights.end());
        let entry = TokenEntry {
            id,
            hash,
            agents,
            scope,
            note,
            owner,
            for_others,
            created_at,
            expires_at,
            replaces,
        };
        self.rights.check(&entry, &tokens)?;
        tokens.push(entry.clone());
        self.save(tokens)?;
        Ok((entry, secret))
    }

    /// Forgets a token, so that it is no longer valid.
    pub fn revoke(&self, id: &str) -> Result<TokenEntry> {
        let _lock = self.lock()?;
        let mut tokens = self.all()?;
        let at = self.find(&tokens, id)?;
        let entry = tokens.remove(at);
        self.save(tokens)?;
        Ok(entry)
    }

    /// Makes a token with the rights of another one, which ends after a while; with no while it ends at once.
    pub fn rotate(&self, id: &str, grace: SignedDuration, now: Timestamp) -> Result<Rotated> {
        let _lock = self.lock()?;
        let mut tokens = self.all()?;
        let old = self.find(&tokens, id)?;
        if tokens[old].is_expired(now) {
            return Err(Error::conflict(format!("token \"{id}\" expired"))
                .hint(hints::CREATE_ANOTHER_TOKEN));
        }
        if let Some(newer) = tokens.iter().find(|entry| entry.replaces.as_deref() == Some(id)) {
            return Err(Error::conflict(format!("token \"{id}\" was rotated already"))
                .hint(hints::rotate_newer(&newer.id)));
        }
        let (secret, new_id, hash) = fresh(&tokens)?;
        let replaces = Some(id.to_owned());
        let entry =
            TokenEntry { id: new_id, hash, created_at: now, replaces, ..tokens[old].clone() };
        self.rights.check(&entry, &tokens)?;
        let end = now.checked_add(grace).unwrap_or(Timestamp::MAX);
        let old_ends = tokens[old].expires_at.map_or(end, |earlier| earlier.min(end));
        tokens[old].expires_at = Some(old_ends);
        tokens.push(entry.clone());
        if old_ends <= now {
            tokens.remove(old);
        }
        self.save(tokens)?;
        Ok(Rotated { entry, secret, old_ends })
    }

    /// Forgets all tokens that speak for somebody.
    pub fn revoke_of(&self, owner: &str) -> Result<Vec<TokenEntry>> {
        let _lock = self.lock()?;
        let is_theirs = |entry: &TokenEntry| {
            entry.owner.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(owner))
        };
        let goes = |entry: &TokenEntry| is_theirs(entry) && self.rights.reach(entry);
        let (gone, kept): (Vec<TokenEntry>, Vec<TokenEntry>) =
            self.all()?.into_iter().partition(goes);
        if gone.is_empty() {
            return Err(Error::not_found(format!("there is no token for \"{owner}\""))
                .hint(hints::LIST_TOKENS));
        }
        self.save(kept)?;
        Ok(gone)
    }

    /// Index of a token. One that is out of reach is not found. One that is out of reach is as good as none.
    fn find(&self, tokens: &[TokenEntry], id: &str) -> Result<usize> {
        let found = tokens.iter().position(|entry| entry.id == id && self.rights.reach(entry));
        found.ok_or_else(|| unknown(id))
    }

    /// Times at which tokens were last used.
    pub fn used(&self) -> LastUsed {
        LastUsed::of(&self.data)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Vec<TokenEntry>> {
        let damaged = |why: String| Error::corrupt(format!("\"{}\" {why}", self.path().display()));
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|error| damaged(format!("is damaged: {error}")))?;
        if ![FORMAT, WITH_OWNERS, WITH_PATTERNS].contains(&document.format) {
            return Err(damaged(format!(
                "has format {}, which this program does not know",
                document.format
            )));
        }
        Ok(document.tokens)
    }

    fn save(&self, tokens: Vec<TokenEntry>) -> Result<()> {
        let owned = tokens.iter().any(|entry| entry.owner.is_some());
        let several = tokens.iter().any(|entry| entry.agents.one().is_none());
        let format = match (several, owned) {
            (true, _) => WITH_PATTERNS,
            (false, true) => WITH_OWNERS,
            (false, false) => FORMAT,
        };
        let document = Document { format, tokens };
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| Error::failed(format!("cannot write the tokens: {error}")))?;
        fs::replace_private(&self.path(), format!("{text}\n").as_bytes())
    }

    /// Two commands that change the file at once take turns. Readers take no lock.
    fn lock(&self) -> Result<std::fs::File> {
        fs::lock(&RemoteLayout::new(&self.data).tokens_lock(), WAIT)
    }
}

fn unknown(id: &str) -> Error {
    Error::not_found(format!("there is no token \"{id}\"")).hint(hints::LIST_TOKENS)
}

/// A secret with an id that no other token has, and its hash.
fn fresh(tokens: &[TokenEntry]) -> Result<(TokenSecret, String, String)> {
    loop {
        let secret = TokenSecret::random()?;
        let id = id_of(&secret.hash());
        if tokens.iter().all(|known| known.id != id) {
            let hash = secret.hash().to_hex().to_string();
            return Ok((secret, id, hash));
        }
    }
}

/// 48 bits name a token among those of one server; that nobody else has it is checked.
pub fn id_of(hash: &blake3::Hash) -> String {
    hash.to_hex()[..12].to_owned()
}

#[cfg(test)]
mod tests;
