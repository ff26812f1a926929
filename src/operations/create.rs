//! Creation of an agent version: the pushed state gets the next number. It is refused if nothing
//! changed since the newest version, so that numbers mean something.

use super::losses;
use super::stock;
use super::wording;
use crate::error::{Error, Hint, Result};
use crate::history::catalog::Catalog;
use crate::history::record::{Author, VersionMeta};
use crate::history::source::{self, SourceVersion};
use crate::history::version::{self, REFS};
use crate::object::{Id, Memory, Source};
use crate::store::{Batch, Store, StoreLock};
use std::ops::ControlFlow;

#[derive(Clone, Debug, Default)]
pub struct CreateRequest {
    pub message: Option<String>,
    /// The git commit that the pushed files were at, where the caller knows it.
    pub commit: Option<String>,
    /// Allows a version of files whose agent was not read.
    pub allow_unreadable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    New {
        number: u64,
        id: Id,
    },
    /// The newest version that is not deleted has this very state, and `lua compile` builds the same of both. A new
    /// message alone makes none.
    NothingStaged {
        latest: u64,
    },
}

/// The version that would be made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionPlan {
    pub number: u64,
    /// The pushed state, which it is made from.
    pub pushed: SourceVersion,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    New(Box<VersionPlan>),
    NothingStaged { latest: u64 },
}

/// Version that would be created next. Without the lock it may be outdated at once; see
/// [`create_planned`].
pub fn plan(store: &Store, request: &CreateRequest, who: &Author) -> Result<Next> {
    check(store, request, who)?;
    plan_in(store, &Catalog::load(store)?, request)
}

fn plan_in(store: &Store, catalog: &Catalog, request: &CreateRequest) -> Result<Next> {
    let pushed = source::latest(store)?.ok_or_else(nothing_pushed)?;
    plan_of(store, store.objects(), catalog, request, pushed)
}

/// Version of a source version, whose objects may be in a batch.
fn plan_of(
    store: &Store,
    objects: &dyn Source,
    catalog: &Catalog,
    request: &CreateRequest,
    pushed: SourceVersion,
) -> Result<Next> {
    if let Some(reason) = pushed.record.unread.as_ref().filter(|_| !request.allow_unreadable) {
        return Err(unread(pushed.number, reason));
    }
    // A damaged version may be of the pushed state: then there is nothing to compare with.
    if let Some(latest) = catalog.latest() {
        let newest = catalog.get(latest)?;
        // Of files that were not read it is not known that nothing changed.
        let is_same = pushed.record.unread.is_none() || newest.source == pushed.source;
        if newest.state == pushed.state
            && is_same
            && !is_built_otherwise(store, objects, newest.source, pushed.source)?
        {
            return Ok(Next::NothingStaged { latest });
        }
    }
    let number = catalog.last_number().unwrap_or(0) + 1;
    Ok(Next::New(Box::new(VersionPlan { number, pushed })))
}

/// True if `lua compile` builds something else from files that give the same state: a tool inside a
/// condition runs as before, but is missing in the deployment.
fn is_built_otherwise(store: &Store, objects: &dyn Source, before: Id, now: Id) -> Result<bool> {
    if before == now {
        return Ok(false);
    }
    let losses = |files| losses::of_files(store, objects, files).map(Result::ok);
    let Some((before, now)) = losses(before)?.zip(losses(now)?) else { return Ok(false) };
    Ok(!stock::is_same(&before, &now))
}

/// Makes the next version from the newest source version. The lock is held from reading the refs to
/// creating the new one: otherwise two at once could take one number, or make two versions of one
/// state.
pub fn create(store: &Store, request: &CreateRequest, who: &Author) -> Result<Created> {
    check(store, request, who)?;
    let lock = store.lock()?;
    store.require_whole()?;
    let catalog = Catalog::load(store)?;
    match plan_in(store, &catalog, request)? {
        Next::NothingStaged { latest } => nothing_staged(store, latest),
        Next::New(plan) => make(store, &lock, &catalog, &plan, request, who),
    }
}

/// Makes a planned version, if the plan still holds; `None` when somebody else pushed or made a
/// version meanwhile. `commit` runs right before, with the number certain, and returns the git
/// commit to record; or it breaks off, and all of it is planned again.
pub fn create_planned(
    store: &Store,
    plan: &VersionPlan,
    request: &CreateRequest,
    who: &Author,
    commit: impl FnOnce() -> ControlFlow<(), Option<String>>,
) -> Result<Option<Created>> {
    check(store, request, who)?;
    let lock = store.lock()?;
    store.require_whole()?;
    let catalog = Catalog::load(store)?;
    match plan_in(store, &catalog, request)? {
        Next::NothingStaged { latest } => nothing_staged(store, latest).map(Some),
        Next::New(now) if *now != *plan => Ok(None),
        Next::New(now) => {
            let ControlFlow::Continue(commit) = commit() else { return Ok(None) };
            let request = CreateRequest { commit, ..request.clone() };
            make(store, &lock, &catalog, &now, &request, who).map(Some)
        }
    }
}

/// Confirms that the newest version is durable, whoever made it, and reports that there is nothing
/// new.
fn nothing_staged(store: &Store, latest: u64) -> Result<Created> {
    store.confirm_heads()?;
    Ok(Created::NothingStaged { latest })
}

