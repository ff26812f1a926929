//! Workspace: the files of a project. Which are kept, snapshots of them, and restores.
//!
//! `docs/files.md` has the rules: files that are kept, files that are left out, and the guarantees
//! of a restore.

mod case_collisions;
mod check;
mod glob;
mod index;
mod markers;
mod outside;
mod previous;
mod read;
mod restore;
mod rules;
mod scan;
mod secret;
mod snapshot;
mod stat;
mod store;
mod tracked;
mod view;
pub mod walker;

#[cfg(test)]
mod tests;

pub use markers::{MarkerPlace, find_markers};
pub use outside::Outside;
pub use restore::{
    RestorePlan, apply, check, create, create_in_new, plan, remaining, sweep, unplanned,
};
pub use rules::Patterns;
pub use secret::{SecretMatch, find_all as secrets, line_of, mask, masked, secret_patterns};
pub use secret::{by_content as secret_in, by_path as secret_name, of_file as secret_file};
pub use snapshot::{Skipped, Snapshot, SnapshotOptions, executable_files, snapshot};
pub use tracked::Tracked;
pub use view::{ProjectView, preview};
