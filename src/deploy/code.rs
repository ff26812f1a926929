//! Code of the numbers that run: the hash that the platform shows (#33), compared with the one that was pushed.
//!
//! Nobody has described how the platform computes it. So a hash that differs is a difference only where the platform showed one
//! of ours before: for another number, or for the same one. Otherwise it is a hash of another kind.

use crate::client::{CodeGap, LiveCheck, LivePart, LiveState, PushedBy};
use crate::error::{Kind, Result};
use crate::history::imported::{ImportRecord, NumberCode};
use crate::import::key_of;
use crate::platform::{ListedNumbers, Listing, PlatformClient, details, many};
use std::collections::{BTreeMap, BTreeSet};

/// A number that runs and is that of the version.
struct RunningNumber<'l> {
    row: &'l ListedNumbers,
    key: String,
    number: String,
    /// `None` if it was not pushed from here.
    pushed: Option<NumberCode>,
}

/// Hash that the platform shows; `None` where it shows none.
type ShownHash = Option<String>;

/// Adds the code of each primitive whose number runs to a comparison. `most` is the highest number of requests.
pub fn compare(
    client: &PlatformClient,
    record: &mut ImportRecord,
    listing: &Listing,
    (check, most): (&mut LiveCheck, usize),
) -> Result<()> {
    let all = running(record, listing, check);
    let shown = ask(client, &all, most)?;
    for one in &all {
        let code = record.codes.get_mut(&one.key).and_then(|known| known.get_mut(&one.number));
        if let (Some(code), Some(Some(hash))) = (code, shown.get(&one.key)) {
            code.is_seen |= code.hash == *hash;
        }
    }
    for one in all {
        let state = match (&one.pushed, shown.get(&one.key)) {
            (None, _) => LiveState::Uncompared(CodeGap::NotPushedHere),
            (Some(_), None) => LiveState::Uncompared(CodeGap::NotAsked),
            (Some(_), Some(None)) => LiveState::Uncompared(CodeGap::NotShown),
            (Some(pushed), Some(Some(hash))) if pushed.hash == *hash => LiveState::Equal,
            (Some(pushed), Some(Some(hash))) if is_known_kind(record, &one) => {
                LiveState::Different { there: hash.clone(), version: pushed.hash.clone() }
            }
            (Some(_), Some(Some(_))) => LiveState::Uncompared(CodeGap::OtherHash),
        };
        let part = LivePart::Code(one.row.route.kind.word, one.row.name.clone());
        check.parts.push((part, state));
    }
    Ok(())
}

fn running<'l>(
    record: &ImportRecord,
    listing: &'l Listing,
    check: &LiveCheck,
) -> Vec<RunningNumber<'l>> {
    let equal = check.parts.iter().filter_map(|(part, state)| match (part, state) {
        (LivePart::Primitive(kind, name), LiveState::Equal) => Some((*kind, name)),
        _ => None,
    });
    equal
        .filter_map(|(kind, name)| {
            let mut rows = listing.primitives.iter();
            let row = rows.find(|row| row.route.kind.word == kind && row.name == *name)?;
            let (key, number) = (key_of(row), row.active.clone()?);
            let pushed = record.codes.get(&key).and_then(|known| known.get(&number)).cloned();
            Some(RunningNumber { row, key, number, pushed })
        })
        .collect()
}

/// Asks for hashes, first for those that were never seen. A kind of which the platform shows one number without a hash is not
/// asked for further.
fn ask(
    client: &PlatformClient,
    all: &[RunningNumber<'_>],
    most: usize,
) -> Result<BTreeMap<String, ShownHash>> {
    let mut open: Vec<&RunningNumber<'_>> = all.iter().filter(|one| one.pushed.is_some()).collect();
    open.sort_by_key(|one| one.pushed.as_ref().is_some_and(|code| code.is_seen));
    let (mut shown, mut silent, mut left) = (BTreeMap::new(), BTreeSet::new(), most);
    // The first of each kind, then the others.
    for is_first in [true, false] {
        let mut kinds = BTreeSet::new();
        let (now, later): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|one| !is_first || kinds.insert(one.row.route.path));
        let (silent_now, mut now): (Vec<_>, Vec<_>) =
            now.into_iter().partition(|one| silent.contains(one.row.route.path));
        shown.extend(silent_now.into_iter().map(|one| (one.key.clone(), None)));
        now.truncate(left);
        left -= now.len();
        let answers = many(now.len(), |at| hash(client, now[at]))?;
        for (one, hash) in now.into_iter().zip(answers) {
            if hash.is_none() {
                silent.insert(one.row.route.path);
            }
            shown.insert(one.key.clone(), hash);
        }
        open = later;
    }
    Ok(shown)
}

fn hash(client: &PlatformClient, one: &RunningNumber<'_>) -> Result<ShownHash> {
    let all = match details::numbers(client, one.row) {
        // A platform without the route shows nothing.
        Err(error) if error.kind() == Kind::NotFound => return Ok(None),
        all => all?,
    };
    let found = all.into_iter().find(|known| known.number == one.number);
    Ok(found.and_then(|found| found.source_hash).filter(|hash| !hash.is_empty()))
}

/// True if the platform showed a hash of ours. That of a skill is made of several.
fn is_known_kind(record: &ImportRecord, one: &RunningNumber<'_>) -> bool {
    let is_skill = |key: &str| key.starts_with("skills/");
    let mut same = record.codes.iter().filter(|(key, _)| is_skill(key) == is_skill(&one.key));
    same.any(|(_, known)| known.values().any(|code| code.is_seen))
}

/// Asks who pushed the numbers that run and are not those of the version (#33).
pub fn pushed_by(
    client: &PlatformClient,
    listing: &Listing,
    check: &LiveCheck,
) -> Result<Vec<PushedBy>> {
    let mut pushed = Vec::new();
    for (part, state) in &check.parts {
        let (LivePart::Primitive(kind, name), Some(number)) = (part, state.there()) else {
            continue;
        };
        let mut rows = listing.primitives.iter();
        let row = rows.find(|row| row.route.kind.word == *kind && row.name == *name);
        let Some(row) = row else { continue };
        let all = details::numbers(client, row)?;
        let found = all.into_iter().find(|one| one.number == number);
        pushed.extend(found.map(|one| PushedBy {
            part: part.clone(),
            at_ms: one.at_ms,
            by: one.by,
        }));
    }
    Ok(pushed)
}
