//! Forgetting: `gc` removes what nothing reaches, `purge` what must be nowhere any more.

mod bundle;
mod gc;
pub mod purge;
mod remote;
mod server;
