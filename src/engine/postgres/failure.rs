//! Failure of a call: the sentence for it, and whether the call may have taken effect.

use super::target::PostgresUrl;
use crate::engine::failure::CallFailure;
use crate::error::{Error, Kind};
use std::error::Error as StdError;
use std::io;
use tokio_postgres::error::{DbError, Severity, SqlState};

/// Failure of a call to the database. A statement that it refused had no effect. A session that it ended may have
/// committed: it was waiting for a replica, for example.
pub fn failure(url: &PostgresUrl, error: &tokio_postgres::Error) -> CallFailure {
    let refused = error.as_db_error().and_then(DbError::parsed_severity);
    CallFailure { error: sentence(url, error), is_unsure: refused != Some(Severity::Error) }
}

/// Reason why the work of one call ended.
pub enum PgEnd {
    Database(tokio_postgres::Error),
    Own(Error),
}

impl From<tokio_postgres::Error> for PgEnd {
    fn from(error: tokio_postgres::Error) -> PgEnd {
        PgEnd::Database(error)
    }
}

impl From<Error> for PgEnd {
    fn from(error: Error) -> PgEnd {
        PgEnd::Own(error)
    }
}

/// One sentence for people.
pub fn sentence(url: &PostgresUrl, error: &tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(refusal) => refused(url, refusal),
        None => unreached(url, error),
    }
}

fn refused(url: &PostgresUrl, refusal: &DbError) -> Error {
    let (code, why) = (refusal.code(), refusal.message());
    if [&SqlState::INVALID_PASSWORD, &SqlState::INVALID_AUTHORIZATION_SPECIFICATION].contains(&code)
    {
        return no_password(url, why);
    }
    if code == &SqlState::INVALID_CATALOG_NAME {
        let message = format!("there is no database \"{}\" at \"{url}\"", url.database());
        return Error::usage(message).hint(format!("create it: `createdb {}`", url.database()));
    }
    if code == &SqlState::INSUFFICIENT_PRIVILEGE {
        return Error::new(Kind::Forbidden, format!("\"{url}\" refused: {why}"))
            .hint("let the user own the database, or own a schema named lua_store in it");
    }
    if code == &SqlState::READ_ONLY_SQL_TRANSACTION {
        return Error::unavailable(format!("\"{url}\" accepts no writes: {why}"));
    }
    let is_passing = matches!(code.code().get(..2), Some("08" | "53" | "55" | "57" | "58"));
    let kind = if is_passing { Kind::Unavailable } else { Kind::Failed };
    Error::new(kind, format!("\"{url}\" answered: {why} ({})", code.code()))
}

fn no_password(url: &PostgresUrl, why: &str) -> Error {
    Error::auth(format!("\"{url}\" did not let this program in: {why}"))
        .hint("set PGUSER and PGPASSWORD, or write the password to the file ~/.pgpass")
}

fn unreached(url: &PostgresUrl, error: &tokio_postgres::Error) -> Error {
    let cause = error.source();
    let why = cause.map_or_else(|| error.to_string(), deepest);
    if certificate(cause).is_some() {
        let message = format!("the certificate of \"{url}\" is not trusted: {why}");
        return Error::new(Kind::Untrusted, message)
            .hint("set PGSSLROOTCERT to a file with the certificate of its authority, in PEM");
    }
    // The crate names these three in no other way.
    match error.to_string().as_str() {
        "invalid configuration" if why.contains("password") => no_password(url, &why),
        "error performing TLS handshake" if cause.is_some() => {
            Error::unavailable(format!("cannot use TLS with \"{url}\": {why}"))
                .hint("use `?sslmode=disable` in a network that nobody else reaches")
        }
        _ => Error::unavailable(format!("cannot reach \"{url}\": {why}")),
    }
}

/// Innermost cause, which is that of the system.
fn deepest(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// The refusal of a certificate, if that is the cause.
fn certificate<'a>(cause: Option<&'a (dyn StdError + 'static)>) -> Option<&'a rustls::Error> {
    let inner = cause?.downcast_ref::<io::Error>()?.get_ref()?;
    let refused = inner.downcast_ref::<rustls::Error>()?;
    matches!(refused, rustls::Error::InvalidCertificate(_)).then_some(refused)
}
