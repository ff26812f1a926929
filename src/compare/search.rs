//! Search of a timeline: the changes of a push or a version, if it is one that was asked for.

use crate::diff::{self, TreeChange};
use crate::error::Result;
use crate::history::timeline::TimelineEntry;
use crate::object::{Id, Source, entry_at};

/// Conditions that all have to hold.
pub struct TimelineFilter<'a> {
    pub has_path: &'a dyn Fn(&str) -> bool,
    /// The same as a list; empty for all paths.
    pub paths: &'a [String],
    /// Text in the message.
    pub grep: Option<&'a str>,
    pub ignore_case: bool,
    /// Text whose number of occurrences in a file changed.
    pub occurrences: Option<&'a str>,
}

/// The files that an entry changed, as far as they were asked for; `None` where it is not one of those. Trees that are
/// equal are not opened, and blobs are read for `occurrences` only, those that differ.
pub fn changes<S: Source>(
    source: &S,
    entry: &TimelineEntry,
    filter: &TimelineFilter<'_>,
) -> Result<Option<Vec<TreeChange>>> {
    if filter.grep.is_some_and(|text| !has_text(entry.version.message(), text, filter.ignore_case))
    {
        return Ok(None);
    }
    let files = entry.version.files();
    if !filter.paths.is_empty() && !differs(source, filter.paths, entry.before, files)? {
        return Ok(None);
    }
    let mut changes = diff::trees(source, entry.before, Some(files))?;
    changes.retain(|change| (filter.has_path)(&change.path));
    let mut changes = diff::find_renames(changes);
    if let Some(text) = filter.occurrences {
        let mut counted = Vec::new();
        for change in changes {
            if count(source, change.old.map(|leaf| leaf.1), text)?
                != count(source, change.new.map(|leaf| leaf.1), text)?
            {
                counted.push(change);
            }
        }
        changes = counted;
    }
    let is_narrowed = !filter.paths.is_empty() || filter.occurrences.is_some();
    Ok(Some(changes).filter(|changes| !is_narrowed || !changes.is_empty()))
}

/// True if one of the paths is another entry in the two trees. Only the folders above it are opened.
fn differs<S: Source>(source: &S, paths: &[String], before: Option<Id>, after: Id) -> Result<bool> {
    if before == Some(after) {
        return Ok(false);
    }
    for path in paths {
        let old = before.map(|tree| entry_at(source, &tree, path)).transpose()?.flatten();
        let new = entry_at(source, &after, path)?;
        if old.map(|entry| (entry.mode, entry.id)) != new.map(|entry| (entry.mode, entry.id)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn count<S: Source>(source: &S, blob: Option<Id>, text: &str) -> Result<usize> {
    let Some(blob) = blob else { return Ok(0) };
    Ok(diff::occurrences(&source.blob(&blob)?, text.as_bytes()))
}

fn has_text(message: Option<&str>, text: &str, ignore_case: bool) -> bool {
    let Some(message) = message else { return false };
    match ignore_case {
        true => message.to_lowercase().contains(&text.to_lowercase()),
        false => message.contains(text),
    }
}
