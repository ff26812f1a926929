//! The tokens that a server knows: one small file in its data folder, replaced durably, for its
//! owner's eyes only. It holds hashes, so that who reads it still has no token.

use super::token::Secret;
use crate::error::{Error, Result};
use crate::fs;
use crate::protocol::{AgentId, Scope};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

const FILE: &str = "tokens.json";
const LOCK: &str = "tokens.lock";
const FORMAT: u32 = 1;
/// Nobody holds the lock for longer than it takes to write the file.
const WAIT: Duration = Duration::from_secs(10);

/// A token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Names the token in lists and logs: the first digits of the hash.
    pub id: String,
    hash: String,
    pub agent: AgentId,
    pub scope: Scope,
    #[serde(default)]
    pub note: Option<String>,
    pub created_at: Timestamp,
    /// The first moment at which it is good no more.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

impl Entry {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }

    /// Whether this is what is kept of the secret with this hash. Takes as long for every other one.
    pub fn is_of(&self, hash: &blake3::Hash) -> bool {
        blake3::Hash::from_hex(&self.hash).is_ok_and(|kept| kept == *hash)
    }
}

/// What a new token is for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub agent: AgentId,
    pub scope: Scope,
    pub note: Option<String>,
    pub expires_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: u32,
    tokens: Vec<Entry>,
}

/// The file with the tokens.
#[derive(Clone, Debug)]
pub struct Tokens {
    data: PathBuf,
}

impl Tokens {
    /// The tokens of the server whose data are in this folder.
    pub fn of(data: &Path) -> Tokens {
        Tokens { data: data.to_owned() }
    }

    pub fn path(&self) -> PathBuf {
        self.data.join(FILE)
    }

    /// All of them, the oldest first. No file is no token.
    pub fn list(&self) -> Result<Vec<Entry>> {
        match fs::read_if_exists(&self.path())? {
            Some(bytes) => self.decode(&bytes),
            None => Ok(Vec::new()),
        }
    }

    /// Makes a token. The secret is given here and never again.
    pub fn create(&self, wanted: Wanted, now: Timestamp) -> Result<(Entry, Secret)> {
        let _lock = self.lock()?;
        let mut tokens = self.list()?;
        let (secret, id) = loop {
            let secret = Secret::random()?;
            let id = id_of(&secret.hash());
            if tokens.iter().all(|known| known.id != id) {
                break (secret, id);
            }
        };
        let Wanted { agent, scope, note, expires_at } = wanted;
        let hash = secret.hash().to_hex().to_string();
        let entry = Entry { id, hash, agent, scope, note, created_at: now, expires_at };
        tokens.push(entry.clone());
        self.save(tokens)?;
        Ok((entry, secret))
    }

    /// Forgets a token, so that it opens nothing any more.
    pub fn revoke(&self, id: &str) -> Result<Entry> {
        let _lock = self.lock()?;
        let mut tokens = self.list()?;
        let Some(at) = tokens.iter().position(|entry| entry.id == id) else {
            return Err(Error::not_found(format!("there is no token \"{id}\""))
                .hint("`lua-store serve token list` shows the tokens"));
        };
        let entry = tokens.remove(at);
        self.save(tokens)?;
        Ok(entry)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Vec<Entry>> {
        let damaged = |why: String| Error::corrupt(format!("\"{}\" {why}", self.path().display()));
        let document: Document =
            serde_json::from_slice(bytes).map_err(|error| damaged(format!("is damaged: {error}")))?;
        if document.format != FORMAT {
            return Err(damaged(format!("has format {}, which this program does not know", document.format)));
        }
        Ok(document.tokens)
    }

    fn save(&self, tokens: Vec<Entry>) -> Result<()> {
        let document = Document { format: FORMAT, tokens };
        let text = serde_json::to_string_pretty(&document)
            .map_err(|error| Error::failed(format!("cannot write the tokens: {error}")))?;
        fs::replace_private(&self.path(), format!("{text}\n").as_bytes())
    }

    /// Two commands that change the file at once take turns. Readers take no lock.
    fn lock(&self) -> Result<std::fs::File> {
        fs::lock(&self.data.join(LOCK), WAIT)
    }
}

/// 48 bits name a token among those of one server; that nobody else has it is checked.
pub fn id_of(hash: &blake3::Hash) -> String {
    hash.to_hex()[..12].to_owned()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests look at and damage files on purpose")]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn wanted(agent: &str) -> Wanted {
        Wanted { agent: agent.parse().unwrap(), scope: Scope::Push, note: None, expires_at: None }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn what_was_made_is_listed_and_found_and_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let tokens = Tokens::of(dir.path());
        assert_eq!(tokens.list().unwrap(), []);
        let (first, secret) = tokens.create(wanted("a"), at(1)).unwrap();
        let (second, other) = tokens.create(wanted("b"), at(2)).unwrap();
        assert_eq!(tokens.list().unwrap(), [first.clone(), second.clone()]);
        assert!(first.is_of(&secret.hash()) && !first.is_of(&other.hash()));
        assert_eq!(tokens.revoke(&first.id).unwrap(), first);
        assert_eq!(tokens.list().unwrap(), [second]);
        assert_eq!(tokens.revoke(&first.id).unwrap_err().kind(), Kind::NotFound);
    }

    #[test]
    fn the_file_has_no_secret_and_one_reader() {
        let dir = tempfile::tempdir().unwrap();
        let tokens = Tokens::of(dir.path());
        let (_, secret) = tokens.create(wanted("a"), at(1)).unwrap();
        let text = std::fs::read_to_string(tokens.path()).unwrap();
        assert!(!text.contains(&secret.to_string()[4..20]), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(tokens.path()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_token_is_good_until_the_moment_it_expires() {
        let dir = tempfile::tempdir().unwrap();
        let wanted = Wanted { expires_at: Some(at(100)), ..wanted("a") };
        let (entry, _) = Tokens::of(dir.path()).create(wanted, at(1)).unwrap();
        assert!(!entry.is_expired(at(99)));
        assert!(entry.is_expired(at(100)));
    }

    #[test]
    fn writers_at_once_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let tokens = Tokens::of(dir.path());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5).for_each(|_| drop(tokens.create(wanted("a"), at(1)).unwrap())));
            }
        });
        assert_eq!(tokens.list().unwrap().len(), 20);
    }

    #[test]
    fn a_damaged_file_is_an_error_and_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let tokens = Tokens::of(dir.path());
        for text in ["", "{}", "{\"format\":2,\"tokens\":[]}", "{\"format\":1,\"tokens\":[{}]}"] {
            std::fs::write(tokens.path(), text).unwrap();
            assert_eq!(tokens.list().unwrap_err().kind(), Kind::Corrupt);
            assert_eq!(tokens.create(wanted("a"), at(1)).map(drop).unwrap_err().kind(), Kind::Corrupt);
            assert_eq!(std::fs::read_to_string(tokens.path()).unwrap(), text);
        }
    }
}
