//! The syntax of a project: files, parsed once, the modules that they are, and code without its types and layout.

pub mod closure;
pub mod declarations;
pub mod files;
pub mod layout;
pub mod limits;
pub mod module;
pub mod modules;
pub mod names;
pub mod normal;
pub mod strip_types;
