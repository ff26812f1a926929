//! Notes as rows.

use super::pool::PgPool;
use crate::engine::note_name;
use crate::error::Result;
use crate::remote_store::{NoteStore, SharedNote};
use std::sync::Arc;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

pub struct PgNotes {
    pool: Arc<PgPool>,
}

impl PgNotes {
    pub fn new(pool: Arc<PgPool>) -> PgNotes {
        PgNotes { pool }
    }
}

impl NoteStore for PgNotes {
    fn read(&self, note: SharedNote<'_>) -> Result<Option<Vec<u8>>> {
        let name = note_name(note);
        let row = self.pool.read(async |client: &Client| {
            let query = "SELECT text FROM lua_store.note WHERE name = $1";
            Ok(client.query_typed_opt(query, &[(&name, Type::TEXT)]).await?)
        })?;
        Ok(row.map(|row| row.get(0)))
    }

    fn write(&self, note: SharedNote<'_>, text: &[u8]) -> Result<()> {
        let name = note_name(note);
        self.pool.read(async |client: &Client| {
            let statement = "INSERT INTO lua_store.note VALUES ($1, $2) \
                             ON CONFLICT (name) DO UPDATE SET text = $2";
            let values = [(&name as _, Type::TEXT), (&text as _, Type::BYTEA)];
            client.execute_typed(statement, &values).await?;
            Ok(())
        })
    }

    fn remove(&self, note: SharedNote<'_>) -> Result<()> {
        let name = note_name(note);
        self.pool.read(async |client: &Client| {
            let statement = "DELETE FROM lua_store.note WHERE name = $1";
            client.execute_typed(statement, &[(&name, Type::TEXT)]).await?;
            Ok(())
        })
    }
}
