//! `lua-store`: a version store for AI agents made with the Lua platform.
//!
//! A program that links the crate has the same store as values:
//!
//! ```
//! use lua_store::{Author, Project};
//! use std::time::SystemTime;
//!
//! # fn main() -> lua_store::Result<()> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let root = folder.path();
//! # let agent = "import { LuaAgent } from 'lua-cli';\nexport const agent = new LuaAgent({ name: 'shop', persona: 'You are Ava.' });\n";
//! # std::fs::create_dir(root.join("src")).unwrap();
//! # std::fs::write(root.join("src/index.ts"), agent).unwrap();
//! let project = Project::init(root)?;
//! let author = Author::new("release bot", SystemTime::now());
//! project.push(Some("first"), &author)?;
//! let version = project.create_version(None, &author)?.expect("something was pushed");
//! project.promote("latest", None, Some("it was tried"), &author)?;
//! assert_eq!(project.store().active()?.unwrap().number, version.number);
//! assert_eq!(version.read("src/index.ts")?, std::fs::read(root.join("src/index.ts")).unwrap());
//! # Ok(())
//! # }
//! ```
//!
//! Everything blocks, and may be used by many threads and processes at once. `examples/embed.rs` goes on to a remote.
//!
//! The rooms of the crate are private and stacked; each may use only those below it (`tests/it/tidy/layers.rs` holds that,
//! `docs/architecture.md` says what each is for).

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
#[cfg(feature = "cli")]
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod deploy;
mod diff;
#[cfg(feature = "server")]
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod engine;
mod error;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod flow;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod fs;
mod git;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod history;
#[cfg(feature = "cli")]
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod import;
#[doc(hidden)]
pub mod internals;
mod library;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod merge;
mod model;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod object;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod operations;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod pack;
#[cfg(feature = "server")]
mod page;
mod parallel;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod platform;
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
#[cfg(feature = "server")]
mod stock;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod store;
mod text;
#[allow(missing_docs, reason = "reached by `internals` alone")]
mod workspace;

pub use error::{Error, Kind, Result};
pub use flow::Phase;
pub use history::version::Status;
pub use library::{
    Author, Diff, FileChange, Listener, Project, Pushed, Remote, Sent, Store, Version,
};

/// The program: what `src/main.rs` calls.
#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::main;
