//! The Lua platform, on which agents run, as its stock client speaks to it. So far it is only read: `remote check` shows
//! where its answers differ from what this program expects of them.
//!
//! Nothing here is from a file of a project: an address and a key that come from there would send a key to whoever wrote
//! the file.

mod address;
mod answer;
mod body;
mod client;
mod compile;
mod key;
mod routes;
mod shape;

pub use address::PlatformAddress;
pub use body::PushBodies;
pub use client::PlatformClient;
pub use compile::{CompileRequest, CompiledCopy, SentFiles, run_to_end};
pub use key::PlatformKey;
pub use routes::{RouteCheck, check};
