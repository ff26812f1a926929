//! Unversioned kinds: workflows, devices and device triggers. They are in no version of the platform and live at once, so a
//! push sends them only if it is asked to, and not over what somebody else sent since the last fetch.

use super::backup_body;
use super::deployment::Deployment;
use super::journal::JournalRequest;
use super::plan::check_push_promise;
use super::primitives::{self, NumberToPush};
use super::remote::PlatformRemote;
use super::yaml::YAML;
use crate::client::{DeployPlan, DeployRequest, Effect, NotSent};
use crate::error::{Error, Hint, Result};
use crate::history::imported::{ContentOrigin, ImportRecord, SeenNumbers};
use crate::history::source::SourceVersion;
use crate::history::state::{State, parse_key};
use crate::import::key_of;
use crate::model::numbers;
use crate::object::{Id, Source};
use crate::platform::{ListedNumbers, Listing};
use crate::platform::{changes, details};
use crate::store::Store;
use std::collections::BTreeMap;

/// Folder of the kind whose numbers are made live one by one.
const WORKFLOWS: &str = "workflows";
/// Folders of all of them.
const FOLDERS: [&str; 3] = [WORKFLOWS, "devices", "device-triggers"];

/// A primitive that is not there as a state has it.
#[derive(Clone, Debug)]
pub struct PendingNumber {
    number: NumberToPush,
    folder: &'static str,
    /// False if its content is there, and another number is live.
    is_pushed: bool,
    /// True for a workflow: its push alone changes nothing.
    is_made_live: bool,
}

fn folder_of(key: &str) -> Option<&'static str> {
    let (folder, _) = key.split_once('/')?;
    FOLDERS.into_iter().find(|known| *known == folder)
}

/// The newest source version of a store, if it has a primitive of such a kind.
pub fn newest(store: &Store) -> Result<Option<SourceVersion>> {
    let (series, objects) = (store.heads()?.source, store.objects());
    let Some(id) = series.last() else { return Ok(None) };
    let version = SourceVersion::load(objects, series.len() as u64, *id)?;
    let state = State::load(objects, &version.state)?;
    let has_any = state.primitives.keys().any(|key| folder_of(key).is_some());
    Ok(has_any.then_some(version))
}

/// Numbers of a listing, as a person sees them by a fetch. Kinds that it does not have stay as they were seen.
pub fn seen(
    listing: &Listing,
    before: &BTreeMap<String, SeenNumbers>,
) -> BTreeMap<String, SeenNumbers> {
    let is_unlisted = |key: &&String| {
        listing
            .unknown
            .iter()
            .any(|kind| folder_of(key).is_some_and(|folder| folder == kind.folder))
    };
    let kept = before.iter().filter(|(key, _)| is_unlisted(key));
    let mut seen: BTreeMap<_, _> = kept.map(|(key, one)| (key.clone(), one.clone())).collect();
    for row in &listing.primitives {
        let key = key_of(row);
        if folder_of(&key).is_some() {
            let known = before.get(&key).and_then(|known| known.live.clone());
            seen.insert(key, seen_row(row, known));
        }
    }
    seen
}

fn seen_row(row: &ListedNumbers, live: Option<String>) -> SeenNumbers {
    let newest = primitives::newest(row).map(str::to_owned);
    SeenNumbers { newest, live: row.active.clone().or(live) }
}

