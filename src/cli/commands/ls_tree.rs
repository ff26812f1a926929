//! `ls-tree`: what a tree holds.

use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::cli::live::LiveRemoteArgs;
use crate::cli::tree_output::{EntryView, Listed, line};
use crate::cli::{Exit, complete};
use crate::error::{Error, Result};
use crate::history::resolve;
use crate::history::revision::Revision;
use crate::object::{Source, Tree};
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// List the contents of a version, or of a folder in one
#[derive(Debug, clap::Args)]
pub struct LsTree {
    /// `v2`, `v2:source/src`, or the id of a tree
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(complete::objects))]
    tree: Revision,
    /// List the files in folders instead of the folders
    #[arg(short, long)]
    recursive: bool,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer {
    entries: Vec<EntryView>,
    #[serde(flatten)]
    length: ListLength,
}

answer!(tree: Answer);

impl LsTree {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let view = self.whom.open_for(cx, &[&self.tree])?;
        let found = resolve::object(view.store(), view.theirs(), &self.tree)?;
        if !found.mode.is_directory() {
            return Err(Error::usage(format!(
                "\"{}\" is a {}, not a tree",
                self.tree,
                found.mode.word()
            ))
            .hint(format!("run `lua-store cat-file {}` to print it", self.tree)));
        }
        let objects = view.store().objects();
        let mut entries = Entries::new(objects.tree(&found.id)?);
        let mut next = || entries.next(objects, self.recursive);
        if cx.out.is_json() {
            let mut all = Vec::new();
            while let Some(entry) = next()? {
                all.push(EntryView::new(&entry));
            }
            let length = ListLength::whole(all.len());
            cx.out.json(&Answer { entries: all, length })?;
            return Ok(Exit::Done);
        }
        cx.page();
        while let Some(entry) = next()? {
            cx.out.line(line(&entry))?;
        }
        Ok(Exit::Done)
    }
}

/// The entries of a tree, one after the other: a tree may be deeper than a stack, and unfold to more than fits
/// into memory.
struct Entries {
    /// The trees on the way, and how far each was listed.
    open: Vec<(Tree, usize)>,
    /// The path of the innermost of them, with a slash at its end.
    path: String,
}

impl Entries {
    fn new(top: Tree) -> Entries {
        Entries { open: vec![(top, 0)], path: String::new() }
    }

    fn next(&mut self, source: &dyn Source, recursive: bool) -> Result<Option<Listed>> {
        while let Some((tree, at)) = self.open.last_mut() {
            let Some(entry) = tree.entries().get(*at) else {
                self.open.pop();
                let above = self.path.trim_end_matches('/').rfind('/').map_or(0, |slash| slash + 1);
                self.path.truncate(above);
                continue;
            };
            *at += 1;
            if !recursive || !entry.mode.is_directory() {
                return Ok(Some((format!("{}{}", self.path, entry.name), entry.clone())));
            }
            let below = source.tree(&entry.id)?;
            self.path.push_str(&entry.name);
            self.path.push('/');
            self.open.push((below, 0));
        }
        Ok(None)
    }
}
