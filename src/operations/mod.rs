//! What a command does to a project and its store, each a function that another front end could call.

pub mod build;
pub mod bundle;
pub mod create;
pub mod drift;
pub mod inherit;
pub mod promote;
pub mod push;
pub mod reached;
pub mod reading;
pub mod restore_clone;
pub mod rollback;
pub mod same;
pub mod stage;
pub mod stock;
pub mod upkeep;
pub mod wording;
