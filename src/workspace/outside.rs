//! Files that a project never keeps, checked path by path: for files that others hold, such as a commit of git,
//! and that need not be on the disk.

use super::rules::{Patterns, RULE_FILES, Rules};
use super::secret;
use crate::fs;
use std::path::Path;

/// The rules of a project as they are now.
pub struct Outside<'a> {
    root: &'a Path,
    allow: Patterns,
}

impl<'a> Outside<'a> {
    /// `allow` are the secrets that are kept nevertheless.
    pub fn new(root: &'a Path, allow: &[String]) -> Outside<'a> {
        Outside { root, allow: Patterns::new(allow) }
    }

    /// True if every snapshot leaves out a file of this path: it is ignored, or secret by its name
    /// or its content on the disk.
    pub fn has(&self, path: &str) -> bool {
        let untrackable = |name| fs::untrackable(name).is_some();
        path.split('/').any(untrackable) || self.is_ignored(None, "", path) || self.is_secret(path)
    }

    /// Goes down folder by folder, since nothing below an ignored folder can be taken back in.
    fn is_ignored(&self, above: Option<&Rules<'_>>, folder: &str, path: &str) -> bool {
        let texts = RULE_FILES.map(|name| self.rule_file(folder, name));
        let rules = Rules::new(above, folder, texts);
        let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
        match path[start..].find('/') {
            None => rules.ignores(path.as_bytes(), false),
            Some(end) => {
                let below = &path[..start + end];
                rules.ignores(below.as_bytes(), true) || self.is_ignored(Some(&rules), below, path)
            }
        }
    }

    /// A rule file that is a link is none, as in git.
    fn rule_file(&self, folder: &str, name: &str) -> Option<Vec<u8>> {
        let path = self.root.join(folder).join(name);
        path.symlink_metadata().ok().filter(|found| found.is_file())?;
        fs::read(&path).ok()
    }

    fn is_secret(&self, path: &str) -> bool {
        if self.allow.matches(path) {
            return false;
        }
        let (folders, _) = path.rsplit_once('/').unwrap_or(("", path));
        let hidden = |folder: &str| folder.starts_with(".env") && secret::by_path(folder).is_some();
        if folders.split('/').any(hidden) || secret::by_path(path).is_some() {
            return true;
        }
        let full = self.root.join(path);
        let is_file = full.symlink_metadata().is_ok_and(|found| found.is_file());
        is_file && fs::read(&full).is_ok_and(|bytes| secret::by_content(path, &bytes).is_some())
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests write what a person would")]
mod tests {
    use super::*;

    #[test]
    fn it_says_of_each_path_what_a_snapshot_would_do() {
        let project = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = project.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put(".gitignore", "*.log\n/out/\n");
        put("src/.luaignore", "big.bin\n!kept.log\n");
        put("src/key.ts", &format!("const key = 'AKIA{}';\n", "Z7Q2M4N8B6V5C3X1"));
        let outside = Outside::new(project.path(), &["fixtures/*.pem".to_owned()]);
        for path in [
            "a.log",
            "out/a",
            "src/big.bin",
            "src/deep/big.bin",
            ".env",
            ".env.d/x",
            "a/b.p12",
            "src/key.ts",
            "node_modules/x/y.js",
            "src/.git/config",
            "dist/index.js",
        ] {
            assert!(outside.has(path), "{path}");
        }
        for path in [
            "a.ts",
            "src/kept.log",
            "big.bin",
            "src/out/a",
            "fixtures/a.pem",
            "env.example",
            "src/gone.ts",
        ] {
            assert!(!outside.has(path), "{path}");
        }
    }
}
