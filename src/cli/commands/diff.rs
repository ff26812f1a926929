//! `diff`: the project against the newest version, or two versions, in words and by file.

use crate::cli::context::Context;
use crate::cli::live::Whom;
use crate::cli::output::{BOLD, GREEN, RED};
use crate::cli::{Exit, complete, print};
use crate::compare::{self, StateChange};
use crate::diff::{self, ChangeKind, DiffSide, TreeChange};
use crate::error::{Error, Result};
use crate::history::resolve;
use crate::history::revision::Revision;
use crate::history::version::Version;
use crate::object::{Id, Leaf, Source};
use crate::operations::stage;
use crate::progress::Progress;
use crate::report;
use clap_complete::ArgValueCompleter;
use serde_json::{Value, json};

/// Say what differs between the project and the newest version
///
/// With one version: the project against that one. With two: the second against the first.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// Compare with this version instead of the newest
    #[arg(allow_hyphen_values = true, add = ArgValueCompleter::new(complete::versions))]
    from: Option<Revision>,
    /// Compare this version, not the project
    #[arg(allow_hyphen_values = true, add = ArgValueCompleter::new(complete::versions))]
    to: Option<Revision>,
    #[command(flatten)]
    view: FileView,
    #[command(flatten)]
    whom: Whom,
}

/// How changed files are shown.
#[derive(Debug, clap::Args)]
pub struct FileView {
    /// Show the changed lines of every file
    #[arg(short, long)]
    patch: bool,
    /// Show how many lines of each file changed
    #[arg(long, conflicts_with = "patch")]
    stat: bool,
    /// Show paths only
    #[arg(long, conflicts_with_all = ["patch", "stat"])]
    name_only: bool,
    /// Show one line for scripts: modes, ids, letter and path, as git's raw format
    #[arg(long, conflicts_with_all = ["patch", "stat", "name_only"])]
    raw: bool,
}

impl FileView {
    /// Whether any way to show files was asked for.
    pub fn is_wanted(&self) -> bool {
        self.patch || self.stat || self.name_only || self.raw
    }

    /// Whether people read it: then the agent's change in words comes first.
    pub fn in_words(&self) -> bool {
        !self.name_only && !self.raw
    }

    pub fn patch(&self) -> bool {
        self.patch
    }
}

/// One side: a name for people, a state, a tree of files.
struct Place {
    name: String,
    state: Option<Id>,
    files: Option<Id>,
    version: Option<Version>,
}

impl Place {
    /// Why the agent of a version was not read.
    fn unread(&self) -> Option<&str> {
        self.version.as_ref()?.meta.unread.as_deref()
    }
}

