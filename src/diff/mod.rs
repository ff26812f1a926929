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
pub use merge::{ChangedBy, HunkSide, MergeHunk, MergeTexts};
pub use prose::{ProseEdit, sentence_edits, sentences};
pub use raw::raw_line;
pub use stat::{LineCount, count_lines};
pub use text::{DiffSide, Patch, patch};
pub use trees::{ChangeKind, TreeChange, find_renames, trees};
pub use words::{WordSpan, words};
