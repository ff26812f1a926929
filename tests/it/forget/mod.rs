//! Forgetting: `gc` removes what nothing reaches, `purge` what must be nowhere any more.

mod gc;
pub mod purge;
mod remote;
