//! The files of a version: every client can restore them, and read them afterwards.

use super::refuse;
use crate::error::Result;
use crate::fs;
use crate::object::{Id, Mode, Source, TreeEntry};
use crate::store::Odb;
use std::collections::HashSet;

/// `before` are files that passed: equal parts are skipped, and no tree is checked twice, however
/// many paths lead to it.
pub fn check(objects: &Odb, files: Id, before: Option<Id>) -> Result<()> {
    let (mut open, mut seen) = (vec![(String::new(), files, before)], HashSet::new());
    while let Some((folder, id, before)) = open.pop() {
        if Some(id) == before || !seen.insert(id) {
            continue;
        }
        let before = before.map(|before| objects.tree(&before)).transpose()?.unwrap_or_default();
        for entry in objects.tree(&id)?.entries() {
            let old = before.get(&entry.name);
            if old.is_some_and(|old| old.mode == entry.mode && old.id == entry.id) {
                continue;
            }
            let path = format!("{folder}{}", entry.name);
            if let Some(reason) = unrestorable(objects, entry)? {
                return refuse(format!(
                    "its files contain \"{path}\", which is not allowed in a project: {reason}"
                ));
            }
            if entry.mode.is_directory() {
                let old = old.filter(|old| old.mode.is_directory()).map(|old| old.id);
                open.push((format!("{path}/"), entry.id, old));
            }
        }
    }
    Ok(())
}

/// Reason why no project has such an entry.
fn unrestorable(objects: &Odb, entry: &TreeEntry) -> Result<Option<String>> {
    if let Some(reason) = fs::untrackable(&entry.name) {
        return Ok(Some(reason.to_owned()));
    }
    if entry.name.len() > fs::LONGEST_NAME {
        return Ok(Some(format!("a name has at most {} bytes", fs::LONGEST_NAME)));
    }
    if entry.mode != Mode::Symlink {
        return Ok(None);
    }
    let len = objects.kind_and_len(&entry.id)?.map_or(0, |(_, len)| len);
    let target = if len <= fs::LONGEST_LINK { objects.blob(&entry.id)? } else { Vec::new() };
    let fine = !target.is_empty() && !target.contains(&0) && std::str::from_utf8(&target).is_ok();
    Ok((!fine)
        .then(|| format!("a link leads to a path in UTF-8 of 1 to {} bytes", fs::LONGEST_LINK)))
}
