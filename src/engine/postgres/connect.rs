//! New connection, with the settings that each session needs.

use super::failure::sentence;
use super::target::PostgresUrl;
use super::tls::PgTls;
use crate::engine::failure::CallFailure;
use crate::error::Error;
use std::time::Duration;
use tokio::time::timeout;
use tokio_postgres::Client;

/// For all hosts of the URL together.
const PATIENCE: Duration = Duration::from_secs(10);

/// A lock that somebody else holds for longer is an error, and a server that died in a transaction holds none for long. A
/// database whose default is to answer before a change is durable must not do so here.
const SESSION: &str = "\
    SET lock_timeout = '10s'; \
    SET idle_in_transaction_session_timeout = '60s'; \
    SET client_min_messages = warning; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// Connects. Must be called within the runtime that drives the connection.
pub async fn connect(url: &PostgresUrl, tls: &PgTls) -> Result<Client, CallFailure> {
    let connected = timeout(PATIENCE, async {
        let (client, connection) = url.config.connect(tls.clone()).await?;
        drop(tokio::spawn(connection));
        client.batch_execute(SESSION).await?;
        Ok(client)
    });
    match connected.await {
        Ok(connected) => connected.map_err(|error| CallFailure::certain(sentence(url, &error))),
        Err(_) => {
            let message = format!("\"{url}\" did not answer within {} s", PATIENCE.as_secs());
            Err(CallFailure::certain(Error::unavailable(message)))
        }
    }
}
