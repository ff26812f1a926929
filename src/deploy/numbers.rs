//! Push of primitives: each that changed gets its number there. Nobody notices it until a version is promoted.

use super::deployment::Deployment;
use super::journal::PushedContent;
use super::primitives::{self, NumberToPush};
use crate::client::{DeployRequest, Effect, OtherNumber};
use crate::error::{Error, Hint, Kind, Result};
use crate::history::state::State;
use crate::model::numbers;
use crate::object::Id;
use crate::platform::changes::{self, NumberPush};
use crate::platform::details;
use std::collections::{BTreeMap, BTreeSet};

/// Most numbers that are tried for one push: each was used up by a request whose answer was lost.
const TRIES: usize = 5;

impl Deployment<'_> {
    /// Pushes the primitives of a state that are not there.
    pub fn push_numbers(&mut self, state: &State, tree: Id) -> Result<()> {
        let objects = self.store.objects();
        if self.listing.is_history {
            let mut kinds = primitives::changed_kinds(objects, &self.record, state)?;
            kinds.extend(self.kinds_without_ids(state)?);
            kinds.retain(|kind| !self.listing.kinds.contains(kind));
            kinds.sort_by_key(|kind| kind.path);
            kinds.dedup();
            self.listing.add_kinds(self.client, &kinds)?;
        }
        let all = primitives::to_push(objects, &self.record, &self.listing, state, &self.journal)?;
        if all.is_empty() {
            return Ok(());
        }
        self.compile(tree)?;
        self.upload_bundles(&all, tree)?;
        for one in all {
            self.push_number(one, tree)?;
        }
        Ok(())
    }

    /// Uploads the code of the primitives that is not there.
    pub fn upload_bundles(&mut self, all: &[NumberToPush], tree: Id) -> Result<()> {
        let bodies = &self.bodies[&tree];
        let is_sent =
            |path: &str, name: &str| all.iter().any(|one| one.path == path && one.name == name);
        let sent = bodies.primitives.iter().filter(|body| is_sent(body.path, &body.name));
        let bundles: BTreeMap<String, Vec<u8>> = sent
            .flat_map(|body| body.bundles.iter().map(|one| (one.key.clone(), one.gzip.clone())))
            .collect();
        self.upload(bundles, true)
    }

    /// Uploads blobs that are not there, by their keys. Doing so twice is doing it once.
    pub fn upload(&mut self, mut blobs: BTreeMap<String, Vec<u8>>, checksums: bool) -> Result<()> {
        let keys: Vec<String> = blobs.keys().cloned().collect();
        if keys.is_empty() {
            return Ok(());
        }
        let missing = changes::missing_blobs(self.client, &keys)?;
        blobs.retain(|key, _| missing.contains(key));
        match blobs.is_empty() {
            true => Ok(()),
            false => changes::upload_blobs(self.client, &blobs, checksums),
        }
    }

    /// Pushes a number. Gives the number that it got and the id of the primitive; `None` if the compiler left it out.
    pub fn push_number(
        &mut self,
        mut one: NumberToPush,
        tree: Id,
    ) -> Result<Option<(String, String)>> {
        let mut bodies = self.bodies[&tree].primitives.iter();
        let Some(at) = bodies.position(|body| body.path == one.path && body.name == one.name)
        else {
            self.done.warnings.push(format!(
                "the {} \"{}\" is not in the output of `lua compile`, so it cannot run there",
                one.kind, one.name
            ));
            return Ok(None);
        };
        let id = self.id_of(&one, (tree, at))?;
        for _ in 0..TRIES {
            let values = self.options.values.as_ref();
            let body = self.bodies[&tree].primitives[at].numbered_with(&one.there, &id, values)?;
            let pushes = PushedContent {
                key: one.key.clone(),
                number: one.there.clone(),
                here: one.here.clone(),
                tree: one.tree,
                at_ms: self.now_ms,
                code: self.bodies[&tree].primitives[at].code(),
            };
            let request = DeployRequest::new("#3", one.effect, one.subject());
            let sent = self.send_number((request, pushes.clone()), (one.path, &id), &body);
            match sent {
                Ok(true) => {
                    pushes.note(&mut self.record);
                    self.note_other(&one);
                    return Ok(Some((one.there, id)));
                }
                // It counts as used, and is in the journal until a higher one is pushed.
                Ok(false) => one.there = numbers::next(Some(&one.there))?,
                Err(error) if error.kind() == Kind::Conflict => return Err(self.taken(&one)),
                Err(error) => return Err(error),
            }
        }
        Err(self.taken(&one))
    }

    /// Sends #3. False if the number exists, and a try of ours may be the reason; a *conflict* if somebody else has it.
    fn send_number(
        &mut self,
        (request, pushes): (DeployRequest, PushedContent),
        (path, id): (&str, &str),
        body: &serde_json::Value,
    ) -> Result<bool> {
        // A lost answer is never guessed: the platform may have done it since it was asked for its numbers.
        let was_sent = self.journal.may_have_pushed(&pushes.key, &pushes.number);
        let exists = format!("{} is there already", request.subject);
        let mut found = NumberPush::Done;
        let sent = self.send_content(request, Some(pushes), |client, key| {
            found = changes::push_number(client, path, id, body, key)?;
            match found {
                NumberPush::Done => Ok(()),
                NumberPush::Exists { was_retried } if was_retried || was_sent => {
                    Err(Error::unavailable(exists))
                }
                NumberPush::Exists { .. } => Err(Error::conflict(exists)),
            }
        });
        match sent {
            Ok(()) => Ok(true),
            Err(error) if found != NumberPush::Done && error.kind() == Kind::Unavailable => {
                Ok(false)
            }
            // The platform may show in its refusal what was sent.
            Err(error) => Err(match &self.options.values {
                Some(values) => values.hide(error),
                None => error,
            }),
        }
    }

    /// Id of a primitive there, which is created if it is new.
    fn id_of(&mut self, one: &NumberToPush, (tree, at): (Id, usize)) -> Result<String> {
        if let Some(id) = &one.id {
            return Ok(id.clone());
        }
        let body = self.bodies[&tree].primitives[at].create.clone();
        let subject = format!("{} {}", one.kind, one.name);
        let request = DeployRequest::new("#2", Effect::Staged, subject);
        let path = one.path;
        let known: BTreeSet<String> =
            self.listing.primitives.iter().map(|row| row.id.clone()).collect();
        let made = self.send(request, |client, key| {
            let id = changes::create_primitive(client, path, &body, key)?;
            match known.contains(&id) {
                true => Err(Error::unavailable(format!(
                    "#2 {path} \"{}\": the field \"id\" is that of another primitive",
                    one.name
                ))),
                false => Ok(id),
            }
        });
        let id = match made {
            // A lost answer to it may be the reason.
            Err(error) if error.kind() == Kind::Conflict => {
                self.read_again()?;
                let row = primitives::row_of(&self.listing, &one.key);
                row.map(|row| row.id.clone()).ok_or(error)?
            }
            made => made?,
        };
        self.ids.insert(one.key.clone(), id.clone());
        Ok(id)
    }

    fn note_other(&mut self, one: &NumberToPush) {
        if one.here != one.there {
            self.done.other_numbers.push(OtherNumber {
                subject: format!("{} {}", one.kind, one.name),
                here: one.here.clone(),
                there: one.there.clone(),
            });
        }
    }

    /// Somebody else pushed the number a moment ago.
    fn taken(&self, one: &NumberToPush) -> Error {
        let row = primitives::row_of(&self.listing, &one.key);
        let all = row.and_then(|row| details::numbers(self.client, row).ok()).unwrap_or_default();
        let by = all.into_iter().find(|known| known.number == one.there).and_then(|known| known.by);
        let by = by.map_or(String::new(), |by| format!(", pushed by {by}"));
        let (kind, name, number) = (one.kind, &one.name, &one.there);
        let hint = match one.effect {
            Effect::Staged if primitives::is_versioned(&one.key) => Hint::PullForNumber,
            _ => Hint::ReplaceTheirs,
        };
        Error::conflict(format!("the {kind} \"{name}\" {number} is there already{by}")).hint(hint)
    }
}