/// Primitives of all these kinds that are not there as a state has them.
fn pending<S: Source + ?Sized>(
    deployment: &Deployment<'_>,
    objects: &S,
    state: &State,
) -> Result<Vec<PendingNumber>> {
    let mut all = Vec::new();
    for (key, tree) in &state.primitives {
        let Some(folder) = folder_of(key) else { continue };
        let Some((kind, name)) = parse_key(key) else { continue };
        let Some(here) = state.numbers.get(key) else { continue };
        let row = primitives::row_of(&deployment.listing, key);
        let is_workflow = folder == WORKFLOWS;
        let mut number = NumberToPush {
            key: key.clone(),
            kind: kind.word,
            path: primitives::path_of(kind),
            name,
            id: row.map(|row| row.id.clone()),
            here: here.clone(),
            there: deployment.record.number_there(key, here).to_owned(),
            tree: *tree,
            effect: if is_workflow { Effect::Staged } else { Effect::AtOnce },
        };
        let is_pushed = set_number(deployment, objects, &mut number, row)?;
        let seen = deployment.record.unversioned.get(key).and_then(|seen| seen.live.as_deref());
        let live = row.and_then(|row| row.active.as_deref()).or(seen);
        let is_made_live = is_workflow && (is_pushed || live != Some(&*number.there));
        if is_pushed || is_made_live {
            all.push(PendingNumber { number, folder, is_pushed, is_made_live });
        }
    }
    Ok(all)
}

/// Sets the number there: that of the same content, or one after the newest. True if it is to be pushed.
fn set_number<S: Source + ?Sized>(
    deployment: &Deployment<'_>,
    objects: &S,
    one: &mut NumberToPush,
    row: Option<&ListedNumbers>,
) -> Result<bool> {
    let Some(newest) = row.and_then(primitives::newest) else { return Ok(true) };
    if primitives::has_content(objects, &deployment.record, (&one.key, newest), &one.tree)? {
        newest.clone_into(&mut one.there);
        return Ok(false);
    }
    if !numbers::is_past(&one.there, newest) {
        one.there = numbers::next(Some(newest))?;
    }
    Ok(true)
}

fn live_subject(one: &NumberToPush) -> String {
    format!("{} made live", one.subject())
}

/// Adds the requests of a push for the kinds that it includes, and names the others.
pub fn plan<S: Source + ?Sized>(
    deployment: &Deployment<'_>,
    objects: &S,
    state: &State,
    plan: &mut DeployPlan,
) -> Result<()> {
    let all = pending(deployment, objects, state)?;
    plan.not_sent = not_sent(deployment, &all);
    for one in all.iter().filter(|one| deployment.options.include.contains(one.folder)) {
        let number = &one.number;
        if number.id.is_none() {
            let subject = format!("{} {}", number.kind, number.name);
            plan.requests.push(DeployRequest::new("#2", Effect::Staged, subject));
        }
        if one.is_pushed {
            plan.requests.push(DeployRequest::new("#3", number.effect, number.subject()));
        }
        if one.is_made_live {
            plan.requests.push(DeployRequest::new("#4", Effect::AtOnce, live_subject(number)));
        }
        plan.refusals.extend(deployment.moved(one)?);
    }
    let unlisted = deployment.listing.unknown.iter();
    let unlisted = unlisted.filter(|kind| deployment.options.include.contains(kind.folder));
    plan.refusals
        .extend(unlisted.map(|kind| format!("the platform does not list {}", kind.folder)));
    Ok(())
}

fn not_sent(deployment: &Deployment<'_>, all: &[PendingNumber]) -> NotSent {
    let mut not_sent = NotSent::default();
    for one in all.iter().filter(|one| !deployment.options.include.contains(one.folder)) {
        not_sent.subjects.push(one.number.subject());
        if !not_sent.kinds.contains(&one.folder) {
            not_sent.kinds.push(one.folder);
        }
    }
    not_sent
}

impl PlatformRemote {
    /// Sends the included kinds of the newest source version, and names the others.
    pub fn send_unversioned(&self) -> Result<()> {
        let store = self.store()?;
        let Some(newest) = newest(&store)? else { return Ok(()) };
        let mut deployment = self.deployment(&store)?;
        let is_promised = self.seen().is_promised;
        let open = deployment.journal.promotion.as_ref().map(|open| open.number);
        let done = match (self.options.include.is_empty(), open) {
            (false, Some(open)) => Err(deployment.open_promotion(open, None)),
            (false, None) if !is_promised => check_push_promise(&deployment, &newest.state),
            _ => Ok(()),
        };
        let done = done.and_then(|()| deployment.push_unversioned(&newest));
        if done.is_err() {
            deployment.record.save(&store.lock()?, &store, &self.name)?;
        }
        self.keep(deployment);
        done
    }
}

