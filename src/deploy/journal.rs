//! Journal of a deployment: everything that is meant, before it is asked for, and every answer.
//!
//! A process can be killed, and an answer can be lost, at every request. The next command finds here which requests may have
//! been done, and in the lists of the platform whether they were.

use super::parts::LiveParts;
use crate::error::{Error, Hint, Result};
use crate::history::imported::{
    ContentOrigin, ImportRecord, ImportedVersion, NumberCode, NumberContent,
};
use crate::model::numbers;
use crate::object::Id;
use crate::platform::{IdempotencyKey, ListedVersion, Listing, VersionStatus};
use crate::protocol::{CreateRefs, Transaction};
use crate::store::{Active, Heads, Store};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const FORMAT: u64 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeployJournal {
    format: u64,
    /// Address of the agent.
    pub address: String,
    /// Requests, in their order.
    pub requests: Vec<JournalRequest>,
    /// The promotion that is not ended.
    pub promotion: Option<OpenPromotion>,
}

/// A request that changes something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JournalRequest {
    pub route: String,
    pub subject: String,
    pub key: IdempotencyKey,
    /// `None` until an answer came.
    pub answer: Option<Value>,
    /// The number of a primitive that it pushes, with its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushes: Option<PushedContent>,
}

/// Content of a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PushedContent {
    /// Key of the primitive in a state.
    pub key: String,
    /// Number there, and the number here.
    pub number: String,
    pub here: String,
    pub tree: Id,
    pub at_ms: i64,
    /// Hash of the code, where the primitive has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// A promotion between its first request and its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenPromotion {
    /// The version, by its number here and its id.
    pub number: u64,
    pub version: Id,
    /// Number of its source version.
    pub source: u64,
    /// Number of its backup.
    pub backup: u64,
    /// The pointer here before it and after it.
    pub expected: Option<Active>,
    pub new: Active,
    /// Everything that was live before it.
    pub before: LiveParts,
    /// Highest number of a version there before it.
    pub highest: u64,
    /// The version there, once it is known.
    pub there: Option<u64>,
    /// True if the version there was made by this promotion.
    pub is_made: bool,
    /// True once it runs.
    pub is_switched: bool,
}

impl JournalRequest {
    /// Notes the answer. One without data is an empty object: null is that of a request that was not answered.
    pub fn set_answer<T: Serialize>(&mut self, answer: &T) -> Result<()> {
        let json = serde_json::to_value(answer)
            .map_err(|error| Error::failed(format!("cannot write the journal: {error}")))?;
        self.answer = Some(if json.is_null() { json!({}) } else { json });
        Ok(())
    }
}

impl DeployJournal {
    pub fn new(address: &str) -> DeployJournal {
        let (requests, promotion) = (Vec::new(), None);
        DeployJournal { format: FORMAT, address: address.to_owned(), requests, promotion }
    }

    /// The journal of a remote: an empty one where nothing is open.
    pub fn load(store: &Store, name: &str, address: &str) -> Result<DeployJournal> {
        match DeployJournal::find(store, name)? {
            None => Ok(DeployJournal::new(address)),
            Some(journal) if journal.address == address => Ok(journal),
            Some(journal) => Err(Error::failed(format!(
                "a deployment to {} was interrupted, and \"{name}\" is {address} now",
                journal.address
            ))
            .hint(Hint::SetUrlBack { remote: name.to_owned(), url: journal.address })),
        }
    }

    /// The journal as it is, of any address; `None` where nothing is open.
    pub fn find(store: &Store, name: &str) -> Result<Option<DeployJournal>> {
        let Some(json) = store.deploy_journal(name)? else { return Ok(None) };
        let journal: DeployJournal = serde_json::from_str(&json).map_err(|error| {
            Error::corrupt(format!(
                "the journal of the deployment to \"{name}\" is damaged: {error}"
            ))
        })?;
        match journal.format {
            FORMAT => Ok(Some(journal)),
            other => Err(Error::failed(format!(
                "the journal of the deployment to \"{name}\" has format {other}, this program knows {FORMAT}"
            ))
            .hint("a newer lua-store wrote it; update lua-store to continue")),
        }
    }

