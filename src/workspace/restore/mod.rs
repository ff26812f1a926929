//! Restore of the files of a project: the plan, the obstacles, the steps. Callers take a safety
//! snapshot first, so that nothing that was not pushed is lost.

mod alike;
pub(super) mod apply;
mod begun;
mod clear;
mod create;
mod leftover;
mod place;
mod plan;
mod walk;
mod write;

pub use apply::{apply, check, remaining};
pub use begun::unplanned;
pub use create::{create, create_in_new};
pub use leftover::sweep;
pub use plan::{RestorePlan, plan};
