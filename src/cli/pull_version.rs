//! Pull of one version: its files take the place of those of the project, and nothing is merged.

use super::Exit;
use super::context::Context;
use super::progress::{self, Unit, with_progress};
use super::remote;
use super::terminal::print_git;
use crate::cli::answer::answer;
use crate::client::fetch;
use crate::error::{Error, Hint, Kind, Result};
use crate::flow::git::{self, GitEvent, GitOutcome};
use crate::flow::remote::NamedRemote;
use crate::history::any_version::VersionContent;
use crate::history::project::Project;
use crate::history::revision::Revision;
use crate::history::version::Version;
use crate::history::{imported, resolve};
use crate::operations::rollback::{self, RollbackSource};
use crate::report::FileChangeView;
use crate::store::Heads;
use serde::Serialize;

/// The files of a version, in the project.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    version: u64,
    files: Vec<FileChangeView<'a>>,
    /// The safety snapshot with the files as they were.
    snapshot: Option<u64>,
    git: Option<&'a GitOutcome>,
}

answer!(versionPull: Answer<'_>);

/// Brings the files of a version into the project, after a safety snapshot of edits that were not pushed.
pub fn run(
    cx: &mut Context<'_>,
    project: &Project,
    from: Option<&str>,
    version: &Revision,
    force: bool,
) -> Result<Exit> {
    let who = cx.who(project)?;
    let heads = fetch(cx, project, from)?;
    let version = agent_version(project, heads.as_ref(), version)?;
    let is_partial = imported::version_is_partial(project.store(), &version)?;
    let Version { number, state, source, .. } = version;
    let files = RollbackSource::Files { state, source, is_partial };
    let rollback =
        with_progress(cx, "Reading", |progress| rollback::prepare(project, files, &progress))?;
    let changes = rollback.changes.clone();
    let question = format!("Pulling v{number} will overwrite local files. Continue?");
    if !changes.is_empty() && !cx.confirm(&question, force)? {
        return Ok(Exit::Done);
    }
    let kept = with_progress(cx, "Restoring", |progress| rollback.run(&who, &progress))?.kept;
    let event = GitEvent::Pulled { version: Some(number), tree: source };
    let git = git::commit_after(project, &event, &who);
    if cx.out.is_json() {
        let files = FileChangeView::all(&changes);
        cx.out.json(&Answer { version: number, files, snapshot: kept, git: git.as_ref() })?;
    } else {
        cx.out.line(match changes.len() {
            0 => format!("The project has the files of v{number} already."),
            count => format!("✅ Pulled v{number}: {count} file(s) changed"),
        })?;
    }
    git.iter().for_each(|git| print_git(cx, git));
    if let Some(kept) = kept {
        cx.out.note(format!("Your earlier files are stored as safety snapshot {kept}."));
        cx.out.hint(format!(
            "run `lua-store source rollback --snapshot {kept} --force` to restore them"
        ));
    }
    if !changes.is_empty() {
        cx.out.hint("run `lua-store push` to make these files the newest source version");
    }
    cx.look_after(project);
    Ok(Exit::Done)
}

/// Heads of the remote, with their objects here; `None` without a remote, or where it does not answer.
fn fetch(cx: &mut Context<'_>, project: &Project, from: Option<&str>) -> Result<Option<Heads>> {
    let Some(NamedRemote { name, remote, .. }) = remote::reach(cx, project, from)? else {
        return Ok(None);
    };
    let term = *cx.out.term();
    let fetched = progress::show(&term, "Receiving", Unit::Byte, |progress| {
        fetch::fetch(project.store(), &name, &*remote, progress)
    });
    match fetched {
        Ok(fetched) => Ok(Some(fetched.head.heads)),
        Err(error) if error.kind() == Kind::Unavailable => {
            cx.out.note(format!("{name} could not be asked: {}", error.message()));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn agent_version(project: &Project, heads: Option<&Heads>, version: &Revision) -> Result<Version> {
    match resolve::version(project.store(), heads, version)?.content {
        VersionContent::Agent(version) => Ok(version),
        VersionContent::Source(_) | VersionContent::Snapshot(_) => {
            Err(Error::usage(format!("\"{version}\" is not an agent version"))
                .hint(Hint::ListVersions))
        }
    }
}
