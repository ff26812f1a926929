//! The tokens that a server knows: one small file in its data folder, replaced durably, for its
//! owner's eyes only; or rows of the engine that several servers share. Both hold hashes, so that who reads them
//! still has no token.

mod entry;
mod rights;
mod view;

pub use entry::{NewToken, TokenEntry};
pub use rights::Rights;
pub use view::{ListedToken, NewTokenView, TokenView};

use super::pattern::AgentPatterns;
use super::token::TokenSecret;
use crate::engine::{TokenRow, TokenRows};
use crate::error::{Error, Result};
use crate::fs::{self, Fingerprint};
use crate::remote_store::RemoteLayout;
use crate::server::hints;
use crate::server::last_used::LastUsed;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
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

/// The tokens of a server, for somebody who may do so much with them.
#[derive(Clone, Debug)]
pub struct Tokens {
    place: TokenPlace,
    rights: Rights,
}

#[derive(Clone)]
enum TokenPlace {
    /// The data folder with the file.
    Folder(PathBuf),
    Rows(Arc<dyn TokenRows>),
}

impl fmt::Debug for TokenPlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenPlace::Folder(data) => out.debug_tuple("Folder").field(data).finish(),
            TokenPlace::Rows(_) => out.write_str("Rows"),
        }
    }
}

/// State of the tokens at one moment: another one after each change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokensVersion {
    File(Option<Fingerprint>),
    Rows(i64),
}

impl Tokens {
    /// The tokens of the server whose data are in this folder, for who has the folder.
    pub fn of(data: &Path) -> Tokens {
        Tokens { place: TokenPlace::Folder(data.to_owned()), rights: Rights::all() }
    }

    /// Tokens that several servers share, for who has their engine.
    pub fn shared(rows: Arc<dyn TokenRows>) -> Tokens {
        Tokens { place: TokenPlace::Rows(rows), rights: Rights::all() }
    }

    /// The same for somebody who may do less.
    pub fn within(&self, rights: Rights) -> Tokens {
        Tokens { place: self.place.clone(), rights }
    }

    /// True if other machines may change them.
    pub fn is_shared(&self) -> bool {
        matches!(self.place, TokenPlace::Rows(_))
    }

    /// State of the tokens now. Of a file that is one system call.
    pub fn version(&self) -> Result<TokensVersion> {
        Ok(match &self.place {
            TokenPlace::Folder(data) => TokensVersion::File(fs::fingerprint(&path(data))?),
            TokenPlace::Rows(rows) => TokensVersion::Rows(rows.etag()?),
        })
    }

    /// Copies the tokens to where the data of another server are. Where there are none, nothing is copied.
    pub fn copy_to(&self, other: &Path) -> Result<()> {
        match &self.place {
            TokenPlace::Folder(data) => match fs::read_if_exists(&path(data))? {
                Some(bytes) => fs::replace_private(&path(other), &bytes),
                None => Ok(()),
            },
            TokenPlace::Rows(rows) => match decode_rows(&rows.all()?)? {
                tokens if tokens.is_empty() => Ok(()),
                tokens => save(other, tokens),
            },
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
        match &self.place {
            TokenPlace::Folder(data) => read(data),
            TokenPlace::Rows(rows) => decode_rows(&rows.all()?),
        }
    }

    /// Replaces the tokens by what `edit` leaves of them. Two changes at once take turns; readers do not wait.
    fn change<T>(&self, edit: impl Fn(&mut Vec<TokenEntry>) -> Result<T>) -> Result<T> {
        match &self.place {
            TokenPlace::Folder(data) => {
                let _lock = fs::lock(&RemoteLayout::new(data).tokens_lock(), WAIT)?;
                let mut tokens = read(data)?;
                let done = edit(&mut tokens)?;
                save(data, tokens)?;
                Ok(done)
            }
            TokenPlace::Rows(rows) => {
                let mut done = None;
                rows.change(&mut |rows| {
                    let mut tokens = decode_rows(&rows)?;
                    done = Some(edit(&mut tokens)?);
                    tokens.iter().map(encode_row).collect()
                })?;
                done.ok_or_else(|| Error::failed("the tokens were not changed"))
            }
        }
    }

    /// Makes a token. The secret is given here and never again.
    pub fn create(&self, wanted: NewToken, now: Timestamp) -> Result<(TokenEntry, TokenSecret)> {
        wanted.check()?;
        self.change(|tokens| {
            let (secret, id, hash) = fresh(tokens)?;
            let NewToken { agents, scope, note, owner, for_others, expires_at } = wanted.clone();
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
            self.rights.check(&entry, tokens)?;
            tokens.push(entry.clone());
            Ok((entry, secret))
        })
    }

    /// Forgets a token, so that it is no longer valid.
    pub fn revoke(&self, id: &str) -> Result<TokenEntry> {
        self.change(|tokens| {
            let at = self.find(tokens, id)?;
            Ok(tokens.remove(at))
        })
    }

    /// Makes a token with the rights of another one, which ends after a while; with no while it ends at once.
    pub fn rotate(&self, id: &str, grace: SignedDuration, now: Timestamp) -> Result<Rotated> {
        self.change(|tokens| self.rotate_in(tokens, id, grace, now))
    }

    fn rotate_in(
        &self,
        tokens: &mut Vec<TokenEntry>,
        id: &str,
        grace: SignedDuration,
        now: Timestamp,
    ) -> Result<Rotated> {
        let old = self.find(tokens, id)?;
        if tokens[old].is_expired(now) {
            return Err(Error::conflict(format!("token \"{id}\" expired"))
                .hint(hints::CREATE_ANOTHER_TOKEN));
        }
        if let Some(newer) = tokens.iter().find(|entry| entry.replaces.as_deref() == Some(id)) {
            return Err(Error::conflict(format!("token \"{id}\" was rotated already"))
                .hint(hints::rotate_newer(&newer.id)));
        }
        let (secret, new_id, hash) = fresh(tokens)?;
        let replaces = Some(id.to_owned());
        let entry =
            TokenEntry { id: new_id, hash, created_at: now, replaces, ..tokens[old].clone() };
        self.rights.check(&entry, tokens)?;
        let end = now.checked_add(grace).unwrap_or(Timestamp::MAX);
        let old_ends = tokens[old].expires_at.map_or(end, |earlier| earlier.min(end));
        tokens[old].expires_at = Some(old_ends);
        tokens.push(entry.clone());
        if old_ends <= now {
            tokens.remove(old);
        }
        Ok(Rotated { entry, secret, old_ends })
    }

    /// Forgets all tokens that speak for somebody.
    pub fn revoke_of(&self, owner: &str) -> Result<Vec<TokenEntry>> {
        let is_theirs = |entry: &TokenEntry| {
            entry.owner.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(owner))
        };
        let goes = |entry: &TokenEntry| is_theirs(entry) && self.rights.reach(entry);
        self.change(|tokens| {
            let gone: Vec<TokenEntry> = tokens.extract_if(.., |entry| goes(entry)).collect();
            if gone.is_empty() {
                return Err(Error::not_found(format!("there is no token for \"{owner}\""))
                    .hint(hints::LIST_TOKENS));
            }
            Ok(gone)
        })
    }

