//! Last known state of a remote, with its time: `cache/heard/NAME`.
//!
//! Beside the tracking file, not in it: a command that only reads takes no lock and syncs nothing, and what the
//! remote names may not be here. A cache: without it the same is answered from the tracking file, without a time.

use super::{RemoteTracking, Store, config, layout};
use crate::error::Result;
use crate::fs;
use crate::store::{checksummed, remote_tracking};
use std::path::PathBuf;

const HEADER: &str = "lua-store heard 1\n";
const AT: &str = "at: ";

/// The refs and the pointer of a remote, and the time of that answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastKnown {
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    pub refs: RemoteTracking,
}

impl LastKnown {
    fn encode(&self) -> String {
        checksummed::append_checksum(format!("{HEADER}{AT}{}\n{}", self.at_ms, self.refs.text()))
    }

    fn decode(bytes: &[u8]) -> Option<LastKnown> {
        let text =
            checksummed::verify_checksum(bytes).ok()?.strip_prefix(HEADER)?.strip_prefix(AT)?;
        let (at, rest) = text.split_once('\n')?;
        Some(LastKnown { at_ms: at.parse().ok()?, refs: RemoteTracking::from_text(rest).ok()? })
    }
}

impl Store {
    /// Last known state of a remote; `None` where none was saved, or it is damaged.
    pub fn last_known(&self, name: &str) -> Option<LastKnown> {
        LastKnown::decode(&fs::read_if_exists(&self.last_known_path(name).ok()?).ok()??)
    }

    /// Every known state of each remote: the last answer, and the last one that was fetched whole.
    /// Damaged ones are skipped here, and reported by `fsck`.
    pub fn known_remotes(&self) -> Result<Vec<(String, RemoteTracking)>> {
        let last_known = remote_tracking::remotes_in(&self.last_known_folder())?.into_iter();
        let last_known = last_known.filter_map(|name| Some((self.last_known(&name)?.refs, name)));
        let tracked = self.tracked()?.into_iter();
        let tracked = tracked.filter_map(|name| Some((self.remote(&name).ok()??, name)));
        Ok(last_known.chain(tracked).map(|(what, name)| (name, what)).collect())
    }

    /// Saves the answer of a remote. Needs no lock: the last to write has the newest answer.
    pub fn set_last_known(&self, name: &str, last_known: &LastKnown) -> Result<()> {
        let path = self.last_known_path(name)?;
        fs::create_dir_all(&self.last_known_folder())?;
        fs::replace_unsynced(&path, last_known.encode().as_bytes())
    }

    pub fn forget_last_known(&self, name: &str) -> Result<()> {
        for path in [self.last_known_path(name)?, self.path(layout::RUNNING).join(name)] {
            if path.exists() {
                fs::remove(&path)?;
            }
        }
        Ok(())
    }

    /// Last comparison of what runs at a remote with its active version, as JSON; `None` where none was saved, or it is
    /// damaged.
    pub fn last_running(&self, name: &str) -> Option<String> {
        config::check_remote_name(name).ok()?;
        let bytes = fs::read_if_exists(&self.path(layout::RUNNING).join(name)).ok()??;
        Some(checksummed::verify_checksum(&bytes).ok()?.trim_end_matches('\n').to_owned())
    }

    /// Saves the same, if it is another one. Needs no lock, as [`Store::set_last_known`].
    pub fn set_last_running(&self, name: &str, json: &str) -> Result<()> {
        if self.last_running(name).as_deref() == Some(json) {
            return Ok(());
        }
        config::check_remote_name(name)?;
        let folder = self.path(layout::RUNNING);
        fs::create_dir_all(&folder)?;
        let text = checksummed::append_checksum(format!("{json}\n"));
        fs::replace_unsynced(&folder.join(name), text.as_bytes())
    }

    fn last_known_path(&self, name: &str) -> Result<PathBuf> {
        config::check_remote_name(name)?;
        Ok(self.last_known_folder().join(name))
    }

    fn last_known_folder(&self) -> PathBuf {
        self.path(layout::LAST_KNOWN)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]
mod tests {
    use super::*;
    use crate::object::Id;
    use crate::store::{Active, Heads};

    fn last_known(at_ms: i64) -> LastKnown {
        let ids = [1, 2].map(|n| Id::from_bytes([n; 32]));
        let active = Some(Active { version: Some(1), ledger: ids[1] });
        let what = RemoteTracking {
            etag: "x".to_owned(),
            heads: Heads { source: ids.to_vec(), versions: vec![ids[0]], active },
            ..RemoteTracking::default()
        };
        LastKnown { at_ms, refs: what }
    }

    #[test]
    fn what_was_heard_last_is_remembered_until_the_remote_is_forgotten() {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        assert_eq!(store.last_known("origin"), None);
        store.set_last_known("origin", &last_known(5)).unwrap();
        store.set_last_known("origin", &last_known(-7)).unwrap();
        store.set_last_running("origin", "{}").unwrap();
        assert_eq!(store.last_running("origin").as_deref(), Some("{}"));
        assert_eq!(store.last_known("origin"), Some(last_known(-7)));
        store.forget_remote(&store.lock().unwrap(), "origin").unwrap();
        assert_eq!((store.last_known("origin"), store.last_running("origin")), (None, None));
        assert!(store.set_last_known("../x", &last_known(5)).is_err());
    }

    #[test]
    fn what_is_damaged_was_never_heard() {
        let good = last_known(5).encode().into_bytes();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(LastKnown::decode(&bad), None, "a flipped bit at {at}");
            assert_eq!(LastKnown::decode(&good[..at]), None, "cut at {at}");
        }
    }
}
