//! Names that macOS or Windows would take for one: they differ in case or in Unicode form only.

use super::index::{IndexEntryKind, IndexItem};
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// True if two kept names of a folder collide.
pub fn any(items: &[IndexItem<'_>]) -> bool {
    !pairs(items).is_empty()
}

/// The pairs of kept names that collide.
pub fn pairs<'n>(items: &'n [IndexItem<'_>]) -> Vec<(&'n str, &'n str)> {
    let mut seen = HashMap::with_capacity(items.len());
    let kept = items.iter().filter(|item| !matches!(item.what, IndexEntryKind::LeftOut(_)));
    kept.filter_map(|item| {
        seen.insert(fold(&item.name), &*item.name).map(|first| (first, &*item.name))
    })
    .collect()
}

fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.nfc().flat_map(char::to_lowercase).nfc().collect()
}