/// Before anything is done for a version: its words are also those of a commit.
fn check(store: &Store, request: &CreateRequest, who: &Author) -> Result<()> {
    let words = [
        ("message", &request.message),
        ("commit", &request.commit),
        ("author", &Some(who.by.clone())),
    ];
    wording::check(store, &words.map(|(field, text)| (field, text.as_deref())))
}

fn make(
    store: &Store,
    lock: &StoreLock,
    catalog: &Catalog,
    plan: &VersionPlan,
    request: &CreateRequest,
    who: &Author,
) -> Result<Created> {
    let mut batch = store.batch();
    let id = put(store, &mut batch, catalog, plan, request, who)?;
    batch.commit_under(Some(lock))?;
    // The record names the source version by its number, so that must not be lost alone.
    store.confirm_ref(source::REFS, plan.pushed.number)?;
    store.create_ref(lock, &format!("{REFS}/v{}", plan.number), id)?;
    Ok(Created::New { number: plan.number, id })
}

/// Puts the objects of a planned version into a batch.
fn put(
    store: &Store,
    batch: &mut Batch,
    catalog: &Catalog,
    plan: &VersionPlan,
    request: &CreateRequest,
    who: &Author,
) -> Result<Id> {
    let pushed = &plan.pushed;
    let base = catalog.last_number().map(|last| catalog.get(last)).transpose()?;
    let meta = unused(
        store,
        catalog,
        pushed.state,
        pushed.source,
        VersionMeta {
            by: who.by.clone(),
            at_ms: who.at_ms,
            message: request.message.clone(),
            commit: request.commit.clone(),
            source_version: pushed.number,
            unread: pushed.record.unread.clone(),
        },
    )?;
    version::put(batch, &meta, pushed.state, pushed.source, base.as_ref())
}

/// Version in the batch of the push that it is made of. Its ref comes after the one of that push.
pub struct StagedVersion {
    number: u64,
    source_number: u64,
    id: Id,
}

/// Puts a version of what a batch pushes into the same batch. `None`: there is nothing to create, or it is refused;
/// [`create`] says so after the push, which it does not stop.
pub fn stage(
    store: &Store,
    batch: &mut Batch,
    request: &CreateRequest,
    who: &Author,
    (number, id): (u64, Id),
) -> Option<StagedVersion> {
    check(store, request, who).ok()?;
    let catalog = Catalog::load(store).ok()?;
    let pushed = SourceVersion::load(&*batch, number, id).ok()?;
    let Next::New(plan) = plan_of(store, &*batch, &catalog, request, pushed).ok()? else {
        return None;
    };
    let id = put(store, batch, &catalog, &plan, request, who).ok()?;
    Some(StagedVersion { number: plan.number, source_number: number, id })
}

/// Creates the ref of a staged version under the lock under which its source version was pushed. `None` if others took one
/// of the numbers: the version is then planned again.
pub fn publish(
    store: &Store,
    lock: &StoreLock,
    staged: &StagedVersion,
    pushed: u64,
) -> Result<Option<Created>> {
    if !is_next(store, staged, pushed)? {
        return Ok(None);
    }
    let StagedVersion { number, id, .. } = *staged;
    store.create_ref(lock, &format!("{REFS}/v{number}"), id)?;
    Ok(Some(Created::New { number, id }))
}

/// The same for a version whose source version has no ref yet: both in one step. `None`: one after the other, then.
pub fn publish_both(
    store: &Store,
    lock: &StoreLock,
    staged: &StagedVersion,
    pushed: (u64, Id),
) -> Result<Option<Created>> {
    let StagedVersion { number, id, .. } = *staged;
    let is_done =
        is_next(store, staged, pushed.0)? && store.append_both(lock, pushed, (number, id))?;
    Ok(is_done.then_some(Created::New { number, id }))
}

/// True if nobody took one of the numbers of a staged version.
fn is_next(store: &Store, staged: &StagedVersion, pushed: u64) -> Result<bool> {
    let newest = store.refs().latest(REFS)?.map_or(0, |(number, _)| number);
    Ok(staged.source_number == pushed && newest + 1 == staged.number)
}

/// The ledger names versions by id, so two versions must never be one object. They could be only with
/// equal times; the later one is then a millisecond younger. What a damaged ref names is not known, so
/// beside one no version is an object that is there.
fn unused(
    store: &Store,
    catalog: &Catalog,
    state: Id,
    source: Id,
    mut meta: VersionMeta,
) -> Result<VersionMeta> {
    loop {
        let mut memory = Memory::default();
        let id = version::put(&mut memory, &meta, state, source, None)?;
        let hidden = catalog.damaged() > 0 && store.objects().contains(&id)?;
        if catalog.number_of(&id).is_none() && !hidden {
            return Ok(meta);
        }
        meta.at_ms += 1;
    }
}

fn unread(number: u64, reason: &str) -> Error {
    Error::failed(format!(
        "cannot create a version of source version v{number}: its agent was not read: {reason}"
    ))
    .hint(Hint::CreateUnreadable)
}

fn nothing_pushed() -> Error {
    Error::failed("No source version exists for this agent").hint(Hint::PushOrAutoPush)
}
