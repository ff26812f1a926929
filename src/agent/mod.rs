//! What an agent is: reading its TypeScript, states, versions, the ledger, and what changed in words.

pub mod json;
pub mod ledger;
pub mod names;
pub mod numbers;
pub mod record;
pub mod state;
