//! After the switch: settings, everything read back, and what the promotion did not put back set again.

use super::code;
use super::deployment::Deployment;
use super::journal::extend;
use super::parts::{self, WantedModel};
use super::primitives::newest;
use super::promotion::DeployTarget;
use super::switch::{PartChange, part_changes};
use crate::client::{Effect, LiveCheck};
use crate::error::{Error, Hint, Result};
use crate::history::imported::PromotionProof;
use crate::history::state::parse_key;
use crate::platform::Listing;
use std::collections::BTreeMap;

/// Requests of a promotion between its two looks, which are all others: those that change something, and those for code.
const MOST_REQUESTS: usize = 7;

impl Deployment<'_> {
    /// Ends a promotion that runs.
    pub fn finish(&mut self, target: &DeployTarget) -> Result<()> {
        let newest_before = newest_numbers(&self.listing);
        self.set_settings(target)?;
        self.read_versions_again()?;
        self.note_pushes_of_others(&newest_before);
        if part_changes(target, &self.listing).contains(&PartChange::Persona) {
            // Both answers of the look need not be of one moment.
            self.listing.personas = Listing::personas(self.client)?;
        }
        let edited = self.edited_since(target, &self.listing.personas)?;
        if self.set_again(target, edited.is_some())? {
            self.read_versions_again()?;
        }
        let there = self.open()?.there.unwrap_or_default();
        self.note_heads(target);
        let objects = self.store.objects();
        let mut check = crate::import::check_live(objects, &self.record, &self.listing)?;
        if let Some(check) = &mut check {
            let most = MOST_REQUESTS.saturating_sub(self.done.requests.len()).max(1);
            code::compare(self.client, &mut self.record, &self.listing, (check, most))?;
            self.keep_proof(target, check);
        }
        self.done.version = Some(there);
        if let (Some((theirs, by)), true) = (edited, self.done.problem.is_none()) {
            self.done.problem = Some((
                format!(
                    "somebody else edited the persona while the version was made active: version {theirs} there{by}"
                ),
                Hint::CompareLive,
            ));
        }
        if self.done.problem.is_none() {
            self.done.problem = problem(there, check.as_ref(), &self.listing);
        }
        self.done.check = check;
        self.record.seen = Some(parts::of_listing(&self.listing));
        self.journal.promotion = None;
        self.save()
    }

    /// Somebody who pushed a number meanwhile may have deployed it alone, and the switch took that back.
    fn note_pushes_of_others(&mut self, before: &BTreeMap<String, String>) {
        for (key, number) in newest_numbers(&self.listing) {
            let known = self.record.contents.get(&key);
            let is_ours = known.is_some_and(|known| known.contains_key(&number));
            if before.get(&key) == Some(&number) || is_ours {
                continue;
            }
            let Some((kind, name)) = parse_key(&key) else { continue };
            self.done.warnings.push(format!(
                "somebody else pushed the {} \"{name}\" {number} meanwhile, which the version does not contain",
                kind.word
            ));
        }
    }

    /// Keeps the comparison with the record of the promotion.
    fn keep_proof(&mut self, target: &DeployTarget, check: &LiveCheck) {
        if check.here != target.version.number {
            // Somebody else's version runs.
            return;
        }
        let proof = PromotionProof {
            version: target.version.id,
            here: check.here,
            there: check.there,
            at_ms: self.now_ms,
            tallies: check.tallies(),
            differs: check.summary().differs,
        };
        self.record.proofs.insert(target.ledger, proof);
    }

    /// Parts that the platform did not put back. True if one was set. A persona that somebody else made stays.
    fn set_again(&mut self, target: &DeployTarget, is_edited: bool) -> Result<bool> {
        let is_ours = self.listing.active().map(|row| row.number) == self.open()?.there;
        if !is_ours {
            return Ok(false);
        }
        let (now, before) = (parts::of_listing(&self.listing), self.open()?.before.clone());
        let is_persona_moved = now.persona.served != before.persona.served
            && now.persona.current != before.persona.current;
        let mut is_set = false;
        for change in part_changes(target, &self.listing) {
            match change {
                // Somebody else set what is neither ours nor what was there before: the comparison names it.
                PartChange::Persona if is_edited || is_persona_moved => continue,
                PartChange::Server(name)
                    if now.servers.contains_key(&name)
                        && now.servers.get(&name) != before.servers.get(&name) =>
                {
                    continue;
                }
                PartChange::Persona => {
                    let persona = target.parts.persona.as_ref();
                    let all = self.listing.personas.iter().rev();
                    let same = all.clone().find(|row| Some(&row.content) == persona);
                    let number = same.map(|row| row.number).ok_or_else(|| {
                        Error::failed("the platform does not list the persona of its version")
                    })?;
                    self.serve_persona(number, Effect::After)?;
                }
                PartChange::Server(name) => self.set_server(target, &name)?,
                // A version contains the name of a model, and not the code that computes one.
                PartChange::Model
                    if self.is_model_set || target.parts.model != WantedModel::Computed =>
                {
                    continue;
                }
                PartChange::Model => self.set_model(target, Effect::After)?,
            }
            is_set = true;
        }
        Ok(is_set)
    }

    /// The history there is ours as far as it goes.
    pub fn note_heads(&mut self, target: &DeployTarget) {
        let source = target.version.meta.source_version;
        extend(&mut self.record.heads.source, &self.series, source);
        extend(&mut self.record.heads.versions, &self.versions, target.version.number);
        if self.record.heads.active == target.expected {
            self.record.heads.active = Some(target.new);
        }
        if let Some(open) = &self.journal.promotion {
            open.note_copy(&mut self.record, &self.listing);
        }
        for row in &self.listing.versions {
            if let Some(known) = self.record.versions.get_mut(&row.number) {
                crate::import::word(row.status).clone_into(&mut known.status);
            }
        }
    }
}

/// The newest number of each primitive, by its key.
fn newest_numbers(listing: &Listing) -> BTreeMap<String, String> {
    let rows = listing.primitives.iter();
    rows.filter_map(|row| Some((crate::import::key_of(row), newest(row)?.to_owned()))).collect()
}

fn problem(there: u64, check: Option<&LiveCheck>, listing: &Listing) -> Option<(String, Hint)> {
    let hint = || Hint::CompareLive;
    match check {
        _ if listing.active().is_none_or(|row| row.number != there) => {
            let runs = listing.active().map_or("none".to_owned(), |row| {
                let by = row.by.as_ref().map_or(String::new(), |by| format!(" of {by}"));
                format!("v{}{by}", row.number)
            });
            Some((
                format!(
                    "v{there} of the platform was promoted, and somebody else promoted meanwhile: {runs} is active"
                ),
                Hint::FetchPlatform,
            ))
        }
        None => Some((format!("v{there} was promoted, and cannot be compared"), hint())),
        Some(check) if !check.is_equal() => {
            Some((format!("v{there} of the platform is active, and something else runs"), hint()))
        }
        Some(_) => None,
    }
}
