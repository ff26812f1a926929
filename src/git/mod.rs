//! The git repository around a project: comparing a version with a commit, commits, tags.
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

pub use commit::{CommitRequest, PreparedCommit};
pub use compare::{CommitChange, VersionFiles};
pub use repository::Repository;
