//! Names that can be no part of a project: written by a restore they would reach into git, into the store, or
//! into installed packages. Capture, restore and the server all ask this one function.
//!
//! Folders that tools build (`dist`, `coverage` …) are not among them. Those are names like any other, which a
//! snapshot passes over unless the agent needs a file in them.

use super::temporary;

/// Limit in bytes on one name: that of Linux.
pub const LONGEST_NAME: usize = 255;

/// Limit in bytes on a path in a project. Systems take 4,096, with the path of the project before
/// it.
pub const LONGEST_PATH: usize = 2048;

/// Limit on folders inside each other.
pub const DEEPEST: usize = 256;

/// Limit in bytes on the target of a link: that of Linux.
pub const LONGEST_LINK: u64 = 4095;

/// Reason why no client could restore a path, for its length alone.
pub fn too_long(path: &str) -> Option<String> {
    let longest = path.split('/').map(str::len).max().unwrap_or(0);
    if longest > LONGEST_NAME {
        Some(format!("its name has {longest} bytes, more than {LONGEST_NAME}"))
    } else if path.len() > LONGEST_PATH {
        Some(format!("its path has {} bytes, more than {LONGEST_PATH}", path.len()))
    } else if path.split('/').count() > DEEPEST + 1 {
        Some(format!("it is more than {DEEPEST} folders deep"))
    } else {
        None
    }
}

/// Reason why no path with a part of this name is ever tracked; `None` where it can be.
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

/// True if a name is this folder, or another file system takes it for it. The tricks are those that
/// git refuses (`is_hfs_dotgit` and `is_ntfs_dotgit` in its sources): macOS ignores characters
/// without width, Windows ignores dots and blanks at the end and the part after a colon, and it
/// gives short names.
fn is_alias(name: &str, folder: &str, short: &str) -> bool {
    // Most names are plain, and begin with another letter.
    let first = name.as_bytes().first().map(u8::to_ascii_lowercase);
    if name.is_ascii()
        && ![folder, short].map(|one| one.as_bytes().first().copied()).contains(&first)
    {
        return false;
    }
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
    fn paths_that_some_system_cannot_hold() {
        assert_eq!(too_long(&"a".repeat(255)), None);
        assert_eq!(too_long(&"é".repeat(128)).unwrap(), "its name has 256 bytes, more than 255");
        assert_eq!(too_long(&format!("{}x", "d/".repeat(256))), None);
        assert_eq!(
            too_long(&format!("{}x", "d/".repeat(257))).unwrap(),
            "it is more than 256 folders deep"
        );
        assert!(too_long(&"name/".repeat(410)).unwrap().starts_with("its path has 2050 bytes"));
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
