//! Steps after `status`: the commands that its text names in hints, for a program.

use super::context::Context;
use crate::operations::stage::PushReport;

pub fn suggest(
    cx: &mut Context<'_>,
    staged: &[u64],
    report: &PushReport,
    unversioned: bool,
    is_unsent: bool,
) {
    if let Some(newest) = staged.first() {
        cx.out.suggest(&format!("lua-store version promote v{newest}"));
    }
    if unversioned {
        cx.out.suggest("lua-store version create");
    }
    match report.unread {
        None if report.changed() || is_unsent => cx.out.suggest("lua-store push"),
        None => {}
        Some(_) => cx.out.suggest("lua-store push backup"),
    }
}
