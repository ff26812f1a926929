//! Preview of a push: files and state of this moment, in a batch that is not committed yet.
//!
//! `push` commits it; `diff`, `status` and dry runs drop it, so that a preview can never differ
//! from the push. Secrets that are not allowed are taken out before anything is stored.

use super::build::{self, Base, Built, Input, PushScope};
use super::reached::{self, Needed};
use super::reading::{self, Previews, Reading, Storing, agent_cache};
use super::stock;
use crate::compare::PushedItem;
use crate::diff;
use crate::error::{Error, Hint, Kind, Result};
use crate::history::imported;
use crate::history::project::Project;
use crate::history::record::{Author, SourceRecord};
use crate::history::source::{self, SourceVersion};
use crate::history::state::State;
use crate::history::suggest;
use crate::history::version::Version;
use crate::model::agent::{Agent, Dropped, Note};
use crate::model::names;
use crate::model::numbers::{self, Numbers};
use crate::object::{Id, Sink, Source};
use crate::operations::leak::{self, Leak, SecretGuard};
use crate::operations::stock_manifest::StockManifest;
use crate::operations::{compiled_code, missing_output, yaml_edit};
use crate::progress::Progress;
use crate::reader;
use crate::reader::cache::PrimitiveIds;
use crate::reader::compiled::Dist;
use crate::store::Batch;
use crate::workspace::{ProjectView, Snapshot, Tracked};
use serde::Serialize;

#[derive(Clone)]
pub struct PushRequest {
    pub scope: PushScope,
    pub set_version: Option<String>,
    /// True if the compiler just ran, so that its output must be of the project.
    pub compiled: bool,
    /// Allows a push of parts that the compiler's output lacks.
    pub allow_dropped: bool,
    /// The source version that must be the newest one; 0 for none.
    pub expect_source: Option<u64>,
    pub progress: Progress,
}

impl PushRequest {
    /// Everything, with the next numbers.
    pub fn all(progress: Progress) -> PushRequest {
        PushRequest {
            scope: PushScope::All,
            set_version: None,
            compiled: false,
            allow_dropped: false,
            expect_source: None,
            progress,
        }
    }
}

pub struct Staged<S> {
    /// Holds the new objects, and reads the stored ones through.
    pub objects: S,
    pub report: PushReport,
}

/// Parts that the output of `lua compile` lacks, so that they are not pushed.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LackingOutput {
    dropped: Vec<Dropped>,
}

/// Findings of a push, stored or not.
pub struct PushReport {
    /// The pushed state that this one is built on.
    pub previous: Option<SourceVersion>,
    pub state: Id,
    pub snapshot: Snapshot,
    pub items: Vec<PushedItem>,
    /// Files that differ from the ones pushed last, but for the edit of a push itself.
    pub files: Vec<diff::TreeChange>,
    /// True if the files differ only by the edit of a push itself.
    is_yaml_edit: bool,
    pub notes: Vec<Note>,
    /// Files that are kept although an ignore rule names them.
    pub needed: Vec<Needed>,
    /// Parts that `lua compile` leaves out or leaves empty.
    pub dropped: Vec<Dropped>,
    /// Parts that `lua compile` leaves out by its rules, of an agent that was read from the files of the snapshot alone.
    pub losses: Option<Vec<Dropped>>,
    /// Reason why the agent was not read, where only the files are kept.
    pub unread: Option<String>,
    /// Output of `lua compile` for the same files.
    pub dist: Dist,
    /// Secrets that must not be kept. A push is refused for one; who only looks sees how each begins.
    pub leaks: Vec<Leak>,
    highest: Numbers,
}

impl PushReport {
    /// True if anything differs from the pushed state, files included.
    pub fn changed(&self) -> bool {
        self.previous.as_ref().is_none_or(|p| {
            let is_same = p.source == self.snapshot.tree || self.is_yaml_edit;
            !is_same || (p.state, &p.record.unread) != (self.state, &self.unread)
        })
    }

    /// An error where the compiler's own output lacks a primitive or a tool, unless that is allowed.
    pub fn require_whole(&self, request: &PushRequest) -> Result<()> {
        let lacking = self.dropped.iter().filter(|one| one.field.is_none());
        let lacking: Vec<Dropped> = lacking.cloned().collect();
        if request.allow_dropped || lacking.is_empty() || self.dist.output().is_none() {
            return Ok(());
        }
        let notes = stock::notes(&lacking).join("\n  ");
        Err(Error::failed(format!(
            "cannot push what the output of `lua compile` lacks:\n  {notes}"
        ))
        .hint(Hint::PushDropped)
        .with_details(LackingOutput { dropped: lacking }))
    }

