//! Numbers of a primitive that were given: those of source versions, and those that only the book has.

use super::primitives::key_of;
use crate::history::book::PushedBody;
use crate::model::kind::Kind;
use crate::stock::error::StockError;
use crate::stock::service::Look;
use crate::stock::view::NumberRow;
use semver::Version;
use std::sync::Arc;

/// Newest numbers that a list has of each primitive.
const LISTED: usize = 20;

/// A number of a primitive.
pub struct GivenNumber {
    pub number: String,
    pub by: String,
    pub at_ms: i64,
}

impl GivenNumber {
    fn of((number, row): (&str, &NumberRow)) -> GivenNumber {
        GivenNumber { number: number.to_owned(), by: row.by.clone(), at_ms: row.at_ms }
    }
}

/// All numbers of a primitive, lowest first.
pub fn given_numbers(
    look: &Look<'_>,
    kind: &Kind,
    name: &str,
) -> Result<Vec<GivenNumber>, StockError> {
    let key = key_of(kind, name);
    let given = look.view.numbers(&key).map(GivenNumber::of).collect();
    with_book(look, &key, given)
}

/// The newest numbers of a primitive, lowest first, and the one that is live.
pub fn newest_numbers(
    look: &Look<'_>,
    kind: &Kind,
    name: &str,
    live: Option<&str>,
) -> Result<Vec<GivenNumber>, StockError> {
    let key = key_of(kind, name);
    let mut newest: Vec<GivenNumber> =
        look.view.numbers(&key).rev().take(LISTED).map(GivenNumber::of).collect();
    newest.reverse();
    let mut newest = with_book(look, &key, newest)?;
    newest.drain(..newest.len().saturating_sub(LISTED));
    if let Some(live) = live
        && !newest.iter().any(|one| one.number == live)
    {
        let older = look.view.number(&key, live).map(|row| GivenNumber::of((live, row)));
        newest.splice(..0, older);
    }
    Ok(newest)
}

/// Numbers with those that only the book has, lowest first.
fn with_book(
    look: &Look<'_>,
    key: &str,
    mut given: Vec<GivenNumber>,
) -> Result<Vec<GivenNumber>, StockError> {
    let sent = numbers_of_book(look, key)?;
    if sent.is_empty() {
        return Ok(given);
    }
    for number in sent.iter() {
        if let Some(pushed) = look.book.body(look.objects, key, number)? {
            let PushedBody { by, at_ms, .. } = pushed;
            given.push(GivenNumber { number: number.clone(), by, at_ms });
        }
    }
    given.sort_by_cached_key(|one| Version::parse(&one.number).ok());
    Ok(given)
}

/// Numbers of a primitive that were pushed, and that no source version has.
pub fn numbers_of_book(look: &Look<'_>, key: &str) -> Result<Arc<[String]>, StockError> {
    let Some(tree) = look.book.numbers_tree(look.objects, key)? else { return Ok(Arc::default()) };
    let read = || {
        let mut sent = look.book.numbers(look.objects, key)?;
        sent.retain(|number| look.view.number(key, number).is_none());
        Ok(sent)
    };
    Ok(look.view.sent.of(key, tree, read)?)
}
