//! Output of `lua compile`: `dist-v2`, used only when it was made from the current files of the
//! project.
//!
//! Stale or damaged output is ignored, with the reason. Bundles are used byte for byte as the
//! compiler wrote them, and its values replace source text that the reader cannot evaluate. None of
//! it decides whether a primitive changed: the compiler's bytes differ between versions and
//! machines.

mod bundle;
mod fresh;
mod manifest;
mod primitive;
mod values;

pub use fresh::{ReadFile, on_disk};
pub use manifest::{CompileManifest, CompiledPrimitive};
pub use values::{fill, overlay};

use crate::error::{Error, Result};
use crate::object::{Id, Mode, PathFinder, Source};
use manifest::ProjectFile;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The manifest's place in a project.
pub const MANIFEST: &str = "dist-v2/manifest.json";
/// A manifest that is larger is none.
const MANIFEST_MAX: u64 = 64 << 20;

/// The compiler's output, as far as it can be used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Dist {
    Absent,
    /// Of another state of the project. The path of the first file that differs, and how.
    Stale(String, String),
    Damaged(String),
    Fresh(CompileOutput),
}

/// Output of the project in its current state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompileOutput {
    pub bundles: Vec<CompiledBundle>,
    /// Bundles that are not kept, and why.
    pub left_out: Vec<(String, String)>,
    /// Of the manifest's bytes.
    fingerprint: String,
    #[serde(skip)]
    manifest: Option<CompileManifest>,
}

/// The code of one primitive or tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompiledBundle {
    kind: String,
    name: String,
    source_path: String,
    /// Below `dist-v2`.
    path: String,
    /// Of its bytes.
    id: String,
}

impl Dist {
    /// Looks at the output. `read` gives the project's files.
    pub fn read(root: &Path, read: &mut ReadFile<'_>) -> Result<Dist> {
        let bytes = match bundle::read(root, MANIFEST, MANIFEST_MAX) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(Dist::Absent),
            Err(error) => return Ok(Dist::Damaged(error.message().to_owned())),
        };
        let manifest = match CompileManifest::parse(&bytes) {
            Ok(manifest) => manifest,
            Err(error) => return Ok(Dist::Damaged(error.message().to_owned())),
        };
        if let Some(difference) = fresh::first_difference(root, &manifest.project_files, read)? {
            return Ok(Dist::Stale(difference.path, difference.what.to_owned()));
        }
        Ok(match bundle::all(root, &manifest) {
            Ok((bundles, left_out)) => Dist::Fresh(CompileOutput {
                bundles,
                left_out,
                fingerprint: fingerprint(&bytes),
                manifest: Some(manifest),
            }),
            Err(error) => Dist::Damaged(error.message().to_owned()),
        })
    }

    /// The same for files that nobody else looks at meanwhile.
    pub fn read_on_disk(root: &Path) -> Result<Dist> {
        Dist::read(root, &mut |path| Ok(on_disk(&root.join(path))))
    }

    pub fn output(&self) -> Option<&CompileOutput> {
        match self {
            Dist::Fresh(output) => Some(output),
            _ => None,
        }
    }

    pub fn word(&self) -> &'static str {
        match self {
            Dist::Absent => "absent",
            Dist::Stale(..) => "stale",
            Dist::Damaged(_) => "damaged",
            Dist::Fresh(_) => "fresh",
        }
    }

    /// Reason why the output is not used, where there is one.
    pub fn reason(&self) -> Option<String> {
        match self {
            Dist::Stale(path, what) => Some(format!("\"{path}\" {what}")),
            Dist::Damaged(reason) => Some(reason.clone()),
            Dist::Absent | Dist::Fresh(_) => None,
        }
    }

    /// An error unless the output can be used.
    pub fn require(&self) -> Result<()> {
        let (reason, hint) = match self {
            Dist::Fresh(_) => return Ok(()),
            Dist::Absent => {
                (format!("there is no \"{MANIFEST}\""), "run `lua compile` to see what it does")
            }
            Dist::Damaged(reason) => (reason.clone(), "run `lua compile` to see what it does"),
            Dist::Stale(..) => (
                self.reason().unwrap_or_default(),
                "run the command again when the files no longer change",
            ),
        };
        Err(Error::failed(format!("cannot use the output of `lua compile`: {reason}")).hint(hint))
    }
}

