//! Breaches of rules that `--as-is` takes: said by `fetch` and `clone`.

use super::context::Context;
use crate::history::rules::Breach;

/// Number of breaches that are listed; more are only counted.
const BREACHES: usize = 5;

/// Says what was taken although it breaks a rule.
pub fn print(cx: &mut Context<'_>, breaches: &[Breach]) {
    for breach in breaches.iter().take(BREACHES) {
        cx.out.warn(format!("accepted as it is: {}", breach.sentence()));
    }
    if !breaches.is_empty() {
        let more = breaches.len().saturating_sub(BREACHES);
        let more = if more > 0 { format!("{more} more; ") } else { String::new() };
        cx.out.hint(format!("{more}commands work around it; run `lua-store fsck` to list it"));
    }
}

/// The same for `--json`.
pub fn to_json(breaches: &[Breach]) -> Vec<String> {
    breaches.iter().map(Breach::sentence).collect()
}
