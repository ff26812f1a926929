//! Purge on a remote: the ids of the objects go there, and it rewrites its history itself.

use super::push::refusal_error;
use super::{Remote, fetch, txn};
use crate::error::{Error, Kind, Result};
use crate::history::purge::PurgeTarget;
use crate::history::record::Author;
use crate::protocol::{PurgeRequest, PurgedBlob, Transaction, TxnOutcome};
use crate::store::Store;

/// Purges on a remote. Nothing here changes: a fetch follows it.
pub fn purge(
    store: &Store,
    name: &str,
    remote: &dyn Remote,
    targets: &[PurgeTarget],
    (who, reason): (&Author, &str),
) -> Result<()> {
    let head = fetch::read_head(store, name, remote)?;
    let blob = |target: &PurgeTarget| PurgedBlob {
        object: target.object,
        bytes: target.bytes,
        path: target.path.clone(),
        json: target.is_json,
    };
    let request = PurgeRequest {
        by: who.by.clone(),
        at_ms: who.at_ms,
        reason: reason.to_owned(),
        objects: targets.iter().map(blob).collect(),
    };
    let (pack, source, versions, active) = (None, None, None, None);
    let tx = Transaction { txn: txn()?, pack, source, versions, active, purge: Some(request) };
    match remote.transact(&tx, &head) {
        Ok(TxnOutcome::Done(_)) => Ok(()),
        Ok(TxnOutcome::Refused(refusal)) => Err(refusal_error(refusal)),
        // The answer names other refs than were known: that is what was asked for.
        Err(error) if error.kind() == Kind::Rewritten => Ok(()),
        Err(error) => Err(older(name, error)),
    }
}

/// A server that knows no purge says that it does not know the field.
fn older(name: &str, error: Error) -> Error {
    match error.kind() == Kind::Usage && error.message().contains("unknown field `purge`") {
        true => Error::failed(format!("the server of \"{name}\" is too old to repeat a purge"))
            .hint("nothing was changed; update the server, then run the same command"),
        false => error,
    }
}
