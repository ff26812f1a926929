//! `restore`: files of a version in the project again, or all of them in a new folder.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::diff_output::file_line;
use crate::cli::live::{LiveRemoteArgs, View};
use crate::cli::progress::{self, Unit, with_progress};
use crate::cli::restore_words::{self, RestoreWords};
use crate::cli::safety_snapshot::print_kept;
use crate::cli::selection::Selection;
use crate::cli::{Exit, complete};
use crate::error::{Error, Result};
use crate::history::any_version::AnyVersion;
use crate::history::revision::Revision;
use crate::history::{imported, resolve, unpack};
use crate::object::Id;
use crate::operations::restore::RestoredFiles;
use crate::operations::{restore, stage};
use crate::progress::Progress;
use crate::report::FileChangeView;
use clap_complete::ArgValueCompleter;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Restore files in the project, or a version in a new folder
///
/// `restore PATH...`, `restore skill NAME`, `restore persona`: restores these files of the project from the last
/// push, or from the version that `--from` names. A file that the version does not contain is removed. The earlier
/// files are stored as a safety snapshot.
///
/// `restore VERSION DIR`: writes all files of the version into a folder that is empty or does not exist. Two words
/// mean this if the first names a version and neither `--from` nor `--` is given.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// Paths, `skill NAME` (or another kind), `persona`; or a version and a new folder
    #[arg(value_name = "PATH", allow_negative_numbers = true, add = ArgValueCompleter::new(complete::any_versions))]
    words: Vec<String>,
    /// The version to restore from [default: the last push]; see `help versions`
    #[arg(long, value_name = "VERSION", add = ArgValueCompleter::new(complete::any_versions))]
    from: Option<Revision>,
    /// Paths, whatever their names are
    #[arg(last = true, value_name = "PATH")]
    paths: Vec<String>,
    /// List the files that would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

/// The answer for a new folder.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct FolderAnswer<'a> {
    version: &'a str,
    folder: &'a Path,
    files: usize,
    project_hash: Id,
}

/// The answer for the project.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    from: &'a str,
    dry_run: bool,
    files: Vec<FileChangeView<'a>>,
    /// The safety snapshot with the files as they were; null where nothing was lost.
    snapshot: Option<u64>,
    /// Primitives that were named and are still not as in the version.
    different: &'a [String],
}

answer! {
    restoredFolder: FolderAnswer<'_>,
    restore: Answer<'_>,
}

impl Restore {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        match restore_words::read(cx, &self.words, &self.paths, self.from.is_some())? {
            RestoreWords::Folder(version, folder) => self.unpack(cx, &version, &folder),
            RestoreWords::Project(selection) => self.restore(cx, &selection),
        }
    }

    fn unpack(&self, cx: &mut Context<'_>, version: &Revision, folder: &str) -> Result<Exit> {
        if self.dry_run {
            return Err(Error::usage("`--dry-run` is for files of the project"));
        }
        let folder: PathBuf = cx.directory()?.join(folder);
        let view = self.whom.open_for(cx, &[version])?;
        let found = resolve::version(view.store(), view.theirs(), version)?;
        let (name, files) = (&*found.name, found.files());
        let term = *cx.out.term();
        let objects = view.store().objects();
        let count = progress::show(&term, "Restoring", Unit::Item, |progress| {
            unpack::unpack(objects, files, &folder, progress)
        });
        let count = count.map_err(|error| match view.is_project() && folder.exists() {
            true => error.also(format!(
                "run `lua-store restore --from {version} -- PATH` to restore files in the project"
            )),
            false => error,
        })?;
        if cx.out.is_json() {
            let (version, folder) = (name, &*folder);
            cx.out.json(&FolderAnswer { version, folder, files: count, project_hash: files })?;
        } else {
            cx.out
                .line(format!("✓ Restored {name} into {}: {count} file(s).", folder.display()))?;
        }
        Ok(Exit::Done)
    }

    fn restore(&self, cx: &mut Context<'_>, selection: &[Selection]) -> Result<Exit> {
        let revision = self.from.clone().unwrap_or(Revision::PUSHED);
        let view = self.whom.open_for(cx, &[&revision])?;
        if !view.is_project() {
            return Err(Error::usage("cannot restore outside of a project")
                .hint("run `lua-store restore VERSION DIR` to write all files into a new folder"));
        }
        let found = resolve::version(view.store(), view.theirs(), &revision)?;
        let replacements = restore_words::replacements(cx, &view, &found, selection)?;
        let who = cx.who(&view.project)?;
        let is_partial = imported::is_partial(view.store(), &found)?;
        let files = RestoredFiles { tree: found.files(), is_partial };
        let prepared = with_progress(cx, "Reading", |progress| {
            restore::prepare(&view.project, files, &replacements, &progress)
        })?;
        let changes = prepared.changes.clone();
        let kept = match self.dry_run {
            true => None,
            false => with_progress(cx, "Restoring", |progress| prepared.run(&who, &progress))?,
        };
        let different = match self.dry_run {
            true => Vec::new(),
            false => different(&view, &found, selection)?,
        };
        if cx.out.is_json() {
            print_kept(cx, kept);
            cx.out.json(&Answer {
                from: &found.name,
                dry_run: self.dry_run,
                files: FileChangeView::all(&changes),
                snapshot: kept,
                different: &different,
            })?;
            return Ok(Exit::Done);
        }
        let name = &found.name;
        cx.out.line(match (changes.len(), self.dry_run) {
            (0, _) => format!("Nothing to restore: the files are those of {name}."),
            (count, true) => format!("Would restore {count} file(s) from {name}:"),
            (count, false) => format!("✓ Restored {count} file(s) from {name}:"),
        })?;
        changes.iter().try_for_each(|change| cx.out.line(file_line(change)))?;
        for part in &different {
            cx.out.warn(format!("{part} is not as in {name}: other files affect it too"));
            cx.out.hint(format!("run `lua-store diff {name}` to show the difference"));
        }
        if kept.is_none() && !changes.is_empty() && !self.dry_run {
            cx.out
                .hint("everything was pushed; run `lua-store restore .` to restore the last push");
        }
        print_kept(cx, kept);
        Ok(Exit::Done)
    }
}

/// Primitives of the selection whose content is not that of the version. Code that cannot be read says nothing of
/// them.
fn different(view: &View, found: &AnyVersion, selection: &[Selection]) -> Result<Vec<String>> {
    let named: Vec<_> = selection
        .iter()
        .filter_map(|one| match one {
            Selection::Primitive(kind, name) => Some((*kind, name)),
            Selection::Path(_) | Selection::Persona => None,
        })
        .collect();
    let Some(state) = found.state().filter(|_| !named.is_empty()) else { return Ok(Vec::new()) };
    let (staged, error) = stage::preview_files_at_least(&view.project, Progress::default())?;
    if error.is_some() {
        return Ok(named.iter().map(|(kind, name)| format!("{} {name}", kind.word)).collect());
    }
    let mut different = Vec::new();
    for (kind, name) in named {
        if !restore::is_same(&staged.objects, &state, &staged.report.state, kind, name)? {
            different.push(format!("{} {name}", kind.word));
        }
    }
    Ok(different)
}
