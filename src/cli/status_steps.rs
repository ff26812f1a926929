//! Steps after `status`: the commands that its text names in hints, for a program.

use super::context::Context;
use crate::history::version::Version;
use crate::operations::stage::PushReport;

/// Limit on the staged versions that `status` names.
const MOST_STAGED: usize = 5;

pub fn suggest(
    cx: &mut Context<'_>,
    staged: &[u64],
    report: &PushReport,
    unversioned: bool,
    (is_unsent, is_merging, is_promoting): (bool, bool, bool),
) {
    if let Some(newest) = staged.first().filter(|_| !is_promoting) {
        cx.out.suggest(&format!("lua-store version promote v{newest}"));
    }
    if unversioned {
        cx.out.suggest("lua-store version create");
    }
    // A push is refused until the merge is finished.
    if is_merging {
        return cx.out.suggest("lua-store pull --continue");
    }
    // It is refused while a promotion is open, too.
    if is_promoting {
        return;
    }
    match report.unread {
        None if report.changed() || is_unsent => cx.out.suggest("lua-store push"),
        None => {}
        Some(_) => cx.out.suggest("lua-store push backup"),
    }
}

/// The newest staged versions, and the number of the others: `version list` has all.
pub fn listed(staged: &[u64]) -> String {
    let (newest, older) = staged.split_at(staged.len().min(MOST_STAGED));
    let names: Vec<String> = newest.iter().map(|number| format!("v{number}")).collect();
    match older.len() {
        0 => names.join(", "),
        older => format!("{} and {older} older", names.join(", ")),
    }
}

/// `v2  launch`
pub fn named(version: &Version) -> String {
    let message = version.meta.message.as_deref().unwrap_or_default();
    match message.lines().next().filter(|first| !first.is_empty()) {
        Some(first) => format!("v{}  {first}", version.number),
        None => format!("v{}", version.number),
    }
}
