//! Differences between names that a file system ignores: those of macOS and Windows keep `Tool.ts` as it is written, and find it as
//! `tool.ts` too.

use std::collections::HashSet;
use std::path::Path;
use unicode_normalization::UnicodeNormalization;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NameFolding {
    /// Upper and lower case.
    pub case: bool,
    /// Forms of Unicode, as `é` of one character and of two.
    pub form: bool,
}

impl NameFolding {
    /// That of the file system with this folder.
    pub fn of(folder: &Path) -> NameFolding {
        let parent = folder.parent().unwrap_or(folder);
        let case = ignores_case(folder).or_else(|| ignores_case(parent)).unwrap_or(false);
        // APFS and HFS+ ignore the form even where they tell upper from lower case.
        NameFolding { case, form: cfg!(target_vendor = "apple") }
    }

    pub fn is_exact(self) -> bool {
        self == NameFolding::default()
    }

    /// The same text for all names, or paths, that lead to one file.
    pub fn fold(self, name: &str) -> String {
        match (self.case, self.form) {
            (false, false) => name.to_owned(),
            (true, _) if name.is_ascii() => name.to_ascii_lowercase(),
            (true, false) => name.to_lowercase(),
            (false, true) => name.nfc().collect(),
            (true, true) => name.nfc().flat_map(char::to_lowercase).nfc().collect(),
        }
    }
}

/// True if a name of the folder is found in the other case too; unknown without a name that has two cases.
fn ignores_case(folder: &Path) -> Option<bool> {
    let names: HashSet<String> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let other = names.iter().map(|name| swap_case(name)).find(|other| !names.contains(other))?;
    Some(folder.join(other).exists())
}

fn swap_case(name: &str) -> String {
    let swap = |c: char| match c.is_ascii_lowercase() {
        true => c.to_ascii_uppercase(),
        false => c.to_ascii_lowercase(),
    };
    name.chars().map(swap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_equal_where_the_file_system_ignores_the_difference() {
        let names = ["Caf\u{e9}", "caf\u{e9}", "Cafe\u{301}", "cafe\u{301}"];
        let distinct = |case, form| {
            let folded = names.map(|name| NameFolding { case, form }.fold(name));
            folded.into_iter().collect::<std::collections::HashSet<_>>().len()
        };
        assert_eq!(distinct(false, false), 4);
        assert_eq!(distinct(true, false), 2);
        assert_eq!(distinct(false, true), 2);
        assert_eq!(distinct(true, true), 1);
    }

    #[test]
    fn the_file_system_is_asked_and_not_the_platform() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("folder");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(dir.path().join("Name"), "").unwrap();
        let ignores_case = dir.path().join("nAME").exists();
        // The empty folder is asked for by its own name.
        assert_eq!(NameFolding::of(&folder).case, ignores_case);
        for name in ["12", "Readme"] {
            std::fs::write(folder.join(name), "").unwrap();
            assert_eq!(NameFolding::of(&folder).case, ignores_case);
        }
        // A name that exists in both cases says nothing.
        std::fs::write(folder.join("rEADME"), "").unwrap();
        assert_eq!(NameFolding::of(&folder).case, ignores_case);
    }
}
