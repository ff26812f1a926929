//! Tables of the engine, all in the schema `lua_store`, and their migrations by number.

use super::failure::PgEnd;
use super::pool::{CALL, PgPool};
use crate::error::{Error, Result};
use tokio_postgres::Client;

/// Number of the newest format.
const FORMAT: i32 = 1;

/// Changes from each format to the next one.
const MIGRATIONS: [&str; FORMAT as usize] = [FIRST];

/// `space` is empty for the agents of the servers; each probe has one of its own. Packs are compressed, and heads are
/// mostly hashes: the database need not compress them again.
const FIRST: &str = "
    CREATE TABLE lua_store.format (version int NOT NULL, tokens bigint NOT NULL);
    INSERT INTO lua_store.format VALUES (0, 0);
    CREATE TABLE lua_store.head (
        space text COLLATE \"C\" NOT NULL,
        agent text COLLATE \"C\" NOT NULL,
        etag bigint NOT NULL,
        bytes bytea NOT NULL,
        PRIMARY KEY (space, agent)
    );
    ALTER TABLE lua_store.head ALTER COLUMN bytes SET STORAGE EXTERNAL;
    CREATE TABLE lua_store.pack (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        space text COLLATE \"C\" NOT NULL,
        agent text COLLATE \"C\" NOT NULL,
        fresh bytea NOT NULL,
        pack bytea NOT NULL,
        bytes bigint NOT NULL,
        stored timestamptz NOT NULL DEFAULT now(),
        UNIQUE (space, agent, fresh, pack)
    );
    CREATE TABLE lua_store.piece (
        pack bigint NOT NULL REFERENCES lua_store.pack ON DELETE CASCADE,
        start bigint NOT NULL,
        bytes bytea NOT NULL,
        PRIMARY KEY (pack, start)
    );
    ALTER TABLE lua_store.piece ALTER COLUMN bytes SET STORAGE EXTERNAL;
    CREATE TABLE lua_store.note (
        name text COLLATE \"C\" PRIMARY KEY,
        text bytea NOT NULL
    );
    CREATE TABLE lua_store.token (
        place bigint GENERATED ALWAYS AS IDENTITY,
        id text COLLATE \"C\" PRIMARY KEY,
        entry text NOT NULL,
        used bigint
    );
";

/// Creates the tables in a database without any, and brings older ones to the newest format. Servers that start at the same
/// moment take turns.
pub fn prepare(pool: &PgPool) -> Result<()> {
    let place = pool.url().to_string();
    let prepared = pool.write(CALL, async |client: &Client| {
        // Without a right to write, a database that is up to date is enough.
        if version(client).await? == Some(FORMAT) {
            return Ok(());
        }
        client.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(7420, 1)").await?;
        let found = match version(client).await? {
            Some(found) => found,
            None => create(client, &place).await?,
        };
        let known = usize::try_from(found).ok().filter(|found| *found <= MIGRATIONS.len());
        let known = known.ok_or_else(|| other_format(&place, found))?;
        for migration in &MIGRATIONS[known..] {
            client.batch_execute(migration).await?;
        }
        client
            .batch_execute(&format!("UPDATE lua_store.format SET version = {FORMAT}; COMMIT"))
            .await?;
        Ok(())
    });
    prepared.map_err(|failure| failure.error)
}

fn other_format(place: &str, found: i32) -> Error {
    Error::usage(format!(
        "cannot open \"{place}\": the format of its tables is {found}, and this program knows {FORMAT}"
    ))
    .hint("a newer lua-store created them; update lua-store to use them")
}

/// Number of the format; `None` without tables of ours.
async fn version(client: &Client) -> Result<Option<i32>, PgEnd> {
    let has_table = client
        .query_one(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attname = 'tokens' \
             AND a.attrelid = to_regclass('lua_store.format'))",
            &[],
        )
        .await?;
    if !has_table.get::<_, bool>(0) {
        return Ok(None);
    }
    let row = client.query_opt("SELECT version FROM lua_store.format", &[]).await?;
    Ok(row.map(|row| row.get(0)))
}

/// Creates the schema, unless it exists and is empty: it may have been created for a user who may not create one.
async fn create(client: &Client, place: &str) -> Result<i32, PgEnd> {
    let found = client
        .query_opt(
            "SELECT (SELECT relname::text FROM pg_catalog.pg_class WHERE relnamespace = n.oid \
             ORDER BY relname LIMIT 1) FROM pg_catalog.pg_namespace n WHERE nspname = 'lua_store'",
            &[],
        )
        .await?;
    match found.map(|row| row.get::<_, Option<String>>(0)) {
        None => client.batch_execute("CREATE SCHEMA lua_store").await?,
        Some(None) => {}
        Some(Some(stranger)) => {
            return Err(Error::usage(format!(
                "cannot store agents in \"{place}\": its schema \"lua_store\" has tables of another program, such as \"{stranger}\""
            ))
            .hint("name a database of its own")
            .into());
        }
    }
    Ok(0)
}
