//! Answer to a manifest (#19): the files that a client sent become a source version, with all that it pushed before.

use super::backup::empty_key;
use crate::error::Error;
use crate::history::book::SentManifest;
use crate::history::record::iso;
use crate::object::{Id, Mode, PathFinder, Sink, Source, leaves, nest};
use crate::remote_store::StockUpload;
use crate::stock::compose::{self, Composition};
use crate::stock::error::{StockError, code};
use crate::stock::file_keys::{KeyIndex, KnownFile};
use crate::stock::key_hasher::FileKey;
use crate::stock::manifest::{Manifest, ManifestEntry};
use crate::stock::service::{ChangeDraft, Look, StockService};
use crate::stock::{StockAnswer, StockRequest};
use crate::workspace;
use crate::workspace::walker;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;

/// Secrets that a refusal names.
const NAMED: usize = 10;

/// #19: makes the next source version, in one swap.
pub fn put(service: &StockService, request: &StockRequest) -> Result<StockAnswer, StockError> {
    let manifest = Manifest::parse(&request.body)?;
    let answer = |number: u64, at_ms: i64| {
        let own = manifest.files.iter();
        let total: u64 = own.map(|entry| entry.size).sum();
        StockAnswer::created(&json!({
            "projectHash": manifest.project_hash, "fileCount": manifest.files.len(), "totalSize": total,
            "createdAt": iso(at_ms), "activeVersion": number,
        }))
    };
    service.change(
        request,
        &mut |draft| {
            let files = files(service, draft, request, &manifest)?;
            externals(service, draft, request, &manifest)?;
            let number = draft.look.heads.source.len() as u64 + 1;
            let sent = SentManifest {
                project_hash: manifest.project_hash.clone(),
                externals: manifest.externals.iter().map(|entry| json!(entry)).collect(),
            };
            draft.look.book.add_manifest(draft.batch, number, &sent)?;
            let composition = Composition {
                root: service.folder(),
                view: &draft.look.view,
                book: &draft.look.book,
                who: &draft.who,
                triggered_by: manifest.triggered_by.clone(),
                files,
                is_read: true,
                notes: &draft.secrets,
            };
            let id = compose::compose(draft.batch, &composition)?;
            draft.edit.source.push(id);
            draft.look.book.pending.clear();
            Ok(answer(number, draft.who.at_ms)?.did(format!("source v{number}")))
        },
        &|look, applied| {
            let at_ms = look.view.source(applied.source).map_or(0, |row| row.record.at_ms);
            answer(applied.source, at_ms)
        },
    )
}

/// The tree of the project: the files of the manifest, and what the command cannot see of the version before.
fn files(
    service: &StockService,
    draft: &mut ChangeDraft<'_>,
    request: &StockRequest,
    manifest: &Manifest,
) -> Result<Id, StockError> {
    let base = base(&draft.look, &manifest.triggered_by)?;
    let index = service.files.of(draft.look.agent, draft.look.objects, &draft.look.view)?;
    let mut contents = Contents::new(service, request, &index);
    check_sizes(&manifest.files)?;
    let mut finder = base.map(PathFinder::new);
    let mut tree: BTreeMap<String, (Mode, Id)> = BTreeMap::new();
    let mut secrets = Vec::new();
    for entry in &manifest.files {
        let before = match &mut finder {
            Some(finder) => finder.find(draft.look.objects, &entry.relative_path)?,
            None => None,
        };
        let before = before.filter(|entry| matches!(entry.mode, Mode::File | Mode::Executable));
        let id = contents.of(draft, entry, before.as_ref().map(|entry| entry.id))?;
        if before.as_ref().map(|entry| entry.id) != Some(id)
            && let Some(reason) =
                workspace::secret_file(&entry.relative_path, &draft.batch.blob(&id)?)
        {
            secrets.push(format!("{} {reason}", entry.relative_path));
        }
        let mode = before.map_or(Mode::File, |entry| entry.mode);
        tree.insert(entry.relative_path.clone(), (mode, id));
    }
    if request.refuses_secrets && !secrets.is_empty() {
        return Err(refused_secrets(&secrets));
    }
    draft.secrets = secrets;
    for (path, mode, id) in
        base.map(|base| leaves(draft.look.objects, base)).transpose()?.unwrap_or_default()
    {
        let bytes = draft.look.objects.blob_len(&id)?;
        if !tree.contains_key(&path) && !walker::sees(&path, bytes, mode) {
            tree.insert(path, (mode, id));
        }
    }
    let mut list: Vec<(&str, Mode, Id)> =
        tree.iter().map(|(path, (mode, id))| (path.as_str(), *mode, *id)).collect();
    list.sort_by(|a, b| a.0.split('/').cmp(b.0.split('/')));
    Ok(nest(draft.batch, &list, base)?)
}

/// Files of the version that a client worked on: the newest, or the one that it went back to.
fn base(look: &Look<'_>, triggered_by: &str) -> Result<Option<Id>, StockError> {
    let back = triggered_by.strip_prefix("rollback to v").and_then(|number| number.parse().ok());
    let back = back.and_then(|number| look.view.source(number));
    let newest = look.view.newest_source().map(|(_, row)| row);
    Ok(back.or(newest).map(|row| row.files))
}

