//! Walker of the stock command: the files of a project that it sees. Its absence from a manifest says something only
//! about these.

use crate::object::Mode;

/// Largest file that it sees.
const LARGEST: u64 = 256 << 10;

/// Folders that it passes over, besides those whose names begin with a dot.
const SKIPPED_FOLDERS: [&str; 4] = ["node_modules", "dist", "dist-v2", "coverage"];

const SKIPPED_FILES: [&str; 3] = ["package-lock.json", "yarn.lock", "pnpm-lock.yaml"];

/// True if the command sees a file with this path, size and mode.
pub fn sees(path: &str, bytes: u64, mode: Mode) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut folders = folders.split('/').filter(|folder| !folder.is_empty());
    matches!(mode, Mode::File | Mode::Executable)
        && bytes <= LARGEST
        && !is_skipped(name)
        && !folders.any(|folder| SKIPPED_FOLDERS.contains(&folder) || is_skipped(folder))
}

/// True for a name that it passes over, of a file or a folder.
fn is_skipped(name: &str) -> bool {
    let contains = ["node_modules", ".test.", ".spec.", "__tests__"];
    contains.iter().any(|part| name.contains(part))
        || name.ends_with(".d.ts")
        || name.ends_with(".map")
        || name.starts_with('.')
        || SKIPPED_FILES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths, and what the walker of lua-cli 3.37.0 (`walkWorkspace`) lists of a folder with files of these names.
    const CASES: [(&str, bool); 23] = [
        ("src/index.ts", true),
        ("build/out.js", true),
        ("package.json", true),
        ("distant/a.ts", true),
        ("src/Dist/a.ts", true),
        ("src/test.ts", true),
        ("src/a.map.ts", true),
        ("src/map", true),
        ("dist-v2", true),
        ("src/lock/yarn.lock.txt", true),
        ("node_modules/a/index.js", false),
        ("src/node_modules_old/a.ts", false),
        ("dist/a.js", false),
        ("src/dist-v2/a.js", false),
        ("coverage/a.txt", false),
        (".env", false),
        ("src/.hidden/a.ts", false),
        ("src/a.test.ts", false),
        ("src/a.spec.x/b.ts", false),
        ("src/__tests__/b.ts", false),
        ("types/a.d.ts", false),
        ("src/a.js.map", false),
        ("sub/package-lock.json", false),
    ];

    #[test]
    fn names_that_it_passes_over() {
        for (path, expected) in CASES {
            assert_eq!(sees(path, 1, Mode::File), expected, "{path}");
        }
    }

    #[test]
    fn sizes_and_kinds_that_it_passes_over() {
        assert!(sees("a.ts", 262_144, Mode::File) && !sees("a.ts", 262_145, Mode::File));
        assert!(sees("run.sh", 1, Mode::Executable) && !sees("link", 1, Mode::Symlink));
    }
}
