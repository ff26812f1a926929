//! Packs as rows of pieces, so that neither end needs memory for a whole pack.

use super::failure::PgEnd;
use super::pool::{CALL, PgPool};
use crate::error::{Error, Result};
use crate::pack::PackId;
use crate::protocol::AgentId;
use crate::remote_store::{PackKey, PackStore, ProbeReport, probe_packs};
use bytes::{Bytes, BytesMut};
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

/// Bytes of a piece; only the last one has fewer. Readers rely on it, so that another size is another format.
const PIECE: u64 = 256 << 10;
/// Slowest connection on which a pack may be stored.
const BYTES_A_SECOND: u64 = 256 << 10;
/// Packs in one answer.
const PAGE: i64 = 1000;

pub struct PgPacks {
    pool: Arc<PgPool>,
    space: String,
}

/// A space that no other probe has.
pub fn probe_space() -> Result<String> {
    let bits = getrandom::u64();
    let bits = bits.map_err(|error| Error::failed(format!("cannot get random bits: {error}")))?;
    Ok(format!("probe-{bits:016x}"))
}

type SqlValue<'a> = (&'a (dyn ToSql + Sync), Type);

/// The columns that name a pack, for `$1` to `$4`.
struct KeyColumns<'a> {
    space: &'a str,
    agent: &'a str,
    fresh: &'a [u8],
    pack: &'a [u8],
}

impl KeyColumns<'_> {
    fn with<'a>(&'a self, more: &[SqlValue<'a>]) -> Vec<SqlValue<'a>> {
        let mut all: Vec<SqlValue<'a>> = vec![
            (&self.space, Type::TEXT),
            (&self.agent, Type::TEXT),
            (&self.fresh, Type::BYTEA),
            (&self.pack, Type::BYTEA),
        ];
        all.extend(more.iter().cloned());
        all
    }
}

impl PgPacks {
    pub fn new(pool: Arc<PgPool>) -> PgPacks {
        PgPacks { pool, space: String::new() }
    }

    fn columns<'a>(&'a self, key: &'a PackKey) -> KeyColumns<'a> {
        let (agent, pack) = (key.agent.as_str(), key.pack.hash().as_bytes().as_slice());
        KeyColumns { space: &self.space, agent, fresh: &key.fresh, pack }
    }
}

/// Next piece of a pack that is at `at`.
fn next_piece(key: &PackKey, source: &mut dyn Read, at: u64, len: u64) -> Result<Vec<u8>> {
    let wanted = PIECE.min(len - at);
    let mut piece = Vec::with_capacity(wanted as usize);
    let read = source.take(wanted).read_to_end(&mut piece);
    let file = key.file_name();
    read.map_err(|error| Error::failed(format!("cannot read pack \"{file}\": {error}")))?;
    if piece.len() as u64 != wanted {
        let end = at + piece.len() as u64;
        return Err(Error::failed(format!("\"{file}\" ends after {end} of {len} bytes")));
    }
    Ok(piece)
}

/// Stores a pack of one piece, or begins a longer one. `None`: the key is taken.
async fn begin(
    client: &Client,
    columns: &KeyColumns<'_>,
    first: &[u8],
    len: i64,
) -> Result<Option<i64>, PgEnd> {
    let statement = "WITH new AS (INSERT INTO lua_store.pack (space, agent, fresh, pack, bytes) \
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING id), \
                     piece AS (INSERT INTO lua_store.piece SELECT id, 0, $6 FROM new) \
                     SELECT id FROM new";
    let values = columns.with(&[(&len, Type::INT8), (&first, Type::BYTEA)]);
    Ok(client.query_typed_opt(statement, &values).await?.map(|row| row.get(0)))
}

