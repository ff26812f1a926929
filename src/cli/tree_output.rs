//! Output of trees: one entry a line, and their JSON. `ls-tree` and `cat-file` print them.

use super::table::one_line;
use crate::object::{Id, Tree, TreeEntry};
use serde::Serialize;

/// An entry, and its path from the tree that was asked for.
pub type Listed = (String, TreeEntry);

/// The entries of one tree.
pub fn listed(tree: &Tree, above: &str) -> Vec<Listed> {
    tree.entries().iter().map(|entry| (format!("{above}{}", entry.name), entry.clone())).collect()
}

pub fn line((path, entry): &Listed) -> String {
    format!("{:10}  {}  {}", entry.mode.word(), entry.id, one_line(path))
}

/// An entry as JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EntryView {
    path: String,
    mode: &'static str,
    id: Id,
}

impl EntryView {
    pub fn new((path, entry): &Listed) -> EntryView {
        EntryView { path: path.clone(), mode: entry.mode.word(), id: entry.id }
    }
}
