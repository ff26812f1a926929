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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::any_version::{AnyVersion, VersionContent};
    use crate::history::record::SourceRecord;
    use crate::history::source::SourceVersion;
    use crate::object::{Memory, Mode, ObjectKind, Sink, nest};
    use std::cell::Cell;

    /// Counts the blobs and the trees that are read.
    struct Counting<'a>(&'a Memory, Cell<usize>, Cell<usize>);

    impl Source for Counting<'_> {
        fn find(&self, id: &Id) -> Result<Option<(ObjectKind, Vec<u8>)>> {
            let found = self.0.find(id)?;
            match found.as_ref().map(|(kind, _)| kind) {
                Some(ObjectKind::Blob) => self.1.set(self.1.get() + 1),
                _ => self.2.set(self.2.get() + 1),
            }
            Ok(found)
        }
    }

    /// Pushes of a project with 50 folders, each of which changes one file; the first folder changes in the last alone.
    fn pushes(memory: &mut Memory, count: u64) -> Vec<TimelineEntry> {
        let (mut entries, mut before) = (Vec::new(), None);
        for number in 1..=count {
            let mut files = Vec::new();
            for folder in 0..50 {
                let changed = if folder == 0 { number == count } else { number % 49 + 1 == folder };
                let text =
                    if changed { format!("{folder} changed {number}") } else { folder.to_string() };
                let blob = memory.put_blob(text.into_bytes(), None).unwrap();
                files.push((format!("d{folder:02}/file.txt"), Mode::File, blob));
            }
            let files: Vec<_> =
                files.iter().map(|(path, mode, id)| (&**path, *mode, *id)).collect();
            let source = nest(memory, &files, None).unwrap();
            let record = SourceRecord {
                by: "ana".into(),
                at_ms: 0,
                triggered_by: "push".into(),
                message: Some(format!("Push {number}")),
                highest: Default::default(),
                unread: None,
            };
            let push = SourceVersion { number, id: source, record, state: source, source };
            let version = AnyVersion {
                name: format!("source/v{number}"),
                content: VersionContent::Source(push),
            };
            entries.push(TimelineEntry { version, before, state_before: None });
            before = Some(source);
        }
        // The first push has everything as new, whatever the number of pushes.
        entries.split_off(1)
    }

    /// Names that are found, and the numbers of blobs and trees that were read.
    fn search(
        count: u64,
        paths: &[&str],
        occurrences: Option<&str>,
        grep: Option<&str>,
    ) -> (usize, usize, usize) {
        let mut memory = Memory::default();
        let entries = pushes(&mut memory, count);
        let counting = Counting(&memory, Cell::new(0), Cell::new(0));
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let has_path = |path: &str| {
            paths.is_empty() || paths.iter().any(|known| path.starts_with(known.as_str()))
        };
        let filter = TimelineFilter {
            has_path: &has_path,
            paths: &paths,
            grep,
            ignore_case: true,
            occurrences,
        };
        let found = entries
            .iter()
            .filter(|entry| changes(&counting, entry, &filter).unwrap().is_some())
            .count();
        (found, counting.1.get(), counting.2.get())
    }

    #[test]
    fn a_path_opens_no_folder_beside_it_and_reads_no_blob() {
        // Both roots and the folder on both sides of each push; of the one found the other folders that differ, too.
        assert_eq!(search(10, &["d00/file.txt"], None, None), (1, 0, 9 * 4 + 2 + 3 * 2));
        assert_eq!(search(200, &["d00/file.txt"], None, None), (1, 0, 199 * 4 + 2 + 3 * 2));
    }

    #[test]
    fn a_text_reads_the_blobs_that_differ() {
        // Each push changes one file and takes the change of the one before back: two files, four blobs, and two folders
        // with both roots; the last changes the first folder, too.
        assert_eq!(search(10, &[], Some("changed"), None), (9, 9 * 4 + 2, 9 * 6 + 2));
        assert_eq!(search(200, &[], Some("changed"), None), (199, 199 * 4 + 2, 199 * 6 + 2));
        assert_eq!(search(10, &[], Some("nowhere"), None).0, 0);
        assert_eq!(
            search(10, &[], Some("nowhere"), Some("no such")),
            (0, 0, 0),
            "messages come first"
        );
    }
}
