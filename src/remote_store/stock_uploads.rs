//! Uploads of the stock command: files that no manifest has named yet.
//!
//! A file is named by its key, the id of its bytes, and the token that sent it. Two files may share a key, so each
//! content is kept. Nothing here is durable: a manifest stores what it names, and a client whose upload was lost sends it
//! again.

use super::{RemoteStore, layout};
use crate::error::{At, Error, Result};
use crate::fs::{self, AtomicFile};
use crate::object::Id;
use crate::protocol::AgentId;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Space that a small file takes on a disk at least.
const BLOCK: u64 = 4096;

/// Word of the token where nobody is asked for one.
const NOBODY: &str = "none";

/// A file that was uploaded whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockUpload {
    pub path: PathBuf,
    pub blob: Id,
    pub bytes: u64,
    /// True if the bytes are UTF-8.
    pub is_text: bool,
    /// Id of the token that sent it; empty where nobody is asked for one.
    pub token: String,
    /// Time of the upload, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
}

/// A file that is arriving. Dropped before it is finished, it disappears.
pub struct StockUploadDraft {
    file: AtomicFile,
    dir: PathBuf,
    key: String,
    bytes: u64,
    all_bytes: Arc<AtomicU64>,
}

impl Write for StockUploadDraft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl StockUploadDraft {
    /// Gives the file its name. The same content from the same token replaces the one before, and is the newest again.
    pub fn finish(self, blob: Id, is_text: bool, token: &str) -> Result<()> {
        let token = if token.is_empty() { NOBODY } else { token };
        let kind = if is_text { "text" } else { "bytes" };
        let target = self.dir.join(format!("{}.{blob}.{kind}.{token}", self.key));
        let is_new = !target.exists();
        self.file.replace_unsynced(&target)?;
        if is_new {
            self.all_bytes.fetch_add(on_disk(self.bytes), Ordering::Relaxed);
        }
        Ok(())
    }
}

impl StockUpload {
    /// Reads the name of a file; `None` for one that is no whole upload of this key.
    fn read(dir: &Path, name: &str, key: &str) -> Result<Option<StockUpload>> {
        // A longer key may begin with these digits.
        let rest = name.strip_prefix(key).and_then(|rest| rest.strip_prefix('.'));
        let mut parts = rest.unwrap_or_default().split('.');
        let (blob, kind, token) = (parts.next(), parts.next(), parts.next());
        let (Some(Ok(blob)), Some(kind), Some(token)) = (blob.map(str::parse::<Id>), kind, token)
        else {
            return Ok(None);
        };
        let path = dir.join(name);
        let data = match path.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            data => data.at("read", &path)?,
        };
        let written = data.modified().at("read", &path)?;
        let since = written.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Ok(Some(StockUpload {
            path,
            blob,
            bytes: data.len(),
            is_text: kind == "text",
            token: if token == NOBODY { String::new() } else { token.to_owned() },
            at_ms: since.as_millis() as u64,
        }))
    }
}

impl RemoteStore {
    /// Begins an upload.
    pub fn begin_stock_upload(&self, agent: &AgentId, key: &str) -> Result<StockUploadDraft> {
        self.check_open(agent)?;
        let all_bytes = self.known_bytes(agent)?;
        let digits =
            shard(key).ok_or_else(|| Error::usage(format!("{key:?} is not the key of a file")))?;
        let (uploads, dir) =
            (self.layout.stock_uploads(agent), self.layout.stock_upload_shard(agent, digits));
        fs::create_dir_all(&uploads)?;
        fs::create_dir_unsynced(&dir)?;
        let file = AtomicFile::create_in(&dir)?;
        Ok(StockUploadDraft { file, dir, key: key.to_owned(), bytes: 0, all_bytes })
    }

    /// Uploads with a key, the newest first.
    pub fn stock_uploads(&self, agent: &AgentId, key: &str) -> Result<Vec<StockUpload>> {
        let Some(digits) = shard(key) else { return Ok(Vec::new()) };
        let dir = self.layout.stock_upload_shard(agent, digits);
        let mut found = Vec::new();
        for name in layout::names_in(&dir)? {
            found.extend(StockUpload::read(&dir, &name, key)?);
        }
        found.sort_unstable_by_key(|upload| std::cmp::Reverse((upload.at_ms, upload.blob)));
        Ok(found)
    }

    /// Bytes of all uploads of an agent, as far as this process knows: the folder is read once, and again after each
    /// upkeep.
    pub fn stock_upload_bytes(&self, agent: &AgentId) -> Result<u64> {
        Ok(self.known_bytes(agent)?.load(Ordering::Relaxed))
    }

    fn known_bytes(&self, agent: &AgentId) -> Result<Arc<AtomicU64>> {
        if let Some(known) = self.stock_uploads.get(agent) {
            return Ok(known);
        }
        let mut bytes = 0;
        for path in self.stock_upload_files(agent)? {
            bytes += path.metadata().map_or(0, |data| on_disk(data.len()));
        }
        let known = Arc::new(AtomicU64::new(bytes));
        self.stock_uploads.put(agent.clone(), known.clone());
        Ok(known)
    }

    /// Removes uploads that are older than this.
    pub(super) fn clear_stock_uploads(
        &self,
        agent: &AgentId,
        now: SystemTime,
        spare: Duration,
    ) -> Result<usize> {
        let mut count = 0;
        for path in self.stock_upload_files(agent)? {
            let written = path.metadata().and_then(|data| data.modified());
            if written.is_ok_and(|written| written + spare <= now) {
                fs::remove(&path)?;
                count += 1;
            }
        }
        self.stock_uploads.remove(agent);
        Ok(count)
    }

