//! The git repository around a project: what its commits and tags hold of a version, and making them.
//!
//! git is run as a program. A commit holds the bytes of a pushed state from the store, not those that
//! happen to be on the disk, so that the commit, its tag and the version are the same whatever is edited
//! or staged meanwhile.

mod blob;
mod commit;
mod compare;
mod git_files;
mod process;
mod repository;
pub mod tag;

pub use commit::{CommitRequest, Prepared};
pub use compare::{CommitChange, VersionFiles};
pub use repository::Repository;
