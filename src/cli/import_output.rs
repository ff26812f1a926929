//! Output about an import: what of an agent on the platform is not among its versions here.

use super::context::Context;
use crate::error::Result;
use crate::history::imported::{ImportLosses, ImportRecord};
use crate::store::Store;
use serde::Serialize;
use std::collections::BTreeSet;

/// Most names in one line.
const NAMED: usize = 5;

/// Losses of every import: the platform does not have it or does not show it.
const NEVER: [&str; 3] = [
    "files that the `lua` command passes over: tests, lock files, typings, names with a dot in front, more than 256 KiB",
    "modes of files, and symbolic links",
    "authors of backups, times and authors of promotions, and the compiled code",
];

/// Losses of an import as JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LossesView<'a> {
    /// Files that look like secrets, with the reason.
    secrets: &'a BTreeSet<String>,
    /// Binary files whose bytes do not have the hash that the platform has for them.
    binaries: &'a BTreeSet<String>,
    /// Files outside of the project that its code imports.
    externals: &'a BTreeSet<String>,
    /// Numbers of backups and versions that the platform has not got any more.
    backups: &'a BTreeSet<u64>,
    versions: &'a BTreeSet<u64>,
    /// Losses of every import.
    never: [&'static str; 3],
}

impl<'a> LossesView<'a> {
    pub fn new(losses: &'a ImportLosses) -> LossesView<'a> {
        let ImportLosses { secrets, binaries, externals, backups, versions } = losses;
        LossesView { secrets, binaries, externals, backups, versions, never: NEVER }
    }
}

/// Says once, at the end of an import, what is not in it.
pub fn print_after_import(cx: &mut Context<'_>, store: &Store, name: &str) -> Result<()> {
    let Some(record) = ImportRecord::find(store, name)? else { return Ok(()) };
    cx.out.note("Not imported, as the platform does not show it:");
    for line in lines(&record.losses) {
        cx.out.note(format!("   {line}"));
    }
    Ok(())
}

/// Sentences about losses, those of this agent first.
pub fn lines(losses: &ImportLosses) -> Vec<String> {
    let ImportLosses { secrets, binaries, externals, backups, versions } = losses;
    let mut lines = Vec::new();
    let mut add = |what: &str, names: Vec<String>| {
        if !names.is_empty() {
            lines.push(format!("{what}: {}", some(&names)));
        }
    };
    let numbers = |all: &BTreeSet<u64>| all.iter().map(|number| number.to_string()).collect();
    let names = |all: &BTreeSet<String>| all.iter().cloned().collect();
    add("files that look like secrets", names(secrets));
    add("binary files whose bytes the platform has as text", names(binaries));
    add("files outside of the project", names(externals));
    add("backups that are gone there", numbers(backups));
    add("versions that are gone there", numbers(versions));
    lines.extend(NEVER.map(str::to_owned));
    lines
}

fn some(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
