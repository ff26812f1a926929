//! Bundles on disk: read below the project and held against the manifest.

use super::manifest::{CompileManifest, CompiledPrimitive};
use super::{CompiledBundle, moved};
use crate::error::{Error, Result};
use crate::fs::{FileKind, Folder};
use crate::object::Id;
use crate::workspace::secret_in;
use serde::de::IgnoredAny;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

/// A bundle that is larger is not kept.
const BUNDLE_MAX: u64 = 32 << 20;

/// A file of the project, no link followed on the way; `None` where there is none.
pub fn read(root: &Path, path: &str, max: u64) -> Result<Option<Vec<u8>>> {
    let mut folder = Folder::open(root)?;
    let mut names = path.split('/').peekable();
    while let Some(name) = names.next() {
        let is_last = names.peek().is_none();
        match folder.file_kind(name)? {
            None => return Ok(None),
            Some(FileKind::Folder) if !is_last => folder = folder.enter(name)?,
            Some(FileKind::File { .. }) if is_last => {
                let mut bytes = Vec::new();
                let mut file = folder.read(name)?.take(max + 1);
                file.read_to_end(&mut bytes)
                    .map_err(|error| Error::failed(format!("cannot read \"{path}\": {error}")))?;
                if bytes.len() as u64 > max {
                    let reason = format!("\"{path}\" is larger than {} MiB", max >> 20);
                    return Err(Error::failed(reason));
                }
                return Ok(Some(bytes));
            }
            Some(FileKind::Link) => {
                return Err(Error::failed(format!("\"{name}\" in \"{path}\" is a link")));
            }
            Some(_) => return Err(Error::failed(format!("\"{path}\" is not a file"))),
        }
    }
    Ok(None)
}

/// Result of reading one entry of the manifest.
enum ListedBundle {
    Kept(CompiledBundle),
    LeftOut(String, String),
    /// It holds no code, or a namesake took its place.
    Nothing,
}

/// The path of a bundle that is not kept, and why.
pub type LeftOutBundle = (String, String);

/// Bundles that a manifest lists, and those that are not kept. The error names the damaged one.
pub fn all(
    root: &Path,
    manifest: &CompileManifest,
) -> Result<(Vec<CompiledBundle>, Vec<LeftOutBundle>)> {
    let listed: Vec<&CompiledPrimitive> =
        manifest.primitives.iter().filter(|one| one.path.ends_with(".js")).collect();
    let mut namesakes: HashMap<&str, Vec<&CompiledPrimitive>> = HashMap::new();
    for one in &listed {
        namesakes.entry(&one.path).or_default().push(one);
    }
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    for listed in listed {
        match one(root, listed, &namesakes[&*listed.path])? {
            ListedBundle::Kept(bundle) => kept.push(bundle),
            ListedBundle::LeftOut(path, reason) => left_out.push((path, reason)),
            ListedBundle::Nothing => {}
        }
    }
    Ok((kept, left_out))
}

fn one(
    root: &Path,
    listed: &CompiledPrimitive,
    namesakes: &[&CompiledPrimitive],
) -> Result<ListedBundle> {
    let path = format!("dist-v2/{}", listed.path);
    let bytes = read(root, &path, BUNDLE_MAX)?
        .ok_or_else(|| Error::corrupt(format!("\"{path}\" is gone")))?;
    if !listed.is(&bytes) {
        // Two of one name have one path: its bytes are of the last one.
        return match namesakes.iter().any(|one| one.is(&bytes)) {
            true => Ok(ListedBundle::Nothing),
            false => Err(Error::corrupt(format!("\"{path}\" differs from the manifest"))),
        };
    }
    if let Some(reason) = secret_in(&listed.path, &bytes) {
        return Ok(ListedBundle::LeftOut(path, reason));
    }
    if is_description(&bytes) {
        return Ok(ListedBundle::Nothing);
    }
    Ok(ListedBundle::Kept(CompiledBundle {
        kind: listed.kind.clone(),
        name: listed.name.clone(),
        source_path: listed.source_path.replace('\\', "/"),
        path: listed.path.clone(),
        id: Id::of_blob(&bytes).to_string(),
    }))
}

/// A skill has no code of its own: its `.js` holds a JSON object that describes it.
fn is_description(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

impl CompiledBundle {
    /// The id of its bytes.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its bytes, of which the id was taken.
    pub fn bytes(&self, root: &Path) -> Result<Vec<u8>> {
        let bytes = read(root, &format!("dist-v2/{}", self.path), BUNDLE_MAX).ok().flatten();
        bytes
            .filter(|bytes| Id::of_blob(bytes).to_string() == self.id)
            .ok_or_else(|| moved(&self.path))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests lay out projects")]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_below_the_project_only() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        std::fs::create_dir_all(root.join("dist-v2/a")).unwrap();
        std::fs::write(folder.path().join("outside"), "secret").unwrap();
        std::fs::write(root.join("dist-v2/a/b.js"), "12345").unwrap();
        let refused = |path, max| read(&root, path, max).unwrap_err().message().to_owned();
        assert_eq!(read(&root, "dist-v2/a/b.js", 5).unwrap(), Some(b"12345".to_vec()));
        assert_eq!(read(&root, "dist-v2/a/c.js", 5).unwrap(), None);
        assert_eq!(read(&root, "dist-v3/a/b.js", 5).unwrap(), None);
        assert_eq!(refused("dist-v2/a", 5), "\"dist-v2/a\" is not a file");
        assert!(refused("dist-v2/a/b.js", 4).contains("larger"));
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(folder.path().join("outside"), "secret").unwrap();
        std::os::unix::fs::symlink("../outside", root.join("x.js")).unwrap();
        std::os::unix::fs::symlink("..", root.join("up")).unwrap();
        let refused = |path| read(&root, path, 100).unwrap_err().message().to_owned();
        assert_eq!(refused("x.js"), "\"x.js\" in \"x.js\" is a link");
        assert!(refused("up/outside").contains("is a link"));
    }
}
