//! Incoming versions of a remote, and the refusal of a push or a pull, in words.

use super::conflict::conflict_lines;
use super::line::{Line, Sign};
use super::{item_lines, part_lines};
use crate::compare::StateChange;
use crate::error::{Error, Hint};
use crate::history::record::Event;
use crate::history::recorded_change::RecordedChange;
use crate::history::version::Version;
use crate::merge::incoming::{Incoming, IncomingPush, LedgerChange};
use crate::merge::pull::PullConflicts;
use crate::merge::{ConflictReason, rebase};
use crate::report::view;
use serde::Serialize;

/// `Allowed secrets, as origin contains them: src/key.ts`, where there are any.
pub fn inherited(allowed: &[String], from: &str) -> Option<String> {
    let list = allowed.join(", ");
    (!allowed.is_empty()).then(|| format!("Allowed secrets, as {from} contains them: {list}"))
}

/// `2026-11-20 21:03`
pub fn local_time(at_ms: i64) -> String {
    view::minute(at_ms)
}

/// Everything, oldest first: who, when, in whose words, and what changed.
pub fn incoming_lines(incoming: &Incoming) -> Vec<Line> {
    let mut lines: Vec<Line> = incoming.source.iter().flat_map(push_lines).collect();
    lines.extend(incoming.versions.iter().map(version_line));
    lines.extend(incoming.ledger.iter().map(|moved| Line::plain(moved_words(moved))));
    lines
}

fn push_lines(push: &IncomingPush) -> Vec<Line> {
    let (record, number) = (&push.version.record, push.version.number);
    let what = record.message.as_deref().unwrap_or(&record.triggered_by);
    let time = local_time(record.at_ms);
    let mut lines = vec![Line::plain(format!("source v{number}  {time}  {}  {what}", record.by))];
    lines.extend(brief(&push.change).into_iter().map(|line| line.indented(4)));
    lines
}

fn version_line(version: &Version) -> Line {
    let (meta, number) = (&version.meta, version.number);
    let message = meta.message.as_deref().unwrap_or_default();
    let text = format!("version v{number}  {}  {}  {message}", local_time(meta.at_ms), meta.by);
    Line::plain(text.trim_end())
}

/// Number of pushes, versions and records that a refusal shows.
const NEWEST: usize = 5;

/// The newest of everything, for a refusal: `… and 115 older` is before them.
pub fn newest_lines(incoming: &Incoming) -> Vec<Line> {
    let mut lines = newest("source versions", &incoming.source, push_lines);
    lines.extend(newest("versions", &incoming.versions, |version| vec![version_line(version)]));
    lines.extend(newest_moved_lines(&incoming.ledger));
    lines
}

/// The newest records of a ledger, for a refusal.
pub fn newest_moved_lines(list: &[LedgerChange]) -> Vec<Line> {
    newest("promotions and deletions", list, |moved| vec![Line::plain(moved_words(moved))])
}

fn newest<T>(what: &str, all: &[T], lines_of: impl Fn(&T) -> Vec<Line>) -> Vec<Line> {
    let older = all.len().saturating_sub(NEWEST);
    let first = (older > 0).then(|| Line::plain(format!("… and {older} older {what}")));
    first.into_iter().chain(all[older..].iter().flat_map(lines_of)).collect()
}

/// Records of a ledger, one line each.
pub fn moved_lines(list: &[LedgerChange]) -> Vec<Line> {
    list.iter().map(|moved| Line::plain(moved_words(moved))).collect()
}

/// `promoted v3  2026-11-20 21:03  ann@example.com  "why"`
fn moved_words(moved: &LedgerChange) -> String {
    let record = &moved.step.record;
    let word = match record.event {
        Event::Promote => "promoted",
        Event::Delete => "deleted",
        Event::Undelete => "undeleted",
        Event::Purge => "purged",
    };
    let id = moved.step.version().map_or("objects".to_owned(), |id| id.short().to_string());
    let number = moved.number.map_or(id, |number| format!("v{number}"));
    let reason = record.reason.as_deref().unwrap_or_default();
    let text = format!("{word} {number}  {}  {}  {reason}", local_time(record.at_ms), record.by);
    text.trim_end().to_owned()
}

/// Changed things, one line each, with their differences below.
pub fn brief(change: &StateChange) -> Vec<Line> {
    let mut lines = Vec::new();
    for section in &change.kinds {
        let one = section.kind.one;
        let added =
            section.added.iter().map(|named| (Sign::Added, format!("+ {one} {}", named.name)));
        let removed =
            section.removed.iter().map(|named| (Sign::Removed, format!("- {one} {}", named.name)));
        lines.extend(added.chain(removed).map(|(sign, text)| Line::new(sign, text)));
        for changed in &section.changed {
            let number =
                |number: &Option<String>| number.clone().unwrap_or_else(|| "(none)".to_owned());
            let (from, to) = (number(&changed.from), number(&changed.to));
            lines.push(Line::new(Sign::Changed, format!("~ {one} {} {from} → {to}", changed.name)));
            if changed.parts.is_defined_otherwise() {
                lines.extend(
                    part_lines(&changed.parts, false).into_iter().map(|line| line.indented(4)),
                );
            }
        }
    }
    if change.persona.is_some() {
        lines.push(Line::new(Sign::Changed, "~ persona"));
        lines.extend(
            item_lines(change, "persona", "persona").into_iter().map(|line| line.indented(4)),
        );
    }
    let settings = change
        .settings
        .iter()
        .map(|setting| Line::new(Sign::Changed, format!("~ {}", setting.name)));
    lines.extend(settings);
    if lines.is_empty() {
        lines.push(Line::plain("files only"));
    }
    lines
}

