//! Store: the folder `.lua/` on disk, with refs, the pointer `ACTIVE`, the lock, the configuration,
//! objects and the git guard.
//!
//! It knows objects and refs, and nothing of agents. Writers hold the lock; readers never do, so
//! each change becomes visible by one rename.

mod active;
mod active_pack;
mod bundle;
mod checksummed;
mod config;
mod confirm;
mod connectivity;
mod deploy_journal;
mod gc;
mod git_guard;
mod heads;
mod heads_look;
mod journal;
mod last_known;
mod layout;
mod lock;
mod missing_objects;
mod odb;
mod open_merge;
mod operation;
mod operation_log;
mod parse_error;
mod platform_record;
mod pointer;
pub mod project;
mod purged;
mod receipts;
mod receive;
mod ref_transaction;
pub mod refs;
mod remote_tracking;
mod roots;
pub mod tiers;
mod tracking_proof;
mod work_tree;

pub use crate::store::connectivity::Depth;
pub use crate::store::heads::{Heads, common};
pub use crate::store::heads_look::HeadsLook;
pub use crate::store::journal::Journal;
pub use crate::store::last_known::LastKnown;
pub use crate::store::missing_objects::MissingObjects;
pub use crate::store::remote_tracking::RemoteTracking;
pub use active::Active;
pub use bundle::{BundleFile, HEADER as BUNDLE_FORMAT, VerifiedBundle};
pub use config::{DEFAULT_REMOTE, StoreConfig, check_remote_name};
pub use deploy_journal::DeployLock;
pub use gc::ObjectCounts;
pub use layout::{
    AGENT, COMPILED, DIR, LEDGER_INDEX, LOSSES, NEWEST_FORMAT, STAT_INDEX, dir_in, short,
};
pub use lock::StoreLock;
pub use odb::{
    Batch, Checked, CompactScope, Compacted, Damage, GroupCache, Mapped, ObjectGraph, Odb,
    PackCheck, ThinPack, VerifyLimits,
};
pub use open_merge::OpenMerge;
pub use operation::{FilesChange, HeadsChange, Operation, SeriesChange};
pub use operation_log::MOST_OPERATIONS;
pub use project::is_project;
pub use purged::PurgedIds;
pub use receipts::{Receipt, ReceiptSeries, ReceiptToken, Receipts, TokenName, named};
pub use refs::Refs;

use crate::error::Result;
use crate::fs;
use crate::object::Id;
use crate::store::refs::RefName;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest wait of a writer for another one. Writers hold the lock for a few syncs only, so that a longer wait means
/// a stopped process or a broken disk.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// An open store. Cheap: it is the name of its folder, and nothing is read before it is asked for.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
    objects: Odb,
    /// Journal that gets its steps, for a command whose changes are recorded.
    journal: Option<Journal>,
}

impl Store {
    /// Makes a store in `dir` (the folder `.lua` of a project), or finishes one that was cut short.
    /// What the stock command keeps there is left alone. Running it again changes nothing.
    pub fn init(dir: &Path) -> Result<Store> {
        layout::make(dir)?;
        Store::open(dir)
    }

