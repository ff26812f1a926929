//! Engines of a server beside its folder: databases, named by a URL. Each implements the traits of `remote_store`, owns its
//! runtime and its connections, and blocks. A call that gets no answer ends after a fixed time.

mod environment;
mod pgpass;
mod postgres;
mod rows;
mod url;

pub use environment::EngineEnvironment;
pub use postgres::PostgresUrl;
pub use rows::{TokenRow, TokenRows};
pub use url::EngineUrl;

use crate::error::Result;
use crate::remote_store::Engines;
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
    /// Connects, and prepares a database that is empty.
    pub fn open(url: &PostgresUrl) -> Result<SharedEngine> {
        postgres::open(url)
    }
}

impl fmt::Debug for SharedEngine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("SharedEngine").field(&self.name).finish()
    }
}
