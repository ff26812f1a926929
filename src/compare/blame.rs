//! Blame of a file or of the persona: for each line the push that brought it.
//!
//! It goes back from push to push by the id of the entry; a blob is read only where the id is another one, and a file
//! that was renamed with the same content is followed.

use crate::diff::{self, ChangeKind, LineBlame};
use crate::error::{Error, Result};
use crate::object::{Id, Mode, Source, TreeEntry, entry_at, is_binary};

/// One step of the history of a text: the number of the push, and the tree in which the path is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlameStep {
    pub push: u64,
    pub root: Id,
}

/// A line, and the push that brought it; `None` for one that was never pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlamedLine {
    pub text: String,
    pub push: Option<u64>,
}

/// Blames a text at a path. `newest` are bytes that are newer than the first step, such as those of an edited file;
/// without them the text is that of the first step. Steps go from the newest to the oldest.
pub fn blame<S: Source>(
    source: &S,
    path: &str,
    newest: Option<Vec<u8>>,
    steps: &[BlameStep],
) -> Result<Vec<BlamedLine>> {
    let mut path = path.to_owned();
    let mut here: Option<(TreeEntry, BlameStep)> = None;
    let mut origin: Option<u64> = None;
    let mut text = newest.map(|bytes| to_text(&path, &bytes)).transpose()?;
    let mut lines = text.as_deref().map(LineBlame::new);
    for step in steps {
        if here.as_ref().is_some_and(|(_, newer)| newer.root == step.root) {
            origin = Some(step.push);
            here = here.map(|(entry, _)| (entry, *step));
            continue;
        }
        let found = file_at(source, &step.root, &path)?;
        let entry = match (&here, found) {
            (_, Some(entry)) => entry,
            (Some((entry, newer)), None) => {
                let Some(from) = renamed_from(source, step, newer, &path)? else { break };
                path = from;
                entry.clone()
            }
            (None, None) => break,
        };
        if here.as_ref().is_none_or(|(newer, _)| newer.id != entry.id) {
            let older = to_text(&path, &source.blob(&entry.id)?)?;
            match &mut lines {
                Some(lines) => lines.step(&older, &origin),
                None => {
                    lines = Some(LineBlame::new(&older));
                    text = Some(older);
                }
            }
        }
        origin = Some(step.push);
        here = Some((entry, *step));
        if lines.as_ref().is_some_and(LineBlame::is_done) {
            break;
        }
    }
    let (Some(text), Some(lines)) = (text, lines) else {
        return Err(Error::not_found(format!("there is no \"{path}\"")));
    };
    let origins = lines.finish(&origin);
    let each = text.split_inclusive('\n').zip(origins);
    Ok(each
        .map(|(line, push)| BlamedLine { text: line.trim_end_matches('\n').to_owned(), push })
        .collect())
}

/// The file at a path; a folder is none.
fn file_at<S: Source>(source: &S, root: &Id, path: &str) -> Result<Option<TreeEntry>> {
    Ok(entry_at(source, root, path)?.filter(|entry| entry.mode != Mode::Directory))
}

/// The path that a file of the newer step had in the older one, with the same content.
fn renamed_from<S: Source>(
    source: &S,
    older: &BlameStep,
    newer: &BlameStep,
    path: &str,
) -> Result<Option<String>> {
    let changes = diff::find_renames(diff::trees(source, Some(older.root), Some(newer.root))?);
    let found = changes.into_iter().find(|change| change.path == path);
    Ok(found.filter(|change| change.kind == ChangeKind::Renamed).and_then(|change| change.from))
}

fn to_text(path: &str, bytes: &[u8]) -> Result<String> {
    if is_binary(bytes) {
        return Err(Error::failed(format!("cannot blame \"{path}\": it is not text")));
    }
    // A text without a newline at its end, as personas are, has no other last line because of that.
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Memory, ObjectKind, Sink, nest};
    use std::cell::Cell;

    /// Counts the objects that are read.
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

    /// Blobs and trees that the blame of a file reads which changed three times in so many pushes of a project with 50
    /// folders, each push of which changes another file.
    fn reads(pushes: u64) -> (usize, usize) {
        let mut memory = Memory::default();
        let mut steps = Vec::new();
        for push in 1..=pushes {
            let mut files = Vec::new();
            for folder in 0..50 {
                let nth = if folder == push % 49 + 1 { push } else { 0 };
                let nth = if folder == 0 { (push * 3).div_ceil(pushes + 1) } else { nth };
                let blob =
                    memory.put_blob(format!("{folder}\n{nth}\n").into_bytes(), None).unwrap();
                files.push((format!("d{folder:02}/file.txt"), Mode::File, blob));
            }
            let files: Vec<_> =
                files.iter().map(|(path, mode, id)| (&**path, *mode, *id)).collect();
            steps.push(BlameStep { push, root: nest(&mut memory, &files, None).unwrap() });
        }
        steps.reverse();
        let counting = Counting(&memory, Cell::new(0), Cell::new(0));
        let lines = blame(&counting, "d00/file.txt", None, &steps).unwrap();
        assert_eq!((lines[0].push, lines.len()), (Some(1), 2));
        (counting.1.get(), counting.2.get())
    }

    #[test]
    fn only_what_differs_is_read() {
        // Three texts; the root and one folder of each push, and none of the 49 others.
        assert_eq!(reads(10), (3, 20));
        assert_eq!(reads(200), (3, 400));
    }

    #[test]
    fn a_renamed_file_is_followed() {
        let mut memory = Memory::default();
        let mut blob = |text: &str| memory.put_blob(text.as_bytes().to_vec(), None).unwrap();
        let (one, two) = (blob("a\n"), blob("a\nb\n"));
        let trees = [("old.md", one), ("old.md", two), ("new.md", two)];
        let roots =
            trees.map(|(path, id)| nest(&mut memory, &[(path, Mode::File, id)], None).unwrap());
        let ended =
            blame(&memory, "old.md", Some(b"a".to_vec()), &[BlameStep { push: 1, root: roots[0] }]);
        assert_eq!(ended.unwrap()[0].push, Some(1), "a newline at the end makes no other line");
        let steps = [3, 2, 1].map(|push| BlameStep { push, root: roots[push as usize - 1] });
        let found = blame(&memory, "new.md", Some(b"a\nb\nc\n".to_vec()), &steps).unwrap();
        let pushes: Vec<Option<u64>> = found.iter().map(|line| line.push).collect();
        assert_eq!(pushes, [Some(1), Some(2), None]);
        assert!(blame(&memory, "none.md", None, &steps).is_err());
    }
}