/// Versions of a remote that are not here, because of which nothing is sent.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct BehindRemote {
    remote: String,
    /// Numbers there.
    source_versions: Vec<u64>,
    versions: Vec<u64>,
    /// Number of promotions and deletions.
    ledger: usize,
    /// All of them: who made each, and when.
    changes: Vec<RecordedChange>,
}

/// Error of a push or a promotion that has to fetch first. `action` is `push` or `promote v3`.
pub fn behind(action: &str, remote: &str, news: &Incoming) -> Error {
    let details = BehindRemote {
        remote: remote.to_owned(),
        source_versions: news.source.iter().map(|push| push.version.number).collect(),
        versions: news.versions.iter().map(|version| version.number).collect(),
        ledger: news.ledger.len(),
        changes: recorded(news),
    };
    Error::conflict(format!("cannot {action}: \"{remote}\" has {}", count(news)))
        .hint(Hint::PullFirst { remote: remote.to_owned() })
        .with_details(details)
}

fn recorded(news: &Incoming) -> Vec<RecordedChange> {
    let pushes = news.source.iter().map(|push| RecordedChange::push(&push.version));
    let versions = news.versions.iter().map(RecordedChange::create);
    let steps = news.ledger.iter().map(|change| RecordedChange::step(&change.step, change.number));
    pushes.chain(versions).chain(steps).collect()
}

/// `2 source versions and 1 version that are missing here`
fn count(incoming: &Incoming) -> String {
    let several = |count: usize, one: &str, more: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {more}")),
    };
    let parts: Vec<String> = [
        several(incoming.source.len(), "source version", "source versions"),
        several(incoming.versions.len(), "version", "versions"),
        several(incoming.ledger.len(), "promotion or deletion", "promotions or deletions"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let all = incoming.source.len() + incoming.versions.len() + incoming.ledger.len();
    let verb = if all == 1 { "is" } else { "are" };
    match parts.split_last() {
        Some((last, [])) => format!("{last} that {verb} missing here"),
        Some((last, rest)) => format!("{} and {last} that are missing here", rest.join(", ")),
        None => "nothing new".to_owned(),
    }
}

/// The error of a refused pull.
pub fn refusal(remote: &str, refused: &PullConflicts) -> Error {
    let what = match (&refused.conflicts[..], &refused.diverged) {
        ([], _) => "both sides promoted, deleted or undeleted versions".to_owned(),
        ([_], _) => "one change here conflicts with one there".to_owned(),
        (several, _) => format!("{} changes here conflict with changes there", several.len()),
    };
    let error = Error::conflict(format!("cannot pull from \"{remote}\": {what}"));
    let by_hand = |conflict: &crate::merge::Conflict| {
        matches!(conflict.why, ConflictReason::Broken(_) | ConflictReason::Entangled)
    };
    if refused.conflicts.iter().any(by_hand) {
        return error.hint(
            "edit your files to resolve the conflicts, then pull again; nothing was changed",
        );
    }
    error.hint(match refused.diverged {
        Some(_) => Hint::PullTheirLedger { remote: remote.to_owned() },
        None => Hint::PullTheirs { remote: remote.to_owned() },
    })
}

/// Lines of a refused pull beside its error.
pub fn refusal_lines(refused: &PullConflicts) -> Vec<Line> {
    let mut lines: Vec<Line> = refused.conflicts.iter().flat_map(conflict_lines).collect();
    if let Some((ours, theirs)) = &refused.diverged {
        lines.push(Line::new(Sign::Changed, "the ledger was continued on both sides"));
        for (label, moved) in [("here", ours), ("there", theirs)] {
            lines.push(Line::plain(format!("    {label}:")));
            lines.extend(newest_moved_lines(moved).into_iter().map(|line| line.indented(6)));
        }
    }
    lines
}

/// Old and new numbers of our versions.
pub fn renumbered_lines(rebased: &rebase::Rebased) -> Vec<Line> {
    let moved = |label: &'static str, list: &[rebase::NumberChange]| -> Vec<Line> {
        list.iter()
            .map(|moved| Line::plain(format!("your {label} v{} → v{}", moved.from, moved.to)))
            .collect()
    };
    let mut lines = moved("source", &rebased.source);
    lines.extend(moved("version", &rebased.versions));
    for one in &rebased.primitives {
        let what = if one.kind == one.name {
            one.kind.to_owned()
        } else {
            format!("{} {}", one.kind, one.name)
        };
        lines.push(Line::plain(format!("your {what} {} → {}", one.from, one.to)));
    }
    let left_out = rebased.left_out.iter().map(|step| {
        let record = &step.record;
        let (word, local_time) = (record.event.word(), local_time(record.at_ms));
        let of = step.version().map_or(String::new(), |id| format!(" of {}", id.short()));
        Line::new(Sign::Removed, format!("left out: {word}{of} by {}, {local_time}", record.by))
    });
    lines.extend(left_out);
    lines
}
