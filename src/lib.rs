//! `lua-store`: a version store for AI agents made with the Lua platform.
//!
//! The rooms of this crate are stacked; each may use only those below it (`tests/it/tidy.rs` holds
//! that, `docs/architecture.md` says what each is for).

pub mod cli;
pub mod client;
pub mod compare;
pub mod diff;
pub mod error;
pub mod fs;
pub mod git;
pub mod history;
pub mod merge;
pub mod model;
pub mod object;
pub mod operations;
pub mod pack;
pub mod parallel;
pub mod progress;
pub mod protocol;
pub mod reader;
pub mod remote_store;
pub mod report;
pub mod server;
pub mod store;
pub mod text;
pub mod workspace;
