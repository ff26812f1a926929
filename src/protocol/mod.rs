//! The protocol: the types that a client and a server share. `docs/protocol.md` has them with their routes.
//!
//! On the wire all of these are JSON; an id is 64 hexadecimal digits. A server refuses fields that it
//! does not know, as one of them may be a condition; a client passes them over.

mod agent_id;
mod author;
mod block_hasher;
mod error_body;
mod head;
mod head_delta;
pub mod limits;
mod scope;
mod summary;
mod transaction;
mod txn_outcome;

/// Prefix of every token of a server, so that clients and secret scanners recognize one.
pub const TOKEN_PREFIX: &str = "lst_";

pub use agent_id::{AgentId, RESERVED_IDS};
pub use author::{AUTHOR_HEADER, TOKEN_HEADER, author_from_header, author_to_header};
pub use error_body::ErrorBody;
pub use head::{Etag, Head, HeadView};
pub use head_delta::{HeadDelta, KnownHead};
pub use scope::TokenScope;
pub use summary::RECORD;
pub use transaction::{
    CreateRefs, FetchRequest, PurgeRequest, PurgedBlob, RequestHash, SwapActive, Transaction, TxnId,
};
pub use txn_outcome::{Refusal, TxnOutcome};

#[cfg(test)]
mod tests;
