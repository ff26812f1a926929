//! `restore`: the files of a version, in a new folder.

use crate::cli::context::Context;
use crate::cli::live::LiveRemoteArgs;
use crate::cli::progress::{self, Unit};
use crate::cli::{Exit, complete};
use crate::error::Result;
use crate::history::revision::Revision;
use crate::history::{resolve, unpack};
use crate::object::Id;
use clap_complete::ArgValueCompleter;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Write the files of a version into a new folder
///
/// The folder gets exactly the files of the version, and is no project afterwards. The files of the project stay as
/// they are: `source rollback` brings an older state back there.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// The version: `2`, `active`, `latest`, `previous`, `source/v6` …; see `help versions`
    #[arg(allow_hyphen_values = true, add = ArgValueCompleter::new(complete::any_versions))]
    version: Revision,
    /// Where to write: a folder that is empty or not there yet
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    version: &'a str,
    folder: &'a Path,
    files: usize,
    project_hash: Id,
}

impl Restore {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let folder = cx.directory()?.join(&self.folder);
        let view = self.whom.open_for(cx, &[&self.version])?;
        let version = resolve::version(view.store(), view.theirs(), &self.version)?;
        let (name, files) = (version.name.clone(), version.files());
        let term = *cx.out.term();
        let objects = view.store().objects();
        let count = progress::show(&term, "Restoring", Unit::Item, |progress| {
            unpack::unpack(objects, files, &folder, progress)
        })?;
        if cx.out.is_json() {
            let answer =
                Answer { version: &name, folder: &folder, files: count, project_hash: files };
            cx.out.json(&answer)?;
        } else {
            cx.out
                .line(format!("✓ Restored {name} into {}: {count} file(s).", folder.display()))?;
        }
        Ok(Exit::Done)
    }
}
