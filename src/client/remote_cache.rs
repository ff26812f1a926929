//! The history of a remote that is no project's: a store in the user's cache folder for each remote that was looked
//! at. It has what the remote has and nothing else, and all of it can be removed at any time.

use super::{Address, Remote, fetch, follow};
use crate::client::fast_forward;
use crate::client::remembered::RememberedRemote;
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::history::rules::Strictness;
use crate::progress::Progress;
use crate::store::{self, Depth, Heads, Receipts, Store};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest wait for another process that fetches the same history.
const PATIENCE: Duration = Duration::from_secs(120);

/// Name of the remote in a store of its own.
const NAME: &str = "origin";

/// The stores of all remotes, in one folder. Together they have a bound.
pub struct RemoteCache {
    folder: PathBuf,
    most_bytes: u64,
}

/// The store of one remote. Nobody removes it while this is held.
pub struct CachedRemote {
    root: PathBuf,
    store: Store,
    address: Address,
    lock: PathBuf,
    held: Option<File>,
}

impl RemoteCache {
    pub fn new(folder: &Path, most_bytes: u64) -> RemoteCache {
        RemoteCache { folder: folder.to_owned(), most_bytes }
    }

    /// The store of a remote, which is empty when it was never looked at.
    pub fn open(&self, address: &Address) -> Result<CachedRemote> {
        fs::create_dir_all(&self.folder)?;
        // It holds what only its user may read, there and so here.
        fs::make_private(&self.folder)?;
        let key = blake3::hash(address.to_string().as_bytes()).to_hex()[..32].to_owned();
        let (root, lock) = (self.folder.join(&key), self.folder.join(format!("{key}.lock")));
        let held = Some(fs::share(&lock)?);
        let store = make(&root)?;
        Ok(CachedRemote { root, store, address: address.clone(), lock, held })
    }

    /// Removes the stores whose remotes were asked the longest time ago until the rest has the bound. Those that
    /// somebody is reading stay, and so does the one that is held here, however large it is.
    pub fn shrink(&self, keep: &CachedRemote) -> Result<()> {
        let mut all = Vec::new();
        for entry in
            walkdir::WalkDir::new(&self.folder).min_depth(1).max_depth(1).into_iter().flatten()
        {
            if entry.file_type().is_dir() {
                let root = entry.into_path();
                all.push((asked(&root), size(&root), root));
            }
        }
        all.sort();
        let mut total: u64 = all.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, root) in all {
            if total <= self.most_bytes {
                break;
            }
            if root != keep.root && fs::try_lock(&root.with_extension("lock"))?.is_some() {
                fs::remove_tree(&root)?;
                total -= bytes;
            }
        }
        Ok(())
    }
}

fn make(root: &Path) -> Result<Store> {
    fs::create_dir_all(root)?;
    Store::init(&store::dir_in(root))
}

/// Time of the remote's last answer. A folder that is no store has none.
fn asked(root: &Path) -> i64 {
    let store = Store::open(&store::dir_in(root)).ok();
    store.and_then(|store| Some(store.last_known(NAME)?.at_ms)).unwrap_or(i64::MIN)
}