impl Diff {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let given: Vec<&Revision> = [&self.from, &self.to].into_iter().flatten().collect();
        let opened = self.whom.open_for(cx, &given)?;
        let (project, catalog) = (&opened.project, opened.catalog()?);
        let place = |revision: &Revision| -> Result<Place> {
            let version = catalog.get(resolve::number(&catalog, revision)?)?;
            let (name, state, files) =
                (format!("v{}", version.number), version.state, version.source);
            Ok(Place { name, state: Some(state), files: Some(files), version: Some(version) })
        };
        let from = match &self.from {
            Some(revision) => place(revision)?,
            None if catalog.is_empty() => {
                Place { name: "nothing".to_owned(), state: None, files: None, version: None }
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
        let staged = stage::look(project, &stage::Request::all(Progress::default()))?;
        let to = Place {
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
    (from, to): (&Place, &Place),
    change: &StateChange,
    view: &FileView,
) -> Result<Exit> {
    let files = diff::find_renames(diff::trees(source, from.files, to.files)?);
    if cx.out.is_json() {
        let mut answer = report::to_json(change);
        answer["from"] = json!(from.name);
        answer["to"] = json!(to.name);
        answer["files"] = files_json(&files);
        answer["unread"] = json!({"from": from.unread(), "to": to.unread()});
        cx.out.json(&answer)?;
        return Ok(Exit::Done);
    }
    cx.page();
    if view.in_words() {
        cx.out.line(format!("Diff {} → {}", from.name, to.name))?;
        if change.is_empty() && !change.has_rebundled() && files.is_empty() {
            cx.out.line("No differences.")?;
            return Ok(Exit::Done);
        }
        print::print(cx.out, change, view.patch)?;
        print::unread(cx.out, from.version.iter().chain(&to.version))?;
    }
    print_section(cx, source, &files, view)?;
    Ok(Exit::Done)
}

pub fn files_json(changes: &[TreeChange]) -> Value {
    let side = |leaf: Option<Leaf>| {
        leaf.map(|(mode, id)| json!({"mode": mode.word(), "id": id.to_string()}))
    };
    let one = |change: &TreeChange| {
        json!({
            "path": change.path, "from": change.from, "change": change.kind.word(),
            "old": side(change.old), "new": side(change.new),
        })
    };
    changes.iter().map(one).collect()
}

/// Changed files below their heading, where people read it.
pub fn print_section(
    cx: &mut Context<'_>,
    source: &dyn Source,
    changes: &[TreeChange],
    view: &FileView,
) -> Result<()> {
    if view.in_words() {
        cx.out.line(if changes.is_empty() { "Files: (no changes)" } else { "Files:" })?;
    }
    print_files(cx, source, changes, view)
}

/// Changed files: a letter and the path, or what the flags ask for.
pub fn print_files(
    cx: &mut Context<'_>,
    source: &dyn Source,
    changes: &[TreeChange],
    view: &FileView,
) -> Result<()> {
    for change in changes {
        if view.name_only {
            cx.out.line(&change.path)?;
        } else if view.raw {
            cx.out.line(diff::raw_line(change))?;
        } else if view.patch {
            print_patch(cx, source, change)?;
        } else {
            let count = if view.stat { stat(source, change)? } else { String::new() };
            cx.out.line(format!("{}{count}", file_line(change)))?;
        }
    }
    Ok(())
}

/// `  M src/index.ts`
pub fn file_line(change: &TreeChange) -> String {
    format!("  {} {}", change.kind.letter(), path_words(change))
}

fn path_words(change: &TreeChange) -> String {
    let mode = if change.kind == ChangeKind::Mode { " (executable bit)" } else { "" };
    match &change.from {
        Some(from) => format!("{from} → {}", change.path),
        None => format!("{}{mode}", change.path),
    }
}

fn bytes(source: &dyn Source, leaf: Option<Leaf>) -> Result<Option<Vec<u8>>> {
    leaf.map(|(_, id)| source.blob(&id)).transpose()
}

fn stat(source: &dyn Source, change: &TreeChange) -> Result<String> {
    let (old, new) = (bytes(source, change.old)?, bytes(source, change.new)?);
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    Ok(match diff::count_lines(&old, &new) {
        Some(count) => format!("  +{} -{}", count.added, count.removed),
        None => format!("  {} → {} bytes", old.len(), new.len()),
    })
}

fn print_patch(cx: &mut Context<'_>, source: &dyn Source, change: &TreeChange) -> Result<()> {
    let (old, new) = (bytes(source, change.old)?, bytes(source, change.new)?);
    let old = change.old.zip(old.as_deref()).map(|(leaf, bytes)| DiffSide { leaf, bytes });
    let new = change.new.zip(new.as_deref()).map(|(leaf, bytes)| DiffSide { leaf, bytes });
    let from = change.from.as_deref().unwrap_or(&change.path);
    print_patch_text(cx, &diff::patch(from, old, &change.path, new).text)
}

/// A patch, coloured on a terminal.
pub fn print_patch_text(cx: &mut Context<'_>, patch: &str) -> Result<()> {
    for line in patch.lines() {
        let style = match line.as_bytes().first() {
            Some(b'+') if !line.starts_with("+++") => Some(GREEN),
            Some(b'-') if !line.starts_with("---") => Some(RED),
            Some(b'@') | Some(b'd') => Some(BOLD),
            _ => None,
        };
        let text = style.map_or_else(|| line.to_owned(), |style| cx.out.paint(style, line));
        cx.out.line(text)?;
    }
    Ok(())
}
