//! Place of the packs of a database: its own tables, or a bucket. A note in the database names the bucket, so that no server
//! takes packs for lost that are elsewhere.

use super::pool::{CALL, PgPool};
use crate::engine::bucket::{self, BucketUrl, BucketUse};
use crate::error::{Error, Result};
use crate::remote_store::PackStore;
use std::sync::Arc;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

/// Note with the URL of the bucket.
const PLACE: &str = "packs";
/// Note with the id of the database, which the bucket has too.
const ID: &str = "id";

/// The packs in the bucket; `None` if they are in the database. The first server that opens the database chooses, and the others
/// must name the same.
pub fn open(pool: &PgPool, packs: Option<&BucketUrl>) -> Result<Option<Arc<dyn PackStore>>> {
    check(pool, packs, false)?;
    let Some(packs) = packs else { return Ok(None) };
    let id = getrandom::u64();
    let id = id.map_err(|error| Error::failed(format!("cannot get random bits: {error}")))?;
    let id = keep(pool, ID, &format!("{id:016x}"))?;
    // A bucket that cannot be used is not noted.
    let opened = bucket::open_packs(packs, &BucketUse::PacksOf(id))?;
    keep(pool, PLACE, &packs.to_string())?;
    check(pool, Some(packs), true)?;
    Ok(Some(opened))
}

/// Refuses a place that is not the chosen one.
fn check(pool: &PgPool, packs: Option<&BucketUrl>, is_chosen: bool) -> Result<()> {
    let wrong = |why: String, hint: String| Err(Error::usage(why).hint(hint));
    let url = pool.url();
    match (read(pool, PLACE)?, packs) {
        (None, None) => Ok(()),
        (Some(place), Some(packs)) if place == packs.to_string() => Ok(()),
        (Some(place), _) => wrong(
            format!("the packs of \"{url}\" are in \"{place}\""),
            format!("add `--packs {place}`"),
        ),
        (None, Some(_)) if !is_chosen && !has_agents(pool)? => Ok(()),
        (None, Some(_)) => wrong(
            format!("the packs of \"{url}\" are in the database"),
            "remove `--packs`; a bucket is chosen before the first push".to_owned(),
        ),
    }
}

fn read(pool: &PgPool, note: &str) -> Result<Option<String>> {
    let row = pool.read(async |client: &Client| {
        let query = "SELECT text FROM lua_store.note WHERE name = $1";
        Ok(client.query_typed_opt(query, &[(&note, Type::TEXT)]).await?)
    })?;
    Ok(row.map(|row| String::from_utf8_lossy(row.get(0)).into_owned()))
}

fn has_agents(pool: &PgPool) -> Result<bool> {
    pool.read(async |client: &Client| {
        let query = "SELECT EXISTS (SELECT FROM lua_store.head WHERE space = '') \
                     OR EXISTS (SELECT FROM lua_store.pack WHERE space = '')";
        Ok(client.query_typed_one(query, &[]).await?.get(0))
    })
}

/// Writes a note that does not exist, unless there are agents without it, and gives the one that exists then.
fn keep(pool: &PgPool, note: &str, text: &str) -> Result<String> {
    let noted = pool.write(CALL, async |client: &Client| {
        let statement = "INSERT INTO lua_store.note SELECT $1, $2 \
                         WHERE NOT EXISTS (SELECT FROM lua_store.head WHERE space = '') \
                         AND NOT EXISTS (SELECT FROM lua_store.pack WHERE space = '') \
                         ON CONFLICT DO NOTHING";
        let values = [(&note as _, Type::TEXT), (&text.as_bytes() as _, Type::BYTEA)];
        Ok(client.execute_typed(statement, &values).await?)
    });
    noted.map_err(|failure| failure.error)?;
    Ok(read(pool, note)?.unwrap_or_default())
}