    /// The record of this push.
    pub fn record(
        &self,
        who: &Author,
        triggered_by: String,
        message: Option<String>,
    ) -> SourceRecord {
        let (by, at_ms, highest) = (who.by.clone(), who.at_ms, self.highest.clone());
        SourceRecord { by, at_ms, triggered_by, message, highest, unread: self.unread.clone() }
    }
}

/// Stages into a batch, which a push commits.
pub fn stage(project: &Project, request: &PushRequest) -> Result<Staged<Batch>> {
    let previous = source::latest(project.store())?;
    let base = previous.as_ref().map(|previous| previous.source);
    let (batch, progress) = (project.store().batch(), &request.progress);
    let mut storing = Storing { project, batch, base, progress };
    let mut settled = reading::read(project, request, base, &mut storing)?;
    settled.check_inside(request)?;
    leak::refuse(&settled.clean(project, request, &storing.batch)?)?;
    let staged = finish(project, request, storing.batch, previous, settled, Vec::new())?;
    leak::refuse(&staged.report.leaks)?;
    Ok(staged)
}

/// Stages nothing that could be committed: new files are hashed and not stored.
pub fn preview<'a>(project: &'a Project, request: &PushRequest) -> Result<Staged<ProjectView<'a>>> {
    let previous = source::latest(project.store())?;
    let base = previous.as_ref().map(|previous| previous.source);
    let mut previews = Previews::new(project, project.store().objects(), &request.progress);
    let mut settled = reading::read(project, request, base, &mut previews)?;
    let view = previews.view()?;
    let leaks = settled.clean(project, request, &view)?;
    finish(project, request, view, previous, settled, leaks)
}

/// Preview for those who look only: of an agent that cannot be read the files, and the error.
pub fn preview_files_at_least(
    project: &Project,
    progress: Progress,
) -> Result<(Staged<ProjectView<'_>>, Option<Error>)> {
    let mut request = PushRequest::all(progress);
    match preview(project, &request) {
        Err(error) if reader::is_about_code(&error) => {
            request.scope = PushScope::Backup;
            Ok((preview(project, &request)?, Some(error)))
        }
        staged => Ok((staged?, None)),
    }
}

/// The files of a project as they are now, with no agent read and nothing stored.
pub fn preview_files<'a>(
    project: &'a Project,
    progress: &Progress,
) -> Result<(Snapshot, ProjectView<'a>)> {
    let objects = project.store().objects();
    let pushed = source::latest(project.store())?.map(|pushed| pushed.source);
    project.preview(&Tracked::in_tree(objects, pushed)?, progress)
}

/// The agent of a project, read again only where something changed since, and the secrets that were taken out of it.
pub fn agent(project: &Project, progress: &Progress) -> Result<(Agent, Vec<Leak>)> {
    let local = Local::read(project, project.store().objects(), progress)?;
    Ok((local.agent, local.leaks))
}

fn finish<S: Source + Sink>(
    project: &Project,
    request: &PushRequest,
    mut objects: S,
    previous: Option<SourceVersion>,
    settled: Reading,
    mut leaks: Vec<Leak>,
) -> Result<Staged<S>> {
    let Reading { snapshot, agent, ids, unread, is_kept, .. } = settled;
    let old = match &previous {
        Some(previous) => State::load(&objects, &previous.state)?,
        None => State::default(),
    };
    let needed = reached::needed(agent.as_ref(), &snapshot.kept);
    // Of a backup it only said which files it needs.
    let agent = agent.filter(|_| request.scope != PushScope::Backup);
    let (built, dist) = match &agent {
        None => (Built { state: old.clone(), items: Vec::new() }, Dist::Absent),
        Some(agent) => {
            check_target(agent, request, &old)?;
            let mut floor = source::floor(&old, previous.as_ref());
            numbers::raise(&mut floor, &imported::highest_numbers(project.store())?);
            let source = previous.as_ref().map(|previous| previous.source);
            let base = Base { state: old.clone(), floor, source };
            build_state(project, request, &mut objects, (agent, &ids), snapshot.tree, &base)?
        }
    };
    if let Some((agent, output)) = agent.as_ref().zip(dist.output()) {
        let guard = SecretGuard::new(project.root(), &project.allowed()?);
        leaks.extend(compiled_code::leaks(project.root(), output, agent, &guard)?);
    }
    let state =
        built.state.store(&mut objects, previous.as_ref().map(|previous| previous.state))?;
    let before = previous.as_ref().map(|previous| previous.source);
    let (notes, predicted) =
        agent.as_ref().map(|agent| (agent.notes.clone(), &agent.dropped)).unzip();
    let dropped = match (&agent, dist.output()) {
        (Some(agent), Some(output)) => missing_output::dropped(output, project.root(), agent)?,
        _ => predicted.cloned().unwrap_or_default(),
    };
    let losses = predicted.filter(|_| is_kept).cloned();
    let (files, is_yaml_edit) = edited_files(project, &objects, before, snapshot.tree)?;
    let report = PushReport {
        losses,
        highest: source::highest(previous.as_ref(), &old, &built.state),
        files,
        is_yaml_edit,
        notes: notes.unwrap_or_default(),
        needed,
        dropped,
        unread,
        items: built.items,
        dist,
        leaks,
        previous,
        state,
        snapshot,
    };
    Ok(Staged { objects, report })
}

