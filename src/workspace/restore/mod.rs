//! Bringing the files of a project back: what would change, what stands in the way, doing it.

mod apply;
mod begun;
mod clear;
mod leftover;
mod place;
mod plan;
mod walk;

pub use apply::{Restored, apply, check};
pub use begun::stranger;
pub use leftover::sweep;
pub use plan::{Action, Plan, Step, plan};
