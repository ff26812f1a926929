//! Note of a server's URL beside its agents, for commands that do not have its options. It is only for people, so that it
//! need not survive a crash, and a full disk is no reason to start no server.

use crate::error::Result;
use crate::remote_store::{NoteStore, SharedNote};

/// The URL of a server that was started without options.
const DEFAULT: &str = "http://127.0.0.1:7420";

/// Writes the URL for clients.
pub fn write(notes: &dyn NoteStore, url: &str) -> Result<()> {
    notes.write(SharedNote::Address, format!("{url}\n").as_bytes())
}

/// URL of the last server on these agents; that of a server without options where there was none.
pub fn read(notes: &dyn NoteStore) -> String {
    let bytes = notes.read(SharedNote::Address).ok().flatten();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let url = text.map(|text| text.trim_end().to_owned());
    let plain = |url: &String| url.starts_with("http") && !url.contains(char::is_control);
    url.filter(plain).unwrap_or_else(|| DEFAULT.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote_store::FileNotes;

    #[test]
    fn the_last_url_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let notes = FileNotes::new(dir.path());
        assert_eq!(read(&notes), "http://127.0.0.1:7420");
        for url in ["http://127.0.0.1:5000", "https://agents.example.com/x"] {
            write(&notes, url).unwrap();
            assert_eq!(read(&notes), url);
        }
        notes.write(SharedNote::Address, b"\xff").unwrap();
        assert_eq!(read(&notes), "http://127.0.0.1:7420");
    }
}
