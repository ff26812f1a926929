//! Platform record: what the Lua platform said of an agent when it was last asked, in JSON: `refs/platform/NAME`.
//!
//! Beside the remote-tracking refs of the same remote, and written before them. The room above knows what is in it.

use super::remote_tracking::remotes_in;
use super::{Store, StoreLock, config, layout};
use crate::error::{Error, Hint, Result};
use crate::fs;
use crate::store::checksummed;
use std::path::PathBuf;

impl Store {
    /// The record of a remote; `None` when the platform was never asked under this name.
    pub fn platform_record(&self, name: &str) -> Result<Option<String>> {
        let path = self.platform_path(name)?;
        let Some(bytes) = fs::read_if_exists(&path)? else { return Ok(None) };
        match checksummed::verify_checksum(&bytes) {
            Ok(text) => Ok(Some(text.trim_end_matches('\n').to_owned())),
            Err(what) => Err(Error::corrupt(format!("\"{}\" is damaged: {what}", path.display()))
                .hint(Hint::RefetchTracking { remote: name.to_owned() })),
        }
    }

    /// Names of the remotes with a record, in order.
    pub fn platform_records(&self) -> Result<Vec<String>> {
        remotes_in(&self.path(layout::PLATFORM))
    }

    /// Replaces the record, durably. Objects that it names are stored already.
    pub fn set_platform_record(&self, lock: &StoreLock, name: &str, json: &str) -> Result<()> {
        lock.check(self.dir());
        let path = self.platform_path(name)?;
        let folder = self.path(layout::PLATFORM);
        self.objects().confirm()?;
        fs::create_dir_all(&folder)?;
        fs::confirm_dir(&self.path(layout::REFS))?;
        fs::sweep(&folder)?;
        fs::replace(&path, checksummed::append_checksum(format!("{json}\n")).as_bytes())
    }

    /// Removes the record; fine where there is none.
    pub(super) fn forget_platform_record(&self, name: &str) -> Result<()> {
        let path = self.platform_path(name)?;
        if !path.exists() {
            return Ok(());
        }
        fs::remove(&path)?;
        fs::sync_dir(&self.path(layout::PLATFORM))
    }

    fn platform_path(&self, name: &str) -> Result<PathBuf> {
        config::check_remote_name(name)?;
        Ok(self.path(layout::PLATFORM).join(name))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test damages a file on purpose")]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_kept_until_the_remote_is_forgotten_and_damage_is_found() {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        let lock = store.lock().unwrap();
        assert_eq!(store.platform_record("origin").unwrap(), None);
        store.set_platform_record(&lock, "origin", "{\"a\":1}").unwrap();
        assert_eq!(store.platform_record("origin").unwrap().as_deref(), Some("{\"a\":1}"));
        let path = store.path(layout::PLATFORM).join("origin");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("1}", "2}")).unwrap();
        let error = store.platform_record("origin").unwrap_err();
        assert!(error.message().contains("is damaged"), "{}", error.message());
        store.forget_remote(&lock, "origin").unwrap();
        assert_eq!(store.platform_record("origin").unwrap(), None);
    }
}
