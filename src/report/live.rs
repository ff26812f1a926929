//! Live version in words: since when, by whom, according to which remote, and the records that were
//! not sent there.

use crate::history::imported;
use crate::history::ledger::LedgerEntry;
use crate::history::live::{KnownRemote, Live, Pointer, PromotionRecord, Unsent};
use crate::history::record::Event;
use crate::history::via::Via;
use crate::report::view;

/// `14:07 UTC`, with the date where that is not today's.
pub fn clock(at_ms: i64, now_ms: i64) -> String {
    let (at, now) = (view::minute(at_ms), view::minute(now_ms));
    match (at.split_once(' '), now.split_once(' ')) {
        (Some((day, time)), Some((today, _))) if day == today => format!("{time} UTC"),
        _ => format!("{at} UTC"),
    }
}

/// `2 h`, in the largest unit that is there once.
pub fn lasted(ms: i64) -> String {
    let minutes = ms / 60_000;
    match minutes {
        ..=0 => "just now".to_owned(),
        1..=59 => format!("{minutes} min"),
        60..=1439 => format!("{} h", minutes / 60),
        1440..=2879 => "1 day".to_owned(),
        _ => format!("{} days", minutes / 1440),
    }
}

/// The one sentence about who made a version live, when and why: `since 14:07 UTC (2 h) by ci@example.com, reason`,
/// with the token that brought it beside who says that they did it.
pub fn since(promotion: &PromotionRecord, now_ms: i64) -> String {
    let PromotionRecord { record, via } = promotion;
    if imported::is_undated(record) {
        return "since a time that the platform does not say".to_owned();
    }
    let (at, while_) = (clock(record.at_ms, now_ms), lasted(now_ms.saturating_sub(record.at_ms)));
    let reason = record.reason.iter().flat_map(|reason| reason.split_whitespace());
    let reason = reason.collect::<Vec<_>>().join(" ");
    let comma = if reason.is_empty() { "" } else { ", " };
    let via = via.as_ref().map_or(String::new(), Via::to_string);
    format!("since {at} ({while_}) by {}{via}{comma}{reason}", record.by)
}

/// The same sentence for a version, where it is the live one.
pub fn live_since(live: &Live, number: u64, now_ms: i64) -> Option<String> {
    let served = live.served.as_ref().filter(|served| served.number == number)?;
    served.promoted.as_ref().map(|promotion| since(promotion, now_ms))
}

/// `2 h ago`
fn ago(ms: i64) -> String {
    if ms < 60_000 { lasted(ms) } else { format!("{} ago", lasted(ms)) }
}

/// Source of the answer and its time: `as origin had it at 14:10 UTC, 2 h ago`.
pub fn according(known_remote: &KnownRemote, now_ms: i64) -> String {
    match (known_remote.fresh, known_remote.at_ms) {
        (true, _) => format!("as {} has it now", known_remote.remote),
        (false, Some(at)) => {
            format!(
                "as {} had it at {}, {}",
                known_remote.remote,
                clock(at, now_ms),
                ago(now_ms.saturating_sub(at))
            )
        }
        (false, None) => format!("as {} had it when it was last asked", known_remote.remote),
    }
}

/// Source of the answer, and the differences to this store; empty without a remote.
pub fn live_lines(live: &Live, now_ms: i64) -> Vec<String> {
    let Some(known_remote) = &live.known_remote else { return Vec::new() };
    let missing = live.served.as_ref().filter(|served| served.promoted.is_none());
    let missing = missing.map(|served| {
        format!(
            "{} serves v{}: its promotion is not fetched yet",
            known_remote.remote, served.number
        )
    });
    let lines = [Some(according(known_remote, now_ms)), missing, pointer(live)];
    lines.into_iter().flatten().collect()
}

/// Pointer here, if it is not the live version.
fn pointer(live: &Live) -> Option<String> {
    let remote = &live.known_remote.as_ref()?.remote;
    let number =
        |number: Option<u64>| number.map_or("nothing".to_owned(), |number| format!("v{number}"));
    let (here, serves) =
        (number(live.here), number(live.served.as_ref().map(|served| served.number)));
    match live.pointer() {
        Pointer::Same => None,
        Pointer::HereOnly => Some(format!("{here} is active here only; {remote} serves {serves}")),
        Pointer::Behind => Some(format!(
            "{here} is still active here: run `lua-store pull` to get the version of {remote}"
        )),
    }
}

/// `Not sent to origin: source v7, version v5, 1 promotion`.
pub fn unsent(live: &Live) -> Option<String> {
    let known_remote = live.known_remote.as_ref()?;
    let parts = unsent_parts(live.unsent.as_ref()?);
    (!parts.is_empty())
        .then(|| format!("Not sent to {}: {}", known_remote.remote, parts.join(", ")))
}

fn unsent_parts(unsent: &Unsent) -> Vec<String> {
    let numbers = |what: &str, numbers: &[u64]| match numbers {
        [] => None,
        [one] => Some(format!("{what} v{one}")),
        [first, .., last] => Some(format!("{what}s v{first}..v{last}")),
    };
    let events = |event: Event, what: &str| match unsent.count(event) {
        0 => None,
        1 => Some(format!("1 {what}")),
        many => Some(format!("{many} {what}s")),
    };
    let source = numbers("source", &unsent.source).map(|text| text.replace("sources ", "source "));
    let versions = numbers("version", &unsent.versions);
    let moves = [
        events(Event::Promote, "promotion"),
        events(Event::Delete, "deletion"),
        events(Event::Undelete, "undeletion"),
    ];
    [source, versions].into_iter().chain(moves).flatten().collect()
}

/// True if a record was not sent.
pub fn is_unsent(unsent: &Unsent, step: &LedgerEntry) -> bool {
    unsent.ledger.iter().any(|other| other.id == step.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::record::LedgerRecord;
    use crate::store::TokenName;

    /// 2026-11-21T16:10:00Z, by `date -u -d … +%s`.
    const NOW: i64 = 1_795_277_400_000;
    const MINUTE: i64 = 60_000;

    #[test]
    fn times_of_today_have_no_date() {
        assert_eq!(clock(NOW - 123 * MINUTE, NOW), "14:07 UTC");
        assert_eq!(clock(NOW - 17 * 60 * MINUTE, NOW), "2026-11-20 23:10 UTC");
        for (minutes, text) in [
            (-5, "just now"),
            (1, "1 min"),
            (59, "59 min"),
            (60, "1 h"),
            (1439, "23 h"),
            (1440, "1 day"),
            (2880, "2 days"),
        ] {
            assert_eq!(lasted(minutes * MINUTE), text);
        }
    }

    #[test]
    fn who_when_and_why_is_one_sentence() {
        let reason = Some("the diff\nlooks right".to_owned());
        let (by, at_ms) = ("ci@example.com".to_owned(), NOW - 123 * MINUTE);
        let record = LedgerRecord { event: Event::Promote, by, at_ms, reason };
        let mut promotion = PromotionRecord { record, via: None };
        assert_eq!(
            since(&promotion, NOW),
            "since 14:07 UTC (2 h) by ci@example.com, the diff looks right"
        );
        promotion.record.reason = None;
        assert_eq!(since(&promotion, NOW), "since 14:07 UTC (2 h) by ci@example.com");
        let token = TokenName { id: "511ff332a7a8".into(), name: "laptop-2".into() };
        promotion.via = Some(Via { remote: "origin".into(), token, at_ms: 0 });
        assert_eq!(
            since(&promotion, NOW),
            "since 14:07 UTC (2 h) by ci@example.com via token \"laptop-2\""
        );
    }
}
