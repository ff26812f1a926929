//! The program without a command: the state of this project, and the next commands.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::live::{LiveRemoteArgs, View};
use crate::cli::output::{BOLD, GREEN, YELLOW};
use crate::cli::{Exit, table, term};
use crate::error::{Hint, Result};
use crate::history::catalog::Catalog;
use crate::history::live::Live;
use crate::operations::build::PushScope;
use crate::operations::stage::{self, PushRequest};
use crate::progress::Progress;
use crate::report;
use serde::Serialize;

/// Number of commands that are shown.
const SHOWN: usize = 5;

/// A command line and what it does.
type Step = (String, &'static str);

/// Facts of a project for one screen.
struct Facts {
    active: Option<u64>,
    newest: Option<u64>,
    staged: Vec<u64>,
    pushed: Option<u64>,
    /// True if the newest push is in no version.
    is_unversioned: bool,
    edited: usize,
    has_previous: bool,
    has_remote: bool,
    is_unsent: bool,
}

/// The answer: the project. What to run next is in `next`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    project: Option<&'a str>,
    active: Option<u64>,
    latest: Option<u64>,
    source_version: Option<u64>,
    staged: &'a [u64],
    edited_files: usize,
}

answer!(overview: Answer<'_>);

/// Shows the project of this directory, or how to begin where there is none.
pub fn run(cx: &mut Context<'_>) -> Result<Exit> {
    let project = match cx.project() {
        Err(error) if error.hints().contains(&Hint::Init) => return without_project(cx),
        found => found?,
    };
    let asked = LiveRemoteArgs::default().ask(cx, &project)?;
    let has_remote = asked.is_some();
    // The files alone: the agent is not read, so that broken code hides nothing.
    let mut request = PushRequest::all(Progress::default());
    request.scope = PushScope::Backup;
    let push = stage::preview(&project, &request)?.report;
    let root = project.root().display().to_string();
    let view = View::new(cx, project, asked)?;
    let (catalog, live) = view.catalog_and_live()?;
    let facts = Facts {
        active: live.served.as_ref().map(|served| served.number),
        newest: catalog.latest(),
        staged: catalog.staged(),
        is_unversioned: push
            .previous
            .as_ref()
            .is_some_and(|pushed| !is_versioned(&catalog, pushed.state)),
        pushed: push.previous.map(|pushed| pushed.number),
        edited: push.files.len(),
        has_previous: catalog.previous_number()?.is_some(),
        has_remote,
        is_unsent: report::unsent(&live).is_some(),
    };
    let steps = facts.steps();
    if cx.out.is_json() {
        suggest(cx, &steps);
        cx.out.json(&facts.answer(Some(&root)))?;
        return Ok(Exit::Done);
    }
    let title = cx.out.paint(BOLD, root);
    cx.out.line(title)?;
    print_active(cx, &view, &catalog, &live)?;
    facts.print(cx, &catalog)?;
    print_steps(cx, &steps)
}

/// True if the newest or the active version has this state.
fn is_versioned(catalog: &Catalog, state: crate::object::Id) -> bool {
    let numbers = [catalog.latest(), catalog.active_number()];
    let versions = numbers.into_iter().flatten().filter_map(|number| catalog.get(number).ok());
    versions.into_iter().any(|version| version.state == state)
}

/// `v2  grind advice`
fn named(catalog: &Catalog, number: Option<u64>) -> String {
    let Some(number) = number else { return "(none)".to_owned() };
    let message = catalog.get(number).ok().and_then(|version| version.meta.message);
    let first = message.as_deref().and_then(|message| message.lines().next()).unwrap_or_default();
    format!("v{number}  {first}").trim_end().to_owned()
}

/// A text, cut where it does not fit beside its label on the terminal.
fn fitted(cx: &Context<'_>, label: &str, text: &str) -> String {
    let columns = if cx.out.term().stdout { term::size().1 } else { usize::MAX };
    table::fit(text, columns.saturating_sub(label.len()))
}

fn print_active(cx: &mut Context<'_>, view: &View, catalog: &Catalog, live: &Live) -> Result<()> {
    let number = live.served.as_ref().map(|served| served.number);
    let name = cx.out.paint(GREEN, fitted(cx, "Active version:  ", &named(catalog, number)));
    cx.out.line(format!("Active version:  {name}"))?;
    let since = number.and_then(|number| report::live_since(live, number, view.now_ms()));
    let according = live.known_remote.as_ref();
    let according = according.map(|remote| report::according(remote, view.now_ms()));
    let facts: Vec<String> =
        according.into_iter().chain(since.map(|since| format!("live {since}"))).collect();
    match facts.is_empty() {
        true => Ok(()),
        false => cx.out.line(fitted(cx, "", &format!("  {}", facts.join(": ")))),
    }
}

impl Facts {
    fn print(&self, cx: &mut Context<'_>, catalog: &Catalog) -> Result<()> {
        let is_staged = self.newest.is_some_and(|newest| self.staged.contains(&newest));
        let staged = if is_staged { "  (never active)" } else { "" };
        let label = format!("Newest version:  {staged}");
        let newest = fitted(cx, &label, &named(catalog, self.newest));
        cx.out.line(format!("Newest version:  {newest}{staged}"))?;
        let pushed = self.pushed.map_or("(none)".to_owned(), |number| format!("v{number}"));
        let unversioned = if self.is_unversioned { "  (in no version yet)" } else { "" };
        cx.out.line(format!("Pushed source:   {pushed}{unversioned}"))?;
        let edited = match self.edited {
            0 => "nothing since the last push".to_owned(),
            1 => cx.out.paint(YELLOW, "1 file since the last push"),
            many => cx.out.paint(YELLOW, format!("{many} files since the last push")),
        };
        cx.out.line(format!("Edited:          {edited}"))
    }

    /// Next commands: those that the project needs first, then those that are useful at any time.
    fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut add = |wanted: bool, line: String, does: &'static str| {
            if wanted && steps.len() < SHOWN && steps.iter().all(|(known, _)| *known != line) {
                steps.push((line, does));
            }
        };
        let edited = self.edited > 0;
        add(edited && self.pushed.is_some(), "diff".into(), "list the edits");
        add(edited, "push".into(), "store the project");
        add(self.is_unversioned, "version create".into(), "create a version");
        if let Some(newest) = self.staged.first() {
            add(self.active.is_some(), format!("version diff active v{newest}"), "compare the two");
            add(true, format!("version promote v{newest}"), "make it active");
        }
        add(self.is_unsent, "push".into(), "send the new versions");
        add(self.has_remote, "pull".into(), "merge what others pushed");
        add(true, "status".into(), "show the details");
        add(self.newest.is_some(), "log".into(), "list the versions");
        add(
            self.has_previous,
            "version promote previous --dry-run".into(),
            "show what would change",
        );
        add(true, "compile".into(), "list the primitives");
        add(!self.has_remote, "remote add origin URL".into(), "share the versions with others");
        add(true, "help".into(), "list all commands");
        steps
    }

    fn answer<'a>(&'a self, project: Option<&'a str>) -> Answer<'a> {
        Answer {
            project,
            active: self.active,
            latest: self.newest,
            source_version: self.pushed,
            staged: &self.staged,
            edited_files: self.edited,
        }
    }
}