/// Files that are none of the project are kept beside it.
fn externals(
    service: &StockService,
    draft: &mut ChangeDraft<'_>,
    request: &StockRequest,
    manifest: &Manifest,
) -> Result<(), StockError> {
    let index = service.files.of(draft.look.agent, draft.look.objects, &draft.look.view)?;
    for entry in &manifest.externals {
        let known = draft.look.book.external(draft.look.objects, &entry.hash)?;
        let id = Contents::new(service, request, &index).of(draft, entry, known)?;
        draft.look.book.add_external(draft.batch, &entry.hash, id)?;
    }
    Ok(())
}

/// Two files with one key are one file, unless their sizes say otherwise: then nobody knows which bytes are whose.
fn check_sizes(files: &[ManifestEntry]) -> Result<(), StockError> {
    let mut seen: HashMap<&str, &ManifestEntry> = HashMap::new();
    for entry in files {
        if let Some(other) = seen.insert(&entry.hash, entry)
            && other.size != entry.size
        {
            let message = format!(
                "\"{}\" and \"{}\" have one hash and two sizes: the server cannot know which bytes are whose; \
                 push them one after the other",
                other.relative_path, entry.relative_path
            );
            return Err(StockError::conflict(code::CONFLICT, message));
        }
    }
    Ok(())
}

/// Finds the bytes that a manifest means.
struct Contents<'a> {
    service: &'a StockService,
    request: &'a StockRequest,
    index: &'a KeyIndex,
    /// Contents that were found, by key and size.
    found: HashMap<(String, u64), Id>,
}

/// Content that a key may mean.
struct Candidate {
    bytes: u64,
    is_text: bool,
    /// True if this token sent it.
    is_own: bool,
    at_ms: u64,
    place: ContentPlace,
}

enum ContentPlace {
    Known(Id),
    Sent(StockUpload),
}

impl<'a> Contents<'a> {
    fn new(
        service: &'a StockService,
        request: &'a StockRequest,
        index: &'a KeyIndex,
    ) -> Contents<'a> {
        Contents { service, request, index, found: HashMap::new() }
    }

    /// The content of an entry, stored. Bytes that are no UTF-8 come before the text that a client may have made of
    /// them; of several those with the right length, then those that this token sent last.
    fn of(
        &mut self,
        draft: &mut ChangeDraft<'_>,
        entry: &ManifestEntry,
        before: Option<Id>,
    ) -> Result<Id, StockError> {
        let known = (entry.hash.clone(), entry.size);
        if let Some(id) = self.found.get(&known) {
            return Ok(*id);
        }
        let key = FileKey::parse(&entry.hash);
        if key == Some(empty_key()) {
            return Ok(draft.batch.put_blob(Vec::new(), None)?);
        }
        let files = key.iter().flat_map(|key| self.index.of_key(key));
        // The content that the path had goes before other known ones.
        let rank = |file: &KnownFile| u64::from(before == Some(file.id));
        let mut all: Vec<Candidate> = files
            .map(|file| Candidate {
                bytes: file.bytes,
                is_text: file.is_text,
                is_own: false,
                at_ms: rank(file),
                place: ContentPlace::Known(file.id),
            })
            .collect();
        for upload in self.service.store().stock_uploads(&self.request.agent, &entry.hash)? {
            all.push(Candidate {
                bytes: upload.bytes,
                is_text: upload.is_text,
                is_own: upload.token == self.request.by.as_ref().map_or("", |by| &by.token.id),
                at_ms: upload.at_ms,
                place: ContentPlace::Sent(upload),
            });
        }
        if let Some(id) = before.filter(|_| all.is_empty() && key.is_some()) {
            // A file that is kept beside the project.
            let (found, _) = FileKey::of(&draft.look.objects.blob(&id)?);
            if Some(found) == key {
                return Ok(id);
            }
        }
        let best = all
            .into_iter()
            .max_by_key(|one| (!one.is_text, one.bytes == entry.size, one.is_own, one.at_ms));
        let id = match best.map(|one| one.place) {
            Some(ContentPlace::Known(id)) => id,
            Some(ContentPlace::Sent(upload)) => {
                let mut file = File::open(&upload.path).map_err(|_| absent(entry))?;
                let id = draft.batch.put_blob_from(&mut file, before)?;
                if id != upload.blob {
                    return Err(Error::corrupt("an upload was damaged on the disk").into());
                }
                id
            }
            None => return Err(absent(entry)),
        };
        self.found.insert(known, id);
        Ok(id)
    }
}

fn absent(entry: &ManifestEntry) -> StockError {
    let message = format!(
        "the content {} of \"{}\" was not uploaded; run the same command again",
        entry.hash, entry.relative_path
    );
    StockError::conflict(code::CONFLICT, message)
}

fn refused_secrets(secrets: &[String]) -> StockError {
    let more = match secrets.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = secrets[..secrets.len().min(NAMED)].join("; ");
    let message = format!(
        "this server refuses files that look like secrets: {named}{more}; remove them and push again"
    );
    StockError::conflict(code::CONFLICT, message)
}
