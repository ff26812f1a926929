//! Operations on a project and its store: push, create, promote, rollback, restore, clone, bundle,
//! drift, upkeep. Each is a function that any front end can call; none prints, asks or reads the
//! clock.

pub mod allowed;
pub mod build;
pub mod bundle;
mod compiled_code;
pub mod create;
pub mod deletion;
pub mod drift;
pub mod inherit;
pub mod init;
pub mod leak;
pub mod losses;
pub mod missing_output;
pub mod not_included;
pub mod persona_edit;
pub mod promote;
pub mod purge;
pub mod push;
pub mod reached;
pub mod reading;
pub mod restore;
pub mod restore_clone;
pub mod rollback;
pub mod same;
pub mod stage;
pub mod stock;
pub mod stock_manifest;
pub mod undo;
mod undo_hint;
pub mod unseen;
pub mod upkeep;
pub mod wording;
pub mod yaml_edit;
