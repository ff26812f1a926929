//! Flow: the order of steps when a project, a remote and git take part in one command. Every front
//! end pushes, promotes, deletes and syncs by calling these functions; none of them prints, asks a
//! person or reads the clock. Progress and notices go to a [`Reporter`].

pub mod checkout;
pub mod decided;
pub mod deletion;
pub mod destination;
pub mod follower;
pub mod git;
pub mod pointer;
pub mod promote;
pub mod pull;
pub mod purge;
pub mod push;
pub mod remote;
mod reporter;
pub mod sync;

pub use reporter::{Notice, Phase, Quiet, Reporter};
