//! Merge conflict: changes of two sides that cannot both be kept.

use super::file::Side;
use crate::model::item::Item;
use crate::object::Leaf;
use crate::reader::Unreadable;
use serde_json::Value;
use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The file, where it is about one.
    pub path: Option<String>,
    /// A primitive; `persona`; a setting of the `agent`.
    pub item: Option<Item>,
    pub why: ConflictReason,
    pub ours: SideEdit,
    pub theirs: SideEdit,
}

impl Conflict {
    /// A conflict of the project as a whole.
    pub fn of_all(why: ConflictReason) -> Conflict {
        Conflict { path: None, item: None, why, ours: SideEdit::None, theirs: SideEdit::None }
    }
}

/// Change of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SideEdit {
    /// The clash is about no edit of one side alone.
    None,
    /// A primitive (its `definition` and its `reach`), the persona or a setting, without the secrets in it.
    Item {
        from: Option<Value>,
        to: Option<Value>,
    },
    /// Lines of a text.
    Lines {
        from: Vec<String>,
        to: Vec<String>,
    },
    File {
        from: Option<Leaf>,
        to: Option<Leaf>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConflictReason {
    /// Both changed it, in one file.
    Changed,
    /// Both changed the same lines of a file, counted from 1 in ours.
    Lines(Range<usize>),
    /// One side removed it, the other changed it.
    Removed(Side),
    /// Both added it, in different ways.
    Added,
    /// Both changed a file that is not text.
    Binary,
    /// Both changed where a link leads.
    Link,
    /// A file on one side, a link on the other.
    Type,
    /// A file on one side, a folder with this file on the other.
    Folder(String),
    /// Both changed the file, and the agent of a side cannot be read: it is unknown which primitives
    /// changed in it.
    Unreadable(Side, Unreadable),
    /// The merged project cannot be read.
    Broken(Unreadable),
    /// The result would not be the side's that changed it, and its change cannot be separated from
    /// that side's other changes.
    Entangled,
}

impl ConflictReason {
    /// The stable word of this reason in output.
    pub fn word(&self) -> &'static str {
        match self {
            ConflictReason::Changed => "changed",
            ConflictReason::Lines(_) => "lines",
            ConflictReason::Removed(_) => "removed",
            ConflictReason::Added => "added",
            ConflictReason::Binary => "binary",
            ConflictReason::Link => "link",
            ConflictReason::Type => "type",
            ConflictReason::Folder(_) => "folder",
            ConflictReason::Unreadable(..) => "unreadable",
            ConflictReason::Broken(_) => "broken",
            ConflictReason::Entangled => "entangled",
        }
    }
}
