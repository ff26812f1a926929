//! `status`: live version, staged versions and unpushed edits, on one screen.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::live::{LiveRemoteArgs, View};
use crate::cli::open_merge::{self, OpenMergeView};
use crate::cli::open_promotion::{self, OpenPromotionView};
use crate::cli::output::{BOLD, ErrorView, GREEN, YELLOW};
use crate::cli::print::warn_of_damage;
use crate::cli::progress::with_progress;
use crate::cli::push_output::{self, print_remarks};
use crate::cli::status_steps;
use crate::cli::{Exit, elsewhere, print, running_output};
use crate::client::RunningSummary;
use crate::compare::PushChange;
use crate::error::Result;
use crate::flow::remote::is_address;
use crate::history::catalog::Catalog;
use crate::history::live::Live;
use crate::history::source;
use crate::history::version::Version;
use crate::model::agent::{Dropped, Note};
use crate::operations::leak::Leak;
use crate::operations::stage::{self, PushReport};
use crate::operations::stock;
use crate::report::{self, DistView, FileChangeView, LiveView, NeededView};
use crate::workspace::Skipped;
use serde::Serialize;

/// Show what is active, what is staged, what is not pushed
///
/// Asks the remote which version is active. If it does not answer in time, its last known answer is shown, with
/// the time.
#[derive(Debug, clap::Args)]
pub struct Status {
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

/// Number of changed files that are listed; more are only counted.
const FILES: usize = 20;

impl Status {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        if let Some(remote) = self.whom.remote.as_ref().filter(|remote| is_address(remote)) {
            let view = elsewhere::open(cx, &self.whom, remote)?;
            return of_remote(cx, &view);
        }
        let project = cx.project()?;
        let asked = self.whom.ask(cx, &project)?;
        let (report, error) = with_progress(cx, "Reading", |progress| {
            let (staged, error) = stage::preview_files_at_least(&project, progress)?;
            Ok((staged.report, error))
        })?;
        let allowed = project.allowed()?;
        let view = View::new(cx, project, asked)?;
        let (catalog, live) = view.catalog_and_live()?;
        let latest = latest(&catalog)?;
        // After a rollback the pushed state may be that of the active version, which is older.
        let active = catalog.active()?;
        let unversioned = report.previous.as_ref().is_some_and(|pushed| {
            ![&latest, &active].into_iter().flatten().any(|version| version.state == pushed.state)
        });
        let merge = OpenMergeView::of(&view.project)?;
        let is_merging = merge.is_some();
        let open = OpenPromotionView::all(view.store())?;
        let staged = catalog.staged();
        if cx.out.is_json() {
            cx.out.json(&Answer {
                merge,
                versions: VersionFields {
                    active: live.served.as_ref().map(|served| served.number),
                    latest: catalog.latest(),
                    staged: staged.clone(),
                    source_version: report.previous.as_ref().map(|previous| previous.number),
                },
                project: ProjectFields::new(&report),
                pushed_not_versioned: unversioned,
                allowed: &allowed,
                open_promotions: &open,
                runs: running_output::last(view.store(), &live),
                live: LiveView::new(&live, view.now_ms()),
                error: error.as_ref().map(ErrorView::new),
            })?;
            let state = (report::unsent(&live).is_some(), is_merging, !open.is_empty());
            open_promotion::suggest(cx, &open);
            status_steps::suggest(cx, &staged, &report, unversioned, state);
            return Ok(exit(&report));
        }
        warn_of_damage(cx, &catalog);
        merge.map_or(Ok(()), |merge| open_merge::print(cx, &merge))?;
        open_promotion::print(cx, &open)?;
        print_live(cx, &view, &live, active.as_ref())?;
        running_output::print(cx, running_output::last(view.store(), &live).as_ref())?;
        let pushed = report.previous.as_ref().map(|previous| previous.number);
        print_versions(cx, &catalog, latest.as_ref(), pushed, &staged)?;
        print_staged(cx, &staged, unversioned, !open.is_empty())?;
        print_unpushed(cx, &report, report::unsent(&live), is_merging || !open.is_empty())?;
        push_output::print_secrets(cx, &report, &allowed)?;
        print_remarks(cx, &report);
        print_unread(cx, &report, is_merging);
        Ok(exit(&report))
    }
}

