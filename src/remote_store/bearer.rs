//! Bearer of a token, and the effects of its transaction that it must be allowed.

use crate::error::{Error, Kind, Result};
use crate::history::record::Event;
use crate::store::TokenName;
use std::fmt;

/// Bearer of a token, as far as it is proven.
#[derive(Clone, Debug)]
pub struct Bearer {
    pub token: TokenName,
    /// The only author that new records may name; `None` where that may be anybody.
    pub speaks_for: Option<String>,
    /// Milliseconds since 1970-01-01 UTC.
    pub now_ms: u64,
}

impl Bearer {
    /// Refused when a record names somebody else as its author than the token speaks for.
    pub fn check(&self, effects: &TxnEffects) -> Result<()> {
        let Some(owner) = &self.speaks_for else { return Ok(()) };
        let stranger = effects.authors.iter().find(|(_, by)| !by.eq_ignore_ascii_case(owner));
        let Some((what, by)) = stranger else { return Ok(()) };
        let TokenName { id, name } = &self.token;
        let token = if name.is_empty() { id } else { name };
        let message =
            format!("{what} is by \"{by}\", and the token \"{token}\" is bound to \"{owner}\"");
        Err(Error::new(Kind::Forbidden, message).hint(format!(
            "nothing was changed there; add `--author {owner}` to name the token's owner as the author from now on\n\
             to send what others created, ask the operator of the server for a token with `--for-others`"
        )))
    }
}

/// Effects of a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TxnEffects {
    source: Vec<u64>,
    versions: Vec<u64>,
    steps: Vec<(Event, Option<u64>)>,
    /// Each new record, and who it says made it.
    authors: Vec<(String, String)>,
}

impl TxnEffects {
    pub fn source(&mut self, number: u64, by: &str) {
        self.source.push(number);
        self.authors.push((format!("source version v{number}"), by.to_owned()));
    }

    pub fn version(&mut self, number: u64, by: &str) {
        self.versions.push(number);
        self.authors.push((format!("version v{number}"), by.to_owned()));
    }

    pub fn step(&mut self, event: Event, number: Option<u64>, by: &str) {
        let what = match event {
            Event::Promote => "promotion",
            Event::Delete => "deletion",
            Event::Undelete => "undeletion",
            Event::Purge => "purge",
        };
        self.steps.push((event, number));
        let of = number.map_or(String::new(), |number| format!(" of v{number}"));
        self.authors.push((format!("the {what}{of}"), by.to_owned()));
    }

    /// Number of new ledger records.
    pub fn records(&self) -> u64 {
        self.steps.len() as u64
    }
}

/// `push source v3..v5, version v2, promote v2`
impl fmt::Display for TxnEffects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let range = |numbers: &[u64]| match numbers {
            [] => None,
            [one] => Some(format!("v{one}")),
            [first, .., last] => Some(format!("v{first}..v{last}")),
        };
        let source = range(&self.source).map(|range| format!("source {range}"));
        let versions = range(&self.versions).map(|range| format!("version {range}"));
        let mut parts: Vec<String> = source.into_iter().chain(versions).collect();
        if let Some(first) = parts.first_mut() {
            first.insert_str(0, "push ");
        }
        parts.extend(self.steps.iter().map(|(event, number)| match number {
            Some(number) => format!("{} v{number}", event.word()),
            None => event.word().to_owned(),
        }));
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effects() -> TxnEffects {
        let mut effects = TxnEffects::default();
        (3..=5).for_each(|number| effects.source(number, "ana@example.com"));
        effects.version(2, "Ana@Example.com");
        effects.step(Event::Promote, Some(2), "ana@example.com");
        effects.step(Event::Delete, Some(1), "ceo@example.com");
        effects
    }

    #[test]
    fn what_was_done_is_one_line() {
        assert_eq!(effects().to_string(), "push source v3..v5, version v2, promote v2, delete v1");
        let mut one = TxnEffects::default();
        one.step(Event::Promote, Some(7), "a");
        assert_eq!(one.to_string(), "promote v7");
    }

    #[test]
    fn a_token_speaks_for_its_owner_alone() {
        let token = TokenName { id: "5a".to_owned(), name: "laptop-2".to_owned() };
        let bearer = |speaks_for: Option<&str>| Bearer {
            token: token.clone(),
            speaks_for: speaks_for.map(str::to_owned),
            now_ms: 0,
        };
        assert!(bearer(None).check(&effects()).is_ok());
        let error = bearer(Some("ana@example.com")).check(&effects()).unwrap_err();
        assert_eq!(error.kind(), Kind::Forbidden);
        assert_eq!(
            error.message(),
            "the deletion of v1 is by \"ceo@example.com\", and the token \"laptop-2\" is bound to \
             \"ana@example.com\""
        );
    }
}
