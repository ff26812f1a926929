//! The stock `lua` command as a client: its routes, what they mean for the one history of an agent, and their answers.
//!
//! Nothing here knows HTTP: `server` reads a request, admits it, and hands it over; an answer is a status and a body.

pub mod account;
mod answers;
mod body;
mod compose;
mod document;
pub mod error;
mod file_keys;
pub mod ids;
pub mod key_hasher;
pub mod keys;
pub mod manifest;
mod pending;
pub mod route;
mod service;
pub mod signature;
pub mod upload;
mod view;

pub use answers::{answer, packed};
pub use error::StockError;
pub use route::{ParsedRoute, Route};
pub use service::{StockService, VersionsLook};
pub use view::{SourceRow, StockHistory, VersionRow};

use crate::object::Id;
use crate::protocol::AgentId;
use crate::remote_store::Bearer;
use signature::{AddressSigner, BlobAccess};

/// A request of the stock command that was admitted: its token is good for the agent and for the route.
#[derive(Debug)]
pub struct StockRequest {
    pub agent: AgentId,
    pub route: Route,
    /// The token that was shown; `None` where nobody is asked for one.
    pub by: Option<Bearer>,
    /// The author that the token names (`--for`), the only one that records of this request may name.
    pub email: Option<String>,
    /// Milliseconds since 1970-01-01 UTC.
    pub now_ms: u64,
    /// `X-Idempotency-Key`: the same on all retries of one `POST`.
    pub idempotency: Option<String>,
    pub body: Vec<u8>,
    /// The URL that clients use for this server, without a slash at its end.
    pub public_url: String,
    /// Signer of the addresses of files.
    pub signer: AddressSigner,
    /// Files that look like secrets are refused.
    pub refuses_secrets: bool,
}

impl StockRequest {
    /// Signed address of a file, for this token and a quarter of an hour.
    pub fn address(&self, key: &str, access: BlobAccess) -> String {
        self.signer.address(&self.public_url, &self.agent, key, access, self.now_ms)
    }
}

/// Status and body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockAnswer {
    pub status: u16,
    pub body: Vec<u8>,
    /// False for the bytes of a file.
    pub is_json: bool,
    /// Effects on the agent, as a line for the log; `None` if nothing was stored.
    pub did: Option<String>,
    /// File whose bytes are the body, where that is read only when there is room for it.
    pub large: Option<LargeFile>,
}

/// A file that is answered by [`packed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LargeFile {
    pub id: Id,
    /// Bytes that its gzip has at most.
    pub most: u64,
}

impl StockAnswer {
    /// Status 200 with a JSON body.
    pub fn ok(body: &impl serde::Serialize) -> Result<StockAnswer, StockError> {
        StockAnswer::with(200, body)
    }

    /// Status 201 with a JSON body.
    pub fn created(body: &impl serde::Serialize) -> Result<StockAnswer, StockError> {
        StockAnswer::with(201, body)
    }

    /// The bytes of a file.
    pub fn bytes(body: Vec<u8>) -> StockAnswer {
        StockAnswer { status: 200, body, is_json: false, did: None, large: None }
    }

    /// A file whose bytes are still to be read.
    pub fn large(file: LargeFile) -> StockAnswer {
        StockAnswer { large: Some(file), ..StockAnswer::bytes(Vec::new()) }
    }

    fn with(status: u16, body: &impl serde::Serialize) -> Result<StockAnswer, StockError> {
        let body = serde_json::to_vec(body).map_err(|error| {
            crate::error::Error::failed(format!("cannot write an answer as JSON: {error}"))
        })?;
        Ok(StockAnswer { status, body, is_json: true, did: None, large: None })
    }

    /// The same, with its effects for the log.
    #[must_use]
    pub fn did(self, effects: impl ToString) -> StockAnswer {
        StockAnswer { did: Some(effects.to_string()), ..self }
    }
}

#[cfg(test)]
mod tests;
