//! Stat cache: the metadata of each file and folder of the project when it was last read.
//!
//! One flat file: magic, time limit, digest of the policy, folders in an order where each comes
//! before those in it, BLAKE3 of all before. Numbers are little-endian. A file that is not exactly
//! this counts as none.

use super::rules::RULE_FILES;
use crate::fs::Stat;
use crate::object::{Id, Mode};
use std::borrow::Cow;

/// Names the layout. A change of the layout takes another one.
const MAGIC: &[u8; 16] = b"lua-store stat 3";

/// The stat cache of a project, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatIndex<'a> {
    /// A file that changed at this time of the file system or later may have changed again
    /// unnoticed.
    pub limit: i64,
    /// Digest of the secret rules and the allowed names.
    pub policy: Id,
    /// Digest of the tracked files that are ignored, if they existed.
    pub tracked: Id,
    /// The root first. Empty where nothing is known.
    pub folders: Vec<IndexFolder<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexFolder<'a> {
    /// From the root of the project, which is the empty path.
    pub path: Cow<'a, str>,
    pub stat: Stat,
    /// The digest of the ignore rules that its names were chosen by.
    pub rules: Id,
    /// The rule files in it, by their numbers in [`RULE_FILES`].
    pub rule_files: Vec<(u8, Stat)>,
    /// Names in it that are kept although they are ignored, sorted.
    pub kept: Vec<Cow<'a, str>>,
    /// Names in it that a less particular file system would take for one.
    pub collides: bool,
    /// An entry in it may make it a project of its own, now or later, without a change of its listing.
    pub may_be_project: bool,
    /// Sorted by the bytes of their names.
    pub items: Vec<IndexItem<'a>>,
    /// `None` where nothing in it is kept.
    pub tree: Option<Id>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexItem<'a> {
    pub name: Cow<'a, str>,
    pub stat: Stat,
    pub what: IndexEntryKind<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexEntryKind<'a> {
    /// A file or link, and the id of its bytes when they are known.
    Leaf(Mode, Option<Id>),
    /// Its number in [`StatIndex::folders`].
    Folder(usize),
    /// Left out, and why.
    LeftOut(Cow<'a, str>),
}

impl<'a> StatIndex<'a> {
    pub fn none() -> StatIndex<'a> {
        let none = Id::from_bytes([0; 32]);
        StatIndex { limit: i64::MIN, policy: none, tracked: none, folders: Vec::new() }
    }

    /// `None` for anything that [`StatIndex::encode`] would not write.
    pub fn decode(bytes: &'a [u8]) -> Option<StatIndex<'a>> {
        let (bytes, checksum) = bytes.split_last_chunk::<{ Id::LEN }>()?;
        if Id::of_blob(bytes).as_bytes() != checksum {
            return None;
        }
        let mut input = IndexReader(bytes.strip_prefix(MAGIC)?);
        let (limit, policy, tracked) = (input.i64()?, input.id()?, input.id()?);
        let count = input.u32()? as usize;
        let folders = (0..count).map(|at| input.folder(at, count)).collect::<Option<Vec<_>>>()?;
        input.0.is_empty().then_some(StatIndex { limit, policy, tracked, folders })
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = IndexWriter(Vec::with_capacity(1 << 16));
        out.0.extend(MAGIC);
        out.i64(self.limit);
        out.id(&self.policy);
        out.id(&self.tracked);
        out.u32(self.folders.len());
        self.folders.iter().for_each(|folder| out.folder(folder));
        let checksum = Id::of_blob(&out.0);
        out.id(&checksum);
        out.0
    }
}

const FOLDER: u8 = 4;
const LEFT_OUT: u8 = 5;

struct IndexWriter(Vec<u8>);

impl IndexWriter {
    fn u32(&mut self, value: usize) {
        let value = u32::try_from(value).expect("counts and names of a project fit into 32 bits");
        self.0.extend(value.to_le_bytes());
    }

    fn i64(&mut self, value: i64) {
        self.0.extend(value.to_le_bytes());
    }

    fn id(&mut self, id: &Id) {
        self.0.extend(id.as_bytes());
    }

    fn text(&mut self, text: &str) {
        self.u32(text.len());
        self.0.extend(text.as_bytes());
    }

    fn stat(&mut self, stat: &Stat) {
        self.0.extend(stat.size.to_le_bytes());
        self.i64(stat.mtime);
        self.i64(stat.ctime);
        self.0.extend(stat.inode.to_le_bytes());
        self.0.extend(stat.mode.to_le_bytes());
    }

    fn folder(&mut self, folder: &IndexFolder<'_>) {
        self.text(&folder.path);
        self.stat(&folder.stat);
        self.id(&folder.rules);
        let flags = [folder.collides, folder.may_be_project, folder.tree.is_some()];
        self.0.extend(flags.map(u8::from));
        folder.tree.iter().for_each(|tree| self.id(tree));
        self.0.push(folder.rule_files.len() as u8);
        for (which, stat) in &folder.rule_files {
            self.0.push(*which);
            self.stat(stat);
        }
        self.u32(folder.kept.len());
        folder.kept.iter().for_each(|name| self.text(name));
        self.u32(folder.items.len());
        folder.items.iter().for_each(|item| self.item(item));
    }

