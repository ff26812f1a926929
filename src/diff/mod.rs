//! What differs: between two trees, between two texts.

pub mod lines;
mod merge;
mod prose;
mod raw;
mod stat;
mod text;
mod trees;
mod words;

pub use crate::object::is_binary;
pub use merge::{Changed, Hunk, Take, Texts};
pub use prose::{Edit, sentence_edits, sentences};
pub use raw::raw_line;
pub use stat::{LineCount, count_lines};
pub use text::{Patch, Side, patch};
pub use trees::{Change, ChangeKind, find_renames, trees};
pub use words::{Part, words};
