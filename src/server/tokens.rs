//! The tokens that a server knows: one small file in its data folder, replaced durably, for its
//! owner's eyes only. It holds hashes, so that who reads it still has no token.

use super::pattern::{Agents, Pattern};
use super::token::Secret;
use super::used::Used;
use crate::error::{Error, Result};
use crate::fs;
use crate::protocol::Scope;
use crate::store::TokenName;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

const FILE: &str = "tokens.json";
const LOCK: &str = "tokens.lock";
const FORMAT: u32 = 1;
/// Of a file in which a token speaks for somebody alone: a program that does not know that must not open it.
const WITH_OWNERS: u32 = 2;
/// Of a file in which a token is for several agents.
const WITH_PATTERNS: u32 = 3;
/// A name is shown on one line beside an author.
const LONGEST_NAME: usize = 60;
/// Nobody holds the lock for longer than it takes to write the file.
const WAIT: Duration = Duration::from_secs(10);

/// A token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Names the token in lists and logs: the first digits of the hash.
    pub id: String,
    hash: String,
    #[serde(flatten)]
    pub agents: Agents,
    pub scope: Scope,
    #[serde(default)]
    pub note: Option<String>,
    /// The author that it speaks for.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whether it may bring what others made too.
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

impl Entry {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }

    /// Whether it is for an agent.
    pub fn opens(&self, agent: &str) -> bool {
        self.agents.has(agent)
    }

    /// What it is called where it was used: its note, where it has one that can stand in a line.
    pub fn name(&self) -> TokenName {
        let plain = |note: &String| note.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        TokenName { id: self.id.clone(), name: self.note.as_ref().map(plain).unwrap_or_default() }
    }

    /// The only author that what it brings may name; `None` where that may be anybody.
    pub fn speaks_for(&self) -> Option<&str> {
        self.owner.as_deref().filter(|_| !self.for_others)
    }

    /// Whether this is what is kept of the secret with this hash. Takes as long for every other one.
    pub fn is_of(&self, hash: &blake3::Hash) -> bool {
        blake3::Hash::from_hex(&self.hash).is_ok_and(|kept| kept == *hash)
    }
}

/// What a new token is for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub agents: Vec<Pattern>,
    pub scope: Scope,
    pub note: Option<String>,
    pub owner: Option<String>,
    pub for_others: bool,
    pub expires_at: Option<Timestamp>,
}

/// What a rotation gives.
pub struct Rotated {
    pub entry: Entry,
    pub secret: Secret,
    /// When the old one ends.
    pub old_ends: Timestamp,
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

    /// Copies the file to where the data of another server are. Where there is none, nothing is copied.
    pub fn copy_to(&self, other: &Path) -> Result<()> {
        match fs::read_if_exists(&self.path())? {
            Some(bytes) => fs::replace_private(&Tokens::of(other).path(), &bytes),
            None => Ok(()),
        }
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
        let (secret, id, hash) = fresh(&tokens)?;
        let Wanted { agents, scope, note, owner, for_others, expires_at } = wanted;
        let (agents, created_at, replaces) = (Agents::new(agents)?, now, None);
        let entry =
            Entry { id, hash, agents, scope, note, owner, for_others, created_at, expires_at, replaces };
        tokens.push(entry.clone());
        self.save(tokens)?;
        Ok((entry, secret))
    }

    /// Forgets a token, so that it opens nothing any more.
    pub fn revoke(&self, id: &str) -> Result<Entry> {
        let _lock = self.lock()?;
        let mut tokens = self.list()?;
        let Some(at) = tokens.iter().position(|entry| entry.id == id) else {
            return Err(unknown(id));
        };
        let entry = tokens.remove(at);
        self.save(tokens)?;
        Ok(entry)
    }

    /// Makes a token with the rights of another one, which ends after a while; with no while it ends at once.
    pub fn rotate(&self, id: &str, grace: SignedDuration, now: Timestamp) -> Result<Rotated> {
        let _lock = self.lock()?;
        let mut tokens = self.list()?;
        let old = tokens.iter().position(|entry| entry.id == id).ok_or_else(|| unknown(id))?;
        if tokens[old].is_expired(now) {
            return Err(Error::conflict(format!("token \"{id}\" expired"))
                .hint("`lua-store serve token create` makes another one"));
        }
        if let Some(newer) = tokens.iter().find(|entry| entry.replaces.as_deref() == Some(id)) {
            return Err(Error::conflict(format!("token \"{id}\" was rotated already"))
                .hint(format!("`lua-store serve token rotate {}` rotates the new one", newer.id)));
        }
        let (secret, new_id, hash) = fresh(&tokens)?;
        let replaces = Some(id.to_owned());
        let entry = Entry { id: new_id, hash, created_at: now, replaces, ..tokens[old].clone() };
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
    pub fn revoke_of(&self, owner: &str) -> Result<Vec<Entry>> {
        let _lock = self.lock()?;
        let is_theirs =
            |entry: &Entry| entry.owner.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(owner));
        let (gone, kept): (Vec<Entry>, Vec<Entry>) = self.list()?.into_iter().partition(is_theirs);
        if gone.is_empty() {
            return Err(Error::not_found(format!("there is no token for \"{owner}\""))
                .hint("`lua-store serve token list` shows the tokens"));
        }
        self.save(kept)?;
        Ok(gone)
    }

