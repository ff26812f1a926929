//! Backup and restore: a copy of a remote store that is made while it is used, and a folder made from such a copy.

use super::RemoteStore;
use super::copy::{CopySummary, check_apart};
use super::layout::RemoteLayout;
use crate::error::{Error, Result};
use crate::fs;
use crate::progress::Progress;
use std::path::Path;

/// Says in a backup how far it is.
const UNFINISHED: &str = "unfinished since ";
const FINISHED: &str = "finished ";

impl RemoteStore {
    /// Opens a remote store that exists.
    pub fn open_existing(root: &Path) -> Result<RemoteStore> {
        if RemoteLayout::exists(root) {
            return RemoteStore::open(root);
        }
        Err(Error::not_found(format!(
            "\"{}\" is not a folder of `lua-store serve`",
            root.display()
        )))
    }

    /// Copies the remote store into a folder, which is a remote store too; what is in the folder from before is not copied again. `also`
    /// copies what is not the remote store's; `now` is written into the folder.
    pub fn back_up(
        &self,
        folder: &Path,
        now: &str,
        progress: &Progress,
        also: impl FnOnce() -> Result<()>,
    ) -> Result<CopySummary> {
        check_apart(self.layout.root(), folder)?;
        let to = RemoteLayout::make(folder)?;
        let Some(_lock) = fs::try_lock(&to.backup_lock())? else {
            let message = format!("another backup into \"{}\" is running", folder.display());
            return Err(Error::unavailable(message));
        };
        let former = fs::read_if_exists(&to.backup_state())?.unwrap_or_default();
        let settled = former.starts_with(FINISHED.as_bytes());
        fs::replace(&to.backup_state(), format!("{UNFINISHED}{now}\n").as_bytes())?;
        also()?;
        let copied = self.copy_to(&to, settled, progress)?;
        fs::replace(&to.backup_state(), format!("{FINISHED}{now}\n").as_bytes())?;
        Ok(copied)
    }

    /// Since when the backup in a folder is unfinished; `None` for one that was finished.
    pub fn unfinished_backup(folder: &Path) -> Result<Option<String>> {
        let state =
            fs::read_if_exists(&RemoteLayout::new(folder).backup_state())?.unwrap_or_default();
        let state = String::from_utf8_lossy(&state).into_owned();
        Ok(state.strip_prefix(UNFINISHED).map(|since| since.trim_end().to_owned()))
    }

    /// Makes a remote store of a backup in a folder that is empty or missing. It becomes a remote store when all is there, so that
    /// nothing serves a half of it; when it is cut off before [`RemoteStore::restored`], the same again finishes it.
    pub fn restore(
        backup: &Path,
        folder: &Path,
        progress: &Progress,
        also: impl FnOnce() -> Result<()>,
    ) -> Result<CopySummary> {
        check_apart(backup, folder)?;
        let from = RemoteStore::open_existing(backup)?;
        let marker = RemoteLayout::new(folder).restoring();
        let name =
            backup.canonicalize().unwrap_or_else(|_| backup.to_owned()).display().to_string();
        match fs::read_if_exists(&marker)? {
            Some(begun) if begun == name.as_bytes() => {}
            Some(begun) => {
                let begun = String::from_utf8_lossy(&begun).into_owned();
                return Err(Error::conflict(format!(
                    "the restore into \"{}\" was started from another backup, \"{begun}\"",
                    folder.display()
                )));
            }
            None => {
                RemoteLayout::check_new(folder)?;
                fs::create_dir_all(folder)?;
                fs::replace(&marker, name.as_bytes())?;
            }
        }
        also()?;
        let copied = from.copy_to(&RemoteLayout::new(folder), false, progress)?;
        RemoteLayout::finish(folder)?;
        Ok(copied)
    }

    /// Ends a restore. Where its mark comes back after a loss of power, it does no harm.
    pub fn restored(folder: &Path) -> Result<()> {
        fs::remove(&RemoteLayout::new(folder).restoring())
    }
}
