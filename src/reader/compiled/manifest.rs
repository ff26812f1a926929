//! Manifest of the stock compiler: `dist-v2/manifest.json`. Only the fields that are used are read;
//! times and absolute paths are dropped, because they differ between machines.

use crate::error::{Error, Result};
use crate::object::check_name;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompileManifest {
    pub primitives: Vec<CompiledPrimitive>,
    pub project_files: Vec<ProjectFile>,
}

/// A primitive; a tool is one of its own.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompiledPrimitive {
    pub kind: String,
    pub name: String,
    /// Of its bundle, below `dist-v2`.
    pub path: String,
    /// Absolute, on the machine that compiled.
    #[serde(default)]
    pub source_path: String,
    /// Of the bundle.
    pub hash: String,
    /// Other fields: `description`, `schemas`, `schedule`, ….
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// A file as it was when it was compiled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectFile {
    pub relative_path: String,
    pub hash: String,
    /// Relative to the workspace around the project, not to the project.
    #[serde(default)]
    pub external: bool,
}

impl CompiledPrimitive {
    /// True if a bundle is the listed one. The hash of a workflow is taken before the hash of its
    /// graph replaces a mark in the bundle; that of a script is the whole SHA-256 of its bytes.
    pub fn is(&self, bundle: &[u8]) -> bool {
        const MARK: &str = "__LUA_GRAPH_HASH__";
        let graph =
            self.fields.get("graphHash").and_then(Value::as_str).filter(|hash| !hash.is_empty());
        let unmarked =
            |graph: &str| hash(String::from_utf8_lossy(bundle).replace(graph, MARK).as_bytes());
        hash(bundle) == self.hash
            || hex(&Sha256::digest(bundle)) == self.hash
            || graph.is_some_and(|graph| unmarked(graph) == self.hash)
    }
}

impl CompileManifest {
    /// Manifest in these bytes. The error names its fault.
    pub fn parse(bytes: &[u8]) -> Result<CompileManifest> {
        let bad = |what: String| Error::corrupt(format!("\"{}\" {what}", super::MANIFEST));
        let manifest: CompileManifest = serde_json::from_slice(bytes)
            .map_err(|error| bad(format!("is not well formed: {error}")))?;
        if manifest.project_files.is_empty() {
            return Err(bad("names no file of the project".to_owned()));
        }
        let files = manifest.project_files.iter().map(|file| &file.relative_path);
        let bundles = manifest.primitives.iter().map(|primitive| &primitive.path);
        match files.chain(bundles).find(|path| !stays_inside(path)) {
            Some(path) => Err(bad(format!("names \"{path}\", which is not a path inside"))),
            None => Ok(manifest),
        }
    }
}

/// True if a path only descends, name by name.
fn stays_inside(path: &str) -> bool {
    !path.contains(['\\', ':']) && path.split('/').all(|name| check_name(name).is_ok())
}

/// The stock command's hash: the first 16 digits of SHA-256 of the text. Bytes that are no text count
/// as U+FFFD, as they do where the stock command reads them.
pub fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(String::from_utf8_lossy(bytes).as_bytes())[..8])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_stock_command() {
        // `printf 'abc' | sha256sum`, and of the three bytes of U+FFFD
        assert_eq!(hash(b"abc"), "ba7816bf8f01cfea");
        assert_eq!(hash(b"\xff"), hash("\u{fffd}".as_bytes()));
        assert_ne!(hash(b"\xff\xfe"), hash(b"\xff"));
    }

    #[test]
    fn a_script_is_listed_with_its_whole_hash() {
        // `printf 'abc' | sha256sum`
        let whole = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let listed = |hash: &str| CompiledPrimitive {
            kind: "workflow".to_owned(),
            name: "w".to_owned(),
            path: "artifacts/workflow/w.js".to_owned(),
            source_path: String::new(),
            hash: hash.to_owned(),
            fields: Map::new(),
        };
        assert!(listed(whole).is(b"abc") && listed(&whole[..16]).is(b"abc"));
        assert!(!listed(whole).is(b"abd") && !listed(&whole[..17]).is(b"abc"));
    }

    fn parse(path: &str, file: &str) -> Result<CompileManifest> {
        let primitive =
            serde_json::json!({"kind": "tool", "name": "t", "path": path, "hash": "x", "new": 1});
        let file =
            serde_json::json!({"relativePath": file, "hash": "x", "size": 1, "type": "source"});
        let json = serde_json::json!({"version": "2.0.0", "primitives": [primitive], "projectFiles": [file]});
        CompileManifest::parse(json.to_string().as_bytes())
    }

    #[test]
    fn no_path_leads_out() {
        let manifest = parse("artifacts/tool/a b.js", "src/index.ts").unwrap();
        assert_eq!(manifest.primitives[0].fields.get("new"), Some(&serde_json::json!(1)));
        for bad in ["../x.js", "/etc/passwd", "a//b", "a/./b", "", "C:/x", "a\\..\\b", "a/\0"] {
            assert!(
                parse(bad, "src/index.ts").unwrap_err().message().contains("not a path inside"),
                "{bad}"
            );
            assert!(
                parse("a.js", bad).unwrap_err().message().contains("not a path inside"),
                "{bad}"
            );
        }
    }

    #[test]
    fn what_is_no_manifest_is_told() {
        for bad in
            ["", "[]", "{}", "{\"primitives\": 1}", "{\"primitives\": [], \"projectFiles\": []}"]
        {
            let reason = CompileManifest::parse(bad.as_bytes()).unwrap_err();
            assert!(reason.message().starts_with("\"dist-v2/manifest.json\""), "{reason}");
        }
        let deep = "[".repeat(100_000);
        assert!(CompileManifest::parse(deep.as_bytes()).is_err());
    }
}
