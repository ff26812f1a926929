//! Checkup of copies: versions that exist in this store only are lost with its disk.

use super::Checkup;
use crate::error::Result;
use crate::history::project::Project;
use crate::object::Id;
use crate::store::{Heads, refs};
use std::collections::HashSet;

/// Compares the versions here with those of all remotes.
pub fn elsewhere(project: &Project, remotes: &[Heads]) -> Checkup {
    match missing(project, remotes) {
        Ok((pushed, versions)) => judged(project, remotes, &pushed, &versions),
        Err(error) => Checkup::skipped("copies", error.message()),
    }
}

/// Numbers of source versions and versions that no remote has.
fn missing(project: &Project, remotes: &[Heads]) -> Result<(Vec<u64>, Vec<u64>)> {
    let there: HashSet<Id> = remotes
        .iter()
        .flat_map(|heads| heads.source.iter().chain(&heads.versions))
        .copied()
        .collect();
    let only_here = |series| -> Result<Vec<u64>> {
        let listed = project.store().refs().list(series)?.into_iter();
        Ok(listed.filter(|(_, id)| !there.contains(id)).map(|(number, _)| number).collect())
    };
    Ok((only_here(refs::SOURCE)?, only_here(refs::VERSIONS)?))
}

fn judged(project: &Project, remotes: &[Heads], pushed: &[u64], versions: &[u64]) -> Checkup {
    let named: Vec<String> = [numbers("source version", pushed), numbers("version", versions)]
        .into_iter()
        .flatten()
        .collect();
    if named.is_empty() {
        let what =
            if remotes.is_empty() { "nothing is stored yet" } else { "a remote has every version" };
        return Checkup::ok("copies", what);
    }
    let has_remote = project.store().config().is_ok_and(|config| !config.remotes().is_empty());
    let fix = match has_remote {
        true => {
            "run `lua-store push` to send them, or `lua-store bundle create FILE` to write them to a file"
        }
        false => {
            "run `lua-store remote add origin URL`, then `lua-store push`; the URL may be a folder on another disk"
        }
    };
    Checkup::finding("copies", format!("{} exist in this store only", named.join(", ")), fix)
}

fn numbers(what: &str, numbers: &[u64]) -> Option<String> {
    match numbers {
        [] => None,
        [one] => Some(format!("{what} v{one}")),
        [first, .., last] => Some(format!("{what}s v{first} to v{last}")),
    }
}
