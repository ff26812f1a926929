//! Scan of a project: its files now, with the entries of the index that still hold.
//!
//! Ignored files and secrets are left out here, by the rules in force at each folder.
//! `workspace::snapshot` reads the files that the index does not answer for.

use super::check::ValidEntries;
use super::index::{IndexEntryKind, IndexFolder, IndexItem, StatIndex};
use super::rules::{PROJECT_MARKS, Patterns, RULE_FILES, Rules};
use super::secret;
use super::stat::EntryKind;
use super::tracked::Tracked;
use crate::error::{At, Error, Result};
use crate::fs::{self, Stat};
use crate::workspace::case_collisions;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// Reason why the files of a project inside the project are left out.
pub const OWN_PROJECT: &str = "it is a project with a store of its own";

pub struct Scan<'s, 'a> {
    pub root: &'s Path,
    pub allow: &'s Patterns,
    pub tracked: &'s Tracked,
    pub is_project: fn(&Path) -> bool,
    pub old: &'s StatIndex<'a>,
    pub fresh: &'s ValidEntries,
    pub found: ScannedFiles<'a>,
}

/// Folders that a scan found.
#[derive(Default)]
pub struct ScannedFiles<'a> {
    pub folders: Vec<IndexFolder<'a>>,
    /// For each folder its number in the old index.
    pub known: Vec<Option<usize>>,
    /// Number of folders that had to be listed.
    pub listings: usize,
}

