//! Deploy journal: the deployment to the Lua platform that is under way or was interrupted, in JSON: `deploys/NAME`.
//!
//! It is replaced durably before each request that changes something there, and after its answer. The room above knows
//! its content. A lock of its own is held for as long as a deployment takes, so that writers of the store do not wait for it.

use super::{Store, StoreLock, config, layout};
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::store::checksummed;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

/// Longest wait for imports, which end by themselves.
const IMPORT_WAIT: Duration = Duration::from_secs(10);

/// Proof that no other process of this store deploys.
#[must_use]
#[derive(Debug)]
pub struct DeployLock {
    _file: File,
}

impl Store {
    /// Takes the lock of deployments, waiting for imports. An error if another process deploys.
    pub fn lock_deploys(&self) -> Result<DeployLock> {
        self.lock_deploys_within(IMPORT_WAIT)
    }

    fn lock_deploys_within(&self, wait: Duration) -> Result<DeployLock> {
        match fs::lock(&self.path(layout::DEPLOY_LOCK), wait) {
            Ok(file) => Ok(DeployLock { _file: file }),
            Err(error) if error.kind() == Kind::Unavailable => {
                Err(Error::unavailable("another lua-store command deploys this project")
                    .hint("wait until it ends, and run this command again"))
            }
            Err(error) => Err(error),
        }
    }

    /// Takes the lock together with others who import. `None` while a deployment is under way: what it did is known at its end.
    pub fn share_deploys(&self) -> Result<Option<DeployLock>> {
        let file = fs::try_share(&self.path(layout::DEPLOY_LOCK))?;
        Ok(file.map(|file| DeployLock { _file: file }))
    }

    /// The journal of a remote; `None` if nothing is open there.
    pub fn deploy_journal(&self, name: &str) -> Result<Option<String>> {
        let path = self.deploy_path(name)?;
        let Some(bytes) = fs::read_if_exists(&path)? else { return Ok(None) };
        match checksummed::verify_checksum(&bytes) {
            Ok(text) => Ok(Some(text.trim_end_matches('\n').to_owned())),
            Err(what) => Err(Error::corrupt(format!("\"{}\" is damaged: {what}", path.display()))
                .hint(format!("move it away, and run `remote verify {name}` to see what is live"))),
        }
    }

    /// Replaces the journal, durably.
    pub fn set_deploy_journal(&self, lock: &StoreLock, name: &str, json: &str) -> Result<()> {
        lock.check(self.dir());
        let path = self.deploy_path(name)?;
        let folder = self.path(layout::DEPLOYS);
        fs::create_dir_all(&folder)?;
        fs::confirm_dir(self.dir())?;
        fs::sweep(&folder)?;
        fs::replace(&path, checksummed::append_checksum(format!("{json}\n")).as_bytes())
    }

    /// Removes the journal: nothing is open any more.
    pub fn end_deploy_journal(&self, lock: &StoreLock, name: &str) -> Result<()> {
        lock.check(self.dir());
        let path = self.deploy_path(name)?;
        if !path.exists() {
            return Ok(());
        }
        fs::remove(&path)?;
        fs::sync_dir(&self.path(layout::DEPLOYS))
    }

    fn deploy_path(&self, name: &str) -> Result<PathBuf> {
        config::check_remote_name(name)?;
        Ok(self.path(layout::DEPLOYS).join(name))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test damages a file on purpose")]
mod tests {
    use super::*;

    #[test]
    fn a_journal_stays_until_it_is_ended_and_damage_is_found() {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        let lock = store.lock().unwrap();
        assert_eq!(store.deploy_journal("origin").unwrap(), None);
        store.set_deploy_journal(&lock, "origin", "{\"a\":1}").unwrap();
        store.set_deploy_journal(&lock, "origin", "{\"a\":2}").unwrap();
        assert_eq!(store.deploy_journal("origin").unwrap().as_deref(), Some("{\"a\":2}"));
        let path = store.path(layout::DEPLOYS).join("origin");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("2}", "3}")).unwrap();
        assert!(store.deploy_journal("origin").unwrap_err().message().contains("is damaged"));
        store.end_deploy_journal(&lock, "origin").unwrap();
        store.end_deploy_journal(&lock, "origin").unwrap();
        assert_eq!(store.deploy_journal("origin").unwrap(), None);
    }

    #[test]
    fn one_process_deploys_at_a_time() {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        let first = store.lock_deploys().unwrap();
        let second = store.lock_deploys_within(Duration::from_millis(5));
        assert!(second.unwrap_err().message().contains("another lua-store"));
        assert!(store.share_deploys().unwrap().is_none());
        drop(first);
        // A process that another test starts at this moment has every open file until it runs its program.
        let wait = Duration::from_secs(60);
        drop(store.lock_deploys_within(wait).unwrap());
        let imports = loop {
            let (one, two) = (store.share_deploys().unwrap(), store.share_deploys().unwrap());
            if let (Some(one), Some(two)) = (one, two) {
                break (one, two);
            }
        };
        assert!(store.lock_deploys_within(Duration::from_millis(5)).is_err());
        drop(imports);
        drop(store.lock_deploys_within(wait).unwrap());
    }
}
