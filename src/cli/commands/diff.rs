//! `diff`: the project against the newest version, or two versions, in words and by file.

use crate::cli::context::Context;
use crate::cli::diff_output::{FileView, print_section};
use crate::cli::live::LiveRemoteArgs;
use crate::cli::{Exit, complete, print};
use crate::compare::{self, StateChange};
use crate::diff;
use crate::error::{Error, Result};
use crate::history::any_version::AnyVersion;
use crate::history::resolve;
use crate::history::revision::Revision;

use crate::object::{Id, Source};
use crate::operations::stage;
use crate::progress::Progress;
use crate::report::{ChangeView, FileChangeView, UnreadSides};
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Say what differs between the project and the newest version
///
/// With one version: the project against that one. With two: the second against the first.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// Compare with this version instead of the newest
    #[arg(allow_hyphen_values = true, add = ArgValueCompleter::new(complete::any_versions))]
    from: Option<Revision>,
    /// Compare this version, not the project
    #[arg(allow_hyphen_values = true, add = ArgValueCompleter::new(complete::any_versions))]
    to: Option<Revision>,
    #[command(flatten)]
    view: FileView,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    change: ChangeView<'a>,
    from: &'a str,
    to: &'a str,
    files: Vec<FileChangeView<'a>>,
    unread: UnreadSides<'a>,
}

/// One side: a name for people, a state, a tree of files.
struct DiffSide {
    name: String,
    state: Option<Id>,
    files: Option<Id>,
    version: Option<AnyVersion>,
}

impl DiffSide {
    /// Reason why the agent of a version was not read.
    fn unread(&self) -> Option<&str> {
        self.version.as_ref()?.unread()
    }
}

impl Diff {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let given: Vec<&Revision> = [&self.from, &self.to].into_iter().flatten().collect();
        let opened = self.whom.open_for(cx, &given)?;
        let (project, catalog) = (&opened.project, opened.catalog()?);
        let place = |revision: &Revision| -> Result<DiffSide> {
            let version = resolve::version(project.store(), opened.theirs(), revision)?;
            let (name, state, files) = (version.name.clone(), version.state(), version.files());
            Ok(DiffSide { name, state, files: Some(files), version: Some(version) })
        };
        let from = match &self.from {
            Some(revision) => place(revision)?,
            None if catalog.is_empty() => {
                DiffSide { name: "nothing".to_owned(), state: None, files: None, version: None }
            }
            None => place(&Revision::Latest)?,
        };
        if let Some(revision) = &self.to {
            let to = place(revision)?;
            let objects = project.store().objects();
            let change = compare::between(objects, from.state.as_ref(), to.state.as_ref())?;
            return show(cx, objects, (&from, &to), &change, &self.view);
        }
        if !opened.is_project() {
            return Err(Error::usage(
                "cannot compare with the project: `--remote` reads what a remote has",
            )
            .hint("name two versions, as in `lua-store diff v1 v2 --remote URL`"));
        }
        let staged = stage::preview(project, &stage::PushRequest::all(Progress::default()))?;
        let to = DiffSide {
            name: "project".to_owned(),
            state: Some(staged.report.state),
            files: Some(staged.report.snapshot.tree),
            version: None,
        };
        let mut change = compare::between(&staged.objects, from.state.as_ref(), to.state.as_ref())?;
        change.add_rebundled(&staged.report.items);
        show(cx, &staged.objects, (&from, &to), &change, &self.view)
    }
}

fn show(
    cx: &mut Context<'_>,
    source: &dyn Source,
    (from, to): (&DiffSide, &DiffSide),
    change: &StateChange,
    view: &FileView,
) -> Result<Exit> {
    let files = diff::find_renames(diff::trees(source, from.files, to.files)?);
    if cx.out.is_json() {
        cx.out.json(&Answer {
            change: ChangeView::new(change),
            from: &from.name,
            to: &to.name,
            files: FileChangeView::all(&files),
            unread: UnreadSides { from: from.unread(), to: to.unread() },
        })?;
        return Ok(Exit::Done);
    }
    cx.page();
    if view.in_words() {
        cx.out.line(format!("Diff {} → {}", from.name, to.name))?;
        if change.is_empty() && !change.has_rebundled() && files.is_empty() {
            cx.out.line("No differences.")?;
            return Ok(Exit::Done);
        }
        print::print(cx.out, change, view.patch())?;
        print::unread(cx.out, from.version.iter().chain(&to.version))?;
    }
    print_section(cx, source, &files, view)?;
    Ok(Exit::Done)
}
