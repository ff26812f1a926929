//! Manifest of a push (#19): the files of a project by path and key, checked.

use super::error::{StockError, code};
use crate::fs;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Most files of one manifest.
const MOST_FILES: usize = 20_000;
/// Most bytes of a hash and of the reason of a push, which are stored as sent.
const LONGEST_TEXT: usize = 1024;

/// A file in a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestEntry {
    pub relative_path: String,
    /// Key of its content: 16 digits, or the 64 of its bytes.
    pub hash: String,
    /// Bytes, or the units of its text as JavaScript counts them.
    pub size: u64,
    #[serde(rename = "type", default = "other")]
    pub file_type: String,
    /// True for a file outside of the project, which is stored beside it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub external: bool,
}

fn other() -> String {
    "other".to_owned()
}

/// A checked manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    pub project_hash: String,
    /// Files of the project.
    pub files: Vec<ManifestEntry>,
    /// Files outside of it that its code imports.
    pub externals: Vec<ManifestEntry>,
    pub triggered_by: String,
}

/// The body as sent; other fields say nothing that this server needs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManifestBody {
    project_hash: String,
    files: Vec<ManifestEntry>,
    #[serde(default)]
    triggered_by: Option<String>,
}

impl Manifest {
    /// Reads and checks a body. A refusal names the path.
    pub fn parse(body: &[u8]) -> Result<Manifest, StockError> {
        let sent: ManifestBody = serde_json::from_slice(body)
            .map_err(|error| StockError::bad(format!("the body is not a manifest: {error}")))?;
        let ManifestBody { project_hash, files, triggered_by } = sent;
        if files.len() > MOST_FILES {
            let count = files.len();
            let message =
                format!("the project has {count} files, and a push has at most {MOST_FILES}");
            return Err(StockError::new(413, code::TOO_LARGE, message));
        }
        let triggered_by = triggered_by.unwrap_or_default();
        for (name, text) in [("projectHash", &project_hash), ("triggeredBy", &triggered_by)] {
            if text.len() > LONGEST_TEXT || text.contains(char::is_control) {
                return Err(StockError::bad(format!(
                    "\"{name}\" must be text without control characters, at most {LONGEST_TEXT} bytes"
                )));
            }
        }
        let (externals, files): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|entry| entry.external);
        check(&files)?;
        check(&externals)?;
        Ok(Manifest { project_hash, files, externals, triggered_by })
    }
}

/// Checks every path, and that no two cannot exist side by side.
fn check(files: &[ManifestEntry]) -> Result<(), StockError> {
    let refused = |path: &str, why: &str| {
        StockError::bad(format!("the file \"{path}\" cannot be stored: {why}; nothing was pushed"))
    };
    let (mut paths, mut folders) = (HashSet::new(), HashSet::new());
    for ManifestEntry { relative_path: path, hash, .. } in files {
        if let Some(why) = wrong_path(path) {
            return Err(refused(path, &why));
        }
        if !is_hash(hash) {
            return Err(refused(path, "its hash must have 16 or 64 hexadecimal digits"));
        }
        if !paths.insert(path.as_str()) {
            return Err(refused(path, "it is in the list twice"));
        }
        folders.extend(path.match_indices('/').map(|(at, _)| &path[..at]));
    }
    match paths.intersection(&folders).min() {
        Some(path) => Err(refused(path, "it is the folder of other files too")),
        None => Ok(()),
    }
}

/// True for a key as the command writes it.
pub fn is_hash(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    matches!(text.len(), 16 | 64) && text.bytes().all(is_digit)
}

