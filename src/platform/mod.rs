//! The Lua platform, on which agents run, as its stock client speaks to it: what it has, and each single change of it.
//!
//! Nothing here is from a file of a project: an address and a key that come from there would send a key to whoever wrote
//! the file.

mod address;
#[cfg(feature = "cli")]
mod answer;
#[cfg(feature = "cli")]
mod body;
#[cfg(feature = "cli")]
pub mod changes;
#[cfg(feature = "cli")]
mod client;
#[cfg(feature = "cli")]
mod compile;
#[cfg(feature = "cli")]
pub mod details;
#[cfg(feature = "cli")]
mod fields;
#[cfg(feature = "cli")]
mod key;
#[cfg(feature = "cli")]
mod listing;
#[cfg(feature = "cli")]
mod many;
#[cfg(feature = "cli")]
mod routes;
#[cfg(feature = "cli")]
mod shape;

pub use address::PlatformAddress;
#[cfg(feature = "cli")]
pub use {
    body::{DEFAULT_TRANSPORT, EnvValues, PushBodies, gzip},
    client::{IdempotencyKey, PlatformClient},
    compile::{CompileRequest, CompiledCopy, SentFiles, run_to_end},
    key::PlatformKey,
    listing::{
        ListedBackup, ListedNumbers, ListedPersona, ListedServer, ListedVersion, Listing,
        VersionStatus,
    },
    many::many,
    routes::{RouteCheck, check},
};
