//! Syntax of a project: files, modules parsed once, names and declarations, and normalised code.
//! The only part of the reader that names the parser `oxc`.

pub mod closure;
pub mod declarations;
pub mod files;
pub mod layout;
pub mod limits;
pub mod module;
pub mod modules;
pub mod names;
pub mod normal;
pub mod outline;
pub mod strip_types;