    fn item(&mut self, item: &IndexItem<'_>) {
        self.text(&item.name);
        self.stat(&item.stat);
        match &item.what {
            IndexEntryKind::Leaf(mode, id) => {
                self.0.push(*mode as u8);
                self.id(&id.expect("every file was read before the cache is written"));
            }
            IndexEntryKind::Folder(number) => {
                self.0.push(FOLDER);
                self.u32(*number);
            }
            IndexEntryKind::LeftOut(reason) => {
                self.0.push(LEFT_OUT);
                self.text(reason);
            }
        }
    }
}

struct IndexReader<'a>(&'a [u8]);

impl<'a> IndexReader<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.take().map(i64::from_le_bytes)
    }

    fn id(&mut self) -> Option<Id> {
        self.take().map(Id::from_bytes)
    }

    fn text(&mut self) -> Option<Cow<'a, str>> {
        let length = self.u32()? as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(Cow::Borrowed)
    }

    fn stat(&mut self) -> Option<Stat> {
        let (size, mtime, ctime, inode) = (self.u64()?, self.i64()?, self.i64()?, self.u64()?);
        Some(Stat { size, mtime, ctime, inode, mode: self.u32()? })
    }

    /// Folder `number` of `count`.
    fn folder(&mut self, number: usize, count: usize) -> Option<IndexFolder<'a>> {
        let (path, stat, rules) = (self.text()?, self.stat()?, self.id()?);
        let mut flag = || self.u8().map(|byte| byte == 1);
        let (collides, may_be_project, has_tree) = (flag()?, flag()?, flag()?);
        let tree = if has_tree { Some(self.id()?) } else { None };
        let rule_files = (0..self.u8()?).map(|_| self.rule_file()).collect::<Option<_>>()?;
        let kept = (0..self.u32()?).map(|_| self.text()).collect::<Option<_>>()?;
        let items = (0..self.u32()?).map(|_| self.item(number, count)).collect::<Option<_>>()?;
        Some(IndexFolder {
            path,
            stat,
            rules,
            rule_files,
            kept,
            collides,
            may_be_project,
            items,
            tree,
        })
    }

    fn rule_file(&mut self) -> Option<(u8, Stat)> {
        let which = self.u8().filter(|which| usize::from(*which) < RULE_FILES.len())?;
        Some((which, self.stat()?))
    }

    fn item(&mut self, folder: usize, count: usize) -> Option<IndexItem<'a>> {
        let (name, stat) = (self.text()?, self.stat()?);
        let what = match self.u8()? {
            FOLDER => {
                let below = self.u32()? as usize;
                // Each folder comes before those in it, so following them always ends.
                (folder < below && below < count).then_some(IndexEntryKind::Folder(below))?
            }
            LEFT_OUT => IndexEntryKind::LeftOut(self.text()?),
            mode => {
                let mode = Mode::from_u8(mode).filter(|mode| !mode.is_directory())?;
                IndexEntryKind::Leaf(mode, Some(self.id()?))
            }
        };
        Some(IndexItem { name, stat, what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> StatIndex<'static> {
        let stat = |n: u64| Stat { size: n, mtime: -1, ctime: 7, inode: n, mode: 0o100_644 };
        let item = |name: &'static str, what| IndexItem { name: name.into(), stat: stat(1), what };
        let folder = |path: &'static str, items, tree| IndexFolder {
            path: path.into(),
            stat: stat(2),
            rules: Id::of_blob(b"rules"),
            rule_files: vec![(1, stat(3))],
            kept: vec!["b".into()],
            collides: tree,
            may_be_project: !tree,
            items,
            tree: tree.then(|| Id::of_blob(b"tree")),
        };
        let leaf = IndexEntryKind::Leaf(Mode::Executable, Some(Id::of_blob(b"x")));
        let items = vec![
            item("a", leaf),
            item("b", IndexEntryKind::Folder(1)),
            item("c", IndexEntryKind::LeftOut("key".into())),
        ];
        let folders = vec![folder("", items, true), folder("b", vec![], false)];
        StatIndex {
            limit: 99,
            policy: Id::of_blob(b"policy"),
            tracked: Id::of_blob(b"tracked"),
            folders,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(StatIndex::decode(&sample().encode()), Some(sample()));
    }

    #[test]
    fn a_damaged_or_foreign_cache_counts_as_none() {
        let good = sample().encode();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(StatIndex::decode(&bad), None, "byte {at}");
            assert_eq!(StatIndex::decode(&good[..at]), None, "cut at {at}");
        }
        // A right checksum over another layout, or over a folder that contains itself.
        let sealed = |body: &[u8]| [body, Id::of_blob(body).as_bytes()].concat();
        assert_eq!(StatIndex::decode(&sealed(b"lua-store stat 9")), None);
        let mut looping = sample();
        looping.folders[0].items[1].what = IndexEntryKind::Folder(0);
        assert_eq!(StatIndex::decode(&looping.encode()), None);
    }
}