fn print_unread(cx: &mut Context<'_>, report: &PushReport, is_merging: bool) {
    if let Some(reason) = &report.unread {
        cx.out.warn(format!("the agent cannot be read: {reason}"));
        let hint = "correct it, or run `lua-store push backup` to store the files as they are";
        (!is_merging).then(|| cx.out.hint(hint));
    }
}

fn exit(report: &PushReport) -> Exit {
    if report.unread.is_some() { Exit::Found } else { Exit::Done }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(flatten)]
    versions: VersionFields,
    #[serde(flatten)]
    project: ProjectFields<'a>,
    pushed_not_versioned: bool,
    allowed: &'a [String],
    /// Promotions on the Lua platform that were interrupted.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    open_promotions: &'a [OpenPromotionView],
    /// Comparison of what runs on the platform with the active version, at its last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    runs: Option<RunningSummary>,
    #[serde(flatten)]
    live: LiveView<'a>,
    /// The merge that `pull --markers` left open.
    #[serde(skip_serializing_if = "Option::is_none")]
    merge: Option<OpenMergeView>,
    /// Error of the code of the project, where it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView<'a>>,
}

/// The answer where no project is.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RemoteAnswer<'a> {
    #[serde(flatten)]
    versions: VersionFields,
    #[serde(flatten)]
    live: LiveView<'a>,
}

answer! {
    status: Answer<'_>,
    remoteStatus: RemoteAnswer<'_>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct VersionFields {
    active: Option<u64>,
    latest: Option<u64>,
    staged: Vec<u64>,
    source_version: Option<u64>,
}

/// Preview of a push.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ProjectFields<'a> {
    not_pushed: NotPushed<'a>,
    left_out: &'a [Skipped],
    kept_although_ignored: Vec<NeededView<'a>>,
    leftovers: &'a [String],
    secrets: &'a [Leak],
    notes: &'a [Note],
    dropped: &'a [Dropped],
    deployable: bool,
    compiled: DistView<'a>,
    unread: Option<&'a str>,
    rebundled: Vec<RebundledItem<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NotPushed<'a> {
    primitives: Vec<ChangedItem<'a>>,
    files: Vec<FileChangeView<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ChangedItem<'a> {
    kind: &'static str,
    name: &'a str,
    change: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RebundledItem<'a> {
    kind: &'static str,
    name: &'a str,
}

