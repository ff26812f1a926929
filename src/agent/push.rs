//! `push`: the project as it is becomes the next source version.
//!
//! Files → objects → one pack → one ref. Everything before the ref is invisible; the ref is created
//! under the lock, and only when nobody pushed since the state was built on what was there.

use super::project::Project;
use super::record::Who;
use super::source::{self, SourceVersion};
use super::stage::{self, Report, Staged};
use crate::error::Result;
use crate::object::Id;

pub struct Pushed {
    /// The new source version, or `None` when nothing had changed.
    pub number: Option<u64>,
    pub report: Report,
}

/// Pushes until nobody else's push comes between: each lost race means somebody else's success.
pub fn push(project: &Project, request: &stage::Request, message: Option<&str>, who: &Who) -> Result<Pushed> {
    loop {
        let Staged { objects: mut batch, report } = stage::stage(project, request)?;
        if !report.changed() {
            return Ok(Pushed { number: None, report });
        }
        let record = report.record(who, request.scope.triggered_by(), message.map(str::to_owned));
        let (state, files) = (report.state, report.snapshot.tree);
        let id = source::put(&mut batch, &record, state, files, report.previous.as_ref())?;
        batch.commit()?;
        if let Some(number) = publish(project, id, report.previous.as_ref())? {
            return Ok(Pushed { number: Some(number), report });
        }
    }
}

/// Creates the ref of a source version that was built on `previous`. `None` when somebody pushed
/// since: the state, and the numbers in it, must then be built anew.
pub fn publish(project: &Project, id: Id, previous: Option<&SourceVersion>) -> Result<Option<u64>> {
    let store = project.store();
    let lock = store.lock()?;
    let newest = store.refs().latest(source::REFS)?.map(|(number, _)| number);
    if newest != previous.map(|previous| previous.number) {
        return Ok(None);
    }
    store.refs().append(&lock, source::REFS, id).map(Some)
}
