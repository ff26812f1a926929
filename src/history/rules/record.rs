//! Rules for records: a time with a date, and texts that fit into a list.

use crate::error::{Error, Result};
use crate::history::record::{LedgerRecord, SourceRecord, VersionMeta};

/// Limit in bytes on an author, a message, a reason or another text of a record.
pub const MOST_TEXT: usize = 1024;

/// The first millisecond of 1970, and the last that has a date in every time zone: 9999-12-30T21:59:59.999Z.
const TIMES: std::ops::Range<i64> = 0..253_402_207_200_000;

/// Time by which a record of the ledger may precede the one before it: clocks differ, and are set.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Broken rules of the record of a source version.
pub fn check_source(record: &SourceRecord) -> Vec<String> {
    let texts = [
        ("author", Some(&record.by)),
        ("cause", Some(&record.triggered_by)),
        ("message", record.message.as_ref()),
        ("reason why it was not read", record.unread.as_ref()),
    ];
    problems(record.at_ms, &texts)
}

pub fn check_version(meta: &VersionMeta) -> Vec<String> {
    let texts = [
        ("author", Some(&meta.by)),
        ("message", meta.message.as_ref()),
        ("commit", meta.commit.as_ref()),
        ("reason why it was not read", meta.unread.as_ref()),
    ];
    problems(meta.at_ms, &texts)
}

pub fn check_step(record: &LedgerRecord) -> Vec<String> {
    problems(record.at_ms, &[("author", Some(&record.by)), ("reason", record.reason.as_ref())])
}

fn problems(at_ms: i64, texts: &[(&str, Option<&String>)]) -> Vec<String> {
    let time = (!TIMES.contains(&at_ms)).then(|| format!("its time {at_ms} is out of range"));
    let long = texts.iter().filter_map(|(what, text)| {
        let len = text.map_or(0, String::len);
        (len > MOST_TEXT).then(|| format!("its {what} has {len} bytes, more than {MOST_TEXT}"))
    });
    time.into_iter().chain(long).collect()
}

/// Refuses a text that no record may hold, before there is one.
pub fn check_text(what: &str, text: &str) -> Result<()> {
    if text.len() <= MOST_TEXT {
        return Ok(());
    }
    let len = text.len();
    Err(Error::usage(format!("this {what} has {len} bytes, more than {MOST_TEXT}"))
        .hint("nothing was changed; write longer text into a file of the project"))
}

/// As much of a text that nobody typed as a record may hold.
pub fn shortened(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MOST_TEXT));
    text
}

/// The time of a record that follows one of another time, by a clock that may be wrong: never more than a day before.
pub fn clamp_time(now_ms: i64, previous_ms: Option<i64>) -> i64 {
    let earliest =
        previous_ms.filter(|previous| TIMES.contains(previous)).map(|previous| previous - DAY_MS);
    earliest.map_or(now_ms, |earliest| now_ms.max(earliest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_date() {
        // 9999-12-30T21:59:59.999Z; milliseconds taken for microseconds; before 1970.
        for (at_ms, fine) in
            [(0, true), (253_402_207_199_999, true), (253_402_207_200_000, false), (-1, false)]
        {
            assert_eq!(problems(at_ms, &[]).is_empty(), fine, "{at_ms}");
        }
        assert!(jiff::Timestamp::from_millisecond(253_402_207_199_999).is_ok());
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_record_that_nobody_takes() {
        assert_eq!(clamp_time(5, None), 5);
        assert_eq!(clamp_time(5, Some(10)), 5);
        assert_eq!(clamp_time(5, Some(DAY_MS + 7)), 7);
        assert_eq!(clamp_time(5, Some(i64::MAX)), 5, "a time that is none says nothing");
    }
}
