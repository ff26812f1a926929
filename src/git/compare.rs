//! Comparison of a version with a commit: by path, mode and bytes.

use super::blob::NewGitBlob;
use super::repository::Repository;
use crate::error::Result;
use crate::git::git_files::{GitFiles, LINK, mode};
use crate::object::{self, Id, Mode, Source};
use std::collections::{HashMap, HashSet};

/// Files of a version, and the other files that may be beside them.
pub struct VersionFiles<'a> {
    pub source: &'a dyn Source,
    /// The tree of its files.
    pub tree: Id,
    /// True for a path that the project never keeps: ignored, or a secret. Such files are git's own affair: they stay
    /// in commits that have them, and never come into one.
    pub left_out: &'a dyn Fn(&str) -> bool,
}

/// One difference, as the change that makes the commit equal to the version.
#[derive(Clone, Debug)]
pub struct CommitChange {
    pub path: String,
    /// Content in the version; `None` where it has no such file.
    pub new: Option<(Mode, Id)>,
    /// True if the commit has a file there.
    pub held: bool,
}

impl CommitChange {
    /// Word for the change of the path.
    pub fn word(&self) -> &'static str {
        match (&self.new, self.held) {
            (None, _) => "removed",
            (_, true) => "modified",
            (_, false) => "added",
        }
    }
}

/// Result of a comparison.
#[derive(Clone, Debug, Default)]
pub struct CommitComparison {
    /// Sorted by path.
    pub changes: Vec<CommitChange>,
    /// Files of the version that git ignores, and so does not hold.
    pub ignored: Vec<String>,
}

/// Cache for comparisons in one repository: its configuration, and the blobs that were read already.
#[derive(Debug)]
pub struct ComparisonCache {
    ids: HashMap<String, Id>,
    /// Paths that git does not have on the disk, so that no version can hold them.
    not_checked_out: HashSet<String>,
    /// True if the disk tells what is executable.
    pub(super) trusts_modes: bool,
}

impl Repository {
    /// Asked once for any number of comparisons.
    pub fn known(&self) -> Result<ComparisonCache> {
        let not_checked_out = self.not_checked_out()?.into_iter().collect();
        Ok(ComparisonCache {
            ids: HashMap::new(),
            not_checked_out,
            trusts_modes: self.is_set("core.filemode", true)?,
        })
    }

    /// Compares a version with the files of a commit. `links` are submodules that the commit does not
    /// tell of; the files in submodules are those of other repositories.
    pub(super) fn compare(
        &self,
        version: &VersionFiles<'_>,
        held: &GitFiles,
        links: &[String],
        known: &mut ComparisonCache,
    ) -> Result<CommitComparison> {
        let unread =
            held.values().filter(|file| file.mode != LINK && !known.ids.contains_key(&file.oid));
        let read = self.ids(unread.map(|file| file.oid.as_str()))?;
        known.ids.extend(read);
        let in_held = held.iter().filter(|(_, file)| file.mode == LINK).map(|(path, _)| path);
        let links: Vec<&String> = links.iter().chain(in_held).collect();

        let leaves = object::leaves(version.source, version.tree)?;
        let mut found = CommitComparison::default();
        let mut maybe_converted = Vec::new();
        let mut left: GitFiles = held.clone();
        for (path, new_mode, id) in leaves {
            if links.iter().any(|link| is_at_or_below(&path, link)) {
                continue;
            }
            let Some(file) = left.remove(&path) else {
                found.changes.push(CommitChange { path, new: Some((new_mode, id)), held: false });
                continue;
            };
            let regular = new_mode.is_file() && file.mode.starts_with("100");
            let same_mode = file.mode == mode(new_mode) || (regular && !known.trusts_modes);
            if same_mode && known.ids.get(&file.oid) == Some(&id) {
                continue;
            }
            if same_mode && regular {
                let wanted = NewGitBlob { path: path.clone(), mode: new_mode, id };
                maybe_converted.push((wanted, file.oid));
            }
            found.changes.push(CommitChange { path, new: Some((new_mode, id)), held: true });
        }
        let foreign = |path: &str| known.not_checked_out.contains(path) || (version.left_out)(path);
        let extra = left.into_iter().filter(|(path, file)| file.mode != LINK && !foreign(path));
        found.changes.extend(extra.map(|(path, _)| CommitChange { path, new: None, held: true }));
        self.drop_converted(version.source, maybe_converted, &mut found)?;
        self.set_ignored_apart(&mut found)?;
        found.changes.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Other bytes that are the same file: git has it with other line ends, or a filter's pointer to it.
    fn drop_converted(
        &self,
        source: &dyn Source,
        maybe: Vec<(NewGitBlob, String)>,
        found: &mut CommitComparison,
    ) -> Result<()> {
        let (wanted, oids): (Vec<NewGitBlob>, Vec<String>) = maybe.into_iter().unzip();
        let names = self.converted(source, &wanted, false)?;
        let pairs = wanted.iter().map(|file| &file.path).zip(&oids);
        let same: HashSet<&String> = pairs
            .filter(|(path, oid)| names.get(*path) == Some(*oid))
            .map(|(path, _)| path)
            .collect();
        found.changes.retain(|change| !same.contains(&change.path));
        Ok(())
    }

    fn set_ignored_apart(&self, found: &mut CommitComparison) -> Result<()> {
        let new = found.changes.iter().filter(|change| !change.held);
        let paths: Vec<&str> = new.map(|change| change.path.as_str()).collect();
        found.ignored = self.ignored(&paths)?;
        let ignored: HashSet<&String> = found.ignored.iter().collect();
        found.changes.retain(|change| change.held || !ignored.contains(&change.path));
        Ok(())
    }
}

fn is_at_or_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_holds_itself_and_what_is_below() {
        assert!(is_at_or_below("lib", "lib") && is_at_or_below("lib/a", "lib"));
        assert!(!is_at_or_below("library/a", "lib") && !is_at_or_below("li", "lib"));
    }
}
