//! What every test of the binary needs: a project of its own, and one snapshot per command.

pub mod faults;
mod project;
pub mod shop;

pub use project::{Outcome, Project};
