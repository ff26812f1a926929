//! A project folder with its store.

use super::source::{self, SourceVersion};
use crate::error::{Error, Hint, Result};
use crate::fs;
use crate::object::{Id, Source};
use crate::progress::Progress;
use crate::store::{self, Batch, Journal, Store};
use crate::workspace::{self, ProjectView, Snapshot, SnapshotOptions, Tracked};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(Clone)]
pub struct Project {
    root: PathBuf,
    store: Store,
}

impl Project {
    /// The project that contains `from`, found by walking up.
    pub fn find(from: &Path) -> Result<Project> {
        Project::open(&store::project::find(from)?)
    }

    pub fn open(root: &Path) -> Result<Project> {
        Ok(Project { root: root.to_owned(), store: Store::open(&store::project::store_of(root))? })
    }

    /// The same project, whose changes are added to a journal.
    #[must_use]
    pub fn journaled(self, journal: &Journal) -> Project {
        Project { store: self.store.journaled(journal), ..self }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Path of a cache of the project's files.
    pub fn cache(&self, name: &str) -> PathBuf {
        self.store.cache_of(&self.root, name)
    }

    /// Refuses what would take files with conflict markers for finished work.
    pub fn require_no_merge(&self, action: &str) -> Result<()> {
        let Some(merge) = self.store.open_merge_in(&self.root)? else { return Ok(()) };
        let remote = merge.remote;
        Err(Error::conflict(format!("cannot {action}: a merge with \"{remote}\" is open"))
            .hint(Hint::OpenMerge))
    }

    /// Refuses to put the files of this work tree after a source version that another one pushed, which they may lack.
    pub fn require_base(&self, newest: &SourceVersion, action: &str) -> Result<()> {
        if self.store.is_based_on(&self.root, newest.id)? {
            return Ok(());
        }
        let number = newest.number;
        Err(Error::conflict(format!(
            "cannot {action}: source version v{number} was not pushed from this work tree, whose files may lack it"
        ))
        .hint(Hint::CompareWith(number)))
    }

    /// Puts the files of the project into a batch. `base` is the tree of the last push; tracked
    /// files are kept even if a rule ignores them.
    pub fn snapshot(
        &self,
        batch: &mut Batch,
        base: Option<Id>,
        tracked: &Tracked,
        progress: &Progress,
    ) -> Result<Snapshot> {
        // An object that the cache believes stored may be the damaged one: in a damaged store each
        // file is read, which heals it.
        let trusts = !self.store.is_damaged();
        self.with_options(tracked, progress, |options| {
            let cache = options.cache.filter(|_| trusts);
            workspace::snapshot(
                &self.root,
                batch,
                base,
                &SnapshotOptions { cache, ..options.clone() },
            )
        })
    }

    /// The same with nothing stored.
    pub fn preview(
        &self,
        tracked: &Tracked,
        progress: &Progress,
    ) -> Result<(Snapshot, ProjectView<'_>)> {
        self.preview_over(self.store.objects(), tracked, progress)
    }

    /// The same, with the objects of another source to compare with.
    pub fn preview_over<'s>(
        &self,
        over: &'s dyn Source,
        tracked: &Tracked,
        progress: &Progress,
    ) -> Result<(Snapshot, ProjectView<'s>)> {
        self.with_options(tracked, progress, |options| {
            workspace::preview(&self.root, over, options)
        })
    }

    /// Patterns of the secrets that may be kept.
    pub fn allowed(&self) -> Result<Vec<String>> {
        Ok(self.store.config()?.allow())
    }

    /// Executable files of the last push, where the system does not say which they are.
    fn executable_files(&self) -> Result<BTreeSet<String>> {
        if fs::HAS_EXECUTABLE_BIT {
            return Ok(BTreeSet::new());
        }
        let pushed = source::latest(&self.store)?;
        let files = |pushed: SourceVersion| {
            workspace::executable_files(self.store.objects(), pushed.source)
        };
        pushed.map_or_else(|| Ok(BTreeSet::new()), files)
    }

    fn with_options<T>(
        &self,
        tracked: &Tracked,
        progress: &Progress,
        take: impl FnOnce(&SnapshotOptions) -> Result<T>,
    ) -> Result<T> {
        let allow = self.allowed()?;
        let cache = self.cache(store::STAT_INDEX);
        let (allow, tracked, cache) = (&*allow, Some(tracked), Some(&*cache));
        let (is_project, progress) =
            (Some(store::is_project as fn(&Path) -> bool), progress.clone());
        let executable = self.executable_files()?;
        take(&SnapshotOptions { allow, tracked, executable, cache, is_project, progress })
    }
}
