//! Names that the file system of the project takes for one, as those of macOS and Windows do with `Tool.ts` and `tool.ts`.
//!
//! What changes only its case is removed before it is written: else the removal would meet the new file.

use super::plan::RestoreStep;
use super::walk::{FolderWalk, WalkEnd, above, split};
use crate::error::{Error, Result};
use crate::fs::NameFolding;
use crate::workspace::scan::join;
use std::collections::{HashMap, HashSet};

/// The paths of a plan, as the file system compares them. Empty where it compares bytes.
pub struct AlikePaths<'p> {
    folding: NameFolding,
    /// Paths that are written and the folders above them: folded, and as they are spelled.
    written: HashMap<String, &'p str>,
    /// Folders that do not exist in another spelling.
    checked: HashSet<String>,
}

impl<'p> AlikePaths<'p> {
    /// Refuses two files, or folders, that would be one.
    pub fn new(
        folding: NameFolding,
        steps: impl IntoIterator<Item = &'p RestoreStep>,
    ) -> Result<AlikePaths<'p>> {
        let mut written = HashMap::new();
        let writes =
            steps.into_iter().filter(|step| !folding.is_exact() && step.action.leaf().is_some());
        for path in writes.flat_map(|step| with_above(&step.path)) {
            let first = *written.entry(folding.fold(path)).or_insert(path);
            if first != path {
                return Err(one_name(first, path).hint(
                    "rename one of them where names differ by case, and push it; nothing was changed",
                ));
            }
        }
        Ok(AlikePaths { folding, written, checked: HashSet::new() })
    }

    /// True if the plan writes this path, or a folder above it, in another spelling.
    pub fn is_respelled(&self, path: &str) -> bool {
        !self.written.is_empty()
            && with_above(path).any(|path| {
                self.written.get(&self.folding.fold(path)).is_some_and(|written| *written != path)
            })
    }

    /// The path of a step, or of a folder above it, that exists in another spelling only: as it exists, and as the step has it.
    pub fn other_spelling<'s>(
        &mut self,
        walk: &mut FolderWalk,
        step: &'s RestoreStep,
    ) -> Result<Option<(String, &'s str)>> {
        let is_certain = match step.action.leaf() {
            _ if self.folding.is_exact() => true,
            Some(_) => step.old.is_some(),
            None => !self.is_respelled(&step.path),
        };
        if is_certain {
            return Ok(None);
        }
        let mut way: Vec<&str> = with_above(&step.path).collect();
        way.reverse();
        for path in way {
            if self.checked.contains(path) {
                continue;
            }
            let (folder, name) = split(path);
            let is_missing = walk.go(folder, false)? != WalkEnd::Folder
                || walk.here().file_kind(name)?.is_none();
            if is_missing {
                return Ok(None);
            }
            let names = walk.here().names()?;
            if !names.iter().any(|found| found == name) {
                let wanted = self.folding.fold(name);
                let mut names = names.iter().filter_map(|found| found.to_str());
                let found = names.find(|found| self.folding.fold(found) == wanted);
                return Ok(Some((join(folder, found.unwrap_or(name)), path)));
            }
            if path != step.path {
                self.checked.insert(path.to_owned());
            }
        }
        Ok(None)
    }
}

fn with_above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::once(path).chain(above(path))
}

pub fn one_name(first: &str, second: &str) -> Error {
    Error::conflict(format!(
        "cannot restore: \"{first}\" and \"{second}\" have the same name on this file system"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Id, Mode};
    use crate::workspace::restore::plan::RestoreAction;

    const WINDOWS: NameFolding = NameFolding { case: true, form: false };
    const MACOS: NameFolding = NameFolding { case: true, form: true };

    fn step(path: &str, writes: bool) -> RestoreStep {
        let leaf = (Mode::File, Id::of_blob(path.as_bytes()));
        let action = if writes { RestoreAction::Create(leaf) } else { RestoreAction::Remove };
        RestoreStep { path: path.to_owned(), action, old: (!writes).then_some(leaf) }
    }

    #[test]
    fn two_paths_that_would_be_one_are_refused_by_name() {
        for (first, second, refusing) in [
            ("src/Tool.ts", "src/tool.ts", "Windows macOS"),
            ("Src/a", "src/b", "Windows macOS"),
            ("caf\u{e9}", "cafe\u{301}", "macOS"),
            ("a", "b", ""),
            ("\u{c9}t\u{e9}", "\u{e9}t\u{e9}", "Windows macOS"),
        ] {
            let steps = [step(first, true), step(second, true)];
            for (folding, name) in
                [(NameFolding::default(), "Linux"), (WINDOWS, "Windows"), (MACOS, "macOS")]
            {
                let refused = AlikePaths::new(folding, &steps).err();
                assert_eq!(refused.is_some(), refusing.contains(name), "{first} {second} {name}");
            }
        }
        let error = AlikePaths::new(WINDOWS, &[step("Src/a", true), step("src/b", true)]).err();
        assert_eq!(
            error.unwrap().message(),
            "cannot restore: \"Src\" and \"src\" have the same name on this file system"
        );
    }

    #[test]
    fn a_removal_that_would_meet_a_new_file_is_known() {
        let steps = [step("README.md", true), step("Readme.md", false), step("tools/y", true)];
        let alike = AlikePaths::new(WINDOWS, &steps).unwrap();
        for (path, respelled) in [
            ("Readme.md", true),
            ("README.md", false),
            ("Tools/x", true),
            ("tools/x", false),
            ("a", false),
        ] {
            assert_eq!(alike.is_respelled(path), respelled, "{path}");
        }
        let exact = AlikePaths::new(NameFolding::default(), &steps).unwrap();
        assert!(!exact.is_respelled("Readme.md"));
    }
}
