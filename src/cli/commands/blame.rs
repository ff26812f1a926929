//! `blame`: for each line of a file or of the persona, the push that brought it, who made it and when, and whether it was
//! ever live.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::live::{LiveRemoteArgs, View};
use crate::cli::table::cut;
use crate::cli::{Exit, complete, paths};
use crate::compare::blame::{self, BlameStep, BlamedLine};
use crate::error::{Error, Hint, Result};
use crate::fs;
use crate::history::any_version::AnyVersion;
use crate::history::catalog::Catalog;
use crate::history::record::iso;
use crate::history::revision::Revision;
use crate::history::source::SourceVersion;
use crate::history::state::PERSONA_TEXT;
use crate::history::version::Version;
use crate::history::{resolve, timeline};
use crate::report::view;
use clap_complete::ArgValueCompleter;
use serde::Serialize;
use std::collections::HashSet;

/// Show which push added each line, and whether it was ever live
///
/// Takes a path in the project, `persona` for the persona of the last push, or either of these in a version:
/// `v2:src/index.ts`, `active:persona`. Follows a file that was renamed without changing its content.
#[derive(Debug, clap::Args)]
pub struct Blame {
    /// A path, `persona`, or `VERSION:` and one of them; `./persona` is a file of that name
    #[arg(value_name = "PATH", add = ArgValueCompleter::new(complete::objects))]
    what: String,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    /// Name of the version, or `project`.
    of: &'a str,
    path: &'a str,
    lines: Vec<LineView<'a>>,
}

answer!(blame: Answer<'_>);

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct LineView<'a> {
    line: usize,
    text: &'a str,
    /// The push that brought it; null for a line that was never pushed.
    source_version: Option<u64>,
    by: Option<&'a str>,
    at: Option<String>,
    message: Option<&'a str>,
    /// Agent versions that contain it.
    versions: Vec<u64>,
    /// True if one of these was ever live.
    was_live: bool,
}

/// Text to blame, and the pushes it came through.
struct Subject {
    of: String,
    path: String,
    newest: Option<Vec<u8>>,
    is_persona: bool,
    /// The last push that counts.
    until: u64,
}

/// Pushes and versions in which a line is looked up.
struct History<'a> {
    pushes: Vec<SourceVersion>,
    versions: Vec<Version>,
    live: HashSet<crate::object::Id>,
    subject: &'a Subject,
}

impl Blame {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let (revision, path) = match self.what.parse::<Revision>() {
            Ok(Revision::Inside(base, path)) => (Some(*base), path),
            _ => (None, self.what.clone()),
        };
        let view = self.whom.open_for(cx, revision.iter().collect::<Vec<_>>().as_slice())?;
        let subject = subject(cx, &view, revision, &path)?;
        let catalog = view.catalog()?;
        let history = History::read(&view, &catalog, &subject)?;
        let lines = history.blame(&view)?;
        if cx.out.is_json() {
            let views = lines.iter().enumerate().map(|(at, line)| history.line(at, line));
            let (of, path) = (&*subject.of, &*subject.path);
            cx.out.json(&Answer { of, path, lines: views.collect() })?;
            return Ok(Exit::Done);
        }
        cx.page();
        for (at, line) in lines.iter().enumerate() {
            let view = history.line(at, line);
            cx.out.line(format!("{} {:>4}) {}", head(&view), view.line, view.text))?;
        }
        Ok(Exit::Done)
    }
}

/// `source/v2  v2 live     ana@example.com      2026-11-21 09:30`
fn head(line: &LineView<'_>) -> String {
    let (Some(source), Some(at)) = (line.source_version, &line.at) else {
        return format!("{:<63}", "not pushed");
    };
    let version = match line.versions.first() {
        Some(first) => format!("v{first}"),
        None => "-".to_owned(),
    };
    let live = if line.was_live { "live" } else { "never live" };
    let by = cut(line.by.unwrap_or_default(), 18);
    let source = format!("source/v{source}");
    format!("{source:<11} {version:<4} {live:<10} {by:<18} {}", view::minute_of(at))
}

