//! Check of an index against the disk: one `stat` per known file and folder, by name in its folder, on several threads if
//! there are enough.

use super::index::{IndexEntryKind, StatIndex};
use super::rules::RULE_FILES;
use super::scan::OWN_PROJECT;
use crate::fs::{FolderLooks, Stat};
use crate::parallel::{self, Spread};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Below this many files a second thread costs more than it saves.
const FEW: usize = 600;

/// Entries of an index that still hold.
#[derive(Default)]
pub struct ValidEntries {
    /// For each folder: its names are those known.
    pub listings: Vec<bool>,
    /// For each folder: its rule files are those known.
    pub rules: Vec<bool>,
    /// For each folder, for each item: its bytes are those known.
    pub items: Vec<Vec<bool>>,
    pub all: bool,
    /// Number of files and folders that were looked up.
    pub looks: usize,
}

/// Looks at everything the index knows.
///
/// A folder with an entry of such a name may become a project, or be one no longer, and look the same: that is asked
/// each time.
pub fn check(root: &Path, index: &StatIndex<'_>, is_project: fn(&Path) -> bool) -> ValidEntries {
    let count = index.folders.iter().map(|folder| folder.items.len()).sum::<usize>();
    let (looks, stale) = (AtomicUsize::new(0), AtomicBool::new(false));
    // The cost is in the items: a few folders may hold many.
    let many = if count < FEW { usize::MAX } else { 0 };
    let folders = parallel::map(Spread::over(index.folders.len(), 16, many), |at| {
        let found = check_folder(root, index, at, &looks, is_project);
        let fresh = found.0
            && found.1
            && index.folders[at]
                .items
                .iter()
                .zip(&found.2)
                .all(|(item, fresh)| *fresh || matches!(item.what, IndexEntryKind::Folder(_)));
        stale.fetch_or(!fresh, Ordering::Relaxed);
        found
    });
    let mut fresh = ValidEntries {
        all: !index.folders.is_empty() && !stale.into_inner(),
        ..ValidEntries::default()
    };
    for (listing, rules, items) in folders {
        fresh.listings.push(listing);
        fresh.rules.push(rules);
        fresh.items.push(items);
    }
    fresh.looks = looks.into_inner();
    fresh
}

fn check_folder(
    root: &Path,
    index: &StatIndex<'_>,
    at: usize,
    looks: &AtomicUsize,
    is_project: fn(&Path) -> bool,
) -> (bool, bool, Vec<bool>) {
    let folder = &index.folders[at];
    let path = root.join(&*folder.path);
    let is_untouched = |now: io::Result<Stat>, known: &Stat| {
        looks.fetch_add(1, Ordering::Relaxed);
        now.is_ok_and(|now| now == *known) && !known.is_racy(index.limit)
    };
    // Opened once for all of its entries. Where it is gone, or a link is in its place, they are too.
    let Ok(here) = FolderLooks::open(&path) else {
        return (false, false, vec![false; folder.items.len()]);
    };
    let is_inner = at > 0 && folder.may_be_project && is_project(&path);
    let listing = is_untouched(here.own(), &folder.stat) && !is_inner;
    let child = |name: &str, known: &Stat| is_untouched(here.entry(name), known);
    let items = folder.items.iter().map(|item| match &item.what {
        // A folder is looked at when its own turn comes.
        IndexEntryKind::Folder(_) => false,
        IndexEntryKind::LeftOut(reason) if *reason == OWN_PROJECT => {
            child(&item.name, &item.stat) && is_project(&path.join(&*item.name))
        }
        IndexEntryKind::LeftOut(_) | IndexEntryKind::Leaf(..) => child(&item.name, &item.stat),
    });
    let items: Vec<bool> = items.collect();
    let rules = folder.rule_files.iter().all(|(which, stat)| {
        let name = RULE_FILES[usize::from(*which)];
        let item = folder.items.binary_search_by(|item| item.name.as_bytes().cmp(name.as_bytes()));
        // Most are files of the project too, which were looked at just now.
        let known = item.ok().filter(|at| folder.items[*at].stat == *stat);
        known.map_or_else(|| child(name, stat), |at| items[at])
    });
    (listing, rules, items)
}
