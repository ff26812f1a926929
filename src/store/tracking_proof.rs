//! Proof that the remote-tracking refs of a remote are durable: `cache/durable/NAME`, the hash of their file.
//!
//! It is written after that file, its name and all that it names were synced, and is itself never synced. A loss of power can
//! take it away, and cannot make it wrong. Without it all of that is synced again, and nothing else depends on it.

use super::{Store, layout};
use crate::error::Result;
use crate::fs;
use std::path::PathBuf;

impl Store {
    /// Makes the remote-tracking refs of a remote durable, and the objects that they name. For answers such as "nothing new".
    pub fn confirm_remote(&self, name: &str) -> Result<()> {
        let path = self.tracking_path(name)?;
        // Before the syncs: a file that takes its place meanwhile is not proven.
        let bytes = fs::read_if_exists(&path)?;
        // In a damaged store somebody else may have stored again what they name.
        if !self.is_damaged() && bytes.as_deref().is_some_and(|bytes| self.is_proven(name, bytes)) {
            return Ok(());
        }
        self.objects().confirm()?;
        fs::confirm(&path)?;
        for folder in [layout::REMOTES, layout::REFS] {
            fs::confirm_dir(&self.path(folder))?;
        }
        if let Some(bytes) = bytes {
            self.prove_remote(name, &bytes);
        }
        Ok(())
    }

    /// True if these bytes of the file were durable once: then its folder is too.
    pub(super) fn is_proven(&self, name: &str, bytes: &[u8]) -> bool {
        let proof = fs::read_if_exists(&self.proof_path(name)).ok().flatten();
        proof.is_some_and(|proof| proof == encode(bytes))
    }

    /// Notes that the file is durable with these bytes. A note that cannot be written costs the next command a few syncs.
    pub(super) fn prove_remote(&self, name: &str, bytes: &[u8]) {
        let write = || -> Result<()> {
            fs::create_dir_all(&self.path(layout::DURABLE))?;
            fs::replace_unsynced(&self.proof_path(name), &encode(bytes))
        };
        drop(write());
    }

    /// Takes the proof away, before the file is removed, or an object that it names is stored again: who dies between the
    /// name of that pack and its sync leaves an object that the next command finds.
    pub fn disprove_remote(&self, name: &str) -> Result<()> {
        let path = self.proof_path(name);
        if path.exists() { fs::remove(&path) } else { Ok(()) }
    }

    fn proof_path(&self, name: &str) -> PathBuf {
        self.path(layout::DURABLE).join(name)
    }
}

fn encode(bytes: &[u8]) -> Vec<u8> {
    format!("{}\n", blake3::hash(bytes)).into_bytes()
}
