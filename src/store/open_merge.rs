//! Open merge: a pull that left conflict markers in the files, and waits for a person. One file, `.lua/merge`.
//!
//! It has the other side, the files as they were, and where the markers are. It is written before the first file is
//! changed, and removed after the merge is made or taken back.

use super::{RemoteTracking, Store, checksummed, layout};
use crate::error::{Error, Hint, Result};
use crate::fs;
use crate::object::Id;
use crate::store::parse_error::ParseError;
use std::path::{Path, PathBuf};

const HEADER: &str = "lua-store merge 1\n";
/// Line above the heads of the remote.
const THEIRS: &str = "theirs:\n";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenMerge {
    /// Name of the remote.
    pub remote: String,
    /// Folder whose files have the markers, where it is another work tree than the one beside the store.
    pub work_tree: Option<PathBuf>,
    /// False from before the first file is changed until all are.
    pub is_written: bool,
    /// Tree of the files as they were.
    pub before: Id,
    /// The safety snapshot with them, where they were not pushed.
    pub snapshot: Option<u64>,
    /// Files with markers.
    pub paths: Vec<String>,
    /// Paths that look like secrets and were allowed with the merge.
    pub allowed: Vec<String>,
    /// The remote's refs.
    pub theirs: RemoteTracking,
}

impl OpenMerge {
    fn encode(&self) -> String {
        let mut text = HEADER.to_owned();
        let mut line = |name: &str, value: &str| {
            text.push_str(&format!("{name}: {}\n", serde_json::Value::from(value)));
        };
        line("remote", &self.remote);
        if let Some(root) = &self.work_tree {
            line("work-tree", &root.to_string_lossy());
        }
        line("written", if self.is_written { "yes" } else { "no" });
        line("before", &self.before.to_string());
        if let Some(number) = self.snapshot {
            line("snapshot", &number.to_string());
        }
        self.paths.iter().for_each(|path| line("path", path));
        self.allowed.iter().for_each(|path| line("allowed", path));
        checksummed::append_checksum(text + THEIRS + &self.theirs.text())
    }

    fn decode(bytes: &[u8]) -> Result<OpenMerge, ParseError> {
        let text = checksummed::verify_checksum(bytes)?;
        let text =
            text.strip_prefix(HEADER).ok_or("its first line is not the one that is known")?;
        let (lines, theirs) = text.split_once(THEIRS).ok_or("it names no other side")?;
        let mut fields = Vec::new();
        for line in lines.lines() {
            let (name, value) = line.split_once(": ").ok_or("a line has no name")?;
            let value: String = serde_json::from_str(value).map_err(|_| "a value is not text")?;
            fields.push((name, value));
        }
        let all = |name: &str| -> Vec<String> {
            let of_name = fields.iter().filter(|(other, _)| *other == name);
            of_name.map(|(_, value)| value.clone()).collect()
        };
        let one = |name: &str| all(name).pop();
        let before = one("before").and_then(|id| id.parse().ok()).ok_or("it names no files")?;
        Ok(OpenMerge {
            remote: one("remote").ok_or("it names no remote")?,
            work_tree: one("work-tree").map(PathBuf::from),
            is_written: one("written").as_deref() == Some("yes"),
            before,
            snapshot: one("snapshot").and_then(|number| number.parse().ok()),
            paths: all("path"),
            allowed: all("allowed"),
            theirs: RemoteTracking::from_text(theirs)?,
        })
    }
}

impl Store {
    /// The work tree of a folder, as an open merge names it: nothing beside the store, which can be moved.
    pub fn other_work_tree(&self, root: &Path) -> Option<PathBuf> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        Some(real(root)).filter(|root| *root != real(self.project()))
    }

    /// The merge that is open in the files of this folder.
    pub fn open_merge_in(&self, root: &Path) -> Result<Option<OpenMerge>> {
        let is_here = |merge: &OpenMerge| merge.work_tree == self.other_work_tree(root);
        Ok(self.open_merge()?.filter(is_here))
    }

    /// The merge that is open, if one is.
    pub fn open_merge(&self) -> Result<Option<OpenMerge>> {
        let path = self.path(layout::MERGE);
        let Some(bytes) = fs::read_if_exists(&path)? else { return Ok(None) };
        OpenMerge::decode(&bytes).map(Some).map_err(|error| {
            Error::corrupt(format!("cannot read \"{}\": {error}", path.display())).hint(Hint::Fsck)
        })
    }

    pub fn set_open_merge(&self, merge: &OpenMerge) -> Result<()> {
        fs::replace(&self.path(layout::MERGE), merge.encode().as_bytes())
    }

    pub fn close_merge(&self) -> Result<()> {
        fs::remove(&self.path(layout::MERGE))?;
        fs::sync_dir(&self.dir)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_is_read_as_it_was_written() {
        let merge = OpenMerge {
            remote: "origin".to_owned(),
            work_tree: Some("/a b/c".into()),
            is_written: true,
            before: Id::of_blob(b"x"),
            snapshot: Some(3),
            paths: vec!["a\n\"b\".ts".to_owned(), "c".to_owned()],
            allowed: Vec::new(),
            theirs: RemoteTracking::default(),
        };
        let text = merge.encode();
        assert_eq!(OpenMerge::decode(text.as_bytes()).ok(), Some(merge));
        assert!(OpenMerge::decode(text.replace("origin", "elsewhere").as_bytes()).is_err());
    }
}
