//! Promotion: the version is made there, compared with ours, and made the active one.
//!
//! Persona, model and MCP servers have no version there: from the moment they are set they are live, although the version is
//! not. So they are set last, everything is put back when the switch is refused, and the time in between is bounded.

use super::deployment::Deployment;
use super::journal::{OpenPromotion, extend, note_switch, note_version};
use super::parts::{self, WantedParts};
use super::primitives::is_versioned;
use super::switch;
use crate::client::{DeployRequest, Effect};
use crate::error::{Error, Hint, Kind, Result};
use crate::history::imported::ImportRecord;
use crate::history::state::State;
use crate::history::version::Version;
use crate::object::Id;
use crate::platform::changes::{self, VersionCreation};
use crate::platform::details::{self, VersionSnapshot};
use crate::platform::{ListedPersona, ListedVersion, Listing, VersionStatus};
use crate::store::Active;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Longest time in which parts are live that belong to a version which is not.
const HALF_LIVE: Duration = Duration::from_secs(30);

/// The version that is promoted, and everything that it wants.
pub struct DeployTarget {
    pub version: Version,
    pub state: State,
    pub parts: WantedParts,
    /// Numbers there by the keys of the primitives.
    pub pins: BTreeMap<String, String>,
    pub expected: Option<Active>,
    pub new: Active,
    /// The record of the promotion in the ledger. One that was interrupted has that of the command that ends it.
    pub ledger: Id,
}