    /// All files, unfinished ones among them: a killed server leaves some.
    fn stock_upload_files(&self, agent: &AgentId) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for digits in layout::names_in(&self.layout.stock_uploads(agent))? {
            let dir = self.layout.stock_upload_shard(agent, &digits);
            files.extend(layout::names_in(&dir)?.into_iter().map(|name| dir.join(name)));
        }
        Ok(files)
    }
}

/// First digits of a key; `None` for a text that is no key, and so no part of a path.
fn shard(key: &str) -> Option<&str> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_key = matches!(key.len(), 16 | 64) && key.bytes().all(is_digit);
    is_key.then(|| &key[..2])
}

fn on_disk(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK).max(1) * BLOCK
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "52b0d24e562573b9";

    fn store() -> (tempfile::TempDir, RemoteStore, AgentId) {
        let dir = tempfile::tempdir().unwrap();
        let store = RemoteStore::open(&dir.path().join("data")).unwrap();
        (dir, store, "shop".parse().unwrap())
    }

    fn send(store: &RemoteStore, agent: &AgentId, key: &str, bytes: &[u8], token: &str) {
        let mut draft = store.begin_stock_upload(agent, key).unwrap();
        draft.write_all(bytes).unwrap();
        let is_text = std::str::from_utf8(bytes).is_ok();
        draft.finish(Id::of_blob(bytes), is_text, token).unwrap();
    }

    #[test]
    fn each_content_of_a_key_is_kept_with_its_sender() {
        let (_dir, store, agent) = store();
        assert!(store.stock_uploads(&agent, KEY).unwrap().is_empty());
        send(&store, &agent, KEY, b"\xff", "aa11");
        send(&store, &agent, KEY, b"\xfe", "bb22");
        send(&store, &agent, KEY, b"\xef\xbf\xbd", "");
        send(&store, &agent, "52b0d24e562573b8", b"other", "aa11");
        send(&store, &agent, &KEY.repeat(4), b"a longer key", "aa11");
        let mut found = store.stock_uploads(&agent, KEY).unwrap();
        found.sort_by_key(|upload| upload.token.clone());
        let seen: Vec<_> = found
            .iter()
            .map(|upload| (upload.token.as_str(), upload.is_text, upload.bytes, upload.blob))
            .collect();
        assert_eq!(
            seen,
            [
                ("", true, 3, Id::of_blob(b"\xef\xbf\xbd")),
                ("aa11", false, 1, Id::of_blob(b"\xff")),
                ("bb22", false, 1, Id::of_blob(b"\xfe")),
            ]
        );
        assert_eq!(fs::read(&found[1].path).unwrap(), b"\xff");
        assert!(store.stock_uploads(&"other".parse().unwrap(), KEY).unwrap().is_empty());
    }

    #[test]
    fn the_newest_comes_first_and_the_same_again_is_one() {
        let (_dir, store, agent) = store();
        for bytes in [b"a", b"b", b"a"] {
            send(&store, &agent, KEY, bytes, "aa11");
            std::thread::sleep(Duration::from_millis(10));
        }
        let found = store.stock_uploads(&agent, KEY).unwrap();
        let blobs: Vec<Id> = found.iter().map(|upload| upload.blob).collect();
        assert_eq!(blobs, [Id::of_blob(b"a"), Id::of_blob(b"b")]);
    }

    #[test]
    fn an_upload_that_ends_early_leaves_nothing() {
        let (_dir, store, agent) = store();
        let mut draft = store.begin_stock_upload(&agent, KEY).unwrap();
        draft.write_all(b"half").unwrap();
        drop(draft);
        assert!(store.stock_uploads(&agent, KEY).unwrap().is_empty());
        assert!(store.stock_upload_files(&agent).unwrap().is_empty());
    }

    #[test]
    fn a_text_that_is_no_key_becomes_no_path() {
        let (_dir, store, agent) = store();
        for key in ["", "../../x", "52B0D24E562573B9", "52b0d24e562573b9a", "5é"] {
            assert!(store.begin_stock_upload(&agent, key).is_err(), "{key}");
            assert!(store.stock_uploads(&agent, key).unwrap().is_empty(), "{key}");
        }
    }

    #[test]
    fn bytes_are_counted_and_old_uploads_are_removed() {
        let (_dir, store, agent) = store();
        send(&store, &agent, KEY, &[b'x'; 5000], "aa11");
        send(&store, &agent, KEY, b"y", "aa11");
        send(&store, &agent, KEY, b"y", "aa11");
        assert_eq!(store.stock_upload_bytes(&agent).unwrap(), 3 * BLOCK);
        assert_eq!(store.usage(&agent).unwrap().uploads, 3 * BLOCK);
        // Left by a killed server.
        let left = store.layout.stock_upload_shard(&agent, "52").join("tmp-0-0-0");
        fs::replace_unsynced(&left, b"half").unwrap();
        let (day, now) = (Duration::from_secs(24 * 60 * 60), SystemTime::now());
        assert_eq!(store.clear_uploads(&agent, now, day).unwrap(), 0);
        assert_eq!(store.clear_uploads(&agent, now + day, day).unwrap(), 3);
        assert_eq!(store.stock_upload_bytes(&agent).unwrap(), 0);
        assert!(store.stock_upload_files(&agent).unwrap().is_empty());
    }
}
