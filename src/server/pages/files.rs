//! Pages of the files of a version.

use super::answers::PageAnswer;
use super::history::{AgentHistory, moved};
use crate::error::{Error, Result};
use crate::object::{self, Id, Mode, PathFinder, Source};
use crate::page::{self, FilePage, FileText, FolderPage, FolderRow, address};
use std::io::{self, Write};

/// Bytes of a file that a page shows.
const SHOWN: usize = 512 << 10;
/// Versions that are looked at for changes of a file, and changes that are listed.
const LOOKED_AT: usize = 500;
const LISTED: usize = 50;

/// `/-/files/v7/src/a.ts`: a folder or a file.
pub fn files(history: &AgentHistory<'_>, name: &str, path: &str) -> Result<PageAnswer> {
    let named = history.number(name)?;
    let number = named.number();
    let here = || address::files(history.agent(), number, path) + &history.query_text();
    if let Some(moved) = moved(&[&named], here) {
        return Ok(moved);
    }
    let (version, objects) = (history.load(number)?, history.objects());
    let entry = match path {
        "" => None,
        path => Some(object::entry_at(objects, &version.source, path)?.ok_or_else(|| {
            Error::not_found(format!("there is no file \"{path}\" in v{number}"))
        })?),
    };
    match entry {
        Some(entry) if !entry.mode.is_directory() => {
            file(history, (number, path), (entry.mode, entry.id))
        }
        folder => folder_of(history, (number, path), &folder.map_or(version.source, |one| one.id)),
    }
}

fn folder_of(
    history: &AgentHistory<'_>,
    (number, path): (u64, &str),
    tree: &Id,
) -> Result<PageAnswer> {
    let tree = history.objects().tree(tree)?;
    let row = |entry: &object::TreeEntry| FolderRow {
        name: entry.name.to_string(),
        is_folder: entry.mode.is_directory(),
        note: match entry.mode {
            Mode::Executable => Some("executable"),
            Mode::Symlink => Some("link"),
            Mode::File | Mode::Directory => None,
        },
    };
    let mut rows: Vec<FolderRow> = tree.entries().iter().map(row).collect();
    rows.sort_by(|a, b| (!a.is_folder, &a.name).cmp(&(!b.is_folder, &b.name)));
    let page = FolderPage { agent: history.agent(), number, path, rows, newest: history.newest() };
    Ok(PageAnswer::Html(page::folder_page(&page, &history.asked.visitor)))
}

fn file(
    history: &AgentHistory<'_>,
    (number, path): (u64, &str),
    (mode, id): (Mode, Id),
) -> Result<PageAnswer> {
    let objects = history.objects();
    let (bytes, length) = (beginning(objects, &id)?, length(objects, &id)?);
    let text = match mode {
        Mode::Symlink => FileText::Link(String::from_utf8_lossy(&bytes).into_owned()),
        _ if object::is_binary(&bytes) => FileText::Binary,
        _ => {
            let rest = length > bytes.len() as u64;
            let lines = String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect();
            FileText::Lines { lines, rest }
        }
    };
    let (changed_in, is_cut) = changed_in(history, path)?;
    let page = FilePage {
        agent: history.agent(),
        number,
        path,
        text,
        bytes: length,
        is_executable: mode == Mode::Executable,
        changed_in,
        is_cut,
        newest: history.newest(),
    };
    Ok(PageAnswer::Html(page::file_page(&page, &history.asked.visitor)))
}

/// Versions whose file is another than that of the version before, newest first, and whether older ones were left out.
fn changed_in(history: &AgentHistory<'_>, path: &str) -> Result<(Vec<u64>, bool)> {
    let objects = history.objects();
    let mut changed = Vec::new();
    let mut newer: Option<(u64, Option<(Mode, Id)>)> = None;
    for (at, (number, row)) in history.look.view.versions().enumerate() {
        if at >= LOOKED_AT || changed.len() >= LISTED {
            return Ok((changed, true));
        }
        let tree = objects.tree(&row.id)?.require(crate::history::record::SOURCE)?;
        let entry = PathFinder::new(tree).find(objects, path)?;
        let entry = entry.filter(|one| !one.mode.is_directory()).map(|one| (one.mode, one.id));
        if let Some((version, found)) = newer
            && found.is_some()
            && found != entry
        {
            changed.push(version);
        }
        newer = Some((number, entry));
    }
    changed.extend(newer.filter(|(_, entry)| entry.is_some()).map(|(version, _)| version));
    Ok((changed, false))
}

/// Length of a blob.
pub fn length(objects: &dyn Source, id: &Id) -> Result<u64> {
    objects.blob_len(id)
}

/// The first bytes of a blob, however large it is.
fn beginning(objects: &dyn Source, id: &Id) -> Result<Vec<u8>> {
    let mut taken = Beginning::default();
    let copied = objects.copy_blob(id, &mut taken);
    if !taken.is_full {
        copied?;
    }
    Ok(taken.bytes)
}

/// Takes bytes until they are as many as a page shows.
#[derive(Default)]
struct Beginning {
    bytes: Vec<u8>,
    is_full: bool,
}

impl Write for Beginning {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.is_full {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let room = SHOWN - self.bytes.len();
        self.bytes.extend_from_slice(&more[..more.len().min(room)]);
        self.is_full = more.len() > room;
        match self.is_full {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(more.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
