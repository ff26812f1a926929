//! Names that macOS or Windows would take for one: they differ in case or in Unicode form only.

use super::index::{IndexEntryKind, IndexItem};
use crate::fs::NameFolding;
use std::collections::HashMap;

/// Every difference that some file system ignores.
const ANY: NameFolding = NameFolding { case: true, form: true };

/// True if two kept names of a folder collide.
pub fn any(items: &[IndexItem<'_>]) -> bool {
    !pairs(items).is_empty()
}

/// The pairs of kept names that collide.
pub fn pairs<'n>(items: &'n [IndexItem<'_>]) -> Vec<(&'n str, &'n str)> {
    let mut seen = HashMap::with_capacity(items.len());
    let kept = items.iter().filter(|item| !matches!(item.what, IndexEntryKind::LeftOut(_)));
    kept.filter_map(|item| {
        seen.insert(ANY.fold(&item.name), &*item.name).map(|first| (first, &*item.name))
    })
    .collect()
}