fn subject(
    cx: &Context<'_>,
    view: &View,
    revision: Option<Revision>,
    path: &str,
) -> Result<Subject> {
    let store = view.store();
    let is_persona = path == "persona";
    let found = match (&revision, is_persona || !view.is_project()) {
        (Some(revision), _) => Some(resolve::version(store, view.theirs(), revision)?),
        (None, true) => Some(resolve::version(store, view.theirs(), &Revision::PUSHED)?),
        (None, false) => None,
    };
    let Some(found) = found else { return of_project(cx, view, path) };
    let (until, newest) = match found.source_number() {
        Some(number) => (same_push(view, &found, number)?, None),
        None => {
            let before = resolve::before(store, &found)?.map_or(0, |push| push.number());
            let entry = crate::object::entry_at(store.objects(), &found.files(), path)?;
            let entry = entry.filter(|entry| !is_persona && !entry.mode.is_directory());
            let missing = || Error::not_found(format!("there is no \"{path}\" in {}", found.name));
            let id = entry.ok_or_else(missing)?.id;
            (before, Some(crate::object::Source::blob(store.objects(), &id)?))
        }
    };
    let path = path.strip_prefix("source/").unwrap_or(path).to_owned();
    Ok(Subject { of: found.name, path, newest, is_persona, until })
}

/// The file as it is on the disk.
fn of_project(cx: &Context<'_>, view: &View, path: &str) -> Result<Subject> {
    let root = view.project.root();
    let inside =
        paths::in_project(&root.canonicalize().unwrap_or(root.to_owned()), &cx.directory()?, path)?;
    let newest = fs::read_if_exists(&root.join(&inside))?;
    if newest.is_none() {
        return Err(Error::not_found(format!("there is no file \"{path}\" in the project"))
            .hint(format!("run `lua-store blame v1:{inside}` to show it as it was in a version")));
    }
    let until = view.store().refs().latest(crate::history::source::REFS)?.map_or(0, |(n, _)| n);
    Ok(Subject { of: "project".to_owned(), path: inside, newest, is_persona: false, until })
}

/// The number of the push here with the files of a version.
fn same_push(view: &View, found: &AnyVersion, number: u64) -> Result<u64> {
    let pushed = crate::history::source::get(view.store(), number);
    if pushed.is_ok_and(|pushed| pushed.source == found.files()) {
        return Ok(number);
    }
    let name = &found.name;
    Err(Error::failed(format!("cannot blame {name}: no local push contains its files"))
        .hint(Hint::PullEverything))
}

impl<'a> History<'a> {
    fn read(view: &View, catalog: &Catalog, subject: &'a Subject) -> Result<History<'a>> {
        let (mut pushes, _) = timeline::pushes(view.store())?;
        pushes.retain(|push| push.number <= subject.until);
        let versions = timeline::versions(catalog)?;
        let live = catalog.promoted().copied().collect();
        Ok(History { pushes, versions, live, subject })
    }

    fn blame(&self, view: &View) -> Result<Vec<BlamedLine>> {
        let Subject { path, newest, is_persona, .. } = self.subject;
        let root = |push: &SourceVersion| if *is_persona { push.state } else { push.source };
        let steps = self.pushes.iter().rev();
        let steps: Vec<BlameStep> =
            steps.map(|push| BlameStep { push: push.number, root: root(push) }).collect();
        let path = if *is_persona { PERSONA_TEXT } else { path };
        let found = blame::blame(view.store().objects(), path, newest.clone(), &steps);
        found.map_err(|error| error.context(format!("cannot blame {}", self.subject.of)))
    }

    /// A line came with a push, and each version of this push or a later one has it.
    fn line<'l>(&'l self, at: usize, line: &'l BlamedLine) -> LineView<'l> {
        let push = line.push.and_then(|number| self.pushes.iter().find(|p| p.number == number));
        let has = |version: &&Version| {
            let of = version.meta.source_version;
            push.is_some_and(|push| push.number <= of && of <= self.subject.until)
        };
        let versions: Vec<&Version> = self.versions.iter().filter(has).collect();
        LineView {
            line: at + 1,
            text: &line.text,
            source_version: line.push,
            by: push.map(|push| &*push.record.by),
            at: push.map(|push| iso(push.record.at_ms)),
            message: push.and_then(|push| push.record.message.as_deref()),
            was_live: versions.iter().any(|version| self.live.contains(&version.id)),
            versions: versions.iter().map(|version| version.number).collect(),
        }
    }
}
