//! Fast-forward check: series and ledger only grow, so the former head of a remote must be the
//! beginning of the new one.
//!
//! Anything else is a remote that lost versions, was restored from an old backup, or is hostile.
//! Accepted as an update it would renumber published versions.

use crate::client::divergence::leads_to;
use crate::client::follow;
use crate::error::{Error, Hint, Kind, Result};
use crate::object::{Id, Source};
use crate::store::{Active, Heads, RemoteTracking};

/// Most ids of one series that are named.
const NAMED: usize = 3;

/// Refuses a remote that has not everything any more that it had. Its ledger can be compared once it is here: see
/// [`check_ledger`].
pub fn check_fast_forward(name: &str, seen: &RemoteTracking, now: &Heads) -> Result<()> {
    let mut lost = differences("source version", &seen.heads.source, &now.source);
    lost.extend(differences("version", &seen.heads.versions, &now.versions));
    if let (Some(active), None) = (seen.heads.active, now.active) {
        lost.push(format!(
            "its ledger, which ended with record {}, is missing",
            active.ledger.short()
        ));
    }
    if lost.is_empty() { Ok(()) } else { Err(rewritten(name, &lost)) }
}

/// Refuses a remote whose ledger does not go on from the one that it had.
pub fn check_ledger<S: Source + ?Sized>(
    name: &str,
    objects: &S,
    seen: Option<Active>,
    now: Option<Active>,
) -> Result<()> {
    let Some(seen) = seen else { return Ok(()) };
    match now {
        Some(now) if now.ledger == seen.ledger => Ok(()),
        Some(now) if leads_to(objects, now.ledger, seen.ledger)? => Ok(()),
        _ => Err(rewritten(
            name,
            &[format!("its ledger has no record {} any more", seen.ledger.short())],
        )),
    }
}

/// Ids of a series that are missing now, or are others.
fn differences(what: &str, seen: &[Id], now: &[Id]) -> Vec<String> {
    let other = (1u64..).zip(seen.iter().zip(now)).filter(|(_, (seen, now))| seen != now);
    let mut lost: Vec<String> = other
        .map(|(number, (seen, now))| {
            format!("{what} v{number} is {} there and was {}", now.short(), seen.short())
        })
        .collect();
    let more = lost.len().saturating_sub(NAMED);
    lost.truncate(NAMED);
    if more > 0 {
        lost.push(format!("{more} more {what}(s) differ"));
    }
    match &seen[now.len().min(seen.len())..] {
        [] => {}
        [_] => lost.push(format!("{what} v{} is missing", seen.len())),
        [_, ..] => lost.push(format!("{what}s v{} to v{} are missing", now.len() + 1, seen.len())),
    }
    lost
}

fn rewritten(name: &str, lost: &[String]) -> Error {
    let message = format!("the remote \"{name}\" was rewritten: {}", lost.join("; "));
    Error::new(Kind::Rewritten, message)
        .hint(follow::hint(name))
        .also(Hint::RemoteBegunAnew { remote: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[u8]) -> Vec<Id> {
        numbers.iter().map(|number| Id::from_bytes([*number; 32])).collect()
    }

    #[test]
    fn a_series_that_grew_has_lost_nothing() {
        for (seen, now) in
            [(&[][..], &[][..]), (&[], &[1]), (&[1, 2], &[1, 2]), (&[1, 2], &[1, 2, 3])]
        {
            assert_eq!(differences("version", &ids(seen), &ids(now)), Vec::<String>::new());
        }
    }

    #[test]
    fn what_is_missing_or_another_one_is_named() {
        let differences = |seen: &[u8], now: &[u8]| differences("version", &ids(seen), &ids(now));
        assert_eq!(differences(&[1, 2], &[1]), ["version v2 is missing"]);
        assert_eq!(differences(&[1, 2, 3], &[]), ["versions v1 to v3 are missing"]);
        assert_eq!(
            differences(&[1, 2], &[1, 3, 4]),
            ["version v2 is 03030303 there and was 02020202"]
        );
        assert_eq!(differences(&[1, 2, 3], &[2, 1]).len(), 3);
        let many = differences(&[1, 2, 3, 4, 5], &[6, 7, 8, 9, 10]);
        assert_eq!(many.last().unwrap(), "2 more version(s) differ");
    }
}
