//! Differences between two trees and between two texts: changed paths, patches, three-way merges of
//! lines, changed words. It knows nothing of agents.

mod blame;
mod histogram;
mod hunks;
pub mod lines;
mod merge;
mod prose;
mod raw;
mod slide;
mod stat;
mod text;
mod trees;
mod words;

pub use blame::{LineBlame, occurrences};
pub use hunks::{DiffHunk, DiffRow, hunks};
pub use merge::{ChangedBy, HunkSide, MergeHunk, MergeTexts};
pub use prose::{ProseEdit, sentence_edits};
pub use raw::raw_line;
pub use stat::count_lines;
pub use text::{DiffSide, patch};
pub use trees::{ChangeKind, TreeChange, find_renames, trees};
pub use words::{WordSpan, words};
