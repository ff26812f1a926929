//! Atom feed of an agent: pushes, versions and records of the ledger, newest first (RFC 4287).

use super::address;
use super::visible::visible;
use std::fmt::Write;

/// Type of a feed.
pub const ATOM: &str = "application/atom+xml; charset=utf-8";

/// An event of an agent.
pub struct FeedEntry {
    /// Part of the id: it never changes, and no other event has it.
    pub id: String,
    pub title: String,
    pub address: String,
    /// Time as records have it.
    pub at: String,
    pub by: String,
    pub text: String,
}

/// The feed. Links are relative to its address.
pub fn feed(agent: &str, entries: &[FeedEntry]) -> String {
    let updated = entries.first().map_or("1970-01-01T00:00:00.000Z", |entry| &entry.at);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let _ = write!(
        xml,
        "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<id>tag:lua-store,2026:{0}</id>\n<title>{0}</title>\n\
         <updated>{1}</updated>\n<link rel=\"self\" href=\"{2}\"/>\n<link rel=\"alternate\" href=\"{3}\"/>\n",
        escaped(agent),
        escaped(updated),
        escaped(&address::feed(agent)),
        escaped(&address::home(agent)),
    );
    for entry in entries {
        let FeedEntry { id, title, address, at, by, text } = entry;
        let _ = write!(
            xml,
            "<entry>\n<id>tag:lua-store,2026:{}/{}</id>\n<title>{}</title>\n<updated>{}</updated>\n\
             <author><name>{}</name></author>\n<link rel=\"alternate\" href=\"{}\"/>\n<summary>{}</summary>\n</entry>\n",
            escaped(agent),
            escaped(id),
            escaped(title),
            escaped(at),
            escaped(by),
            escaped(address),
            escaped(text),
        );
    }
    xml.push_str("</feed>\n");
    xml
}

/// One line of text in XML, without the characters that XML cannot have.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in visible(text).chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.extend(letter.escape_unicode()),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_text_in_xml() {
        assert_eq!(escaped("a < b & \"c\" > d"), "a &lt; b &amp; &quot;c&quot; &gt; d");
        assert_eq!(escaped("\u{0}\u{1b}\u{ffff}\u{202e}"), "\\u{0}\\u{1b}\\u{ffff}\\u{202e}");
        let none = feed("shop", &[]);
        assert!(none.contains("<updated>1970-01-01T00:00:00.000Z</updated>"), "{none}");
    }
}
