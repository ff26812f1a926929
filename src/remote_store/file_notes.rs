//! Notes as files beside the agents, each under its own name.

use super::engine::{NoteStore, SharedNote};
use super::layout::RemoteLayout;
use crate::error::Result;
use crate::fs;
use std::io::ErrorKind;
use std::path::Path;

pub struct FileNotes {
    layout: RemoteLayout,
}

impl FileNotes {
    pub fn new(root: &Path) -> FileNotes {
        FileNotes { layout: RemoteLayout::new(root) }
    }
}

impl NoteStore for FileNotes {
    fn read(&self, note: SharedNote<'_>) -> Result<Option<Vec<u8>>> {
        fs::read_if_exists(&self.layout.note(note))
    }

    /// A note for people need not survive a crash, and is not written again for the same text.
    fn write(&self, note: SharedNote<'_>, text: &[u8]) -> Result<()> {
        let path = self.layout.note(note);
        match note {
            SharedNote::Archived(_) => fs::create(&path, text).map(drop),
            SharedNote::Scrub => fs::replace(&path, text),
            SharedNote::Quotas | SharedNote::Address => {
                match self.read(note)?.as_deref() == Some(text) {
                    true => Ok(()),
                    false => fs::replace_unsynced(&path, text),
                }
            }
        }
    }

    fn remove(&self, note: SharedNote<'_>) -> Result<()> {
        let path = self.layout.note(note);
        match fs::remove(&path) {
            Err(error) if error.io_kind() != Some(ErrorKind::NotFound) => Err(error),
            _ => path.parent().map_or(Ok(()), fs::sync_dir),
        }
    }

    fn has(&self, note: SharedNote<'_>) -> Result<bool> {
        Ok(self.layout.note(note).exists())
    }
}
