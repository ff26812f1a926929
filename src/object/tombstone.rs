//! Tombstone: the blob in the place of one that was purged. It says what was here, and never what it held.

use super::Id;
use std::fmt::Write;

const HEADER: &str = "lua-store tombstone 1\n";

/// The key of a tombstone that is a JSON document.
const KEY: &str = "$purged";

/// Content of a tombstone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// Id of the purged blob.
    pub object: Id,
    /// Its length.
    pub bytes: u64,
    /// A path that it had.
    pub path: String,
    /// Time of the purge, as `2026-11-21T09:30:00.000Z`.
    pub at: String,
    pub by: String,
    pub reason: String,
}

impl Tombstone {
    /// The text, which is also valid where a file of the project was.
    pub fn text(&self) -> Vec<u8> {
        let mut text = HEADER.to_owned();
        for (key, value) in self.fields() {
            let _ = writeln!(text, "{key}: {value}");
        }
        text.push('\n');
        text.into_bytes()
    }

    /// Canonical JSON, where a JSON document of a state was.
    pub fn json(&self) -> Vec<u8> {
        let mut fields: Vec<(&str, String)> = self.fields().into();
        fields.sort_unstable();
        let fields = fields.into_iter().map(|(key, value)| (key.to_owned(), value.into()));
        let fields: serde_json::Map<String, serde_json::Value> = fields.collect();
        let document = serde_json::json!({ KEY: fields });
        document.to_string().into_bytes()
    }

    fn fields(&self) -> [(&'static str, String); 6] {
        [
            ("object", self.object.to_string()),
            ("bytes", self.bytes.to_string()),
            ("path", one_line(&self.path)),
            ("at", one_line(&self.at)),
            ("by", one_line(&self.by)),
            ("reason", one_line(&self.reason)),
        ]
    }

    /// Reads exactly what [`Tombstone::text`] or [`Tombstone::json`] writes.
    pub fn parse(bytes: &[u8]) -> Option<Tombstone> {
        let tombstone = Tombstone::parse_text(bytes).or_else(|| Tombstone::parse_json(bytes))?;
        (tombstone.text() == bytes || tombstone.json() == bytes).then_some(tombstone)
    }

    fn parse_text(bytes: &[u8]) -> Option<Tombstone> {
        let text = std::str::from_utf8(bytes).ok()?.strip_prefix(HEADER)?;
        let field = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            line.map(str::to_owned)
        };
        Tombstone::from_fields(field)
    }

    fn parse_json(bytes: &[u8]) -> Option<Tombstone> {
        if !bytes.starts_with(b"{\"$purged\":") {
            return None;
        }
        let document: serde_json::Value = serde_json::from_slice(bytes).ok()?;
        Tombstone::from_fields(|key| Some(document.get(KEY)?.get(key)?.as_str()?.to_owned()))
    }

    fn from_fields(field: impl Fn(&str) -> Option<String>) -> Option<Tombstone> {
        Some(Tombstone {
            object: field("object")?.parse().ok()?,
            bytes: field("bytes")?.parse().ok()?,
            path: field("path")?,
            at: field("at")?,
            by: field("by")?,
            reason: field("reason")?,
        })
    }

    /// `purged on 2026-11-21T09:30:00.000Z by ada@example.com: the key leaked`
    pub fn sentence(&self) -> String {
        format!("purged on {} by {}: {}", self.at, self.by, self.reason)
    }
}

/// A value stays on its line.
fn one_line(text: &str) -> String {
    text.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Tombstone {
        Tombstone {
            object: Id::of_blob(b""),
            bytes: 43,
            path: ".env".to_owned(),
            at: "2026-11-21T09:30:00.000Z".to_owned(),
            by: "ada@example.com".to_owned(),
            reason: "the key leaked".to_owned(),
        }
    }

    #[test]
    fn the_text_is_what_the_format_says() {
        let document = include_str!("../../docs/format.md");
        let block = document.split("```text tombstone\n").nth(1).unwrap().split("```").next();
        assert_eq!(String::from_utf8(example().text()).unwrap(), block.unwrap());
    }

    #[test]
    fn both_forms_are_read_back_and_nothing_else_is() {
        let tombstone = example();
        assert_eq!(Tombstone::parse(&tombstone.text()), Some(tombstone.clone()));
        assert_eq!(Tombstone::parse(&tombstone.json()), Some(tombstone.clone()));
        let more = [tombstone.text(), b"more".to_vec()].concat();
        for bytes in [&b""[..], b"lua-store tombstone 1\n", b"{\"$purged\":{}}", &more] {
            assert_eq!(Tombstone::parse(bytes), None);
        }
    }

    #[test]
    fn a_reason_stays_on_its_line() {
        let reason = "one\nobject: two\r\n".to_owned();
        let parsed = Tombstone::parse(&Tombstone { reason, ..example() }.text()).unwrap();
        assert_eq!((parsed.reason.as_str(), parsed.object), ("one object: two", Id::of_blob(b"")));
    }
}
