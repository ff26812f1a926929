//! `lua-store`: a version store for AI agents made with the Lua platform.
//!
//! The rooms of this crate are stacked; each may use only those below it (`tests/it/tidy.rs` holds
//! that, `docs/architecture.md` says what each is for).

pub mod agent;
pub mod cli;
pub mod depot;
pub mod diff;
pub mod error;
pub mod fs;
pub mod git;
pub mod object;
pub mod pack;
pub mod parallel;
pub mod progress;
pub mod protocol;
pub mod server;
pub mod store;
pub mod sync;
pub mod text;
pub mod workspace;
