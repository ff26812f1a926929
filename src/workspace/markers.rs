//! Conflict markers that are left in files of a project.

use crate::error::Result;
use crate::fs;
use serde::Serialize;
use std::fmt;
use std::path::Path;

/// Place of the first marker of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MarkerPlace {
    pub path: String,
    /// Counted from 1.
    pub line: usize,
}

impl fmt::Display for MarkerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}:{}\"", self.path, self.line)
    }
}

/// The files of these that have a marker.
pub fn find_markers(root: &Path, paths: &[String]) -> Result<Vec<MarkerPlace>> {
    let mut places = Vec::new();
    for path in paths {
        let Some(bytes) = fs::read_if_exists(&root.join(path))? else { continue };
        let is_marker =
            |line: &[u8]| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ");
        if let Some(at) = bytes.split(|byte| *byte == b'\n').position(is_marker) {
            places.push(MarkerPlace { path: path.clone(), line: at + 1 });
        }
    }
    Ok(places)
}
