//! Names that can be no part of a project: written by a restore they would reach into git, into the store, or
//! into installed packages. Capture, restore and the server all ask this one function.
//!
//! Folders that tools build (`dist`, `coverage` …) are not among them. Those are names like any other, which a
//! snapshot passes over unless the agent needs a file in them.

use super::temporary;

/// Why no path with a part of this name is ever tracked; `None` where it can be.
pub fn untrackable(name: &str) -> Option<&'static str> {
    if is_alias(name, ".git", "git~1") {
        return Some("it is the folder of git, on some systems at least");
    }
    if is_alias(name, ".lua", "lua~1") {
        return Some("it is the folder of the store, on some systems at least");
    }
    if name == "node_modules" {
        return Some("packages are installed from the lock file");
    }
    temporary::is_temporary(name).then_some("it is the temporary file of a restore")
}

/// Whether a name is this folder, or another file system takes it for it. The tricks are those that git refuses
/// (`is_hfs_dotgit` and `is_ntfs_dotgit` in its sources): macOS passes over characters without width, Windows
/// over dots and blanks at the end and what follows a colon, and it gives short names.
fn is_alias(name: &str, folder: &str, short: &str) -> bool {
    let bare: String = name.chars().filter(|c| !IGNORED_BY_HFS.contains(c)).collect();
    if bare.eq_ignore_ascii_case(folder) {
        return true;
    }
    let end = name.find([':', '\\']).unwrap_or(name.len());
    let windows = name[..end].trim_end_matches([' ', '.']);
    windows.eq_ignore_ascii_case(folder) || windows.eq_ignore_ascii_case(short)
}

const IGNORED_BY_HFS: [char; 16] = [
    '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}',
    '\u{202e}', '\u{206a}', '\u{206b}', '\u{206c}', '\u{206d}', '\u{206e}', '\u{206f}', '\u{feff}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_git_and_of_the_store_in_every_disguise() {
        let names = ".git .GIT .Git git~1 GIT~1 .git. .git... .git::$INDEX_ALLOCATION .git\\config .g\u{200c}it \
            .gi\u{feff}T \u{200d}.git .lua .LUA .lu\u{200f}a lua~1 .lua. node_modules .lua-store-tmp-7-0";
        for name in names.split(' ').chain([".git ", ".git . ."]) {
            assert!(untrackable(name).is_some(), "{name:?}");
        }
    }

    #[test]
    fn names_that_are_only_names() {
        let names = "dist Dist coverage Coverage Node_Modules .temp .next .gitignore .github .gitattributes git \
            .luaignore .luarc lua git~2 .git~1 x.git .g.it .temp. é .lua-store";
        for name in names.split_whitespace() {
            assert_eq!(untrackable(name), None, "{name}");
        }
    }
}
