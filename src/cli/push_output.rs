//! Output of a push: what it kept, left out and could not evaluate. `push`, `status`, `version create` and `sync`
//! print it.

use crate::cli::context::Context;
use crate::cli::hints;
use crate::cli::output::{DIM, GREEN, RED, YELLOW};
use crate::cli::{compiler, print};
use crate::compare::{self, PushChange, PushedItem, StateChange};
use crate::error::Result;
use crate::operations::leak;
use crate::operations::push::Pushed;
use crate::operations::stage::PushReport;
use crate::operations::stock;
use crate::report;

/// Number of remarks that are listed; more are only counted.
const REMARKS: usize = 10;

/// Result for each primitive, on stdout, with its differences if given; left-out files and
/// unevaluated code on stderr.
pub fn print(cx: &mut Context<'_>, pushed: &Pushed, change: Option<&StateChange>) -> Result<()> {
    if cx.out.is_json() {
        return Ok(());
    }
    print_remarks(cx, &pushed.report);
    if let Some(reason) = &pushed.report.unread {
        cx.out
            .warn(format!("only the files are stored, because the agent cannot be read: {reason}"));
    }
    let changed = pushed.report.changed();
    let is_folded = |item: &&PushedItem| item.change == PushChange::Unchanged && !item.rebundled;
    for item in pushed.report.items.iter().filter(|item| !is_folded(item)) {
        let (style, text) = item_words(item, pushed.number.is_some());
        let text = cx.out.paint(style, text);
        cx.out.line(text)?;
        // A new one shows only its former name, and the changes with it.
        let has_lines = match item.change {
            PushChange::Changed => true,
            PushChange::New => item.kind != "agent",
            PushChange::Unchanged | PushChange::Removed => false,
        };
        let changed = change.filter(|_| has_lines);
        let lines = changed
            .map(|change| report::item_lines(change, item.kind, &item.name))
            .unwrap_or_default();
        print::lines(cx.out, lines.into_iter().map(|line| line.indented(6)))?;
    }
    if changed {
        let folded = pushed.report.items.iter().filter(is_folded);
        print_unchanged(cx, &folded.map(subject).collect::<Vec<_>>())?;
    }
    if let Some(change) = change.filter(|_| changed) {
        print::lines(cx.out, report::reached_lines(&compare::reached(change)))?;
    }
    if pushed.healed > 0 {
        cx.out.note(format!("{} damaged object(s) were stored again.", pushed.healed));
        cx.out.hint("run `lua-store fsck --repair` to remove the damaged copies");
    }
    if let Some(number) = pushed.number {
        cx.out.line(format!("💾 Backup at v{number} ({})", changed_files(&pushed.report)))?;
    }
    Ok(())
}

/// Number of unchanged things that are named.
const NAMED: usize = 5;

/// `  ·  7 unchanged: shop, persona, orders, catalog, nightly, … and 2 more`
fn print_unchanged(cx: &mut Context<'_>, names: &[&str]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let named = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", … and {more} more"),
    };
    let text = cx.out.paint(DIM, format!("  ·  {} unchanged: {named}{more}", names.len()));
    cx.out.line(text)
}

/// The name by which a person knows it.
fn subject(item: &PushedItem) -> &str {
    match (item.kind, &*item.name) {
        ("persona", _) => "persona",
        // One without a name yet.
        ("agent", "") => "agent",
        (_, name) => name,
    }
}