impl Deployment<'_> {
    /// Looks at the included kinds, and refuses to replace what the last fetch did not know, before anything is sent. Gives
    /// those primitives that are not there.
    pub fn check_unversioned(&mut self, version: &SourceVersion) -> Result<Vec<PendingNumber>> {
        let include = self.options.include.clone();
        if include.is_empty() {
            return Ok(Vec::new());
        }
        self.look_at_unversioned()?;
        let objects = self.store.objects();
        let state = State::load(objects, &version.state)?;
        let mut all = pending(self, objects, &state)?;
        all.retain(|one| include.contains(one.folder));
        let mut moved = Vec::new();
        for one in &all {
            moved.extend(self.moved(one)?);
        }
        if !moved.is_empty() {
            return Err(Error::conflict(format!(
                "cannot push: since the last fetch, {}",
                moved.join("; ")
            ))
            .hint(Hint::ReplaceTheirs));
        }
        if all.iter().any(|one| one.is_pushed) {
            self.compile(version.source)?;
        }
        // A workflow without its values.
        let values = self.options.values.as_ref();
        for one in all.iter().filter(|one| one.is_pushed).map(|one| &one.number) {
            let mut bodies = self.bodies[&version.source].primitives.iter();
            if let Some(body) = bodies.find(|body| body.path == one.path && body.name == one.name) {
                body.numbered_with(&one.there, "", values)?;
            }
        }
        Ok(all)
    }

    /// Sends the included kinds of a source version, and reads back what is live.
    pub fn push_unversioned(&mut self, version: &SourceVersion) -> Result<()> {
        let all = self.check_unversioned(version)?;
        let objects = self.store.objects();
        let state = State::load(objects, &version.state)?;
        if !all.is_empty() {
            let numbers = all.iter().filter(|one| one.is_pushed).map(|one| one.number.clone());
            let numbers: Vec<NumberToPush> = numbers.collect();
            if !numbers.is_empty() {
                self.upload_bundles(&numbers, version.source)?;
            }
            let mut sent = Vec::new();
            for one in all {
                sent.extend(self.send_pending(one, version.source)?);
            }
            self.look_at_unversioned()?;
            self.note_sent(&sent);
            let is_sent = |key: &str| sent.iter().any(|(known, _)| known == key);
            let files = backup_body::sent_files(objects, &version.source)?;
            self.write_yaml_numbers(&state, is_sent, files.get(YAML))?;
        }
        self.done.not_sent = not_sent(self, &pending(self, objects, &state)?);
        if self.options.include.is_empty() {
            return Ok(());
        }
        let is_open = |one: &JournalRequest| {
            one.pushes.as_ref().is_some_and(|content| {
                folder_of(&content.key).is_none_or(|folder| !self.options.include.contains(folder))
            })
        };
        self.journal.requests.retain(is_open);
        self.save()
    }

    /// Gives the key of the primitive and the number that it has now.
    fn send_pending(&mut self, one: PendingNumber, tree: Id) -> Result<Option<(String, String)>> {
        let PendingNumber { mut number, is_pushed, is_made_live, .. } = one;
        let key = number.key.clone();
        if is_pushed {
            let Some((there, id)) = self.push_number(number.clone(), tree)? else {
                return Ok(None);
            };
            (number.there, number.id) = (there, Some(id));
        }
        if let (true, Some(id)) = (is_made_live, &number.id) {
            let request = DeployRequest::new("#4", Effect::AtOnce, live_subject(&number));
            let (path, there) = (number.path, &number.there);
            self.send(request, |client, key| {
                changes::publish_number(client, path, (id, there), key)
            })?;
        }
        Ok(Some((key, number.there)))
    }

    /// Asks for the primitives of the included kinds again.
    fn look_at_unversioned(&mut self) -> Result<()> {
        let include = &self.options.include;
        let rows = Listing::of_kinds(self.client, |route| include.contains(route.kind.folder))?;
        let all = &mut self.listing.primitives;
        all.retain(|row| !include.contains(row.route.kind.folder));
        all.extend(rows);
        self.listing.unknown.retain(|kind| !include.contains(kind.folder));
        Ok(())
    }

    /// Notes what was sent as seen. Another number that is live or newer was pushed by somebody else meanwhile.
    fn note_sent(&mut self, sent: &[(String, String)]) {
        for (key, number) in sent {
            let row = primitives::row_of(&self.listing, key);
            let live = row.and_then(|row| row.active.as_deref());
            let newer = row.and_then(primitives::newest).filter(|newest| newest != number);
            let name = words(key);
            let problem = match (live.filter(|live| live != number), newer) {
                (Some(live), _) => {
                    Some(format!("{name} {number} was pushed, and {live} is live on the platform"))
                }
                (None, Some(newer)) => Some(format!(
                    "{name} {number} is live; {newer}, which somebody else pushed seconds before, is not"
                )),
                (None, None) => None,
            };
            if let Some(problem) = problem {
                self.done.problem = Some((problem, Hint::ReplaceTheirs));
            }
            let seen = SeenNumbers { newest: Some(number.clone()), live: Some(number.clone()) };
            self.record.unversioned.insert(key.clone(), seen);
        }
    }

    /// The change of a primitive there that the last fetch did not know and that a push would replace, in words.
    fn moved(&self, one: &PendingNumber) -> Result<Option<String>> {
        let NumberToPush { key, there, .. } = &one.number;
        let (name, seen) = (words(key), self.record.unversioned.get(key));
        let Some(row) = primitives::row_of(&self.listing, key) else {
            let was_there = seen.is_some_and(|seen| seen.newest.is_some());
            return Ok(was_there.then(|| format!("{name} was deleted there")));
        };
        let newest = primitives::newest(row);
        let was_newest = seen.and_then(|seen| seen.newest.as_deref());
        if let Some(number) = newest.filter(|newest| Some(*newest) != was_newest)
            && !self.is_ours(key, number)
        {
            let all = details::numbers(self.client, row)?;
            let by = all.into_iter().find(|one| one.number == number).and_then(|one| one.by);
            let by = by.map_or(String::new(), |by| format!(", pushed by {by}"));
            return Ok(Some(format!("{name} is {number} there{by}")));
        }
        let Some(live) = row.active.as_deref() else { return Ok(None) };
        let is_seen = seen.and_then(|seen| seen.live.as_deref()) == Some(live);
        let is_ours = live == there || Some(live) == newest && self.is_ours(key, live);
        Ok((!is_seen && !is_ours).then(|| format!("{name} {live} was made live there")))
    }

    /// True for a number that this program pushed, or may have pushed.
    fn is_ours(&self, key: &str, number: &str) -> bool {
        let known = self.record.contents.get(key).and_then(|known| known.get(number));
        let pushes = self.journal.requests.iter().filter_map(|one| one.pushes.as_ref());
        known.is_some_and(|known| known.from == ContentOrigin::Exact)
            || pushes.into_iter().any(|content| content.key == key && content.number == number)
    }
}

/// `the workflow "brief"`
fn words(key: &str) -> String {
    parse_key(key)
        .map_or_else(|| key.to_owned(), |(kind, name)| format!("the {} \"{name}\"", kind.one))
}

/// Notes the numbers of a listing in a record as those that a person saw. True if one changed.
pub fn note_seen(record: &mut ImportRecord, listing: &Listing) -> bool {
    let now = seen(listing, &record.unversioned);
    let is_changed = now != record.unversioned;
    record.unversioned = now;
    is_changed
}
