//! Note of a server's URL beside its agents, for commands that do not have its options. It is only for people, so that it
//! need not survive a crash, and a full disk is no reason to start no server.

use crate::error::Result;
use crate::fs;
use crate::remote_store::RemoteLayout;
use std::path::Path;

/// The URL of a server that was started without options.
const DEFAULT: &str = "http://127.0.0.1:7420";

/// Writes the URL for clients.
pub fn write(data: &Path, url: &str) -> Result<()> {
    let (path, line) = (RemoteLayout::new(data).address(), format!("{url}\n"));
    match fs::read_if_exists(&path)?.as_deref() == Some(line.as_bytes()) {
        true => Ok(()),
        false => fs::replace_unsynced(&path, line.as_bytes()),
    }
}

/// URL of the last server on this folder; that of a server without options where there was none.
pub fn read(data: &Path) -> String {
    let bytes = fs::read_if_exists(&RemoteLayout::new(data).address()).ok().flatten();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let url = text.map(|text| text.trim_end().to_owned());
    let plain = |url: &String| url.starts_with("http") && !url.contains(char::is_control);
    url.filter(plain).unwrap_or_else(|| DEFAULT.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_url_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()), "http://127.0.0.1:7420");
        for url in ["http://127.0.0.1:5000", "https://agents.example.com/x"] {
            write(dir.path(), url).unwrap();
            assert_eq!(read(dir.path()), url);
        }
        fs::replace(&RemoteLayout::new(dir.path()).address(), b"\xff").unwrap();
        assert_eq!(read(dir.path()), "http://127.0.0.1:7420");
    }
}
