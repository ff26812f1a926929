//! `push`: the present project becomes the next source version.
//!
//! Files → objects → one pack → one ref. Everything before the ref is invisible; the ref is created
//! under the lock, and only if nobody pushed since the state was built.

use super::create::{self, CreateRequest, Created, StagedVersion};
use super::losses::LossCache;
use super::stage::{self, PushReport, Staged};
use super::wording;
use crate::error::{Error, Hint, Result};
use crate::history::project::Project;
use crate::history::record::Author;
use crate::history::recorded_change::RecordedChange;
use crate::history::source::{self, SourceVersion};
use crate::object::Id;
use crate::store::{Depth, Store};
use serde::Serialize;

pub struct Pushed {
    /// The new source version, or `None` when nothing had changed.
    pub number: Option<u64>,
    /// Objects that were stored again because the copy that was there is damaged.
    pub healed: usize,
    pub report: PushReport,
    /// Version that was created in the same pack.
    pub created: Option<Created>,
}

/// Pushes until nobody else's push comes between: each lost race means somebody else's success. `version` is a version to
/// create of what is pushed, in the same pack; where that is refused the push stands, without it.
pub fn push(
    project: &Project,
    request: &stage::PushRequest,
    message: Option<&str>,
    who: &Author,
    version: Option<&CreateRequest>,
) -> Result<Pushed> {
    let store = project.store();
    project.require_no_merge("push")?;
    wording::check(store, &[("message", message), ("author", Some(&who.by))])?;
    store.require_whole()?;
    // Before the files are read: a line that it adds to `.gitignore` afterwards would show as an edit.
    store.guard_from_git()?;
    loop {
        let Staged { objects: mut batch, report } = stage::stage(project, request)?;
        report.require_whole(request)?;
        require_expected(project, request, &report)?;
        if batch.met_damage() && !store.is_damaged() {
            store.note_damage();
            // Again with every file read: a damaged object can be one of an unchanged file.
            if store.is_damaged() {
                continue;
            }
        }
        let healed = batch.healed();
        if !report.changed() {
            match healed {
                0 => store.confirm_heads()?,
                _ => drop(batch.commit()?),
            }
            require_sound(store, report.previous.as_ref().map(|previous| previous.id))?;
            if let Some(previous) = &report.previous {
                remember_base(project, previous.id);
            }
            return Ok(Pushed { number: None, healed, report, created: None });
        }
        let record = report.record(who, request.scope.triggered_by(), message.map(str::to_owned));
        let (state, files) = (report.state, report.snapshot.tree);
        let previous = report.previous.as_ref();
        let id = source::put_next(store, &mut batch, record, (state, files), previous)?;
        // Before the version, which compares them.
        if let Some(losses) = &report.losses {
            LossCache::of(store).add(files, losses);
        }
        let next = previous.map_or(1, |previous| previous.number + 1);
        let version =
            version.and_then(|version| create::stage(store, &mut batch, version, who, (next, id)));
        batch.commit()?;
        require_sound(store, Some(id))?;
        if let Some((number, created)) = publish_with(project, id, previous, version.as_ref())? {
            return Ok(Pushed { number: Some(number), healed, report, created });
        }
    }
}

/// Refuses a push that does not go on from the source version that was expected, or that another work tree may have
/// pushed.
fn require_expected(
    project: &Project,
    request: &stage::PushRequest,
    report: &PushReport,
) -> Result<()> {
    let previous = report.previous.as_ref();
    match (request.expect_source, previous) {
        (Some(expected), _) => expect(expected, previous),
        (None, Some(previous)) if report.changed() => {
            let number = previous.number;
            project
                .require_base(previous, "push")
                .map_err(|error| error.also(Hint::PushOnTop(number)))
        }
        (None, _) => Ok(()),
    }
}

/// The newest push where another one was expected.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UnexpectedSource {
    expected: u64,
    /// Null where nothing was pushed yet.
    newest: Option<RecordedChange>,
}

/// Refuses where the newest source version is another one than was expected.
pub fn expect(expected: u64, newest: Option<&SourceVersion>) -> Result<()> {
    let number = newest.map_or(0, |newest| newest.number);
    if number == expected {
        return Ok(());
    }
    let found = newest.map_or("there is none yet".to_owned(), |newest| {
        let message = newest.record.message.as_ref();
        let message = message.map_or(String::new(), |message| format!(": {message}"));
        format!("the newest is v{number}, pushed by {}{message}", newest.record.by)
    });
    let newest = newest.map(RecordedChange::push);
    let error = Error::conflict(format!("cannot push after source version v{expected}: {found}"))
        .with_details(UnexpectedSource { expected, newest });
    Err(if number > 0 { error.hint(Hint::CompareWith(number)) } else { error })
}

/// Checks, in a damaged store, that everything a push names can be read: only then is it reported
/// as done.
fn require_sound(store: &Store, root: Option<Id>) -> Result<()> {
    let root: Vec<Id> = root.into_iter().filter(|_| store.is_damaged()).collect();
    match store.broken_trees(&root, Depth::Read)?.is_empty() {
        true => Ok(()),
        false => Err(Error::corrupt(
            "cannot push: an unchanged part of the last push is damaged, and no file of the project contains it",
        )
        .hint(Hint::FsckFromRemote)),
    }
}

/// Creates the ref of a source version that was built on `previous`. `None` when somebody pushed
/// since: the state, and the numbers in it, must then be built anew.
pub fn publish(project: &Project, id: Id, previous: Option<&SourceVersion>) -> Result<Option<u64>> {
    Ok(publish_with(project, id, previous, None)?.map(|(number, _)| number))
}

/// The same with a version of it, whose ref follows under the same lock.
fn publish_with(
    project: &Project,
    id: Id,
    previous: Option<&SourceVersion>,
    version: Option<&StagedVersion>,
) -> Result<Option<(u64, Option<Created>)>> {
    let store = project.store();
    let lock = store.lock()?;
    let newest = store.refs().latest(source::REFS)?.map(|(number, _)| number);
    if newest != previous.map(|previous| previous.number) {
        return Ok(None);
    }
    let next = (newest.unwrap_or(0) + 1, id);
    let both = version.map(|version| create::publish_both(store, &lock, version, next));
    if let Some(created) = both.transpose()?.flatten() {
        remember_base(project, id);
        return Ok(Some((next.0, Some(created))));
    }
    let number = store.append_ref(&lock, source::REFS, id)?;
    remember_base(project, id);
    // The push is done. What stops the version is reported by whoever creates it then.
    let created =
        version.and_then(|version| create::publish(store, &lock, version, number).ok().flatten());
    Ok(Some((number, created)))
}

/// Records that the files of this work tree are those of a source version. Without the record the next push asks for an
/// option, so that a failure to write it fails nothing.
pub fn remember_base(project: &Project, id: Id) {
    drop(project.store().set_base(project.root(), id));
}
