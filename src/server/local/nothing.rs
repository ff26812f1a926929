//! Engines without a disk: one token in memory, and no notes.

use crate::engine::{TokenRow, TokenRows};
use crate::error::Result;
use crate::remote_store::{NoteStore, SharedNote};
use std::sync::{Mutex, PoisonError};

/// Tokens in memory.
#[derive(Default)]
pub struct OneToken(Mutex<Vec<TokenRow>>);

impl TokenRows for OneToken {
    fn etag(&self) -> Result<i64> {
        Ok(i64::try_from(self.all()?.len()).unwrap_or(i64::MAX))
    }

    fn all(&self) -> Result<Vec<TokenRow>> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn change(&self, edit: &mut dyn FnMut(Vec<TokenRow>) -> Result<Vec<TokenRow>>) -> Result<()> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *rows = edit(rows.clone())?;
        Ok(())
    }

    fn used(&self) -> Result<Vec<(String, i64)>> {
        Ok(Vec::new())
    }

    fn note_used(&self, _: &[(String, i64)]) -> Result<()> {
        Ok(())
    }
}

pub struct NoNotes;

impl NoteStore for NoNotes {
    fn read(&self, _: SharedNote<'_>) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn write(&self, _: SharedNote<'_>, _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn remove(&self, _: SharedNote<'_>) -> Result<()> {
        Ok(())
    }
}