/// Files that differ from those of a tree, but for the edit of a push itself. True if that edit is the only difference.
fn edited_files<S: Source>(
    project: &Project,
    objects: &S,
    before: Option<Id>,
    now: Id,
) -> Result<(Vec<diff::TreeChange>, bool)> {
    let mut files = diff::trees(objects, before, Some(now))?;
    let is_yaml_edit = yaml_edit::take_out(project.store(), &mut files)?;
    Ok((diff::find_renames(files), is_yaml_edit))
}

/// The project as it is, to be compared with states that somebody else has. Nothing is stored.
pub struct Local<'a> {
    project: &'a Project,
    /// New objects, over those of the project.
    pub objects: ProjectView<'a>,
    agent: Agent,
    ids: Vec<PrimitiveIds>,
    /// Secrets that were taken out of the agent.
    leaks: Vec<Leak>,
    tree: Id,
}

impl<'a> Local<'a> {
    pub fn read(
        project: &'a Project,
        over: &'a dyn Source,
        progress: &Progress,
    ) -> Result<Local<'a>> {
        let request = PushRequest::all(progress.clone());
        let mut previews = Previews::new(project, over, progress);
        let mut settled = reading::read(project, &request, None, &mut previews)?;
        let objects = previews.view()?;
        let leaks = settled.clean(project, &request, &objects)?;
        let agent = settled.agent.ok_or_else(|| Error::failed("the project was not read"))?;
        let (ids, tree) = (settled.ids, settled.snapshot.tree);
        Ok(Local { project, objects, agent, ids, leaks, tree })
    }

    /// The state that a push would make if that of `version` were the pushed one. What is the same in both keeps its
    /// tree, so that neither numbers nor the reader that the version was made with count as differences.
    pub fn over(&mut self, version: &Version) -> Result<Id> {
        let state = State::load(&self.objects, &version.state)?;
        let base = Base { floor: source::floor(&state, None), state, source: Some(version.source) };
        let request = PushRequest::all(Progress::default());
        let (objects, agent) = (&mut self.objects, (&self.agent, &*self.ids));
        let (built, _) = build_state(self.project, &request, objects, agent, self.tree, &base)?;
        built.state.store(&mut self.objects, Some(version.state))
    }
}

/// State, with the output of `lua compile` for the same files.
fn build_state<S: Source + Sink>(
    project: &Project,
    request: &PushRequest,
    objects: &mut S,
    (agent, ids): (&Agent, &[PrimitiveIds]),
    files: Id,
    base: &Base,
) -> Result<(Built, Dist)> {
    let (root, cache) = (project.root(), agent_cache(project));
    let manifest = &StockManifest::read(root)?;
    let (scope, set_version) = (&request.scope, request.set_version.as_deref());
    let guard = &SecretGuard::new(root, &project.allowed()?);
    // In a damaged store each object is stored again, which heals it.
    let ids = if project.store().is_damaged() { &[] } else { ids };
    let build = |objects: &mut S| -> Result<(Built, Dist)> {
        let dist = cache.dist(objects, root, files)?;
        if request.compiled {
            dist.require()?;
        }
        let input = Input {
            root,
            agent,
            ids,
            dist: &dist,
            guard,
            manifest,
            scope,
            set_version,
            files,
            base,
        };
        Ok((build::build(objects, &input)?, dist))
    };
    match build(objects) {
        // A bundle may have changed since the output was last read.
        Err(error) if error.kind() == Kind::Conflict && cache.forget_dist() => build(objects),
        built => built,
    }
}

/// A push of one name must find it in the project, or in the pushed state to take it out of there.
fn check_target(agent: &Agent, request: &PushRequest, old: &State) -> Result<()> {
    let PushScope::Kind(kind, Some(name)) = &request.scope else { return Ok(()) };
    let key = format!("{}/{}", kind.folder, names::encode(name));
    let present: Vec<&str> = agent.of_kind(kind).map(|primitive| primitive.name.as_str()).collect();
    if old.primitives.contains_key(&key) || present.contains(&name.as_str()) {
        return Ok(());
    }
    let error = Error::not_found(format!("there is no {} \"{name}\" in the project", kind.one));
    Err(match suggest::nearest(name, present.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None if present.is_empty() => error.hint("the agent has none of that kind"),
        None => error.hint(format!("{}: {}", kind.label, present.join(", "))),
    })
}
