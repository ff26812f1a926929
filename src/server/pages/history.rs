//! History of an agent for its pages: names of versions in addresses, and times.

use super::AskedPage;
use super::answers::{PageAnswer, nothing_here};
use super::form::FormFields;
use crate::error::{Error, Result};
use crate::history::ledger::LedgerEntry;
use crate::history::record::iso;
use crate::history::source::SourceVersion;
use crate::history::version::Version;
use crate::object::Id;
use crate::page::{LedgerItem, ShownTime};
use crate::stock::VersionsLook;
use crate::store::Odb;

/// An agent at one moment, and what is asked about it.
#[derive(Clone, Copy)]
pub struct AgentHistory<'a> {
    pub asked: &'a AskedPage,
    pub look: &'a VersionsLook<'a>,
}

/// A version as an address names it.
pub enum NamedVersion {
    Number(u64),
    /// A word: the address with the number is the stable one.
    Word(u64),
}

impl<'a> AgentHistory<'a> {
    pub fn agent(&self) -> &'a str {
        self.asked.agent.as_str()
    }

    pub fn objects(&self) -> &'a Odb {
        self.look.objects
    }

    pub fn query(&self) -> FormFields {
        FormFields::parse(&self.asked.query)
    }

    /// The query with its mark, for a redirect.
    pub fn query_text(&self) -> String {
        match self.asked.query.as_str() {
            "" => String::new(),
            query => format!("?{query}"),
        }
    }

    /// Newest version, also if it is deleted.
    pub fn newest(&self) -> Option<u64> {
        self.look.view.versions().next().map(|(number, _)| number)
    }

    /// `v7`, `active`, `latest` or `previous`.
    pub fn number(&self, name: &str) -> Result<NamedVersion> {
        let view = &self.look.view;
        let word = |found: Option<u64>, none: &str| {
            found.map(NamedVersion::Word).ok_or_else(|| Error::not_found(none))
        };
        match name {
            "active" => word(view.active(), "no version is live"),
            "latest" => {
                word(view.newest_version().map(|(number, _)| number), "there is no version yet")
            }
            "previous" => word(view.previous(), "no version was live before the live one"),
            _ => {
                let number = numbered(name).ok_or_else(nothing_here)?;
                match view.version(number) {
                    Some(_) => Ok(NamedVersion::Number(number)),
                    None => Err(Error::not_found(format!("there is no version v{number}"))),
                }
            }
        }
    }

    pub fn load(&self, number: u64) -> Result<Version> {
        let id = self.look.view.version(number).map(|row| row.id);
        let id = id.ok_or_else(|| Error::not_found(format!("there is no version v{number}")))?;
        Version::load(self.objects(), number, id)
    }

    /// A source version that exists.
    pub fn source(&self, number: u64) -> Result<SourceVersion> {
        let row = self.look.view.source(number);
        let none = || Error::not_found(format!("there is no source version v{number}"));
        SourceVersion::load(self.objects(), number, row.ok_or_else(none)?.id)
    }

    pub fn time(&self, at_ms: i64) -> ShownTime {
        ShownTime::new(iso(at_ms), at_ms, self.asked.now_ms)
    }

    pub fn record(&self, id: &Id) -> Result<LedgerEntry> {
        LedgerEntry::load(self.objects(), id)
    }

    pub fn item(&self, entry: &LedgerEntry) -> LedgerItem {
        LedgerItem {
            id: entry.id.short(),
            event: entry.record.event.word(),
            version: entry.version().and_then(|id| self.look.view.number_of(&id)),
            by: entry.record.by.clone(),
            at: self.time(entry.record.at_ms),
            reason: entry.record.reason.clone(),
        }
    }
}

/// The number of `v7`; `None` for any other spelling, so that a version has one address.
pub fn numbered(name: &str) -> Option<u64> {
    let digits = name.strip_prefix('v')?;
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain)
}

/// Address to go to if one of the names was a word.
pub fn moved(names: &[&NamedVersion], address: impl FnOnce() -> String) -> Option<PageAnswer> {
    let is_word = names.iter().any(|name| matches!(name, NamedVersion::Word(_)));
    is_word.then(|| PageAnswer::Moved(address()))
}

impl NamedVersion {
    pub fn number(&self) -> u64 {
        match self {
            NamedVersion::Number(number) | NamedVersion::Word(number) => *number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_one_spelling() {
        assert_eq!(numbered("v7"), Some(7));
        for wrong in ["7", "v", "v0", "v07", "v+7", "v-1", "V7", "v7 ", "v99999999999999999999"] {
            assert_eq!(numbered(wrong), None, "{wrong}");
        }
    }
}
