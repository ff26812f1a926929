//! Library: the interface for programs that link the crate. Changes go through `flow`, as on the
//! command line; reads ask `history`. Nothing is decided here.

mod diff;
mod listener;
mod project;
mod remote;
mod store;
mod version;

pub use diff::{Diff, FileChange};
pub use listener::Listener;
pub use project::{Project, Pushed};
pub use remote::{Remote, Sent};
pub use store::Store;
pub use version::Version;

use crate::history::record;
use std::time::{SystemTime, UNIX_EPOCH};

/// Author and time of an action. Records keep both for ever; nothing in the library asks for the
/// user or the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    name: String,
    at: SystemTime,
}

impl Author {
    /// An author, and the time of what is done in this name.
    pub fn new(name: impl Into<String>, at: SystemTime) -> Author {
        Author { name: name.into(), at }
    }

    /// The same for the operation log.
    fn at(&self) -> (Option<&str>, i64) {
        (Some(&self.name), milliseconds(self.at))
    }

    fn who(&self) -> record::Author {
        record::Author { by: self.name.clone(), at_ms: milliseconds(self.at) }
    }
}

fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
