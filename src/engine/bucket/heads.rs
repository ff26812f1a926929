//! Heads as objects. A swap is one write with a condition on the etag.

use super::answer::S3Answer;
use super::client::{BucketClient, S3Call};
use crate::error::{Error, Result};
use crate::protocol::AgentId;
use crate::remote_store::{Cas, CasToken, Expect, HeadStore, LruCache, ProbeReport, probe_heads};
use bytes::Bytes;
use http::Method;
use std::sync::Arc;

/// Most heads that are kept, so that one that did not change is not sent again.
const MOST_HEADS: usize = 256;

pub struct BucketHeads {
    client: Arc<BucketClient>,
    /// Folder of the heads below the prefix.
    folder: String,
    recent: LruCache<AgentId, (Bytes, String)>,
}

fn token_of(etag: &str) -> CasToken {
    CasToken::new(etag.as_bytes())
}

/// The etag of a token; `None` for one of another engine.
fn etag_of(token: &CasToken) -> Option<&str> {
    let etag = std::str::from_utf8(token.as_bytes()).ok()?;
    etag.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"').then_some(etag)
}

impl BucketHeads {
    pub fn new(client: Arc<BucketClient>) -> BucketHeads {
        BucketHeads::within(client, "head/".to_owned())
    }

    fn within(client: Arc<BucketClient>, folder: String) -> BucketHeads {
        BucketHeads { client, folder, recent: LruCache::new(MOST_HEADS) }
    }

    fn key(&self, agent: &AgentId) -> String {
        format!("{}{agent}", self.folder)
    }

    fn etag(&self, answer: &S3Answer) -> Result<String> {
        let none =
            || Error::failed(format!("\"{}\" sent an object without etag", self.client.url()));
        answer.etag.clone().ok_or_else(none)
    }
}

impl HeadStore for BucketHeads {
    fn load(&self, agent: &AgentId) -> Result<Option<(Bytes, CasToken)>> {
        let (known, key) = (self.recent.get(agent), self.key(agent));
        let mut call = S3Call::new(Method::GET, &key);
        if let Some((_, etag)) = &known {
            call = call.with("if-none-match", format!("\"{etag}\""));
        }
        let answer = self.client.repeat(&call)?;
        match (answer.status, known) {
            (404, _) => Ok(None),
            (304, Some((bytes, etag))) => Ok(Some((bytes, token_of(&etag)))),
            (200, _) => {
                let etag = self.etag(&answer)?;
                self.recent.put(agent.clone(), (answer.body.clone(), etag.clone()));
                Ok(Some((answer.body, token_of(&etag))))
            }
            (status, _) => {
                let place = self.client.url();
                Err(Error::unavailable(format!("\"{place}\" answered with status {status}")))
            }
        }
    }

    fn swap(&self, agent: &AgentId, expect: Expect<'_>, new: &[u8]) -> Result<Cas> {
        let key = self.key(agent);
        let swapped = match expect {
            Expect::Absent => self.client.once(&S3Call::put(&key, new).with("if-none-match", "*")),
            Expect::Match(token) => match etag_of(token) {
                Some(etag) => self.client.replace(&key, etag, new),
                None => return Ok(Cas::Lost),
            },
        };
        match swapped {
            Ok(answer) if answer.is_refused() || answer.is_absent() => Ok(Cas::Lost),
            Ok(answer) => {
                let etag = self.etag(&answer)?;
                self.recent.put(agent.clone(), (Bytes::copy_from_slice(new), etag.clone()));
                Ok(Cas::Won(token_of(&etag)))
            }
            Err(failure) if failure.is_unsure => Ok(Cas::Unknown(failure.error)),
            Err(failure) => Err(failure.error),
        }
    }

    fn agents(&self, after: Option<&AgentId>) -> Result<Vec<AgentId>> {
        let after = after.map(|after| self.key(after));
        self.client.list_some(&self.folder, after.as_deref(), |object| {
            object.key.strip_prefix(&self.folder)?.parse().ok()
        })
    }

    fn probe(&self) -> Result<ProbeReport> {
        let folder = super::probe_folder()?;
        let tried =
            probe_heads("bucket", &BucketHeads::within(self.client.clone(), folder.clone()));
        let cleared = self.client.clear(&folder);
        let report = tried?;
        cleared?;
        Ok(report)
    }

    fn ping(&self) -> Result<()> {
        let answer = self.client.repeat(&S3Call::new(Method::HEAD, "format"))?;
        match answer.is_absent() {
            true => {
                let place = self.client.url();
                Err(Error::unavailable(format!("\"{place}\" has lost its object \"format\"")))
            }
            false => Ok(()),
        }
    }
}
