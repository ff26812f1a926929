//! Output of changed files: letters and paths, patches, counts. `diff`, `status`, `source`,
//! `persona` and `sync` print them.

use super::context::Context;
use super::output::{BOLD, GREEN, RED};
use crate::diff::{self, ChangeKind, DiffSide, TreeChange};
use crate::error::Result;
use crate::object::{Leaf, Source};

/// Options for changed files.
#[derive(Clone, Copy, Debug, clap::Args)]
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
    /// True if any option for files was given.
    pub fn is_wanted(&self) -> bool {
        self.patch || self.stat || self.name_only || self.raw
    }

    /// True for output that people read: then the agent's change in words comes first.
    pub fn in_words(&self) -> bool {
        !self.name_only && !self.raw
    }

    pub fn patch(&self) -> bool {
        self.patch
    }

    /// The same, with the changed lines where nothing else was asked for.
    #[must_use]
    pub fn or_patch(self) -> FileView {
        FileView { patch: self.patch || !self.is_wanted(), ..self }
    }
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