    pub fn save(&self, store: &Store, name: &str) -> Result<()> {
        let json = serde_json::to_string(self)
            .map_err(|error| Error::failed(format!("cannot write the journal: {error}")))?;
        store.set_deploy_journal(&store.lock()?, name, &json)
    }

    /// The key of a request that was sent and not answered, so that sending it again does it once.
    pub fn unanswered(&self, route: &str, subject: &str) -> Option<&JournalRequest> {
        let is_it = |one: &&JournalRequest| {
            one.route == route && one.subject == subject && one.answer.is_none()
        };
        self.requests.iter().rev().find(is_it)
    }

    /// True if a push of this number was sent, and its answer was lost. The number counts as used.
    pub fn may_have_pushed(&self, key: &str, number: &str) -> bool {
        let lost = self.requests.iter().filter(|one| one.answer.is_none());
        lost.filter_map(|one| one.pushes.as_ref())
            .any(|content| content.key == key && content.number == number)
    }

    /// Forgets everything but the pushes whose answers were lost: the next push of the primitive has to know their numbers.
    /// One that was pushed with a higher number since needs no other.
    pub fn keep_lost_pushes(&mut self, record: &ImportRecord) {
        self.requests.retain(|one| match &one.pushes {
            Some(content) if one.answer.is_none() => !content.is_passed(record),
            _ => false,
        });
    }

    /// Brings a record up to what was done by requests whose answers came, and by those that the platform shows as done.
    /// True if the record changed.
    pub fn adopt(&mut self, record: &mut ImportRecord, listing: &Listing, here: &Heads) -> bool {
        let before = record.clone();
        for pushed in self.requests.iter().filter(|one| one.answer.is_some()) {
            if let Some(content) = &pushed.pushes {
                content.note(record);
            }
        }
        if let Some(open) = &mut self.promotion {
            open.adopt(record, listing, here);
        }
        *record != before
    }
}

impl PushedContent {
    /// True if a push of this number, or of a higher one, is known to be done.
    fn is_passed(&self, record: &ImportRecord) -> bool {
        let known = record.contents.get(&self.key).into_iter().flatten();
        known.into_iter().any(|(number, content)| {
            content.from == ContentOrigin::Exact
                && (*number == self.number || numbers::is_past(number, &self.number))
        })
    }

    /// Notes a number that was pushed.
    pub fn note(&self, record: &mut ImportRecord) {
        let content = NumberContent { tree: self.tree, from: ContentOrigin::Exact };
        record.contents.entry(self.key.clone()).or_default().insert(self.number.clone(), content);
        record.pushed.entry(self.key.clone()).or_default().insert(self.number.clone(), self.at_ms);
        if let Some(hash) = self.code.clone() {
            let known = record.codes.entry(self.key.clone()).or_default();
            // A resumed deployment notes the same once more.
            let is_seen =
                known.get(&self.number).is_some_and(|one| one.is_seen && one.hash == hash);
            known.insert(self.number.clone(), NumberCode { hash, is_seen });
        }
        if self.here != self.number {
            let other = record.other_numbers.entry(self.key.clone()).or_default();
            other.insert(self.here.clone(), self.number.clone());
        }
    }
}

impl OpenPromotion {
    /// Finds the version that was made although its answer was lost, and the switch.
    fn adopt(&mut self, record: &mut ImportRecord, listing: &Listing, here: &Heads) {
        if self.there.is_none() {
            let is_it = |row: &&ListedVersion| {
                let has_backup = row.backup == Some(self.backup)
                    || row.backup.is_some_and(|backup| listing.is_copy(backup, self.backup));
                row.number > self.highest
                    && has_backup
                    && !record.versions.contains_key(&row.number)
            };
            self.there = listing.versions.iter().find(is_it).map(|row| row.number);
            self.is_made = self.there.is_some();
        }
        let Some(there) = self.there else { return };
        extend(&mut record.heads.source, &here.source, self.source);
        extend(&mut record.heads.versions, &here.versions, self.number);
        if record.heads.versions.get(self.number as usize - 1) != Some(&self.version) {
            // Others came before it, and our series has to follow theirs first.
            return;
        }
        note_version(record, there, (self.number, self.source));
        self.note_copy(record, listing);
        // Deleted by an abort: our version is not.
        let is_deleted =
            |row: &&ListedVersion| row.number == there && row.status == VersionStatus::Deleted;
        if let (Some(_), Some(known)) =
            (listing.versions.iter().find(is_deleted), record.versions.get_mut(&there))
        {
            "deleted".clone_into(&mut known.status);
        }
        let is_active = listing
            .versions
            .iter()
            .any(|row| row.number == there && row.status == VersionStatus::Active);
        if is_active {
            self.is_switched = true;
            note_switch(record, there, (self.expected, self.new));
        }
    }