impl PackStore for PgPacks {
    fn put_new(&self, key: &PackKey, source: &mut dyn Read, len: u64) -> Result<()> {
        let taken = || Error::conflict(format!("\"{}\" exists", key.file_name()));
        let columns = self.columns(key);
        let first = next_piece(key, source, 0, len)?;
        let patience = CALL + Duration::from_secs(len / BYTES_A_SECOND);
        let stored = self.pool.write(patience, async |client: &Client| {
            let is_one = len <= PIECE;
            if !is_one {
                client.batch_execute("BEGIN").await?;
            }
            let id = begin(client, &columns, &first, len as i64).await?.ok_or_else(taken)?;
            let mut at = first.len() as u64;
            while at < len {
                let piece = next_piece(key, source, at, len)?;
                let statement = "INSERT INTO lua_store.piece VALUES ($1, $2, $3)";
                let values: [SqlValue<'_>; 3] =
                    [(&id, Type::INT8), (&(at as i64), Type::INT8), (&piece, Type::BYTEA)];
                client.execute_typed(statement, &values).await?;
                at += piece.len() as u64;
            }
            if !is_one {
                client.batch_execute("COMMIT").await?;
            }
            Ok(())
        });
        stored.map_err(|failure| failure.error)
    }

    fn get(&self, key: &PackKey, range: Option<Range<u64>>) -> Result<Option<Bytes>> {
        let columns = self.columns(key);
        let range = range.unwrap_or(0..i64::MAX as u64);
        let first = (range.start / PIECE * PIECE) as i64;
        let end = range.end.min(i64::MAX as u64) as i64;
        let rows = self.pool.read(async |client: &Client| {
            // A pack without such pieces is one row.
            let query = "SELECT k.bytes, p.start, p.bytes FROM lua_store.pack k \
                         LEFT JOIN lua_store.piece p ON p.pack = k.id AND p.start >= $5 AND p.start < $6 \
                         WHERE k.space = $1 AND k.agent = $2 AND k.fresh = $3 AND k.pack = $4 \
                         ORDER BY p.start";
            let wanted = columns.with(&[(&first, Type::INT8), (&end, Type::INT8)]);
            Ok(client.query_typed(query, &wanted).await?)
        })?;
        let Some(row) = rows.first() else { return Ok(None) };
        let len = row.get::<_, i64>(0) as u64;
        let (start, end) = (range.start.min(len), range.end.min(len));
        let mut bytes = BytesMut::with_capacity(end.saturating_sub(start) as usize);
        for row in &rows {
            let Some(at) = row.get::<_, Option<i64>>(1).map(|at| at as u64) else { continue };
            let piece: &[u8] = row.get(2);
            let inside = |offset: u64| (offset.saturating_sub(at) as usize).min(piece.len());
            bytes.extend_from_slice(&piece[inside(start)..inside(end).max(inside(start))]);
        }
        if bytes.len() as u64 != end.saturating_sub(start) {
            return Err(Error::corrupt(format!(
                "pack \"{}\" lacks some of its pieces",
                key.file_name()
            )));
        }
        Ok(Some(bytes.freeze()))
    }

    fn stat(&self, key: &PackKey) -> Result<Option<u64>> {
        let columns = self.columns(key);
        let row = self.pool.read(async |client: &Client| {
            let query = "SELECT bytes FROM lua_store.pack \
                         WHERE space = $1 AND agent = $2 AND fresh = $3 AND pack = $4";
            Ok(client.query_typed_opt(query, &columns.with(&[])).await?)
        })?;
        Ok(row.map(|row| row.get::<_, i64>(0) as u64))
    }

    fn list(
        &self,
        agent: &AgentId,
        after: Option<&PackKey>,
    ) -> Result<Vec<(PackKey, u64, SystemTime)>> {
        let fresh = after.map_or(&[][..], |after| &after.fresh);
        let pack = after.map_or(&[][..], |after| after.pack.hash().as_bytes());
        let columns = KeyColumns { space: &self.space, agent: agent.as_str(), fresh, pack };
        let rows = self.pool.read(async |client: &Client| {
            let query = "SELECT fresh, pack, bytes, floor(extract(epoch FROM stored) * 1000)::bigint \
                         FROM lua_store.pack WHERE space = $1 AND agent = $2 AND (fresh, pack) > ($3, $4) \
                         ORDER BY fresh, pack LIMIT $5";
            Ok(client.query_typed(query, &columns.with(&[(&PAGE, Type::INT8)])).await?)
        })?;
        let entry = |row: &tokio_postgres::Row| {
            let wrong =
                |_| Error::corrupt(format!("agent \"{agent}\" has a pack with a wrong name"));
            let fresh = row.get::<_, &[u8]>(0).try_into().map_err(wrong)?;
            let id: [u8; 32] = row.get::<_, &[u8]>(1).try_into().map_err(wrong)?;
            let pack = PackId::from(blake3::Hash::from_bytes(id));
            let key = PackKey { agent: agent.clone(), fresh, pack };
            let stored = UNIX_EPOCH + Duration::from_millis(row.get::<_, i64>(3).max(0) as u64);
            Ok((key, row.get::<_, i64>(2) as u64, stored))
        };
        rows.iter().map(entry).collect()
    }

    fn delete(&self, key: &PackKey) -> Result<()> {
        let columns = self.columns(key);
        self.pool.read(async |client: &Client| {
            let statement = "DELETE FROM lua_store.pack \
                             WHERE space = $1 AND agent = $2 AND fresh = $3 AND pack = $4";
            client.execute_typed(statement, &columns.with(&[])).await?;
            Ok(())
        })
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn probe(&self) -> Result<ProbeReport> {
        let space = probe_space()?;
        let tried =
            probe_packs("database", &PgPacks { pool: self.pool.clone(), space: space.clone() });
        let cleared = self.pool.read(async |client: &Client| {
            let statement = "DELETE FROM lua_store.pack WHERE space = $1";
            Ok(client.execute_typed(statement, &[(&space, Type::TEXT)]).await?)
        });
        let report = tried?;
        cleared?;
        Ok(report)
    }
}
