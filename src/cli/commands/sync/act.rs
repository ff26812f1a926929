//! Taking one side: the server's values into the TypeScript, its files into the project, or ours there.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::drift_answer::DriftAnswer;
use crate::cli::remote::RemoteArgs;
use crate::cli::safety_snapshot::print_kept;
use crate::cli::terminal::Terminal;
use crate::cli::which_agent::WhichAgent;
use crate::cli::{Exit, push};
use crate::error::Result;
use crate::flow;
use crate::flow::sync::accept::{self, AcceptedEdits, ServerValue};
use crate::flow::sync::{self, Compared, RemoteState, Restored};
use crate::history::project::Project;
use crate::operations::drift::AgentPart;
use crate::operations::stage;
use crate::progress::Progress;
use crate::report::FileChangeView;
use serde::Serialize;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Accepted<'a> {
    #[serde(flatten)]
    drift: DriftAnswer<'a>,
    accepted: Vec<String>,
    files: &'a [String],
    /// The safety snapshot with the files as they were.
    snapshot: Option<u64>,
    unresolved: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PulledFiles<'a> {
    active: u64,
    files: Vec<FileChangeView<'a>>,
    snapshot: Option<u64>,
}

answer! {
    syncAccept: Accepted<'_>,
    syncPull: PulledFiles<'_>,
}

/// Takes every value that can be edited in place; others are reported, and make exit code 1.
pub fn accept(
    cx: &mut Context<'_>,
    project: &Project,
    compared: &Compared,
    force: bool,
) -> Result<Exit> {
    let (values, left) = accept::plan(compared)?;
    if !cx.out.is_json() {
        cx.out.lines("\n⚠️  Drift detected. Auto-accepting server state...\n")?;
    }
    let AcceptedEdits { paths, kept } = write(cx, project, &values, force)?;
    if cx.out.is_json() {
        cx.out.json(&Accepted {
            drift: DriftAnswer::new(compared, None),
            accepted: values.iter().map(|one| one.label.to_lowercase()).collect(),
            files: &paths,
            snapshot: kept,
            unresolved: left.len(),
        })?;
    }
    if left.is_empty() {
        if !cx.out.is_json() {
            cx.out.lines("\n✅ Sync complete.")?;
        }
        return Ok(Exit::Done);
    }
    cx.out
        .notes(format!("\n⚠️  Sync partially complete — {} component(s) unresolved:", left.len()));
    for part in left {
        cx.out.note(format!("   - {}", name(part)));
    }
    cx.out
        .hint("run `lua-store sync --pull` to restore the files of the active version, with these");
    Ok(Exit::Found)
}

fn name(part: &AgentPart) -> String {
    match part {
        AgentPart::Persona => "persona".to_owned(),
        AgentPart::Setting(name) => name.clone(),
        AgentPart::Primitive(word, name) => format!("{word}/{name}"),
    }
}

/// Writes values of the server into the files, and says what was kept of them.
pub fn write(
    cx: &mut Context<'_>,
    project: &Project,
    values: &[ServerValue],
    force: bool,
) -> Result<AcceptedEdits> {
    let who = cx.who(project)?;
    let written = accept::write(&mut Terminal::new(cx), (project, &who), values, force)?;
    print_kept(cx, written.kept);
    Ok(written)
}

/// Brings back the files of the version that is active on the server.
pub fn pull(
    cx: &mut Context<'_>,
    project: &Project,
    there: &RemoteState,
    force: bool,
) -> Result<Exit> {
    let who = cx.who(project)?;
    let restored = sync::pull(&mut Terminal::new(cx), (project, &who), there, force)?;
    let Restored { version, changes, kept } = restored;
    if cx.out.is_json() {
        let files = FileChangeView::all(&changes);
        print_kept(cx, kept);
        cx.out.json(&PulledFiles { active: version, files, snapshot: kept })?;
        return Ok(Exit::Done);
    }
    cx.out.line(match changes.len() {
        0 => format!("The project has the files of v{version}, which is active, already."),
        count => format!("✅ Restored {count} file(s) of v{version}, which is active"),
    })?;
    print_kept(cx, kept);
    cx.out.line("✅ Sync complete.")?;
    Ok(Exit::Done)
}

/// Pushes everything. It is live when a version of it is promoted, and not before.
pub fn push(cx: &mut Context<'_>, which: &RemoteArgs) -> Result<Exit> {
    if !cx.out.is_json() {
        cx.out.lines("\n⚠️  Drift detected. Pushing local changes to server...\n")?;
    }
    let project = WhichAgent::default().project(cx)?;
    let options = push::Options {
        push: flow::push::Push::default(),
        compiler: None,
        overwrite_remote: false,
        force: true,
        to: which,
    };
    let request = stage::PushRequest::all(Progress::default());
    let remote = which.reach(cx, &project)?;
    let exit = push::run(cx, &project, &request, &options, remote)?;
    cx.out.hint(
        "run `lua-store version create`, then `lua-store version promote latest`, to make it live",
    );
    Ok(exit)
}
