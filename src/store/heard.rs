//! What a remote said last, and when: `cache/heard/NAME`.
//!
//! Beside the tracking file, not in it: a command that only reads takes no lock and syncs nothing, and what the
//! remote names may not be here. A cache: without it the same is answered from the tracking file, without a time.

use super::{RemoteTracking, Store, config};
use crate::error::{At, Result};
use crate::fs;
use crate::store::{checksummed, remote_tracking};
use std::io::Write;
use std::path::PathBuf;

const HEADER: &str = "lua-store heard 1\n";
const AT: &str = "at: ";

/// The refs and the pointer of a remote, and the time at which it said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    pub what: RemoteTracking,
}

impl Heard {
    fn encode(&self) -> String {
        checksummed::seal(format!("{HEADER}{AT}{}\n{}", self.at_ms, self.what.text()))
    }

    fn decode(bytes: &[u8]) -> Option<Heard> {
        let text = checksummed::open(bytes).ok()?.strip_prefix(HEADER)?.strip_prefix(AT)?;
        let (at, rest) = text.split_once('\n')?;
        Some(Heard { at_ms: at.parse().ok()?, what: RemoteTracking::from_text(rest).ok()? })
    }
}

impl Store {
    /// What a remote said last; `None` where nothing is remembered, or what is remembered is damaged.
    pub fn heard(&self, name: &str) -> Option<Heard> {
        Heard::decode(&fs::read_if_exists(&self.heard_path(name).ok()?).ok()??)
    }

    /// What each remote is known to have had: as it said last, and as it was when all of it was brought here. What
    /// is damaged tells nothing here: `fsck` says so.
    pub fn remembered(&self) -> Result<Vec<(String, RemoteTracking)>> {
        let heard = remote_tracking::remotes_in(&self.heard_folder())?.into_iter();
        let heard = heard.filter_map(|name| Some((self.heard(&name)?.what, name)));
        let tracked = self.tracked()?.into_iter();
        let tracked = tracked.filter_map(|name| Some((self.remote(&name).ok()??, name)));
        Ok(heard.chain(tracked).map(|(what, name)| (name, what)).collect())
    }

    /// Remembers what a remote said. Needs no lock: the last to write is the last who asked.
    pub fn hear(&self, name: &str, heard: &Heard) -> Result<()> {
        let path = self.heard_path(name)?;
        let folder = path.parent().unwrap_or(self.dir());
        fs::create_dir_all(folder)?;
        let mut temp = fs::Temp::create_in(folder)?;
        temp.write_all(heard.encode().as_bytes()).at("write", &path)?;
        temp.publish_unsynced(&path)
    }

    pub(super) fn forget_heard(&self, name: &str) -> Result<()> {
        let path = self.heard_path(name)?;
        if path.exists() { fs::remove(&path) } else { Ok(()) }
    }

    fn heard_path(&self, name: &str) -> Result<PathBuf> {
        config::check_remote_name(name)?;
        Ok(self.heard_folder().join(name))
    }

    fn heard_folder(&self) -> PathBuf {
        self.dir().join("cache").join("heard")
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]
mod tests {
    use super::*;
    use crate::object::Id;
    use crate::store::Active;

    fn heard(at_ms: i64) -> Heard {
        let ids = [1, 2].map(|n| Id::from_bytes([n; 32]));
        let active = Some(Active { version: Some(1), ledger: ids[1] });
        let what = RemoteTracking {
            etag: "x".to_owned(),
            source: ids.to_vec(),
            versions: vec![ids[0]],
            active,
            ..RemoteTracking::default()
        };
        Heard { at_ms, what }
    }

    #[test]
    fn what_was_heard_last_is_remembered_until_the_remote_is_forgotten() {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        assert_eq!(store.heard("origin"), None);
        store.hear("origin", &heard(5)).unwrap();
        store.hear("origin", &heard(-7)).unwrap();
        assert_eq!(store.heard("origin"), Some(heard(-7)));
        store.forget_remote(&store.lock().unwrap(), "origin").unwrap();
        assert_eq!(store.heard("origin"), None);
        assert!(store.hear("../x", &heard(5)).is_err());
    }

    #[test]
    fn what_is_damaged_was_never_heard() {
        let good = heard(5).encode().into_bytes();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(Heard::decode(&bad), None, "a flipped bit at {at}");
            assert_eq!(Heard::decode(&good[..at]), None, "cut at {at}");
        }
    }
}
