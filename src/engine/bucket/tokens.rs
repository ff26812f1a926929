//! Tokens as one object, and their last uses as another: each change is one write with a condition.

use super::client::{BucketClient, S3Call};
use crate::engine::failure::CallFailure;
use crate::engine::rows::{TokenRow, TokenRows};
use crate::error::{Error, Result};
use http::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const TOKENS: &str = "tokens";
const USED: &str = "tokens.used";
const FORMAT: u32 = 1;
/// Tries of a change that others were faster with.
const TRIES: usize = 32;
/// Writes of one change that had no answer.
const WRITES: usize = 3;
/// Changes that the tokens remember.
const CHANGES: usize = 64;

pub struct BucketTokens {
    client: Arc<BucketClient>,
    /// The tokens as they were last read.
    seen: Mutex<Option<StoredObject>>,
}

/// An object as it was read.
#[derive(Clone)]
struct StoredObject {
    etag: String,
    bytes: Vec<u8>,
}

/// New contents of an object, and the id of the change in them.
struct TokenDraft {
    bytes: Vec<u8>,
    change: String,
}

#[derive(Serialize, Deserialize)]
struct TokenDocument {
    format: u32,
    /// Ids of the last changes: a write that had no answer landed if it has its id.
    changes: Vec<String>,
    tokens: Vec<StoredToken>,
}

#[derive(Serialize, Deserialize)]
struct StoredToken {
    id: String,
    entry: String,
}

impl BucketTokens {
    pub fn new(client: Arc<BucketClient>) -> BucketTokens {
        BucketTokens { client, seen: Mutex::default() }
    }

    fn seen(&self) -> MutexGuard<'_, Option<StoredObject>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An object, which is sent only if it is not `known`.
    fn load(&self, key: &str, known: Option<StoredObject>) -> Result<Option<StoredObject>> {
        let mut call = S3Call::new(Method::GET, key);
        if let Some(known) = &known {
            call = call.with("if-none-match", format!("\"{}\"", known.etag));
        }
        let answer = self.client.repeat(&call)?;
        if answer.is_absent() {
            return Ok(None);
        }
        if answer.status == 304 && known.is_some() {
            return Ok(known);
        }
        let none =
            || Error::failed(format!("\"{}\" sent an object without etag", self.client.url()));
        let (etag, bytes) = (answer.etag.clone().ok_or_else(none)?, answer.body.to_vec());
        Ok(Some(StoredObject { etag, bytes }))
    }

    fn newest(&self) -> Result<Option<StoredObject>> {
        let known = self.seen().clone();
        let stored = self.load(TOKENS, known)?;
        self.seen().clone_from(&stored);
        Ok(stored)
    }

    fn write(
        &self,
        key: &str,
        before: Option<&StoredObject>,
        bytes: &[u8],
    ) -> Result<bool, CallFailure> {
        let answer = match before {
            Some(before) => self.client.replace(key, &before.etag, bytes)?,
            None => self.client.once(&S3Call::put(key, bytes).with("if-none-match", "*"))?,
        };
        Ok(!answer.is_refused() && !answer.is_absent())
    }

    /// Replaces an object by what `edit` makes of it, however many others do so at once.
    fn edit(
        &self,
        key: &str,
        edit: &mut dyn FnMut(Option<&StoredObject>) -> Result<Option<TokenDraft>>,
    ) -> Result<()> {
        for _ in 0..TRIES {
            let before = self.load(key, None)?;
            let Some(draft) = edit(before.as_ref())? else { return Ok(()) };
            if self.store(key, before.as_ref(), &draft)? {
                return Ok(());
            }
            self.client.pause();
        }
        Err(Error::unavailable(format!("the tokens of \"{}\" are busy", self.client.url())))
    }

