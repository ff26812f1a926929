//! Engines of a server: one suite for all of them, servers that share one, and what is refused.

mod bucket;
mod bucket_faults;
mod bucket_refused;
mod conformance;
mod refused;
mod served;

use crate::common::postgres::Database;
use lua_store::internals::engine::{EngineEnvironment, EngineUrl, SharedEngine};

/// Opens the engine of a database.
fn open(database: &Database) -> SharedEngine {
    let url = EngineUrl::parse(&database.url(), &EngineEnvironment::default()).unwrap();
    SharedEngine::open(&url, None).unwrap()
}
