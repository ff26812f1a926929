//! What differs: between two trees, between two texts.

mod stat;
mod text;
mod trees;
mod words;

pub use crate::object::is_binary;
pub use stat::{LineCount, count_lines};
pub use text::{Patch, Side, patch};
pub use trees::{Change, ChangeKind, find_renames, trees};
pub use words::{Part, words};
