//! Snapshots of a project while it is read: stored in a batch for a push, or not stored for a preview.

use crate::error::{Error, Result};
use crate::history::project::Project;
use crate::object::{Id, Source};
use crate::progress::Progress;
use crate::store::Batch;
use crate::workspace::{ProjectView, Snapshot, Tracked};

/// Takes snapshots of a project, and finds their objects.
pub trait Snapshots {
    fn take(&mut self, tracked: &Tracked) -> Result<Snapshot>;

    /// Objects of the last snapshot.
    fn objects(&self) -> &dyn Source;
}

/// Snapshots that are stored in a batch.
pub struct Storing<'a> {
    pub project: &'a Project,
    pub batch: Batch,
    /// Tree whose files are the bases of the new ones.
    pub base: Option<Id>,
    pub progress: &'a Progress,
}

impl Snapshots for Storing<'_> {
    fn take(&mut self, tracked: &Tracked) -> Result<Snapshot> {
        self.project.snapshot(&mut self.batch, self.base, tracked, self.progress)
    }

    fn objects(&self) -> &dyn Source {
        &self.batch
    }
}

/// Snapshots that are not stored.
pub struct Previews<'a> {
    project: &'a Project,
    over: &'a dyn Source,
    view: Option<ProjectView<'a>>,
    progress: Progress,
}

impl<'a> Previews<'a> {
    pub fn new(project: &'a Project, over: &'a dyn Source, progress: &Progress) -> Previews<'a> {
        Previews { project, over, view: None, progress: progress.clone() }
    }

    /// View of the last snapshot.
    pub fn view(self) -> Result<ProjectView<'a>> {
        self.view.ok_or_else(|| Error::failed("no snapshot was taken"))
    }
}

impl Snapshots for Previews<'_> {
    fn take(&mut self, tracked: &Tracked) -> Result<Snapshot> {
        let (snapshot, view) = self.project.preview_over(self.over, tracked, &self.progress)?;
        self.view = Some(view);
        Ok(snapshot)
    }

    fn objects(&self) -> &dyn Source {
        match &self.view {
            Some(view) => view,
            None => self.over,
        }
    }
}
