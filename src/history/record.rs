//! Records: small MessagePack maps with author, time and reason. Each is a blob in a tree of its
//! own, beside entries that link to its subject. Field order is part of the format.

use crate::error::{Error, Hint, Kind, Result};
use crate::object::Id;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Name of the blob in the trees of source versions and ledger records.
pub const RECORD: &str = "record";
/// Name of the blob in the tree of an agent version.
pub const META: &str = "meta";
/// Entries that link.
pub const STATE: &str = "state";
pub const SOURCE: &str = "source";
pub const VERSION: &str = "version";
pub const PURGE: &str = "purge";
pub const PREVIOUS: &str = "previous";

/// Author and time of a record. Both come from the caller: nothing in this room reads a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    pub by: String,
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
}

/// One push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRecord {
    pub by: String,
    pub at_ms: i64,
    pub triggered_by: String,
    pub message: Option<String>,
    /// The highest number ever given to a primitive, where the state itself does not hold it: the
    /// primitive is gone, or a rollback brought an older number back. So no number is used twice.
    pub highest: BTreeMap<String, String>,
    /// Reason why the agent was not read: then only the files were kept, and the state is the one
    /// before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

/// One agent version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionMeta {
    pub by: String,
    pub at_ms: i64,
    pub message: Option<String>,
    pub commit: Option<String>,
    /// The number of the source version it was made from.
    pub source_version: u64,
    /// As in the record of the source version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    Promote,
    Delete,
    /// A deleted version has the status that it had before.
    Undelete,
    Purge,
}

impl Event {
    pub fn word(self) -> &'static str {
        match self {
            Event::Promote => "promote",
            Event::Delete => "delete",
            Event::Undelete => "undelete",
            Event::Purge => "purge",
        }
    }
}

/// One step of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerRecord {
    pub event: Event,
    pub by: String,
    pub at_ms: i64,
    pub reason: Option<String>,
}

/// The canonical bytes of a record: a map with its fields in declared order.
pub fn encode<T: Serialize>(record: &T) -> Vec<u8> {
    rmp_serde::to_vec_named(record).expect("records hold only strings, numbers and maps")
}

/// Reads canonical bytes; any other encoding of the same record is refused.
pub fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T> {
    let bad = |reason: String| Error::corrupt(format!("the {what} is not well formed: {reason}"));
    let record: T = rmp_serde::from_slice(bytes).map_err(|e| bad(e.to_string()))?;
    if encode(&record) != bytes {
        return Err(bad("not in its canonical encoding".to_owned()));
    }
    Ok(record)
}

/// Reads a ledger record. An event that this program does not know is named: a newer program wrote it.
pub fn decode_step(bytes: &[u8], id: &Id) -> Result<LedgerRecord> {
    let unknown_event = || {
        let record: Value = rmp_serde::from_slice(bytes).ok()?;
        let event = record.get("event")?.as_str()?.to_owned();
        serde_json::from_value::<Event>(Value::from(&*event)).is_err().then_some(event)
    };
    decode(bytes, "ledger record").map_err(|error| match unknown_event() {
        Some(event) => Error::corrupt(format!(
            "ledger record {} has the event \"{event}\", which this program does not know",
            id.short()
        ))
        .hint("install a newer lua-store: the record was written by one"),
        None => error,
    })
}

/// The fields of a record of any kind, for people; `None` for bytes that are no record.
pub fn fields(bytes: &[u8]) -> Option<Value> {
    fn read<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<Value> {
        serde_json::to_value(decode::<T>(bytes, "record").ok()?).ok()
    }
    read::<VersionMeta>(bytes)
        .or_else(|| read::<SourceRecord>(bytes))
        .or_else(|| read::<LedgerRecord>(bytes))
}

/// Error for a record that could not be read, with the next step if it is damaged.
pub fn unreadable(what: &str, error: Error) -> Error {
    let error = error.context(format!("cannot read {what}"));
    match error.kind() {
        Kind::Corrupt if error.hint_text().is_none() => error.hint(Hint::FsckAffected),
        _ => error,
    }
}