    /// Writes a draft. After a write that had no answer it is sent again, with the same bytes: so it has one effect, or none
    /// once another change was made. `false` if it has none.
    fn store(&self, key: &str, before: Option<&StoredObject>, draft: &TokenDraft) -> Result<bool> {
        let mut unsure = None;
        for _ in 0..WRITES {
            match self.write(key, before, &draft.bytes) {
                Ok(true) => return Ok(true),
                Ok(false) if unsure.is_none() => return Ok(false),
                Ok(false) => break,
                Err(failure) if failure.is_unsure => unsure = Some(failure.error),
                Err(failure) => return Err(failure.error),
            }
            self.client.pause();
        }
        let after = self.load(key, None)?;
        let has_change = |stored: &StoredObject| contains(&stored.bytes, draft.change.as_bytes());
        if after.as_ref().is_some_and(has_change) {
            return Ok(true);
        }
        match unsure
            .filter(|_| after.map(|after| after.etag) == before.map(|before| before.etag.clone()))
        {
            Some(error) => Err(error.context("it is unknown if the tokens were changed")),
            None => Ok(false),
        }
    }

    fn decode<T: DeserializeOwned>(&self, key: &str, bytes: &[u8]) -> Result<T> {
        serde_json::from_slice(bytes).map_err(|error| {
            Error::corrupt(format!(
                "object \"{key}\" of \"{}\" is damaged: {error}",
                self.client.url()
            ))
        })
    }

    fn document(&self, stored: Option<&StoredObject>) -> Result<TokenDocument> {
        let Some(stored) = stored else {
            return Ok(TokenDocument { format: FORMAT, changes: Vec::new(), tokens: Vec::new() });
        };
        let document: TokenDocument = self.decode(TOKENS, &stored.bytes)?;
        if document.format != FORMAT {
            let (found, place) = (document.format, self.client.url());
            return Err(Error::corrupt(format!(
                "the tokens of \"{place}\" have format {found}, which this program does not know"
            )));
        }
        Ok(document)
    }

    fn times(&self, stored: Option<&StoredObject>) -> Result<BTreeMap<String, i64>> {
        stored.map_or(Ok(BTreeMap::new()), |stored| self.decode(USED, &stored.bytes))
    }
}

fn encode(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value)
        .map_err(|error| Error::failed(format!("cannot write the tokens: {error}")))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn rows(document: TokenDocument) -> Vec<TokenRow> {
    let row = |token: StoredToken| TokenRow { id: token.id, entry: token.entry };
    document.tokens.into_iter().map(row).collect()
}

impl TokenRows for BucketTokens {
    /// A number that the contents give, so that it is the same at every server.
    fn etag(&self) -> Result<i64> {
        Ok(self.newest()?.map_or(-1, |stored| {
            let hash = blake3::hash(&stored.bytes);
            let first = hash.as_bytes()[..8].try_into().unwrap_or_default();
            i64::from_be_bytes(first) & i64::MAX
        }))
    }

    fn all(&self) -> Result<Vec<TokenRow>> {
        Ok(rows(self.document(self.newest()?.as_ref())?))
    }

    fn change(&self, edit: &mut dyn FnMut(Vec<TokenRow>) -> Result<Vec<TokenRow>>) -> Result<()> {
        self.edit(TOKENS, &mut |before| {
            let document = self.document(before)?;
            let change = super::random_hex()?;
            let known = document.changes.iter().rev().take(CHANGES - 1).rev().cloned();
            let changes = known.chain([change.clone()]).collect();
            let rows = edit(rows(document))?.into_iter();
            let tokens = rows.map(|row| StoredToken { id: row.id, entry: row.entry }).collect();
            let bytes = encode(&TokenDocument { format: FORMAT, changes, tokens })?;
            Ok(Some(TokenDraft { bytes, change }))
        })
    }

    fn used(&self) -> Result<Vec<(String, i64)>> {
        let times = self.times(self.load(USED, None)?.as_ref())?;
        Ok(Vec::from_iter(times))
    }

    fn note_used(&self, times: &[(String, i64)]) -> Result<()> {
        let exists: Vec<String> = self.all()?.into_iter().map(|row| row.id).collect();
        self.edit(USED, &mut |before| {
            let known = self.times(before)?;
            let mut newer = known.clone();
            newer.retain(|id, _| exists.contains(id));
            for (id, time) in times.iter().filter(|(id, _)| exists.contains(id)) {
                let known = newer.entry(id.clone()).or_insert(*time);
                *known = (*known).max(*time);
            }
            if newer == known {
                return Ok(None);
            }
            // Without an id it is made again, which is the same.
            let (bytes, change) = (encode(&newer)?, super::random_hex()?);
            Ok(Some(TokenDraft { bytes, change }))
        })
    }
}
