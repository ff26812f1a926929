//! Snapshot: the files of a project as one tree, and the files that were left out, with the reason.
//!
//! A file that changes while it is read is read again, so each blob is one state of its file.
//! Pushes, previews and restores begin with one.

use super::check::{self, ValidEntries};
use super::index::{IndexEntryKind, StatIndex};
use super::rules::Patterns;
use super::scan::{Scan, ScannedFiles, join};
use super::store::FileHasher;
use super::tracked::Tracked;
use crate::error::{At, Error, Result};
use crate::fs;
use crate::object::{self, Id, Mode, Sink, Source};
use crate::progress::Progress;
use crate::workspace::case_collisions;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

/// Store of a snapshot: takes new objects, and finds existing ones. A batch of a store, or memory.
pub trait Objects: Source + Sink {}

impl<T: Source + Sink> Objects for T {}

/// Options of a snapshot.
#[derive(Clone, Default)]
pub struct SnapshotOptions<'a> {
    /// Secrets that are captured nevertheless: patterns as in an ignore file.
    pub allow: &'a [String],
    /// Files that are captured although a rule ignores them.
    pub tracked: Option<&'a Tracked>,
    /// Paths of files that are executable, for systems without a bit that says it; see `executable_files`.
    pub executable: BTreeSet<String>,
    /// The stat cache; without one every file is read.
    pub cache: Option<&'a Path>,
    /// True of a folder that is a project of its own: it is left out.
    pub is_project: Option<fn(&Path) -> bool>,
    pub progress: Progress,
}

/// The files of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub tree: Id,
    pub files: usize,
    pub bytes: u64,
    /// Files left out for another reason than an ignore rule, sorted by path.
    pub skipped: Vec<Skipped>,
    /// Temporary files of an interrupted restore; see [`super::sweep`].
    pub leftovers: Vec<String>,
    /// Paths of files that are in it although a rule ignores them, sorted.
    pub kept: Vec<String>,
    /// Digest of all links: their paths and targets.
    pub links: Id,
    pub notes: Vec<CaseCollision>,
    pub work: SnapshotCost,
}

/// A file or folder that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Skipped {
    pub path: String,
    pub reason: String,
}

/// Two paths that are one on a file system that does not tell case or Unicode forms apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseCollision {
    pub path: String,
    pub collides_with: String,
}

/// Cost of a snapshot: files and folders looked at again, folders listed, files read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotCost {
    pub looks: usize,
    pub listings: usize,
    pub reads: usize,
}

/// Secret rules of this program. Another number, and every file is read again.
const SECRET_RULES: u32 = 2;

/// Attempts to scan a project whose files vanish meanwhile.
const ATTEMPTS: usize = 5;

/// Executable files of a tree. On a system without a bit for it they stay so in the next snapshot, as with git's
/// `core.fileMode=false`: a push from there would take it from them.
pub fn executable_files(source: &dyn Source, tree: Id) -> Result<BTreeSet<String>> {
    let leaves = object::leaves(source, tree)?.into_iter();
    Ok(leaves.filter(|(_, mode, _)| *mode == Mode::Executable).map(|(path, ..)| path).collect())
}

/// Stores every file of the project that is kept and gives their tree. `previous` is the tree of
/// the version before, whose files are the bases of the new ones.
pub fn snapshot(
    root: &Path,
    objects: &mut dyn Objects,
    previous: Option<Id>,
    options: &SnapshotOptions<'_>,
) -> Result<Snapshot> {
    take(root, &mut FileHasher::storing(objects, previous), options)
}

/// Takes a snapshot through a hasher, which decides on storing.
pub(super) fn take(
    root: &Path,
    keeper: &mut FileHasher<'_>,
    options: &SnapshotOptions<'_>,
) -> Result<Snapshot> {
    keeper.executable.clone_from(&options.executable);
    let policy = policy(options.allow, &options.executable);
    let bytes =
        options.cache.and_then(|path| fs::read_if_exists(path).ok().flatten()).unwrap_or_default();
    let known = StatIndex::decode(&bytes).filter(|index| index.policy == policy);
    let known = known.unwrap_or_else(|| StatIndex { policy, ..StatIndex::none() });
    let is_project = options.is_project.unwrap_or(|_| false);
    let fresh = check::check(root, &known, is_project);
    let mut work = SnapshotCost { looks: fresh.looks, ..SnapshotCost::default() };
    let none = Tracked::default();
    let tracked = options.tracked.unwrap_or(&none);
    let is_known = fresh.all && known.tracked == tracked.digest();
    if is_known
        && let Some(tree) = known.folders[0].tree
        && keeper.holds(&tree)?
    {
        return Ok(summary(tree, &known, work));
    }
    // The file that becomes the cache also tells the time of the file system before the first look.
    let pending =
        if is_known { None } else { options.cache.and_then(|path| Pending::create(path).ok()) };
    let limit = pending.as_ref().map_or(i64::MIN, |pending| pending.time);
    let allow = Patterns::new(options.allow);
    let mut index =
        store_files(root, keeper, (&allow, tracked), &known, &fresh, options, &mut work)?;
    index.limit = limit;
    let tree = index.folders[0].tree.ok_or_else(|| Error::failed("the project has no tree"))?;
    if let Some(pending) = pending {
        // A cache that cannot be written costs the next command time, and nothing else.
        let _ = pending.publish(&index);
    }
    Ok(summary(tree, &index, work))
}

