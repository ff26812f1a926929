//! Engines of a server beside its folder: databases and buckets, named by a URL. Each implements the traits of
//! `remote_store`, owns its runtime and its connections, and blocks. A call that gets no answer ends after a fixed time.

mod bucket;
mod environment;
mod failure;
mod pgpass;
mod postgres;
mod rows;
mod turns;
mod url;

pub use bucket::BucketUrl;
pub use environment::EngineEnvironment;
pub use rows::{TokenRow, TokenRows};
pub use url::EngineUrl;

use crate::error::{Error, Result};
use crate::remote_store::{Engines, SharedNote};
use std::fmt;
use std::sync::Arc;

/// An open engine: agents, notes and tokens.
#[derive(Clone)]
pub struct SharedEngine {
    pub engines: Engines,
    pub tokens: Arc<dyn TokenRows>,
    /// URL without any secret, for people.
    pub name: String,
}

impl SharedEngine {
    /// Connects, and prepares a database or a prefix that is empty. `packs` is the bucket with the packs of a database.
    pub fn open(url: &EngineUrl, packs: Option<&BucketUrl>) -> Result<SharedEngine> {
        match (url, packs) {
            (EngineUrl::Postgres(url), packs) => postgres::open(url, packs),
            (EngineUrl::Bucket(url), None) => bucket::open(url),
            (EngineUrl::Bucket(_) | EngineUrl::Folder(_), _) => {
                Err(Error::usage("only the packs of a database can be in a bucket of their own")
                    .hint(
                        "use `--store postgres://db.example.com/agents --packs s3://bucket/prefix`",
                    ))
            }
        }
    }
}

/// Name of a note, which the engines share.
fn note_name(note: SharedNote<'_>) -> String {
    match note {
        SharedNote::Archived(agent) => format!("archived/{agent}"),
        SharedNote::Scrub => "scrub".to_owned(),
        SharedNote::Quotas => "quotas".to_owned(),
        SharedNote::Address => "address".to_owned(),
    }
}

impl fmt::Debug for SharedEngine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("SharedEngine").field(&self.name).finish()
    }
}