fn item_words(item: &PushedItem, done: bool) -> (anstyle::Style, String) {
    let (sign, pushed, removed) = if done {
        ("✅", "pushed", "removed")
    } else {
        ("~ ", "would be pushed", "would be removed")
    };
    let subject = subject(item);
    let kind = match item.kind {
        "persona" => String::new(),
        kind => format!("{kind}, "),
    };
    let number = |number: &Option<String>| {
        number.as_ref().map_or(String::new(), |number| format!(" v{number}"))
    };
    let (before, after) = (number(&item.before), number(&item.after));
    match (item.change, item.kind) {
        (PushChange::New, "agent") => {
            (GREEN, format!("  {sign} {subject} {pushed} (agent settings, new)"))
        }
        (PushChange::Changed, "agent") => {
            (YELLOW, format!("  {sign} {subject} {pushed} (agent settings, changed)"))
        }
        (PushChange::Unchanged, "agent") => {
            (DIM, format!("  ·  {subject} unchanged (agent settings)"))
        }
        (PushChange::New, _) => (GREEN, format!("  {sign} {subject}{after} {pushed} ({kind}new)")),
        (PushChange::Changed, _) => {
            let from = item.before.clone().unwrap_or_default();
            let to = item.after.clone().unwrap_or_default();
            (YELLOW, format!("  {sign} {subject}{after} {pushed} ({kind}{from} → {to})"))
        }
        (PushChange::Unchanged, _) => {
            let code =
                if item.rebundled { format!("; {}", report::REBUNDLED) } else { String::new() };
            (DIM, format!("  ·  {subject}{after} unchanged ({}{code})", item.kind))
        }
        (PushChange::Removed, _) => {
            (RED, format!("  {sign} {subject} {removed} ({kind}was{before})"))
        }
    }
}

fn changed_files(report: &PushReport) -> String {
    let word = if report.previous.is_some() { "changed" } else { "new" };
    format!("{} {word} file(s)", report.files.len())
}

/// Files that were left out, and TypeScript that was not evaluated.
pub fn print_remarks(cx: &mut Context<'_>, report: &PushReport) {
    let skipped =
        report.snapshot.skipped.iter().map(|s| format!("left out \"{}\": {}", s.path, s.reason));
    let notes =
        report.notes.iter().map(|n| format!("{}:{}:{}: {}", n.path, n.line, n.column, n.message));
    let files = report.snapshot.notes.iter().map(|n| {
        format!(
            "\"{}\" and \"{}\" are the same name on systems that ignore case or Unicode form",
            n.path, n.collides_with
        )
    });
    for list in [
        skipped.collect::<Vec<_>>(),
        files.collect(),
        notes.collect(),
        stock::notes(&report.dropped),
    ] {
        for text in list.iter().take(REMARKS) {
            cx.out.warn(text);
        }
        if list.len() > REMARKS {
            cx.out.warn(format!(
                "… and {} more: run `lua-store status --json` to list all",
                list.len() - REMARKS
            ));
        }
    }
    if let Some(first) = report.snapshot.leftovers.first() {
        cx.out.warn(format!(
            "\"{first}\" is left by an interrupted restore, and may be a file that somebody saved meanwhile; the next restore renames it to NAME.saved-N"
        ));
    }
    for needed in report.needed.iter().take(REMARKS) {
        cx.out.note(format!("kept although ignored: {}", needed.words()));
    }
    compiler::remark(cx, &report.dist);
}

pub fn print_summary(cx: &mut Context<'_>, pushed: &Pushed, dry_run: bool) -> Result<()> {
    let moved =
        pushed.report.items.iter().filter(|item| item.change != PushChange::Unchanged).count();
    match (pushed.number, dry_run) {
        (Some(_), _) => {
            let count = if moved > 0 { format!(": {moved} changed") } else { String::new() };
            cx.out.line(format!("✅ Push complete{count}"))?;
        }
        (None, _) if !pushed.report.changed() => cx.out.line(match &pushed.report.previous {
            Some(previous) => format!("Nothing changed since source version v{}.", previous.number),
            None => "Nothing to push.".to_owned(),
        })?,
        (None, _) => {
            let files = changed_files(&pushed.report);
            cx.out.line(format!("Would push {moved} change(s), {files}. Nothing was stored."))?;
        }
    }
    Ok(())
}

/// Secrets that stop a push, and those that are allowed.
pub fn print_secrets(cx: &mut Context<'_>, report: &PushReport, allowed: &[String]) -> Result<()> {
    if !allowed.is_empty() {
        cx.out.line(format!("Allowed secrets: {}", allowed.join(", ")))?;
    }
    report
        .leaks
        .iter()
        .for_each(|leak| cx.out.warn(format!("cannot be pushed: {}", leak.sentence())));
    if !report.leaks.is_empty() {
        cx.out.hint(format!(
            "run `{}` to store it if it is not a secret",
            hints::allow_command(&leak::allowances(&report.leaks))
        ));
    }
    Ok(())
}