/// Scans and reads until nothing vanished in between.
fn store_files<'a>(
    root: &Path,
    keeper: &mut FileHasher<'_>,
    (allow, tracked): (&Patterns, &Tracked),
    known: &StatIndex<'a>,
    fresh: &ValidEntries,
    options: &SnapshotOptions<'_>,
    work: &mut SnapshotCost,
) -> Result<StatIndex<'a>> {
    let is_project = options.is_project.unwrap_or(|_| false);
    let mut again: Option<(StatIndex<'a>, ValidEntries)> = None;
    for _ in 0..ATTEMPTS {
        let (old, fresh) = again.as_ref().map_or((known, fresh), |(index, fresh)| (index, fresh));
        let found = ScannedFiles::default();
        let scan = Scan { root, allow, tracked, is_project, old, fresh, found };
        let mut found = scan.run()?;
        work.listings += found.listings;
        let gone = keeper.read(root, allow, old, &mut found, &options.progress, work)?;
        if !gone {
            keeper.trees(old, &mut found)?;
        }
        // Known for this process only, where nothing is written between reading and looking again.
        let (policy, tracked) = (known.policy, tracked.digest());
        let index = StatIndex { limit: i64::MAX, policy, tracked, folders: found.folders };
        if !gone {
            return Ok(index);
        }
        let fresh = check::check(root, &index, is_project);
        again = Some((index, fresh));
    }
    Err(Error::new(
        crate::error::Kind::Unavailable,
        format!("cannot read \"{}\": files keep appearing and vanishing", root.display()),
    ))
}

/// Digest of everything that the trees in the stat cache depend on besides the files.
fn policy(allow: &[String], executable: &BTreeSet<String>) -> Id {
    let mut rules = format!("{SECRET_RULES}\n{}", allow.join("\n"));
    executable.iter().for_each(|path| rules.extend(["\0", path]));
    Id::of_blob(rules.as_bytes())
}

fn summary(tree: Id, index: &StatIndex<'_>, work: SnapshotCost) -> Snapshot {
    let (files, bytes, skipped, leftovers, kept, notes) = Default::default();
    let links = links(index);
    let mut snapshot =
        Snapshot { tree, files, bytes, skipped, leftovers, kept, links, notes, work };
    for folder in &index.folders {
        for item in &folder.items {
            match &item.what {
                IndexEntryKind::Leaf(..) => {
                    snapshot.files += 1;
                    snapshot.bytes += item.stat.size;
                    let kept =
                        folder.kept.contains(&item.name).then(|| join(&folder.path, &item.name));
                    snapshot.kept.extend(kept);
                }
                IndexEntryKind::LeftOut(_) if fs::is_temporary(&item.name) => {
                    snapshot.leftovers.push(join(&folder.path, &item.name));
                }
                IndexEntryKind::LeftOut(reason) => {
                    let path = join(&folder.path, &item.name);
                    snapshot.skipped.push(Skipped { path, reason: reason.clone().into_owned() });
                }
                IndexEntryKind::Folder(_) => {}
            }
        }
        if folder.collides {
            let pairs = case_collisions::pairs(&folder.items).into_iter();
            snapshot.notes.extend(pairs.map(|(first, second)| CaseCollision {
                path: join(&folder.path, first),
                collides_with: join(&folder.path, second),
            }));
        }
    }
    snapshot.skipped.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    snapshot.kept.sort_unstable();
    snapshot
}

fn links(index: &StatIndex<'_>) -> Id {
    let mut hasher = Id::blob_hasher();
    for folder in &index.folders {
        for item in &folder.items {
            if let IndexEntryKind::Leaf(Mode::Symlink, Some(target)) = &item.what {
                hasher.update(join(&folder.path, &item.name).as_bytes());
                hasher.update(&[0]);
                hasher.update(target.as_bytes());
            }
        }
    }
    hasher.finalize().into()
}

/// The next stat cache, still under its temporary name.
struct Pending<'a> {
    temp: fs::AtomicFile,
    path: &'a Path,
    time: i64,
}

impl<'a> Pending<'a> {
    fn create(path: &'a Path) -> Result<Pending<'a>> {
        let dir = path.parent().unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(dir)?;
        fs::sweep(dir)?;
        let temp = fs::AtomicFile::create_in(dir)?;
        let metadata = temp.file().metadata().at("read", temp.path())?;
        Ok(Pending { time: fs::Stat::from(&metadata).mtime, temp, path })
    }

    fn publish(mut self, index: &StatIndex<'_>) -> Result<()> {
        self.temp.write_all(&index.encode()).at("write", self.path)?;
        self.temp.replace_unsynced(self.path)
    }
}
