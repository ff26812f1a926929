//! A bucket as an engine: heads, packs, notes and tokens as objects below a prefix, by the API of S3.
//!
//! A head is swapped by one conditional write, so that the bucket decides every race. Calls go through
//! [`client::BucketClient`], which signs them, limits their number and names their failures. It is small, and over the HTTP
//! client that the program has already: the crate `object_store` adds 1.8 MB.

mod answer;
mod client;
mod condition;
mod credentials;
mod failure;
mod format;
mod heads;
mod list;
mod notes;
mod packs;
mod sign;
mod target;
mod tokens;
mod upload;
mod xml;

pub use format::BucketUse;
pub use target::BucketUrl;

use super::SharedEngine;
use crate::error::{Error, Result};
use crate::remote_store::{Engines, PackStore};
use client::BucketClient;
use heads::BucketHeads;
use notes::BucketNotes;
use packs::BucketPacks;
use std::sync::Arc;
use tokens::BucketTokens;

/// Opens a bucket with everything in it.
pub fn open(url: &BucketUrl) -> Result<SharedEngine> {
    let client = Arc::new(BucketClient::new(url)?);
    format::prepare(&client, &BucketUse::Store)?;
    let heads = Arc::new(BucketHeads::new(client.clone()));
    let packs = Arc::new(BucketPacks::new(client.clone()));
    let notes = Arc::new(BucketNotes::new(client.clone()));
    let engines = Engines { heads, packs, notes };
    let tokens = Arc::new(BucketTokens::new(client));
    Ok(SharedEngine { engines, tokens, name: url.to_string() })
}

/// Opens a bucket with the packs of a database.
pub fn open_packs(url: &BucketUrl, of: &BucketUse) -> Result<Arc<dyn PackStore>> {
    let client = Arc::new(BucketClient::new(url)?);
    format::prepare(&client, of)?;
    Ok(Arc::new(BucketPacks::new(client)))
}

/// A folder of the bucket that no other probe has.
fn probe_folder() -> Result<String> {
    Ok(format!("probe/{}/", random_hex()?))
}

fn random_hex() -> Result<String> {
    let bits = getrandom::u64();
    let bits = bits.map_err(|error| Error::failed(format!("cannot get random bits: {error}")))?;
    Ok(format!("{bits:016x}"))
}