    /// Index of a token. One that is out of reach is not found. One that is out of reach is as good as none.
    fn find(&self, tokens: &[TokenEntry], id: &str) -> Result<usize> {
        let found = tokens.iter().position(|entry| entry.id == id && self.rights.reach(entry));
        found.ok_or_else(|| unknown(id))
    }

    /// Times at which tokens were last used.
    pub fn used(&self) -> LastUsed {
        match &self.place {
            TokenPlace::Folder(data) => LastUsed::of(data),
            TokenPlace::Rows(rows) => LastUsed::shared(rows.clone()),
        }
    }
}

fn path(data: &Path) -> PathBuf {
    RemoteLayout::new(data).tokens()
}

fn read(data: &Path) -> Result<Vec<TokenEntry>> {
    let path = path(data);
    let Some(bytes) = fs::read_if_exists(&path)? else { return Ok(Vec::new()) };
    let damaged = |why: String| Error::corrupt(format!("\"{}\" {why}", path.display()));
    let document: Document =
        serde_json::from_slice(&bytes).map_err(|error| damaged(format!("is damaged: {error}")))?;
    if ![FORMAT, WITH_OWNERS, WITH_PATTERNS].contains(&document.format) {
        return Err(damaged(format!(
            "has format {}, which this program does not know",
            document.format
        )));
    }
    Ok(document.tokens)
}

fn save(data: &Path, tokens: Vec<TokenEntry>) -> Result<()> {
    let owned = tokens.iter().any(|entry| entry.owner.is_some());
    let several = tokens.iter().any(|entry| entry.agents.one().is_none());
    let format = match (several, owned) {
        (true, _) => WITH_PATTERNS,
        (false, true) => WITH_OWNERS,
        (false, false) => FORMAT,
    };
    let document = Document { format, tokens };
    let text = serde_json::to_string_pretty(&document).map_err(unwritable)?;
    fs::replace_private(&path(data), format!("{text}\n").as_bytes())
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::failed(format!("cannot write the tokens: {error}"))
}

fn encode_row(token: &TokenEntry) -> Result<TokenRow> {
    let entry = serde_json::to_string(token).map_err(unwritable)?;
    Ok(TokenRow { id: token.id.clone(), entry })
}

fn decode_rows(rows: &[TokenRow]) -> Result<Vec<TokenEntry>> {
    let decode = |row: &TokenRow| {
        let entry = serde_json::from_str(&row.entry);
        entry.map_err(|error| {
            Error::corrupt(format!("the row of token \"{}\" is damaged: {error}", row.id))
        })
    };
    rows.iter().map(decode).collect()
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
