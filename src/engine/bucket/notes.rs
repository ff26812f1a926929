//! Notes as objects.

use super::client::{BucketClient, S3Call};
use crate::engine::note_name;
use crate::error::Result;
use crate::remote_store::{NoteStore, SharedNote};
use http::Method;
use std::sync::Arc;

pub struct BucketNotes {
    client: Arc<BucketClient>,
}

impl BucketNotes {
    pub fn new(client: Arc<BucketClient>) -> BucketNotes {
        BucketNotes { client }
    }
}

fn key(note: SharedNote<'_>) -> String {
    format!("note/{}", note_name(note))
}

impl NoteStore for BucketNotes {
    fn read(&self, note: SharedNote<'_>) -> Result<Option<Vec<u8>>> {
        let answer = self.client.repeat(&S3Call::new(Method::GET, &key(note)))?;
        Ok((!answer.is_absent()).then(|| answer.body.to_vec()))
    }

    fn write(&self, note: SharedNote<'_>, text: &[u8]) -> Result<()> {
        self.client.repeat(&S3Call::put(&key(note), text)).map(drop)
    }

    fn remove(&self, note: SharedNote<'_>) -> Result<()> {
        self.client.repeat(&S3Call::new(Method::DELETE, &key(note))).map(drop)
    }

    fn has(&self, note: SharedNote<'_>) -> Result<bool> {
        Ok(self.client.length(&key(note))?.is_some())
    }
}
