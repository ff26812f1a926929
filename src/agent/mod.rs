//! What an agent is: reading its TypeScript, states, versions, the ledger, and what changed in words.

pub mod compile;
pub mod json;
pub mod kind;
pub mod ledger;
pub mod manifest;
pub mod model;
pub mod names;
pub mod numbers;
pub mod read;
pub mod record;
pub mod state;
