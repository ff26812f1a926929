//! Output of `lua compile` for the sample agent, made before: a machine without `lua` can deploy it.

use crate::error::{Error, Result};
use crate::fs;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::Path;

/// The states of the act, each as what the compiler makes otherwise than of the one before.
const STATES: [&str; 3] = [
    include_str!("compiled/launch.json"),
    include_str!("compiled/dashboard.json"),
    include_str!("compiled/refunds.json"),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompiledState {
    primitives: Vec<Value>,
    project_files: Vec<Value>,
    /// Files of the output by their paths.
    code: Map<String, Value>,
}

/// The manifest, as the compiler writes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SampleManifest {
    version: &'static str,
    primitives: Vec<Value>,
    project_files: Vec<Value>,
}

/// Writes the output for a state into a folder.
pub fn write(folder: &Path, state: usize) -> Result<()> {
    let mut whole =
        CompiledState { primitives: Vec::new(), project_files: Vec::new(), code: Map::new() };
    for text in &STATES[..=state] {
        let next: CompiledState = serde_json::from_str(text)
            .map_err(|error| Error::failed(format!("the compiled sample is damaged: {error}")))?;
        replace(&mut whole.primitives, next.primitives, &["kind", "name"]);
        replace(&mut whole.project_files, next.project_files, &["relativePath"]);
        whole.code.extend(next.code);
    }
    for (path, text) in &whole.code {
        put(&folder.join(path), text.as_str().unwrap_or_default())?;
    }
    let CompiledState { primitives, project_files, .. } = whole;
    let manifest = SampleManifest { version: "2.0.0", primitives, project_files };
    let text = serde_json::to_string(&manifest)
        .map_err(|error| Error::failed(format!("cannot write the compiled sample: {error}")))?;
    put(&folder.join("manifest.json"), &text)
}

/// Puts rows in the place of those with the same keys, or behind all.
fn replace(all: &mut Vec<Value>, new: Vec<Value>, keys: &[&str]) {
    for row in new {
        match all.iter_mut().find(|old| keys.iter().all(|key| old[*key] == row[*key])) {
            Some(old) => *old = row,
            None => all.push(row),
        }
    }
}

fn put(path: &Path, text: &str) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::replace(path, text.as_bytes())
}
