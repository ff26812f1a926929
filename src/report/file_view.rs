//! Changed file as JSON: its path, the kind of change, and its entries before and after.

use crate::diff::TreeChange;
use crate::object::{Id, Leaf};
use serde::Serialize;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FileChangeView<'a> {
    path: &'a str,
    from: Option<&'a str>,
    change: &'static str,
    old: Option<LeafView>,
    new: Option<LeafView>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LeafView {
    mode: &'static str,
    id: Id,
}

impl<'a> FileChangeView<'a> {
    pub fn all(changes: &'a [TreeChange]) -> Vec<FileChangeView<'a>> {
        changes.iter().map(FileChangeView::new).collect()
    }

    fn new(change: &'a TreeChange) -> FileChangeView<'a> {
        FileChangeView {
            path: &change.path,
            from: change.from.as_deref(),
            change: change.kind.word(),
            old: change.old.map(LeafView::new),
            new: change.new.map(LeafView::new),
        }
    }
}

impl LeafView {
    fn new((mode, id): Leaf) -> LeafView {
        LeafView { mode: mode.word(), id }
    }
}