    /// Opens the store in `dir`, refusing a format that this program does not know.
    pub fn open(dir: &Path) -> Result<Store> {
        layout::check_format(dir)?;
        Ok(Store { dir: dir.to_owned(), objects: Odb::of_store(dir), journal: None })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Path of something in it, by its name in the layout.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Folder of the project that it belongs to.
    pub fn project(&self) -> &Path {
        layout::project_of(&self.dir)
    }

    /// Object database of the store. What it has found stays known, so keep the `Store` while reading.
    pub fn objects(&self) -> &Odb {
        &self.objects
    }

    /// Begins to write objects; see [`Batch::commit`].
    pub fn batch(&self) -> Batch {
        self.objects.batch()
    }

    /// Waits for the exclusive right to move refs, `ACTIVE` and the configuration. As every writing
    /// command comes by here, this is also where the git guard is renewed.
    pub fn lock(&self) -> Result<StoreLock> {
        let lock = StoreLock::acquire(&self.dir, LOCK_WAIT)?;
        active::finish_swap(&self.dir)?;
        self.guard_from_git()?;
        Ok(lock)
    }

    /// True if another process has had the lock for so long. Changes nothing.
    pub fn is_locked(&self, patience: Duration) -> Result<bool> {
        fs::is_locked(&self.lock_file(), patience)
    }

    /// Path of the file that writers lock.
    pub fn lock_file(&self) -> PathBuf {
        self.dir.join(layout::LOCK)
    }

    pub fn refs(&self) -> Refs {
        Refs::new(&self.dir)
    }

    /// Creates the next ref of a series and gives its number.
    pub fn append_ref(&self, lock: &StoreLock, series: &str, id: Id) -> Result<u64> {
        self.require_kept(&[id])?;
        self.require_unpurged(&id)?;
        let (number, tips) = self.refs().append_logged(lock, series, id)?;
        self.note_refs(&[(RefName::new(series, number)?, id)], tips);
        Ok(number)
    }

    /// Creates the next source version and the next version in one durable step. `false`: that is not possible here, and
    /// nothing was created.
    pub fn append_both(
        &self,
        lock: &StoreLock,
        source: (u64, Id),
        version: (u64, Id),
    ) -> Result<bool> {
        let new = [(refs::SOURCE, source), (refs::VERSIONS, version)];
        for (_, (_, id)) in &new {
            self.require_kept(&[*id])?;
            self.require_unpurged(id)?;
        }
        let new = new.map(|(series, (number, id))| Ok((RefName::new(series, number)?, id)));
        let new = new.into_iter().collect::<Result<Vec<_>>>()?;
        if !self.refs().create_packed(lock, &new)? {
            return Ok(false);
        }
        self.note_refs(&new, refs::log::add_refs(&self.refs(), &new));
        Ok(true)
    }

    /// Creates a ref, durably. A name that is taken is a conflict.
    pub fn create_ref(&self, lock: &StoreLock, name: &str, id: Id) -> Result<()> {
        self.require_kept(&[id])?;
        let tips = self.refs().create(lock, name, id)?;
        self.note_refs(&[(name.parse()?, id)], tips);
        Ok(())
    }

    /// Makes a ref durable that something is about to name. One in the log of the refs is: its line was written after that.
    pub fn confirm_ref(&self, series: &str, number: u64) -> Result<()> {
        self.confirm_unlogged(refs::log::newest(&self.dir).as_ref(), series, number)
    }

    fn confirm_unlogged(
        &self,
        logged: Option<&refs::log::RefTips>,
        series: &str,
        number: u64,
    ) -> Result<()> {
        match logged.and_then(|tips| tips.newest(series)) {
            Some((newest, _)) if newest >= number => Ok(()),
            _ => self.refs().confirm(series),
        }
    }

    /// Refuses to go on where something is lost that was there: a ref before the newest one, the newest one, the
    /// pointer. For what writes, before it writes anything.
    pub fn require_whole(&self) -> Result<()> {
        self.refs().require_whole()?;
        active::require(&self.dir)
    }

    /// True if there is a log of the refs: it is begun with the first ref.
    pub fn has_log(&self) -> bool {
        refs::log::newest(&self.dir).is_some()
    }

    /// Refs and pointer as logged, from the first line on.
    pub fn logged(&self) -> refs::LoggedRefs {
        refs::log::read_all(&self.dir)
    }

    pub fn config(&self) -> Result<StoreConfig> {
        StoreConfig::load(&self.dir)
    }

    /// The missing part of the git guard. Every command that writes puts it back.
    pub fn open_unguarded(&self) -> Option<&'static str> {
        git_guard::missing_part(&self.dir)
    }

    /// True if git tracks files of the store, which a checkout would then change.
    pub fn is_tracked_by_git(&self) -> Result<bool> {
        git_guard::is_tracked(&self.dir)
    }

    /// Puts back whatever keeps git from adding or removing the store: a repository may have been
    /// made since. Costs a few reads when all is in place. Says whether it wrote to a file of the project.
    pub fn guard_from_git(&self) -> Result<bool> {
        git_guard::install(&self.dir)
    }
}
