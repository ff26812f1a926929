//! Tokens as rows. Each change raises one number, on whose row changes wait for each other.

use super::etag::fresh_etag;
use super::failure::PgEnd;
use super::pool::{CALL, PgPool};
use crate::engine::rows::{TokenRow, TokenRows};
use crate::error::Result;
use std::sync::Arc;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

pub struct PgTokens {
    pool: Arc<PgPool>,
}

impl PgTokens {
    pub fn new(pool: Arc<PgPool>) -> PgTokens {
        PgTokens { pool }
    }
}

async fn all(client: &Client) -> Result<Vec<TokenRow>, PgEnd> {
    let query = "SELECT id, entry FROM lua_store.token ORDER BY place";
    let rows = client.query_typed(query, &[]).await?;
    Ok(rows.iter().map(|row| TokenRow { id: row.get(0), entry: row.get(1) }).collect())
}

async fn save(client: &Client, before: &[TokenRow], after: &[TokenRow]) -> Result<(), PgEnd> {
    let find = |rows: &[TokenRow], id: &str| rows.iter().position(|row| row.id == id);
    for gone in before.iter().filter(|row| find(after, &row.id).is_none()) {
        let statement = "DELETE FROM lua_store.token WHERE id = $1";
        client.execute_typed(statement, &[(&gone.id, Type::TEXT)]).await?;
    }
    for row in after {
        let statement = match find(before, &row.id) {
            Some(at) if before[at] == *row => continue,
            Some(_) => "UPDATE lua_store.token SET entry = $2 WHERE id = $1",
            None => "INSERT INTO lua_store.token (id, entry) VALUES ($1, $2)",
        };
        let values = [(&row.id as _, Type::TEXT), (&row.entry as _, Type::TEXT)];
        client.execute_typed(statement, &values).await?;
    }
    Ok(())
}

impl TokenRows for PgTokens {
    fn etag(&self) -> Result<i64> {
        self.pool.read(async |client: &Client| {
            Ok(client.query_typed_one("SELECT tokens FROM lua_store.format", &[]).await?.get(0))
        })
    }

    fn all(&self) -> Result<Vec<TokenRow>> {
        self.pool.read(all)
    }

    fn change(&self, edit: &mut dyn FnMut(Vec<TokenRow>) -> Result<Vec<TokenRow>>) -> Result<()> {
        let changed = self.pool.write(CALL, async |client: &Client| {
            let etag = fresh_etag()?;
            let begin = format!("BEGIN; UPDATE lua_store.format SET tokens = {etag}");
            client.batch_execute(&begin).await?;
            let before = all(client).await?;
            let after = edit(before.clone())?;
            save(client, &before, &after).await?;
            client.batch_execute("COMMIT").await?;
            Ok(())
        });
        changed.map_err(|failure| failure.error)
    }

    fn used(&self) -> Result<Vec<(String, i64)>> {
        let rows = self.pool.read(async |client: &Client| {
            let query = "SELECT id, used FROM lua_store.token WHERE used IS NOT NULL";
            Ok(client.query_typed(query, &[]).await?)
        })?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    fn note_used(&self, times: &[(String, i64)]) -> Result<()> {
        let ids: Vec<&str> = times.iter().map(|(id, _)| id.as_str()).collect();
        let times: Vec<i64> = times.iter().map(|(_, time)| *time).collect();
        self.pool.read(async |client: &Client| {
            let statement = "UPDATE lua_store.token t SET used = greatest(t.used, n.used) \
                             FROM unnest($1, $2) AS n(id, used) WHERE t.id = n.id";
            let values = [(&ids as _, Type::TEXT_ARRAY), (&times as _, Type::INT8_ARRAY)];
            client.execute_typed(statement, &values).await?;
            Ok(())
        })
    }
}
