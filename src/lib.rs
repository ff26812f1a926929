//! `lua-store`: a version store for AI agents made with the Lua platform.
//!
//! The rooms of this crate are stacked; each may use only those below it (`tests/it/tidy.rs` holds
//! that, `docs/architecture.md` says what each is for).

#![deny(missing_docs)]
#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unused_imports, reason = "the program is what uses all of every room")
)]

#[cfg(feature = "cli")]
mod cli;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod client;
mod compare;
mod diff;
mod error;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod flow;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod fs;
mod git;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod history;
#[doc(hidden)]
pub mod internals;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod merge;
mod model;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod object;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod operations;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod pack;
mod parallel;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod progress;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod protocol;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod reader;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod remote_store;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod report;
#[cfg(feature = "server")]
mod server;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod store;
mod text;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod workspace;

/// The program: what `src/main.rs` calls.
#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::main;
