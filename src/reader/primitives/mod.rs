//! Primitives: the entry point of the agent, the forms in which a project writes them, and their
//! definitions as JSON.

pub mod entry;
pub mod forms;
pub mod json;
pub mod no_entry_point;
pub mod script;