/// Reason why no project has a file with this path.
fn wrong_path(path: &str) -> Option<String> {
    let mut start = path.chars();
    let drive = start.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && start.as_str().starts_with(":/");
    if path.starts_with('/') || drive {
        return Some("its path is absolute".to_owned());
    }
    if path.contains('\\') {
        return Some("its path contains a backslash".to_owned());
    }
    if path.contains('\0') {
        return Some("its path contains a zero byte".to_owned());
    }
    for part in path.split('/') {
        if matches!(part, "" | "." | "..") {
            return Some(format!("its path has a part \"{part}\""));
        }
        if let Some(why) = fs::untrackable(part) {
            return Some(format!("\"{part}\" is not allowed in a project, as {why}"));
        }
    }
    fs::too_long(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const KEY: &str = "52b0d24e562573b9";

    fn body(files: &[Value]) -> Vec<u8> {
        json!({"projectHash": "34e35e4e", "files": files, "version": "1.0.1", "orgId": "o",
            "createdBy": "cli", "triggeredBy": "batch push"})
        .to_string()
        .into_bytes()
    }

    fn file(path: &str) -> Value {
        json!({"relativePath": path, "hash": KEY, "size": 729, "type": "other"})
    }

    fn refusal(files: &[Value]) -> String {
        let error = Manifest::parse(&body(files)).unwrap_err();
        assert_eq!(error.status, 400);
        error.message.into_owned()
    }

    #[test]
    fn a_manifest_is_read_with_files_outside_of_the_project_apart() {
        let mut external = file("packages/shared/a.ts");
        external["external"] = true.into();
        // A file of the project may have the path of one outside of it.
        let files = [file("src/index.ts"), external.clone(), file("packages/shared/a.ts")];
        let manifest = Manifest::parse(&body(&files)).unwrap();
        assert_eq!(manifest.files.len(), 2);
        assert_eq!(json!(manifest.externals), json!([external]));
        assert_eq!((&*manifest.project_hash, &*manifest.triggered_by), ("34e35e4e", "batch push"));
    }

    #[test]
    fn paths_that_no_project_has_are_refused_by_name() {
        let cases = [
            ("/etc/passwd", "absolute"),
            ("C:/x", "absolute"),
            ("../x", "\"..\""),
            ("a/../b", "\"..\""),
            ("a//b", "\"\""),
            ("a/", "\"\""),
            ("", "\"\""),
            ("./a", "\".\""),
            ("a\\b", "backslash"),
            ("a\0b", "zero byte"),
            (".lua/config.toml", "the folder of the store"),
            ("x/.git/config", "the folder of git"),
            (".GIT/config", "the folder of git"),
            ("node_modules/a", "lock file"),
        ];
        for (path, why) in cases {
            let message = refusal(&[file("ok.ts"), file(path)]);
            assert!(message.contains(why) && message.contains(path), "{path}: {message}");
        }
        let long = "a".repeat(256);
        assert!(refusal(&[file(&long)]).contains("256 bytes"));
        assert!(
            refusal(&[file("a"), file("a")])
                .contains("\"a\" cannot be stored: it is in the list twice")
        );
        assert!(refusal(&[file("a/b"), file("a")]).contains("folder of other files"));
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        let mut wrong = file("a");
        wrong["hash"] = "XYZ".into();
        assert!(refusal(&[wrong]).contains("hexadecimal"));
        for text in ["", "[]", "{}", "{\"projectHash\":1,\"files\":[]}"] {
            assert_eq!(Manifest::parse(text.as_bytes()).unwrap_err().status, 400, "{text}");
        }
        let deep = format!("{{\"files\":{}", "[".repeat(100_000));
        assert_eq!(Manifest::parse(deep.as_bytes()).unwrap_err().status, 400);
        let many: Vec<Value> = (0..=MOST_FILES).map(|at| file(&at.to_string())).collect();
        assert_eq!(Manifest::parse(&body(&many)).unwrap_err().status, 413);
        assert!(Manifest::parse(&body(&many[1..])).is_ok());
    }

    proptest! {
        #[test]
        fn a_path_that_passes_stays_inside_the_project(path in "([a-z.\\\\/:]|\\.\\.|\\.git|\0){0,12}") {
            if Manifest::parse(&body(&[file(&path)])).is_ok() {
                prop_assert!(!path.starts_with('/') && !path.contains(['\\', '\0']));
                prop_assert!(path.split('/').all(|part| !matches!(part, "" | "." | ".." | ".git")));
            }
        }
    }
}
