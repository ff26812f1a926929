//! The git repository around a project: comparing a version with a commit, commits, tags.
//!
//! git is run as a program. A commit holds the bytes of a pushed state from the store, not those that
//! happen to be on the disk, so that the commit, its tag and the version are the same whatever is edited
//! or staged meanwhile.
//!
//! What is known of git elsewhere: the git guard of `store`, which is renewed with every lock and starts no process, and what rooms
//! below pass over by name.

mod blob;
mod commit;
mod compare;
mod config_file;
mod git_files;
mod process;
mod repository;
pub mod tag;
mod user_email;

pub use commit::{CommitRequest, PreparedCommit};
pub use compare::{CommitChange, VersionFiles};
pub use repository::Repository;
pub use user_email::user_email;