impl Deployment<'_> {
    /// Everything that a version wants there.
    pub fn target(
        &self,
        (number, id): (u64, Id),
        (expected, new): (Option<Active>, Active),
    ) -> Result<DeployTarget> {
        let objects = self.store.objects();
        let version = Version::load(objects, number, id)?;
        let state = State::load(objects, &version.state)?;
        let parts = WantedParts::of(objects, &state)?;
        let pins = self.pins(&state);
        Ok(DeployTarget { version, state, parts, pins, expected, new, ledger: new.ledger })
    }

    pub fn pins(&self, state: &State) -> BTreeMap<String, String> {
        pins_there(&self.record, state)
    }

    /// Makes a version live. Until the switch, an error leaves live what was live.
    pub fn promote(&mut self, mut target: DeployTarget) -> Result<()> {
        let number = target.version.number;
        let there = self.record.version_there(number);
        self.last_number = number;
        self.done.not_sent.voices = target.state.voices().collect();
        match self.journal.promotion.clone() {
            None => {
                let backup = self.stage(&mut target, there)?;
                self.check_before(&target, there)?;
                if there.is_none() {
                    self.compile_parts(&target)?;
                }
                self.begin(&target, (there, backup))?;
            }
            Some(open) if open.is_switched => return self.finish(&target),
            // Somebody may have edited a part since it was interrupted.
            Some(open) => {
                self.check_moved(&target, &open.before)?;
                self.is_half_live = true;
            }
        }
        match self.switch(&target) {
            Ok(()) => self.finish(&target),
            // It may run, and nobody answers: the journal says what is to be done.
            Err(error) if error.kind() == Kind::Unavailable => Err(self.interrupted(error)),
            Err(error) => Err(self.refused(error)),
        }
    }

    /// Pushes everything that a version needs and that is not there. Gives its backup.
    fn stage(&mut self, target: &mut DeployTarget, there: Option<u64>) -> Result<u64> {
        let source = target.version.meta.source_version;
        if let (Some(_), backup) = (there, self.record.backup_of(source)) {
            return Ok(backup.unwrap_or_default());
        }
        let before = self.done.requests.len();
        let source = self.source_of(target)?;
        let backup = self.push_source(&source)?;
        if self.done.requests.len() > before {
            // Time went by.
            self.read_again()?;
        }
        target.pins = self.pins(&target.state);
        Ok(backup)
    }

    /// Opens the promotion, with everything that is live now.
    fn begin(&mut self, target: &DeployTarget, (there, backup): (Option<u64>, u64)) -> Result<()> {
        if self.listing.versions.is_empty() {
            self.done.warnings.push(format!(
                "v{} is the first version of this agent on the platform, where each publish was live by itself until now",
                target.version.number
            ));
        }
        self.journal.promotion = Some(OpenPromotion {
            number: target.version.number,
            version: target.version.id,
            source: target.version.meta.source_version,
            backup,
            expected: target.expected,
            new: target.new,
            before: parts::of_listing(&self.listing),
            highest: self.listing.versions.last().map_or(0, |row| row.number),
            there,
            is_made: false,
            is_switched: false,
        });
        self.save_journal()
    }

    pub fn open(&self) -> Result<&OpenPromotion> {
        self.journal.promotion.as_ref().ok_or_else(|| Error::failed("no promotion is open"))
    }

    pub fn open_mut(&mut self) -> Result<&mut OpenPromotion> {
        self.journal.promotion.as_mut().ok_or_else(|| Error::failed("no promotion is open"))
    }

    /// Everything from the first live part to the switch.
    fn switch(&mut self, target: &DeployTarget) -> Result<()> {
        let since = Instant::now();
        if self.open()?.there.is_none() {
            self.set_live_parts(target)?;
            self.retire(target)?;
            let there = self.create_version(target)?;
            let open = self.open_mut()?;
            open.there = Some(there);
            let source = target.version.meta.source_version;
            note_version(&mut self.record, there, (target.version.number, source));
            extend(&mut self.record.heads.source, &self.series, source);
            extend(&mut self.record.heads.versions, &self.versions, target.version.number);
            self.save_journal()?;
        }
        let there = self.open()?.there.unwrap_or_default();
        let snapshot = details::snapshot(self.client, there)?.ok_or_else(|| {
            Error::conflict(format!("version {there} was deleted on the platform"))
        })?;
        switch::check_snapshot(
            target,
            &self.listing,
            (there, &snapshot),
            self.persona_made.as_ref(),
        )?;
        if self.is_ours_active(target)? {
            return self.note_switched(target, there);
        }
        if self.is_half_live && since.elapsed() > HALF_LIVE {
            return Err(Error::failed("the platform took more than 30 s before the switch"));
        }
        self.switch_to(target, there)
    }

    /// Creates the version there. One that is the same as the newest is that one.
    fn create_version(&mut self, target: &DeployTarget) -> Result<u64> {
        let (number, backup) = (target.version.number, self.open()?.backup);
        let (message, commit) =
            (target.version.meta.message.clone(), target.version.meta.commit.clone());
        let request = DeployRequest::new("#23", Effect::Staged, format!("version of v{number}"));
        let highest = self.open()?.highest;
        let made = self.send(request, |client, key| {
            let (message, commit) = (message.as_deref(), commit.as_deref());
            let made = changes::create_version(client, message, backup, commit, key)?;
            if let VersionCreation::Done(number) = made {
                Self::given("#23", "version", (number, highest))?;
            }
            Ok(made)
        })?;
        match made {
            VersionCreation::Done(there) => {
                self.open_mut()?.is_made = true;
                Ok(there)
            }
            // The newest version is the same: another one, or ours, whose first answer was lost.
            VersionCreation::NothingStaged => {
                self.done.requests.pop();
                let now = Listing::versions(self.client)?;
                let newest = now.iter().rev().find(|row| row.status != VersionStatus::Deleted);
                let newest = newest.ok_or_else(|| {
                    Error::failed("the platform says that nothing changed, and has no version")
                })?;
                let open = self.open_mut()?;
                open.is_made = newest.number > open.highest && newest.backup == Some(backup);
                Ok(newest.number)
            }
        }
    }

    /// Looks directly before the switch: the active version must be the one of the first look. True if it is ours already, by
    /// a request that nobody waited for.
    fn is_ours_active(&mut self, target: &DeployTarget) -> Result<bool> {
        let now = Listing::versions(self.client)?;
        let active = now.iter().find(|row| row.status == VersionStatus::Active);
        let open = self.open()?;
        let (before, there) = (open.before.active, open.there);
        match active.map(|row| row.number) {
            number if number.is_some() && number == there => Ok(true),
            number if number == before => self.check_persona(target).map(|()| false),
            _ => {
                let by = active.and_then(|row| row.by.clone()).unwrap_or_default();
                let number = active.map_or("none".to_owned(), |row| format!("v{}", row.number));
                Err(Error::conflict(format!(
                    "somebody else promoted meanwhile: {number} ({by}) is active on the platform"
                ))
                .hint(Hint::FetchPlatform))
            }
        }
    }

    /// Nobody else may have edited the persona since the look.
    fn check_persona(&mut self, target: &DeployTarget) -> Result<()> {
        let all = Listing::personas(self.client)?;
        match self.edited_since(target, &all)? {
            None => Ok(()),
            Some((theirs, by)) => {
                self.put_persona = Some(theirs);
                Err(Error::conflict(format!(
                    "somebody else edited the persona meanwhile: version {theirs} there{by}"
                ))
                .hint(Hint::FetchPlatform))
            }
        }
    }

    /// The newest version of the persona that somebody else made since the first look, and who.
    pub fn edited_since(
        &self,
        target: &DeployTarget,
        all: &[ListedPersona],
    ) -> Result<Option<(u64, String)>> {
        let highest = self.open()?.before.persona.highest;
        let is_theirs =
            |row: &&ListedPersona| row.number > highest && !target.parts.is_persona(&row.content);
        Ok(all.iter().rev().find(is_theirs).map(|row| {
            let by = row.by.as_ref().map_or(String::new(), |by| format!(", by {by}"));
            (row.number, by)
        }))
    }

    /// The switch. An answer that was lost is found by asking which version is active.
    fn switch_to(&mut self, target: &DeployTarget, there: u64) -> Result<()> {
        let subject = format!("version {there} is made active");
        let request = DeployRequest::new("#27", Effect::Switch, subject);
        let answer = self.send(request, |client, key| changes::promote_version(client, there, key));
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.kind() == Kind::Unavailable => {
                let now = Listing::versions(self.client)?;
                let is_active = |row: &&ListedVersion| row.status == VersionStatus::Active;
                match now.iter().find(is_active).map(|row| row.number) == Some(there) {
                    true => changes::PromoteAnswer::AlreadyActive,
                    false => return Err(error),
                }
            }
            Err(error) => return Err(error),
        };
        if let changes::PromoteAnswer::Done { previous } = answer
            && previous != self.open()?.before.active
        {
            self.done.problem = Some(self.replaced(there, previous));
        }
        self.note_switched(target, there)
    }

    fn note_switched(&mut self, target: &DeployTarget, there: u64) -> Result<()> {
        self.open_mut()?.is_switched = true;
        note_switch(&mut self.record, there, (target.expected, target.new));
        self.save_journal()
    }

    fn replaced(&self, there: u64, previous: Option<u64>) -> (String, Hint) {
        let name = previous.map_or("no version".to_owned(), |previous| format!("v{previous}"));
        let hint = previous.map_or(Hint::CompareLive, Hint::PromoteReplaced);
        (
            format!(
                "v{there} of the platform runs; {name}, which somebody else promoted seconds before, does not"
            ),
            hint,
        )
    }
}

/// Numbers there of the primitives of a state, by their keys.
pub fn pins_there(record: &ImportRecord, state: &State) -> BTreeMap<String, String> {
    let keys = state.primitives.keys().filter(|key| is_versioned(key));
    keys.filter_map(|key| {
        let here = state.numbers.get(key)?;
        Some((key.clone(), record.number_there(key, here).to_owned()))
    })
    .collect()
}

/// The pins of a snapshot by their keys.
pub fn pins_of(snapshot: &VersionSnapshot) -> BTreeMap<String, String> {
    snapshot
        .primitives
        .iter()
        .map(|((folder, name), number)| (crate::import::key(folder, name), number.clone()))
        .collect()
}
