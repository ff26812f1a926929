//! `ls-tree`: what a tree holds.

use crate::agent::{resolve, revision::Revision};
use crate::cli::Exit;
use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::live::Whom;
use crate::cli::table::one_line;
use crate::error::{Error, Result};
use crate::object::{Entry, Id, Source, Tree};
use clap_complete::ArgValueCompleter;
use serde_json::{Value, json};

/// List what a version, or a folder inside one, holds
#[derive(Debug, clap::Args)]
pub struct LsTree {
    /// `v2`, `v2:source/src`, or the id of a tree
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(complete::objects))]
    tree: Revision,
    /// List what is in the folders instead of the folders
    #[arg(short, long)]
    recursive: bool,
    #[command(flatten)]
    whom: Whom,
}

impl LsTree {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let view = self.whom.open_for(cx, &[&self.tree])?;
        let found = resolve::object(view.store(), view.theirs(), &self.tree)?;
        if !found.mode.is_directory() {
            return Err(Error::usage(format!("\"{}\" is a {}, not a tree", self.tree, found.mode.word()))
                .hint(format!("`lua-store cat-file {}` prints it", self.tree)));
        }
        let mut entries = Vec::new();
        list(view.store().objects(), &found.id, self.recursive, "", &mut entries)?;
        if cx.out.is_json() {
            cx.out.json(&entries.iter().map(to_json).collect::<Vec<_>>())?;
            return Ok(Exit::Done);
        }
        cx.page();
        for line in entries.iter().map(line) {
            cx.out.line(line)?;
        }
        Ok(Exit::Done)
    }
}

/// An entry, and its path from the tree that was asked for.
pub type Listed = (String, Entry);

fn list(source: &dyn Source, tree: &Id, recursive: bool, above: &str, into: &mut Vec<Listed>) -> Result<()> {
    for (path, entry) in listed(&source.tree(tree)?, above) {
        if recursive && entry.mode.is_directory() {
            list(source, &entry.id, recursive, &format!("{path}/"), into)?;
        } else {
            into.push((path, entry));
        }
    }
    Ok(())
}

/// The entries of one tree.
pub fn listed(tree: &Tree, above: &str) -> Vec<Listed> {
    tree.entries().iter().map(|entry| (format!("{above}{}", entry.name), entry.clone())).collect()
}

pub fn line((path, entry): &Listed) -> String {
    format!("{:10}  {}  {}", entry.mode.word(), entry.id, one_line(path))
}

pub fn to_json((path, entry): &Listed) -> Value {
    json!({"path": path, "mode": entry.mode.word(), "id": entry.id.to_string()})
}