impl CompileOutput {
    /// The bundle at a path below `dist-v2`.
    pub fn bundle_at(&self, path: &str) -> Option<&CompiledBundle> {
        self.bundles.iter().find(|bundle| bundle.path == path)
    }

    /// The manifest that it was made with; an error where another one is there now.
    pub fn manifest(&self, root: &Path) -> Result<std::borrow::Cow<'_, CompileManifest>> {
        if let Some(manifest) = &self.manifest {
            return Ok(std::borrow::Cow::Borrowed(manifest));
        }
        let bytes = bundle::read(root, MANIFEST, MANIFEST_MAX).ok().flatten();
        let bytes = bytes.filter(|bytes| fingerprint(bytes) == self.fingerprint);
        let manifest = bytes.and_then(|bytes| CompileManifest::parse(&bytes).ok());
        manifest.map(std::borrow::Cow::Owned).ok_or_else(|| moved(MANIFEST))
    }
}

/// The output as it was looked at beside a tree of the project's files.
#[derive(Serialize, Deserialize)]
pub struct SeenOutput {
    pub dist: Dist,
    /// Of the manifest.
    fingerprint: String,
    /// Files that the manifest lists and the tree does not hold.
    others: Vec<ProjectFile>,
}

impl SeenOutput {
    /// Looks at the output: files come from the tree where it holds them, so that it is of those.
    pub fn read<S: Source>(source: &S, root: &Path, tree: Id) -> Result<SeenOutput> {
        let fingerprint = fingerprint_of(root).unwrap_or_default();
        let (mut finder, mut others) = (PathFinder::new(tree), Vec::new());
        let mut read = |path: &str| match finder.find(source, path)? {
            Some(entry) if !entry.mode.is_directory() && entry.mode != Mode::Symlink => {
                source.blob(&entry.id).map(Some)
            }
            _ => {
                others.push(path.to_owned());
                Ok(on_disk(&root.join(path)))
            }
        };
        let dist = Dist::read(root, &mut read)?;
        let listed = dist.output().and_then(|output| output.manifest.as_ref());
        let files = listed.map(|manifest| &*manifest.project_files).unwrap_or_default();
        let is_other = |file: &&ProjectFile| file.external || others.contains(&file.relative_path);
        Ok(SeenOutput {
            fingerprint,
            others: files.iter().filter(is_other).cloned().collect(),
            dist,
        })
    }

    /// True if another read beside the same tree would give the same result.
    pub fn still_holds(&self, root: &Path) -> Result<bool> {
        let mut read = |path: &str| Ok(on_disk(&root.join(path)));
        Ok(fingerprint_of(root).as_ref() == Some(&self.fingerprint)
            && fresh::first_difference(root, &self.others, &mut read)?.is_none())
    }

    /// True if the result depends on nothing but the tree and the manifest.
    pub fn lasts<S: Source>(&self, source: &S, root: &Path, tree: Id) -> Result<bool> {
        Ok(match &self.dist {
            Dist::Fresh(output) => output.fingerprint == self.fingerprint,
            Dist::Stale(path, _) => {
                PathFinder::new(tree).find(source, path)?.is_some()
                    && fingerprint_of(root).as_ref() == Some(&self.fingerprint)
            }
            Dist::Absent | Dist::Damaged(_) => false,
        })
    }
}

/// True if the project has a manifest, readable or not.
pub fn is_there(root: &Path) -> bool {
    std::fs::symlink_metadata(root.join(MANIFEST)).is_ok()
}

fn fingerprint_of(root: &Path) -> Option<String> {
    bundle::read(root, MANIFEST, MANIFEST_MAX).ok()?.map(|bytes| fingerprint(&bytes))
}

fn fingerprint(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn moved(path: &str) -> Error {
    Error::conflict(format!("\"{path}\" changed meanwhile")).hint("run the command again")
}
