//! Engines of a server: one suite for all of them, servers that share one, and what is refused.

mod conformance;
mod refused;
mod served;

use crate::common::postgres::Database;
use lua_store::internals::engine::{EngineEnvironment, EngineUrl, SharedEngine};

/// Opens the engine of a database.
fn open(database: &Database) -> SharedEngine {
    let url = EngineUrl::parse(&database.url(), &EngineEnvironment::default()).unwrap();
    let EngineUrl::Postgres(url) = url else { panic!("{url:?} is no database") };
    SharedEngine::open(&url).unwrap()
}