impl<'s, 'a> Scan<'s, 'a> {
    pub fn run(mut self) -> Result<ScannedFiles<'a>> {
        let known = (!self.old.folders.is_empty()).then_some(0);
        match self.folder(Cow::Borrowed(""), None, known, false)? {
            Some(_) => Ok(self.found),
            None => {
                Err(Error::not_found(format!("\"{}\" is not a directory", self.root.display())))
            }
        }
    }

    /// One folder and all in it, or the tracked part of an ignored one; `None` when it is gone.
    fn folder(
        &mut self,
        path: Cow<'a, str>,
        above: Option<&Rules<'_>>,
        known: Option<usize>,
        is_ignored: bool,
    ) -> Result<Option<usize>> {
        let full = self.root.join(&*path);
        let Some(stat) = self.folder_stat(&full, known)? else { return Ok(None) };
        let listed = known.filter(|at| self.fresh.listings[*at]).map(|at| &self.old.folders[at]);
        let mut names = match listed {
            Some(_) => None,
            None => Some(self.list(&full)?),
        };
        let is_mark = |name: &OsString| PROJECT_MARKS.iter().any(|mark| name == mark);
        let may_be_project = match (&names, listed) {
            (Some(names), _) => names.iter().any(is_mark),
            (None, old) => old.is_some_and(|old| old.may_be_project),
        };
        let (rule_files, texts) = read_rules(&full, listed, names.as_deref())?;
        let rules = if is_ignored { Rules::of_ignored() } else { Rules::new(above, &path, texts) };
        let kept = self.kept(&path, &rules);
        let number = self.found.folders.len();
        self.found.known.push(known);
        self.found.folders.push(IndexFolder {
            path: path.clone(),
            stat,
            rules: rules.digest(),
            rule_files,
            kept: kept.iter().map(|name| Cow::Owned((*name).to_owned())).collect(),
            collides: false,
            may_be_project,
            items: Vec::new(),
            tree: None,
        });
        let holds = |old: &&IndexFolder<'a>| old.rules == rules.digest() && old.kept == kept;
        let items = match listed.filter(holds) {
            Some(old) => self.known_items(old, known.unwrap_or_default(), &rules)?,
            None => {
                let names = names.take().map_or_else(|| self.list(&full), Ok)?;
                self.new_items(&path, &full, names, known, (&rules, &kept))?
            }
        };
        let folder = &mut self.found.folders[number];
        folder.collides = case_collisions::any(&items);
        folder.items = items;
        Ok(Some(number))
    }

    /// The names in a folder that are kept although they are ignored.
    fn kept(&self, path: &str, rules: &Rules<'_>) -> Vec<&'s str> {
        let names = self.tracked.names_in(path).into_iter();
        let ignored = names
            .filter(|(name, is_folder)| rules.ignores(join(path, name).as_bytes(), *is_folder));
        ignored.map(|(name, _)| name).collect()
    }

    fn folder_stat(&self, full: &Path, known: Option<usize>) -> Result<Option<Stat>> {
        if let Some(at) = known.filter(|at| self.fresh.listings[*at]) {
            return Ok(Some(self.old.folders[at].stat));
        }
        let metadata = read_metadata(full)?;
        Ok(metadata.filter(|metadata| metadata.is_dir()).map(|metadata| Stat::from(&metadata)))
    }

    fn list(&mut self, full: &Path) -> Result<Vec<OsString>> {
        self.found.listings += 1;
        let names = std::fs::read_dir(full).and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.file_name()))
                .collect::<io::Result<Vec<_>>>()
        });
        let mut names = names.at("read", full)?;
        names.sort_unstable_by(|a, b| a.as_encoded_bytes().cmp(b.as_encoded_bytes()));
        Ok(names)
    }

    /// The items of a folder whose names are as known; the files themselves may have changed.
    fn known_items(
        &mut self,
        old: &IndexFolder<'a>,
        at: usize,
        rules: &Rules<'_>,
    ) -> Result<Vec<IndexItem<'a>>> {
        let mut items = Vec::with_capacity(old.items.len());
        for (item, fresh) in old.items.iter().zip(&self.fresh.items[at]) {
            if *fresh {
                items.push(item.clone());
                continue;
            }
            let path = join(&old.path, &item.name);
            let below = match item.what {
                IndexEntryKind::Folder(below) if !self.is_own_project(below, &path) => Some(below),
                // A folder that was left out as a project may be one no longer.
                IndexEntryKind::LeftOut(_) if self.is_kept_folder(&item.name, &path)? => None,
                _ => {
                    items.extend(self.leaf(item.name.clone(), &path, None)?);
                    continue;
                }
            };
            let is_ignored = old.kept.contains(&item.name);
            let number = self.folder(Cow::Owned(path), Some(rules), below, is_ignored)?;
            let (name, stat) = (item.name.clone(), Stat::default());
            let what = number.map(IndexEntryKind::Folder);
            items.extend(what.map(|what| IndexItem { name, stat, what }));
        }
        Ok(items)
    }

    /// True if a folder of the index is a project by now: its listing counts as stale then.
    fn is_own_project(&self, folder: usize, path: &str) -> bool {
        !self.fresh.listings[folder] && (self.is_project)(&self.root.join(path))
    }

    /// True if a name is that of a folder whose files are kept.
    fn is_kept_folder(&self, name: &str, path: &str) -> Result<bool> {
        let metadata = read_metadata(&self.root.join(path))?;
        let is_folder = metadata.is_some_and(|metadata| metadata.is_dir());
        Ok(is_folder && self.left_out(name, path, true).is_none())
    }

    fn new_items(
        &mut self,
        path: &str,
        full: &Path,
        names: Vec<OsString>,
        known: Option<usize>,
        (rules, kept): (&Rules<'_>, &[&str]),
    ) -> Result<Vec<IndexItem<'a>>> {
        let mut items = Vec::with_capacity(names.len());
        for name in names {
            let inner = full.join(&name);
            let Some(metadata) = read_metadata(&inner)? else { continue };
            let is_ignored = rules.ignores(&join_bytes(path, &name), metadata.is_dir());
            let is_kept = || self.is_kept(path, &name, metadata.is_dir(), kept);
            let is_leftover = || name.to_str().is_some_and(fs::is_temporary);
            if is_ignored && !is_kept() && !is_leftover() {
                continue;
            }
            let Ok(name) = name.into_string() else { return Err(not_utf8(&inner)) };
            let old = known.and_then(|at| self.old_item(at, &name));
            let below = join(path, &name);
            if let Some(reason) = fs::too_long(&below) {
                return Err(Error::failed(format!(
                    "cannot store \"{}\": {reason}",
                    inner.display()
                ))
                .hint("rename it, or ignore it in `.luaignore`"));
            }
            if metadata.is_dir() && self.left_out(&name, &below, true).is_none() {
                let known = old.and_then(|(item, _)| match item.what {
                    IndexEntryKind::Folder(number) => Some(number),
                    _ => None,
                });
                let number = self.folder(Cow::Owned(below), Some(rules), known, is_ignored)?;
                let what = number.map(IndexEntryKind::Folder);
                items.extend(what.map(|what| IndexItem {
                    name: name.into(),
                    stat: Stat::default(),
                    what,
                }));
            } else {
                let old = old.filter(|(item, fresh)| *fresh && item.stat == Stat::from(&metadata));
                match old {
                    Some((item, _)) => items.push(item.clone()),
                    None => items.extend(self.leaf(Cow::Owned(name), &below, Some(metadata))?),
                }
            }
        }
        Ok(items)
    }

    /// True if the entry of this name is the tracked one: a file, or a folder with such files.
    fn is_kept(&self, folder: &str, name: &OsStr, is_folder: bool, kept: &[&str]) -> bool {
        let name = name.to_str().filter(|name| kept.contains(name));
        name.is_some_and(|name| self.tracked.has(&join(folder, name)) != is_folder)
    }

    fn old_item(&self, at: usize, name: &str) -> Option<(&'s IndexItem<'a>, bool)> {
        let items = &self.old.folders[at].items;
        let found =
            items.binary_search_by(|item| item.name.as_bytes().cmp(name.as_bytes())).ok()?;
        Some((&items[found], self.fresh.items[at][found]))
    }

    /// Reason why nothing of this name is kept. Of the names of secrets folders have one only:
    /// `.env/` and the like hold one secret beside the other.
    fn left_out(&self, name: &str, path: &str, is_folder: bool) -> Option<&'static str> {
        let secret = || {
            let is_secret = (!is_folder || name.starts_with(".env")) && !self.allow.matches(path);
            if is_secret { secret::by_path(path) } else { None }
        };
        let project =
            || (is_folder && (self.is_project)(&self.root.join(path))).then_some(OWN_PROJECT);
        fs::untrackable(name).or_else(secret).or_else(project)
    }

    /// A file or link whose bytes are not known; `None` when it is gone.
    fn leaf(
        &self,
        name: Cow<'a, str>,
        path: &str,
        metadata: Option<std::fs::Metadata>,
    ) -> Result<Option<IndexItem<'a>>> {
        let full = self.root.join(path);
        let metadata = match metadata {
            Some(metadata) => Some(metadata),
            None => read_metadata(&full)?,
        };
        let Some(metadata) = metadata else { return Ok(None) };
        let what = match (self.left_out(&name, path, metadata.is_dir()), EntryKind::of(&metadata)) {
            (Some(reason), _) => IndexEntryKind::LeftOut(Cow::Borrowed(reason)),
            (None, EntryKind::Leaf(mode)) => IndexEntryKind::Leaf(mode, None),
            (None, EntryKind::Other(kind)) => return Err(special(&full, kind)),
            // A folder took the place of a file since its parent was listed; the next scan sees it.
            (None, EntryKind::Folder) => return Ok(None),
        };
        Ok(Some(IndexItem { name, stat: Stat::from(&metadata), what }))
    }
}