impl<'a> ProjectFields<'a> {
    fn new(report: &'a PushReport) -> ProjectFields<'a> {
        let moved = report.items.iter().filter(|item| item.change != PushChange::Unchanged);
        let moved = moved.map(|item| ChangedItem {
            kind: item.kind,
            name: &item.name,
            change: item.change.word(),
        });
        let rebundled = report.items.iter().filter(|item| item.rebundled);
        let rebundled = rebundled.map(|item| RebundledItem { kind: item.kind, name: &item.name });
        ProjectFields {
            not_pushed: NotPushed {
                primitives: moved.collect(),
                files: FileChangeView::all(&report.files),
            },
            left_out: &report.snapshot.skipped,
            kept_although_ignored: NeededView::all(report),
            leftovers: &report.snapshot.leftovers,
            secrets: &report.leaks,
            notes: &report.notes,
            dropped: &report.dropped,
            deployable: stock::is_deployable(&report.dropped),
            compiled: DistView::new(&report.dist),
            unread: report.unread.as_deref(),
            rebundled: rebundled.collect(),
        }
    }
}

/// The newest version, where it can be read.
fn latest(catalog: &Catalog) -> Result<Option<Version>> {
    let sound = |number: &u64| catalog.damage(*number).is_none();
    catalog.latest().filter(sound).map(|number| catalog.get(number)).transpose()
}

/// Status of a remote, outside of a project.
fn of_remote(cx: &mut Context<'_>, view: &View) -> Result<Exit> {
    let (catalog, live) = view.catalog_and_live()?;
    let source = source::latest(view.store())?.map(|pushed| pushed.number);
    if cx.out.is_json() {
        let versions = VersionFields {
            active: catalog.active_number(),
            latest: catalog.latest(),
            staged: catalog.staged(),
            source_version: source,
        };
        cx.out.json(&RemoteAnswer { versions, live: LiveView::new(&live, view.now_ms()) })?;
        return Ok(Exit::Done);
    }
    print_live(cx, view, &live, catalog.active()?.as_ref())?;
    let staged = catalog.staged();
    print_versions(cx, &catalog, latest(&catalog)?.as_ref(), source, &staged).map(|()| Exit::Done)
}

/// Live version, since when, and according to which remote.
fn print_live(
    cx: &mut Context<'_>,
    view: &View,
    live: &Live,
    active: Option<&Version>,
) -> Result<()> {
    let name = match (&live.served, active) {
        (None, _) => "(none)".to_owned(),
        (Some(_), Some(version)) => status_steps::named(version),
        (Some(served), None) => {
            format!("v{}  (not downloaded yet: run `lua-store pull`)", served.number)
        }
    };
    let name = cx.out.paint(GREEN, name);
    cx.out.line(format!("Active version:  {name}"))?;
    let since = live
        .served
        .as_ref()
        .and_then(|served| report::live_since(live, served.number, view.now_ms()));
    if let Some(since) = since {
        print::text(cx.out, format!("  Live {since}"))?;
    }
    for line in report::live_lines(live, view.now_ms()) {
        print::text(cx.out, format!("  {line}"))?;
    }
    Ok(())
}

fn print_versions(
    cx: &mut Context<'_>,
    catalog: &Catalog,
    latest: Option<&Version>,
    pushed: Option<u64>,
    staged: &[u64],
) -> Result<()> {
    let newest = match (latest, catalog.latest()) {
        (Some(version), _) => status_steps::named(version),
        (None, Some(number)) => format!("v{number}  (cannot be read)"),
        (None, None) => "(none)".to_owned(),
    };
    cx.out.line(format!("Newest version:  {newest}"))?;
    let pushed = pushed.map_or("(none)".to_owned(), |number| format!("v{number}"));
    cx.out.line(format!("Pushed source:   {pushed}"))?;
    if !staged.is_empty() {
        cx.out.line(format!(
            "Staged:          {} (created, never live)",
            status_steps::listed(staged)
        ))?;
    }
    Ok(())
}

/// Next step for the pushed state and the staged versions. An open promotion comes before another one.
fn print_staged(
    cx: &mut Context<'_>,
    staged: &[u64],
    unversioned: bool,
    is_promoting: bool,
) -> Result<()> {
    if let Some(newest) = staged.first().filter(|_| !is_promoting) {
        cx.out.hint(format!("run `lua-store version promote v{newest}` to make it active"));
    }
    if unversioned {
        let line = cx.out.paint(YELLOW, "The pushed state is in no version yet.");
        cx.out.line(line)?;
        cx.out.hint("run `lua-store version create` to create a version of it");
    }
    Ok(())
}

/// Changes that a push would store. With an open merge or promotion it would be refused, so it is not suggested.
fn print_unpushed(
    cx: &mut Context<'_>,
    report: &PushReport,
    unsent: Option<String>,
    is_refused: bool,
) -> Result<()> {
    let moved: Vec<_> =
        report.items.iter().filter(|item| item.change != PushChange::Unchanged).collect();
    if !report.changed() {
        match unsent {
            None => cx.out.line("Nothing to push: the project is as it was pushed.")?,
            Some(text) => {
                cx.out.line(text)?;
                if !is_refused {
                    cx.out.hint("run `lua-store push` to send it");
                }
            }
        }
        return print_rebundled(cx, report);
    }
    let head = cx.out.paint(BOLD, "Not pushed:");
    cx.out.line(head)?;
    for item in moved {
        let sign = match item.change {
            PushChange::New => '+',
            PushChange::Removed => '-',
            PushChange::Changed | PushChange::Unchanged => '~',
        };
        let name = if item.kind == "persona" { String::new() } else { format!(" {}", item.name) };
        cx.out.line(format!("  {sign} {}{name} ({})", item.kind, item.change.word()))?;
    }
    print_rebundled(cx, report)?;
    let files = &report.files;
    for change in files.iter().take(FILES) {
        cx.out.line(crate::cli::diff_output::file_line(change))?;
    }
    if files.len() > FILES {
        cx.out.line(format!(
            "  … and {} more files: `lua-store diff --name-only`",
            files.len() - FILES
        ))?;
    }
    if let Some(text) = unsent {
        cx.out.line(text)?;
    }
    if report.unread.is_none() && !is_refused {
        cx.out.hint("run `lua-store push` to store it");
    }
    Ok(())
}

/// Primitives that the compiler rebuilt without a change.
fn print_rebundled(cx: &mut Context<'_>, report: &PushReport) -> Result<()> {
    for item in report.items.iter().filter(|item| item.rebundled) {
        cx.out.line(format!("  · {} {} ({})", item.kind, item.name, report::REBUNDLED))?;
    }
    Ok(())
}