    /// When tokens were used.
    pub fn used(&self) -> Used {
        Used::of(&self.data)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Vec<Entry>> {
        let damaged = |why: String| Error::corrupt(format!("\"{}\" {why}", self.path().display()));
        let document: Document =
            serde_json::from_slice(bytes).map_err(|error| damaged(format!("is damaged: {error}")))?;
        if ![FORMAT, WITH_OWNERS, WITH_PATTERNS].contains(&document.format) {
            return Err(damaged(format!("has format {}, which this program does not know", document.format)));
        }
        Ok(document.tokens)
    }

    fn save(&self, tokens: Vec<Entry>) -> Result<()> {
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
        fs::lock(&self.data.join(LOCK), WAIT)
    }
}

fn unknown(id: &str) -> Error {
    Error::not_found(format!("there is no token \"{id}\""))
        .hint("`lua-store serve token list` shows the tokens")
}

/// A secret with an id that no other token has, and its hash.
fn fresh(tokens: &[Entry]) -> Result<(Secret, String, String)> {
    loop {
        let secret = Secret::random()?;
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
#[allow(clippy::disallowed_methods, reason = "tests look at and damage files on purpose")]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn wanted(agent: &str) -> Wanted {
        let (agents, note, owner) = (vec![agent.parse().unwrap()], None, None);
        Wanted { agents, scope: Scope::Push, note, owner, for_others: false, expires_at: None }
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
    fn a_file_with_an_owner_is_not_for_programs_that_do_not_know_owners() {
        let dir = tempfile::tempdir().unwrap();
        let tokens = Tokens::of(dir.path());
        let format = || {
            let text = std::fs::read_to_string(tokens.path()).unwrap();
            serde_json::from_str::<serde_json::Value>(&text).unwrap()["format"].as_u64()
        };
        tokens.create(wanted("a"), at(1)).unwrap();
        assert_eq!(format(), Some(1));
        let (owned, _) = tokens.create(Wanted { owner: Some("ana".into()), ..wanted("a") }, at(1)).unwrap();
        assert_eq!(format(), Some(2));
        assert_eq!(tokens.list().unwrap()[1].speaks_for(), Some("ana"));
        tokens.revoke(&owned.id).unwrap();
        assert_eq!(format(), Some(1));
        let others = Wanted { owner: Some("ana".into()), for_others: true, ..wanted("a") };
        assert_eq!(tokens.create(others, at(1)).unwrap().0.speaks_for(), None);
    }

    #[test]
    fn a_file_with_a_pattern_is_not_for_programs_that_know_one_agent_a_token() {
        let dir = tempfile::tempdir().unwrap();
        let tokens = Tokens::of(dir.path());
        let agents = ["shop", "team-*"].map(|text| text.parse().unwrap()).to_vec();
        let (entry, _) = tokens.create(Wanted { agents, ..wanted("a") }, at(1)).unwrap();
        let text = std::fs::read_to_string(tokens.path()).unwrap();
        assert!(text.contains("\"format\": 3") && !text.contains("\"agent\":"), "{text}");
        assert_eq!(tokens.list().unwrap(), std::slice::from_ref(&entry));
        assert!(entry.opens("shop") && entry.opens("team-a") && !entry.opens("teams"));
    }

    #[test]
    fn a_rotated_token_has_the_same_rights_and_the_old_one_ends() {
        let dir = tempfile::tempdir().unwrap();
        let tokens = Tokens::of(dir.path());
        let (old, _) = tokens.create(Wanted { note: Some("laptop".into()), ..wanted("a") }, at(1)).unwrap();
        let new = tokens.rotate(&old.id, SignedDuration::from_secs(100), at(50)).unwrap();
        assert_eq!((new.old_ends, &new.entry.note, new.entry.expires_at), (at(150), &old.note, None));
        assert!(new.entry.id != old.id && new.entry.is_of(&new.secret.hash()));
        let again = tokens.rotate(&old.id, SignedDuration::from_secs(100), at(60));
        assert_eq!(again.err().map(|error| error.kind()), Some(Kind::Conflict));
        let late = tokens.rotate(&old.id, SignedDuration::from_secs(100), at(150));
        assert_eq!(late.err().map(|error| error.kind()), Some(Kind::Conflict));
        tokens.rotate(&new.entry.id, SignedDuration::ZERO, at(70)).unwrap();
        let ids: Vec<String> = tokens.list().unwrap().into_iter().map(|entry| entry.id).collect();
        assert!(ids.len() == 2 && !ids.contains(&new.entry.id), "{ids:?}");
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
        for text in ["", "{}", "{\"format\":4,\"tokens\":[]}", "{\"format\":1,\"tokens\":[{}]}"] {
            std::fs::write(tokens.path(), text).unwrap();
            assert_eq!(tokens.list().unwrap_err().kind(), Kind::Corrupt);
            assert_eq!(tokens.create(wanted("a"), at(1)).map(drop).unwrap_err().kind(), Kind::Corrupt);
            assert_eq!(std::fs::read_to_string(tokens.path()).unwrap(), text);
        }
    }
}