/// The same steps for `next`.
fn suggest(cx: &mut Context<'_>, steps: &[Step]) {
    for (line, _) in steps {
        cx.out.suggest(&format!("lua-store {line}"));
    }
}

fn print_steps(cx: &mut Context<'_>, steps: &[Step]) -> Result<Exit> {
    cx.out.line("Next:")?;
    let width = steps.iter().map(|(line, _)| line.len()).max().unwrap_or(0);
    let columns = if cx.out.term().stdout { term::size().1 } else { usize::MAX };
    // A description that is cut to less says nothing.
    let width = if width + "  lua-store   ".len() + 12 <= columns { width } else { 0 };
    for (line, does) in steps {
        cx.out.line(table::fit(&format!("  lua-store {line:width$}  {does}"), columns))?;
    }
    Ok(Exit::Done)
}

fn without_project(cx: &mut Context<'_>) -> Result<Exit> {
    let steps = [
        ("demo", "run the main commands on a sample agent"),
        ("init", "create a store for the project in this folder"),
        ("clone URL", "download an agent with all its versions"),
        ("status --remote URL", "show what is active on a server"),
        ("help", "list all commands"),
    ];
    let steps = steps.map(|(line, does)| (line.to_owned(), does));
    if cx.out.is_json() {
        let nothing = Answer {
            project: None,
            active: None,
            latest: None,
            source_version: None,
            staged: &[],
            edited_files: 0,
        };
        suggest(cx, &steps);
        cx.out.json(&nothing)?;
        return Ok(Exit::Done);
    }
    cx.out.line("lua-store: a version store for AI agents made with the Lua platform")?;
    cx.out.line("There is no store in this folder or above it.")?;
    print_steps(cx, &steps)
}
