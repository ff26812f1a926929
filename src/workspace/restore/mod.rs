//! Bringing the files of a project back: what would change, what stands in the way, doing it.

pub(super) mod apply;
mod begun;
mod clear;
mod leftover;
mod place;
mod plan;
mod walk;

pub use apply::{apply, check};
pub use begun::unplanned;
pub use leftover::sweep;
pub use plan::{RestorePlan, plan};