fn size(root: &Path) -> u64 {
    let files = walkdir::WalkDir::new(root).into_iter().flatten();
    files
        .filter_map(|entry| entry.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .map(|file| file.len())
        .sum()
}

impl CachedRemote {
    /// The folder that is a project without files.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Time of the remote's last answer, and true if any of its history is here.
    pub fn asked(&self) -> Option<i64> {
        Some(self.store.last_known(NAME)?.at_ms)
    }

    /// Receipts of these heads, where they are known.
    pub fn receipts(&self, heads: &Heads) -> Result<Receipts> {
        let last = self.store.remote(NAME)?;
        // A fetch that was cut off remembers more than it brought.
        let same = last.filter(|last| {
            last.heads.source == heads.source && last.heads.versions == heads.versions
        });
        Ok(same
            .filter(|last| last.heads.active == heads.active)
            .map(|last| last.receipts)
            .unwrap_or_default())
    }

    /// Makes the store have what the remote has now. One that is damaged is made again from nothing. It stays as it
    /// is where the remote has not everything any more that it had, until its folder is removed.
    pub fn refresh(
        &mut self,
        remote: Box<dyn Remote>,
        at_ms: i64,
        progress: &Progress,
    ) -> Result<()> {
        // One gets it, and the others who want the same have it then.
        let _alone = fs::lock(&self.root.with_extension("fetch"), PATIENCE)?;
        let (store, name) = (self.store.clone(), NAME.to_owned());
        let mut remote = RememberedRemote { remote, store, name, at_ms };
        let is_damage = |error: &Error| matches!(error.kind(), Kind::Corrupt | Kind::Failed);
        let done = match self.follow(&remote, progress) {
            Err(error) if is_damage(&error) && !self.is_sound() => {
                self.begin_anew(&mut remote, error).and_then(|()| self.follow(&remote, progress))
            }
            other => other,
        };
        done.map_err(|error| self.named(error))
    }

    /// True if all that it has can be read: then the remote is what failed.
    fn is_sound(&self) -> bool {
        let broken = || -> Result<bool> {
            let tracked = self.store.remote(NAME)?.unwrap_or_default();
            let Heads { source, versions, active } = self.store.heads()?;
            let ledger = active.map(|active| active.ledger);
            let roots: Vec<_> = source
                .into_iter()
                .chain(versions)
                .chain(ledger)
                .chain(tracked.heads.roots())
                .collect();
            Ok(!self.store.broken_trees(&roots, Depth::Read)?.is_empty())
        };
        !broken().unwrap_or(true)
    }

    /// Removes what is damaged, unless the remote lost something that is still known from it.
    fn begin_anew(&mut self, remote: &mut RememberedRemote, damage: Error) -> Result<()> {
        let now = remote.remote.head(None)?.heads;
        let known = self.store.known_remotes()?;
        known
            .iter()
            .try_for_each(|(name, known)| fast_forward::check_fast_forward(name, known, &now))?;
        if !self.discard()? {
            return Err(damage);
        }
        remote.store = self.store.clone();
        Ok(())
    }

    /// The same error by the name that its reader gave the remote, and with what helps here.
    fn named(&self, error: Error) -> Error {
        let ours = format!("the remote \"{NAME}\"");
        let message = error.message().replace(&ours, &format!("\"{}\"", self.address));
        let named = Error::new(error.kind(), message);
        match error.kind() {
            Kind::Rewritten => named.hint(format!(
                "the earlier data is still in the cache and is read from there; ask the operator of the remote\n\
             if it was created anew on purpose, run `rm -r \"{}\"` to remove the earlier data",
                self.root.display()
            )),
            _ => error.hints().iter().cloned().fold(named, Error::also),
        }
    }

    fn follow(&self, remote: &dyn Remote, progress: &Progress) -> Result<()> {
        // Nobody knows this store by a name, so that there is nothing to say where it follows a purge.
        let head = follow::read_head(&self.store, NAME, remote, &Progress::default())?;
        if head.heads.is_empty() {
            return Err(Error::not_found(format!(
                "nothing was ever pushed to \"{}\"",
                self.address
            ))
            .hint(format!("is \"{}\" the id of the agent?", self.address.agent())));
        }
        // It is only read, and whatever reads works around what breaks a rule.
        let head =
            fetch::bring_with(&self.store, NAME, remote, head, Strictness::AsIs, progress)?.head;
        let lock = self.store.lock()?;
        let (before, after): (Heads, Heads) = (self.store.heads()?, head.heads);
        if before == after { Ok(()) } else { self.store.replace_refs(&lock, &before, &after) }
    }

    /// Begins anew; `false` while somebody else reads it.
    fn discard(&mut self) -> Result<bool> {
        drop(self.held.take());
        let alone = fs::try_lock(&self.lock)?;
        if alone.is_some() {
            fs::remove_tree(&self.root)?;
        }
        let was_alone = alone.is_some();
        drop(alone);
        self.held = Some(fs::share(&self.lock)?);
        self.store = make(&self.root)?;
        Ok(was_alone)
    }
}