/// The rule files of a folder, by number, and their texts.
type RuleTexts = (Vec<(u8, Stat)>, [Option<Vec<u8>>; RULE_FILES.len()]);

fn read_rules(
    full: &Path,
    listed: Option<&IndexFolder<'_>>,
    names: Option<&[OsString]>,
) -> Result<RuleTexts> {
    let (mut files, mut texts): RuleTexts = Default::default();
    for (which, name) in RULE_FILES.iter().enumerate() {
        let named = names.is_some_and(|names| names.iter().any(|here| here == name));
        let known =
            listed.is_some_and(|old| old.rule_files.iter().any(|(n, _)| usize::from(*n) == which));
        if !named && !known {
            continue;
        }
        let path: PathBuf = full.join(name);
        // A link is no rule file, as in git: rules come from inside the project.
        if let Some(metadata) = read_metadata(&path)?.filter(std::fs::Metadata::is_file) {
            texts[which] = fs::read_if_exists(&path)?;
            files.push((which as u8, Stat::from(&metadata)));
        }
    }
    Ok((files, texts))
}

/// Metadata of a path, links not followed; `None` if it does not exist.
pub fn read_metadata(path: &Path) -> Result<Option<std::fs::Metadata>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(error).at("read", path),
    }
}

fn join_bytes(folder: &str, name: &OsStr) -> Vec<u8> {
    let slash: &[u8] = if folder.is_empty() { b"" } else { b"/" };
    [folder.as_bytes(), slash, name.as_encoded_bytes()].concat()
}

pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn not_utf8(path: &Path) -> Error {
    Error::failed(format!("cannot store \"{}\": its name is not UTF-8", path.display()))
        .hint("rename it, or ignore it in `.luaignore`")
}

fn special(path: &Path, kind: &str) -> Error {
    Error::failed(format!("cannot store \"{}\": it is {kind}", path.display()))
        .hint("remove it, or ignore it in `.luaignore`")
}
