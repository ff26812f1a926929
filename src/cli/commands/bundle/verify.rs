//! `bundle verify`: whether a file is a whole bundle, and what is in it.

use super::{HeadsFields, summary};
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::{Exit, progress};
use crate::error::{Kind, Result};
use crate::history::rules::Strictness;
use crate::operations::bundle::{self, BundleBase};
use crate::store::{Heads, Odb};
use serde::Serialize;
use std::path::PathBuf;

/// Check a bundle and list what it contains
///
/// Reads and hashes every object. In a project, a bundle may depend on versions that the store has.
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// The file
    file: PathBuf,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    #[serde(flatten)]
    heads: HeadsFields<'a>,
    ok: bool,
}

answer!(bundleVerification: Answer<'_>);

impl Verify {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let file = cx.directory()?.join(&self.file);
        cx.open(&file)?;
        let (here, known) = match cx.project() {
            Ok(project) => {
                (project.store().objects().clone(), project.store().heads().unwrap_or_default())
            }
            Err(error) if error.kind() == Kind::Usage => (Odb::over([]), Heads::default()),
            Err(error) => return Err(error),
        };
        let scratch = std::env::temp_dir();
        let here = BundleBase { objects: &here, known: &[&known] };
        let (proven, _) =
            progress::show(cx.out.term(), "Verifying", progress::Unit::Item, |progress| {
                bundle::verify_pack(&file, &scratch, &here, Strictness::Refuse, progress)
            })?;
        let heads = proven.heads();
        if cx.out.is_json() {
            cx.out.json(&Answer { heads: HeadsFields::new(heads), ok: true })?;
            return Ok(Exit::Done);
        }
        cx.out.line(format!("✓ \"{}\" is complete: {}.", self.file.display(), summary(heads)))?;
        Ok(Exit::Done)
    }
}