/// `2026-11-20T21:03:02.272Z`. What is no time is shown as the number that it is, so that it stops nobody.
pub fn iso(at_ms: i64) -> String {
    match Timestamp::from_millisecond(at_ms) {
        Ok(time) => time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        Err(_) => format!("{at_ms} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_fields_of_every_kind_can_be_read() {
        let step = LedgerRecord { event: Event::Promote, by: "a".into(), at_ms: 5, reason: None };
        let expected =
            serde_json::json!({"event": "promote", "by": "a", "at_ms": 5, "reason": null});
        assert_eq!(fields(&encode(&step)), Some(expected));
        assert_eq!(fields(b"some text"), None);
        assert_eq!(fields(&[encode(&step), vec![0]].concat()), None);
    }

    #[test]
    fn a_ledger_record_is_a_map_in_declared_order() {
        let record = LedgerRecord { event: Event::Promote, by: "a".into(), at_ms: 5, reason: None };
        // By hand from the MessagePack specification: fixmap of 4, fixstr keys.
        let expected = b"\x84\xa5event\xa7promote\xa2by\xa1a\xa5at_ms\x05\xa6reason\xc0";
        assert_eq!(encode(&record), expected);
    }

    #[test]
    fn another_encoding_of_the_same_record_is_refused() {
        let swapped = b"\x84\xa2by\xa1a\xa5event\xa7promote\xa5at_ms\x05\xa6reason\xc0";
        assert!(decode::<LedgerRecord>(swapped, "ledger record").is_err());
        let long_number = b"\x84\xa5event\xa7promote\xa2by\xa1a\xa5at_ms\xcc\x05\xa6reason\xc0";
        assert!(decode::<LedgerRecord>(long_number, "ledger record").is_err());
        let more = b"\x84\xa5event\xa7promote\xa2by\xa1a\xa5at_ms\x05\xa6reason\xc0\x00";
        assert!(decode::<LedgerRecord>(more, "ledger record").is_err());
    }

    #[test]
    fn a_record_of_what_was_read_has_no_word_of_it() {
        let record = |unread: Option<&str>| SourceRecord {
            by: "a".into(),
            at_ms: 5,
            triggered_by: "b".into(),
            message: None,
            highest: BTreeMap::new(),
            unread: unread.map(str::to_owned),
        };
        // By hand from the MessagePack specification: fixmap of 5, as it was before there was such a field.
        let before =
            b"\x85\xa2by\xa1a\xa5at_ms\x05\xactriggered_by\xa1b\xa7message\xc0\xa7highest\x80";
        assert_eq!(encode(&record(None)), before);
        assert_eq!(decode::<SourceRecord>(before, "record").unwrap(), record(None));
        let told = [b"\x86", &before[1..], b"\xa6unread\xa1c"].concat();
        assert_eq!(encode(&record(Some("c"))), told);
        let nothing = [b"\x86", &before[1..], b"\xa6unread\xc0"].concat();
        assert!(decode::<SourceRecord>(&nothing, "record").is_err(), "one value, one encoding");
    }

    proptest! {
        #[test]
        fn records_come_back(by: String, at_ms: i64, message: Option<String>, n: u64, highest: BTreeMap<String, String>) {
            let source = SourceRecord { by: by.clone(), at_ms, triggered_by: by.clone(), message: message.clone(), highest, unread: message.clone() };
            prop_assert_eq!(&decode::<SourceRecord>(&encode(&source), "record").unwrap(), &source);
            let meta = VersionMeta { by, at_ms, message: message.clone(), commit: message.clone(), source_version: n, unread: message };
            prop_assert_eq!(&decode::<VersionMeta>(&encode(&meta), "record").unwrap(), &meta);
        }

        #[test]
        fn any_bytes_are_decoded_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode::<SourceRecord>(&bytes, "record");
        }
    }
}
