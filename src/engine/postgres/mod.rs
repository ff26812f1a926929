//! PostgreSQL as an engine: heads, packs, notes and tokens in the tables of one schema.
//!
//! A head is swapped by one conditional statement, so that the database decides every race. A pack is written in
//! pieces within one transaction. Each call has a connection for itself.

mod connect;
mod etag;
mod failure;
mod heads;
mod notes;
mod pack_place;
mod packs;
mod pool;
mod schema;
mod target;
mod tls;
mod tokens;

pub use target::PostgresUrl;

use super::SharedEngine;
use super::bucket::BucketUrl;
use crate::error::Result;
use crate::remote_store::Engines;
use heads::PgHeads;
use notes::PgNotes;
use packs::PgPacks;
use pool::PgPool;
use std::sync::Arc;
use tokens::PgTokens;

/// Connects, and brings the tables to the newest format. `packs` is the bucket that has the packs instead.
pub fn open(url: &PostgresUrl, packs: Option<&BucketUrl>) -> Result<SharedEngine> {
    let pool = Arc::new(PgPool::new(url)?);
    schema::prepare(&pool)?;
    let heads = Arc::new(PgHeads::new(pool.clone()));
    let notes = Arc::new(PgNotes::new(pool.clone()));
    let bucket = pack_place::open(&pool, packs)?;
    let packs_name = packs.map(|packs| format!(" with packs in {packs}")).unwrap_or_default();
    let packs = bucket.unwrap_or_else(|| Arc::new(PgPacks::new(pool.clone())));
    let engines = Engines { heads, packs, notes };
    let tokens = Arc::new(PgTokens::new(pool));
    Ok(SharedEngine { engines, tokens, name: format!("{url}{packs_name}") })
}
