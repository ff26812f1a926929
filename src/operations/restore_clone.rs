//! Restore of a clone: a project without versions gets all versions of another store, with the
//! files of the newest push.
//!
//! Files first, refs second: an interrupted run is repeated.

use super::inherit::inherit;
use crate::error::Result;
use crate::history::project::Project;
use crate::history::source::SourceVersion;
use crate::progress::{Progress, Unit};
use crate::store::Heads;
use crate::workspace::{self, Tracked};

#[derive(Debug)]
pub struct RestoredClone {
    /// The number of files.
    pub files: usize,
    /// Allowed secrets, from the newest source version.
    pub allowed: Vec<String>,
}

/// Restores the files of the newest source version, then sets the refs and the pointer to those of
/// `heads`, whose objects are in the store. The folder holds nothing but the git guard and files of
/// an interrupted run, so none of it is kept. The refs come after the sync of the files: until then no file is promised.
pub fn restore(project: &Project, heads: &Heads, progress: &Progress) -> Result<RestoredClone> {
    progress.begin("Restoring", Unit::Item);
    let store = project.store();
    let (mut files, mut allowed) = (0, Vec::new());
    if let Some(id) = heads.source.last() {
        let newest = SourceVersion::load(store.objects(), heads.source.len() as u64, *id)?;
        allowed = inherit(project, None, &newest)?;
        // Existing files are hashed, and not stored.
        let (snapshot, view) = project.preview(&Tracked::default(), progress)?;
        let plan = workspace::plan(&view, snapshot.tree, newest.source)?;
        workspace::check(&plan, project.root())?;
        workspace::sweep(project.root(), &snapshot.leftovers, store.objects(), progress)?;
        files = workspace::create(&plan, project.root(), store.objects(), progress)?;
    }
    store.replace_refs(&store.lock()?, &Heads::default(), heads)?;
    Ok(RestoredClone { files, allowed })
}
