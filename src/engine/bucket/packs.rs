//! Packs as objects, each under its own key.

use super::client::{BucketClient, S3Call};
use super::upload::NewObject;
use crate::error::{Error, Result};
use crate::protocol::AgentId;
use crate::remote_store::{PackKey, PackStore, ProbeReport, probe_packs};
use bytes::Bytes;
use http::Method;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

pub struct BucketPacks {
    client: Arc<BucketClient>,
    /// Folder of the packs below the prefix.
    folder: String,
}

impl BucketPacks {
    pub fn new(client: Arc<BucketClient>) -> BucketPacks {
        BucketPacks { client, folder: "pack/".to_owned() }
    }

    fn agent(&self, agent: &AgentId) -> String {
        format!("{}{agent}/", self.folder)
    }

    fn key(&self, key: &PackKey) -> String {
        format!("{}{}", self.agent(&key.agent), key.file_name())
    }

    fn whole(&self, key: &str) -> Result<Option<Bytes>> {
        let answer = self.client.repeat(&S3Call::new(Method::GET, key))?;
        Ok((!answer.is_absent()).then_some(answer.body))
    }

    /// A range that is not empty. One behind the end is.
    fn part(&self, key: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        let last = range.end.min(i64::MAX as u64) - 1;
        let wanted = format!("bytes={}-{last}", range.start);
        let mut call = S3Call::new(Method::GET, key).with("range", wanted);
        call.expects = range.end - range.start;
        let answer = self.client.repeat(&call)?;
        let sent = match answer.status {
            404 => return Ok(None),
            416 => return Ok(Some(Bytes::new())),
            206 => answer.range(),
            _ => None,
        };
        let right = sent
            .filter(|(first, end, total)| *first == range.start && *end == range.end.min(*total));
        match right.is_some_and(|(first, end, _)| answer.body.len() as u64 == end - first) {
            true => Ok(Some(answer.body)),
            false => {
                let place = self.client.url();
                Err(Error::failed(format!("\"{place}\" sent another part of an object than asked")))
            }
        }
    }
}

impl PackStore for BucketPacks {
    fn put_new(&self, key: &PackKey, source: &mut dyn Read, len: u64) -> Result<()> {
        let (name, key) = (key.file_name(), self.key(key));
        self.client.create_from(&NewObject { key: &key, name: &name, len }, source)
    }

    fn get(&self, key: &PackKey, range: Option<Range<u64>>) -> Result<Option<Bytes>> {
        let key = self.key(key);
        match range {
            None => self.whole(&key),
            Some(range) if range.start >= range.end => {
                Ok(self.client.length(&key)?.map(|_| Bytes::new()))
            }
            Some(range) => self.part(&key, range),
        }
    }

    fn stat(&self, key: &PackKey) -> Result<Option<u64>> {
        self.client.length(&self.key(key))
    }

    fn list(
        &self,
        agent: &AgentId,
        after: Option<&PackKey>,
    ) -> Result<Vec<(PackKey, u64, SystemTime)>> {
        let (folder, after) = (self.agent(agent), after.map(|after| self.key(after)));
        self.client.list_some(&folder, after.as_deref(), |object| {
            let name = object.key.strip_prefix(&folder)?;
            Some((PackKey::from_file_name(agent, name)?, object.bytes, object.modified))
        })
    }

    fn delete(&self, key: &PackKey) -> Result<()> {
        self.client.repeat(&S3Call::new(Method::DELETE, &self.key(key))).map(drop)
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn probe(&self) -> Result<ProbeReport> {
        let folder = super::probe_folder()?;
        let packs = BucketPacks { client: self.client.clone(), folder: folder.clone() };
        let tried = probe_packs("bucket", &packs);
        let cleared = self.client.clear(&folder);
        let report = tried?;
        cleared?;
        Ok(report)
    }
}