    /// Notes the backup that the version there names, if it is a later one with the same files as ours: a `lua-store serve`
    /// makes one for a persona, a model or an MCP server that was set after the backup.
    pub fn note_copy(&self, record: &mut ImportRecord, listing: &Listing) {
        let row = listing.versions.iter().find(|row| Some(row.number) == self.there);
        let copy =
            row.and_then(|row| row.backup).filter(|copy| listing.is_copy(*copy, self.backup));
        if let Some(copy) = copy {
            record.backups.entry(copy).or_insert(self.source);
        }
    }
}

/// Continues what is known of a series there with ours, up to a number.
pub fn extend(known: &mut Vec<Id>, here: &[Id], number: u64) {
    let number = number as usize;
    if known.len() < number && number <= here.len() && here.starts_with(known) {
        *known = here[..number].to_vec();
    }
}

/// Notes that the versions of a transaction are there.
pub fn note_created(record: &mut ImportRecord, transaction: &Transaction) {
    let extend = |known: &mut Vec<Id>, created: &Option<CreateRefs>| {
        if let Some(created) = created.as_ref().filter(|c| c.after as usize <= known.len()) {
            known.truncate(created.after as usize);
            known.extend(&created.ids);
        }
    };
    extend(&mut record.heads.source, &transaction.source);
    extend(&mut record.heads.versions, &transaction.versions);
}

/// Notes which version of ours one of the platform is.
pub fn note_version(record: &mut ImportRecord, there: u64, (here, source): (u64, u64)) {
    let status = match record.versions.get(&there) {
        Some(known) if known.number == Some(here) => return,
        Some(known) => known.status.clone(),
        None => "staged".to_owned(),
    };
    let one = ImportedVersion { source, number: Some(here), gone: false, status };
    record.versions.insert(there, one);
}

/// Notes that a version runs, with our record of it.
pub fn note_switch(
    record: &mut ImportRecord,
    there: u64,
    (expected, new): (Option<Active>, Active),
) {
    for (number, version) in &mut record.versions {
        if *number != there && version.status == "active" {
            "superseded".clone_into(&mut version.status);
        }
    }
    if let Some(version) = record.versions.get_mut(&there) {
        "active".clone_into(&mut version.status);
    }
    if record.heads.active == expected {
        record.heads.active = Some(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_data_is_one_after_it_was_read_again() {
        let mut journal = DeployJournal::new("lua://agent_shop");
        let request = |subject: &str| JournalRequest {
            route: "#13".into(),
            subject: subject.into(),
            key: IdempotencyKey::new().unwrap(),
            answer: None,
            pushes: None,
        };
        journal.requests = vec![request("persona version 1"), request("persona version 2")];
        journal.requests[0].set_answer(&()).unwrap();
        let json = serde_json::to_string(&journal).unwrap();
        let read: DeployJournal = serde_json::from_str(&json).unwrap();
        assert_eq!(read, journal);
        assert_eq!(read.unanswered("#13", "persona version 1"), None);
        assert_eq!(read.unanswered("#13", "persona version 2"), Some(&journal.requests[1]));
    }

    #[test]
    fn a_series_is_continued_only_behind_the_same_beginning() {
        let id = |byte: u8| Id::from_bytes([byte; 32]);
        let here = [id(1), id(2), id(3)];
        let after = |known: &[Id], number: u64| {
            let mut known = known.to_vec();
            extend(&mut known, &here, number);
            known
        };
        assert_eq!(after(&[id(1)], 2), [id(1), id(2)]);
        assert_eq!(after(&[id(1), id(2)], 1), [id(1), id(2)]);
        assert_eq!(after(&[id(9)], 3), [id(9)]);
        assert_eq!(after(&[id(1)], 4), [id(1)]);
    }
}
