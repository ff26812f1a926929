//! Heads as rows. A swap is one statement with a condition on the etag.

use super::etag::{NO_ETAG, fresh_etag};
use super::pool::{CALL, PgPool};
use crate::error::{Error, Result};
use crate::protocol::AgentId;
use crate::remote_store::{Cas, CasToken, Expect, HeadStore, LruCache, ProbeReport, probe_heads};
use bytes::Bytes;
use std::sync::Arc;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

/// Most heads that are kept, so that one that did not change is not sent again.
const MOST_HEADS: usize = 256;
/// Agents in one answer.
const PAGE: i64 = 1000;

pub struct PgHeads {
    pool: Arc<PgPool>,
    space: String,
    recent: LruCache<AgentId, (Bytes, i64)>,
}

fn token_of(etag: i64) -> CasToken {
    CasToken::new(&etag.to_be_bytes())
}

fn etag_of(token: &CasToken) -> Option<i64> {
    token.as_bytes().try_into().ok().map(i64::from_be_bytes)
}

impl PgHeads {
    pub fn new(pool: Arc<PgPool>) -> PgHeads {
        PgHeads::within(pool, String::new())
    }

    fn within(pool: Arc<PgPool>, space: String) -> PgHeads {
        PgHeads { pool, space, recent: LruCache::new(MOST_HEADS) }
    }

    /// The database must not answer before a change is durable.
    fn probe_durability(&self, report: &mut ProbeReport) -> Result<()> {
        for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
            let value: String = self.pool.read(async |client: &Client| {
                let query = "SELECT current_setting($1)";
                Ok(client.query_typed_one(query, &[(&setting, Type::TEXT)]).await?.get(0))
            })?;
            report.check(value != "off", &format!("the setting {setting} of the database is on"));
        }
        Ok(())
    }
}

impl HeadStore for PgHeads {
    fn load(&self, agent: &AgentId) -> Result<Option<(Bytes, CasToken)>> {
        let known = self.recent.get(agent);
        let etag = known.as_ref().map_or(NO_ETAG, |(_, etag)| *etag);
        let row = self.pool.read(async |client: &Client| {
            let query = "SELECT etag, CASE WHEN etag <> $3 THEN bytes END \
                         FROM lua_store.head WHERE space = $1 AND agent = $2";
            let wanted = [
                (&self.space as _, Type::TEXT),
                (&agent.as_str() as _, Type::TEXT),
                (&etag as _, Type::INT8),
            ];
            Ok(client.query_typed_opt(query, &wanted).await?)
        })?;
        let Some(row) = row else { return Ok(None) };
        let (etag, bytes): (i64, Option<Vec<u8>>) = (row.get(0), row.get(1));
        let bytes = match (bytes, known) {
            (Some(bytes), _) => Bytes::from(bytes),
            (None, Some((bytes, _))) => bytes,
            (None, None) => return Err(Error::failed(format!("agent \"{agent}\" has no head"))),
        };
        self.recent.put(agent.clone(), (bytes.clone(), etag));
        Ok(Some((bytes, token_of(etag))))
    }

    fn swap(&self, agent: &AgentId, expect: Expect<'_>, new: &[u8]) -> Result<Cas> {
        let expected = match expect {
            Expect::Absent => NO_ETAG,
            Expect::Match(token) => match etag_of(token) {
                Some(etag) => etag,
                None => return Ok(Cas::Lost),
            },
        };
        let statement = match expect {
            Expect::Absent => {
                "INSERT INTO lua_store.head (space, agent, etag, bytes) \
                 SELECT $1, $2, $5, $4 WHERE $3 = -1 ON CONFLICT DO NOTHING"
            }
            Expect::Match(_) => {
                "UPDATE lua_store.head SET etag = $5, bytes = $4 \
                 WHERE space = $1 AND agent = $2 AND etag = $3"
            }
        };
        let etag = fresh_etag()?;
        let swapped = self.pool.write(CALL, async |client: &Client| {
            let values = [
                (&self.space as _, Type::TEXT),
                (&agent.as_str() as _, Type::TEXT),
                (&expected as _, Type::INT8),
                (&new as _, Type::BYTEA),
                (&etag as _, Type::INT8),
            ];
            Ok(client.execute_typed(statement, &values).await?)
        });
        match swapped {
            Ok(1) => {
                self.recent.put(agent.clone(), (Bytes::copy_from_slice(new), etag));
                Ok(Cas::Won(token_of(etag)))
            }
            Ok(_) => Ok(Cas::Lost),
            Err(failure) if failure.is_unsure => Ok(Cas::Unknown(failure.error)),
            Err(failure) => Err(failure.error),
        }
    }

    fn agents(&self, after: Option<&AgentId>) -> Result<Vec<AgentId>> {
        let after = after.map_or("", AgentId::as_str);
        let rows = self.pool.read(async |client: &Client| {
            let query = "SELECT agent FROM lua_store.head WHERE space = $1 AND agent > $2 \
                         ORDER BY agent LIMIT $3";
            let wanted = [
                (&self.space as _, Type::TEXT),
                (&after as _, Type::TEXT),
                (&PAGE as _, Type::INT8),
            ];
            Ok(client.query_typed(query, &wanted).await?)
        })?;
        rows.iter().map(|row| row.get::<_, &str>(0).parse()).collect()
    }

    fn probe(&self) -> Result<ProbeReport> {
        let space = super::packs::probe_space()?;
        let tried = probe_heads("database", &PgHeads::within(self.pool.clone(), space.clone()));
        let cleared = self.pool.read(async |client: &Client| {
            let statement = "DELETE FROM lua_store.head WHERE space = $1";
            Ok(client.execute_typed(statement, &[(&space, Type::TEXT)]).await?)
        });
        let mut report = tried?;
        cleared?;
        self.probe_durability(&mut report)?;
        Ok(report)
    }

    fn ping(&self) -> Result<()> {
        let is_replica: bool = self.pool.read(async |client: &Client| {
            Ok(client.query_typed_one("SELECT pg_is_in_recovery()", &[]).await?.get(0))
        })?;
        match is_replica {
            true => Err(Error::unavailable(format!(
                "\"{}\" is a replica and accepts no writes",
                self.pool.url()
            ))),
            false => Ok(()),
        }
    }
}
