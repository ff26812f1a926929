//! Output of the last comparison of what runs at a remote: one line of `status`.

use super::context::Context;
use super::output::YELLOW;
use crate::client::RunningSummary;
use crate::error::Result;
use crate::history::live::Live;
use crate::store::Store;

/// Comparison of what runs with the live version, at the last answer of the remote.
pub fn last(store: &Store, live: &Live) -> Option<RunningSummary> {
    let last = RunningSummary::last(store, &live.known_remote.as_ref()?.remote)?;
    live.served.as_ref().is_some_and(|served| served.number == last.version).then_some(last)
}

/// Parts that run, and are not those of the active version.
pub fn print(cx: &mut Context<'_>, last: Option<&RunningSummary>) -> Result<()> {
    let Some(RunningSummary { version, differs, .. }) = last else { return Ok(()) };
    if differs.is_empty() {
        return Ok(());
    }
    let line = format!("  What runs is not exactly v{version}: {}", differs.join(", "));
    let line = cx.out.paint(YELLOW, line);
    cx.out.line(line)?;
    cx.out.hint("run `lua-store remote verify` to compare what runs with the active version");
    Ok(())
}
