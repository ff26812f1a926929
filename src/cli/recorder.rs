//! Recorder of operations: what a command changed in the store and in the files, for `undo`.

use super::context::Context;
use crate::error::Result;
use crate::history::project::Project;
use crate::history::source;
use crate::object::Id;
use crate::progress::Progress;
use crate::store::{FilesChange, Heads, Operation};
use crate::workspace::Tracked;

/// State before a command.
pub struct Recorder {
    command: String,
    heads: Heads,
    /// Tree of the files, for a command that restores some.
    files: Option<Id>,
}

/// True if files of the project can be others after a command.
fn changes_files(words: &[&str]) -> bool {
    matches!(
        words,
        ["pull" | "restore" | "sync", ..]
            | ["source", "rollback", ..]
            | ["snapshot", "restore", ..]
    )
}

fn changes_refs(words: &[&str]) -> bool {
    matches!(words, ["push", ..] | ["version", "create" | "promote" | "delete" | "undelete", ..])
}

/// Words from the command on, without the global options before it.
fn of_command<'a>(mut words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    while let Some(word) = words.next() {
        match word {
            "-C" | "--author" | "--color" => drop(words.next()),
            option if option.starts_with('-') => {}
            command => return std::iter::once(command).chain(words).collect(),
        }
    }
    Vec::new()
}

impl Recorder {
    /// Looks at the project before a command that may change it; nothing where there is none.
    pub fn begin(cx: &Context<'_>, words: &[String]) -> Option<Recorder> {
        let words: Vec<&str> = of_command(words.iter().map(String::as_str));
        let changes_files = changes_files(&words);
        if (!changes_files && !changes_refs(&words)) || words.contains(&"--dry-run") {
            return None;
        }
        let project = cx.project().ok()?;
        let files = changes_files.then(|| tree(&project).ok()).flatten();
        let heads = project.store().heads().ok()?;
        Some(Recorder { command: words.join(" "), heads, files })
    }

    /// Records what changed. Nothing depends on its success.
    pub fn finish(self, cx: &mut Context<'_>) {
        drop(self.record(cx));
    }

    fn record(self, cx: &mut Context<'_>) -> Result<()> {
        let project = cx.project()?;
        let after = project.store().heads()?;
        let files = match self.files {
            Some(before) => Some(FilesChange { before, after: tree(&project)? }),
            None => None,
        };
        let operation = Operation::between(self.command, (&self.heads, &after), files);
        let Some(mut operation) = operation else { return Ok(()) };
        if let Ok(who) = cx.who(&project) {
            (operation.by, operation.at_ms) = (Some(who.by), who.at_ms);
        }
        project.store().add_operation(&operation, false).map(drop)
    }
}

fn tree(project: &Project) -> Result<Id> {
    let objects = project.store().objects();
    let newest = source::latest(project.store())?.map(|newest| newest.source);
    let tracked = Tracked::in_tree(objects, newest)?;
    Ok(project.preview(&tracked, &Progress::default())?.0.tree)
}
