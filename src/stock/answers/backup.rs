//! Answers about backups, which are source versions: which files are known, where they are sent and fetched, and lists.

use super::body_object;
use crate::history::record::iso;
use crate::object::{Id, Mode, leaves};
use crate::stock::error::{StockError, code};
use crate::stock::file_keys::{KeyIndex, KnownFile};
use crate::stock::key_hasher::FileKey;
use crate::stock::keys;
use crate::stock::service::{Look, StockService};
use crate::stock::signature::BlobAccess;
use crate::stock::view::SourceRow;
use crate::stock::{StockAnswer, StockRequest};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most hashes of one request.
const MOST_HASHES: usize = 10_000;

/// #14: which files need not be sent. What is no UTF-8 must always be: its key may be that of other bytes too.
pub fn check_blobs(
    service: &StockService,
    request: &StockRequest,
) -> Result<StockAnswer, StockError> {
    let hashes = hashes(request)?;
    service.read(&request.agent, |look| {
        let index = service.files.of(look.agent, look.objects, &look.view)?;
        let (mut missing, mut existing, mut results) = (Vec::new(), Vec::new(), Map::new());
        for hash in hashes {
            let is_known = match FileKey::parse(&hash) {
                Some(key) => is_known_text(service, look, &index, &key)?,
                None => !service.store().stock_uploads(look.agent, &hash)?.is_empty(),
            };
            results.insert(hash.clone(), json!(is_known));
            if is_known { existing.push(hash) } else { missing.push(hash) }
        }
        StockAnswer::ok(&json!({"missing": missing, "existing": existing, "results": results}))
    })
}

fn is_known_text(
    service: &StockService,
    look: &Look<'_>,
    index: &KeyIndex,
    key: &FileKey,
) -> Result<bool, StockError> {
    if *key == empty_key() {
        return Ok(true);
    }
    let mut known = index.of_key(key).peekable();
    if known.peek().is_some() {
        return Ok(known.all(|file| file.is_text));
    }
    let uploads = service.store().stock_uploads(look.agent, &key.to_string())?;
    Ok(!uploads.is_empty() && uploads.iter().all(|upload| upload.is_text))
}

/// Key of a file without bytes, which the command does not send.
pub fn empty_key() -> FileKey {
    FileKey::of(b"").0
}

/// #15: addresses to send files to.
pub fn upload_urls(request: &StockRequest) -> Result<StockAnswer, StockError> {
    let sent = body_object(request)?;
    let (hashes, mut headers) = (hashes(request)?, Map::new());
    if let Some(checksums) = sent.get("checksums").and_then(Value::as_object) {
        for (hash, checksum) in checksums.iter().filter(|(hash, _)| hashes.contains(*hash)) {
            headers.insert(hash.clone(), json!({"x-amz-checksum-sha256": checksum}));
        }
    }
    let urls = urls(request, hashes, BlobAccess::Upload);
    StockAnswer::ok(&json!({"urls": urls, "headers": headers}))
}

/// #16: addresses to fetch files from.
pub fn download_urls(request: &StockRequest) -> Result<StockAnswer, StockError> {
    let urls = urls(request, hashes(request)?, BlobAccess::Download);
    StockAnswer::ok(&json!({"urls": urls}))
}

fn urls(
    request: &StockRequest,
    hashes: BTreeSet<String>,
    access: BlobAccess,
) -> BTreeMap<String, String> {
    let url = |hash: String| {
        let url = request.address(&hash, access);
        (hash, url)
    };
    hashes.into_iter().map(url).collect()
}

/// The hashes of a request: 16 digits of a file, 64 of a bundle or of bytes.
fn hashes(request: &StockRequest) -> Result<BTreeSet<String>, StockError> {
    let sent = body_object(request)?;
    let list = sent.get("hashes").and_then(Value::as_array);
    let list = list.ok_or_else(|| StockError::bad("hashes is a list of texts"))?;
    if list.len() > MOST_HASHES {
        let message = format!(
            "{} hashes are too many for one request: send at most {MOST_HASHES}",
            list.len()
        );
        return Err(StockError::new(413, code::TOO_LARGE, message));
    }
    let one = |value: &Value| {
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let text = value
            .as_str()
            .filter(|text| matches!(text.len(), 16 | 64) && text.bytes().all(is_digit));
        text.map(str::to_owned).ok_or_else(|| {
            StockError::bad(format!("{value} is no hash of 16 or 64 hexadecimal digits"))
        })
    };
    list.iter().map(one).collect()
}

/// #20: the newest backup.
pub fn newest(service: &StockService, request: &StockRequest) -> Result<StockAnswer, StockError> {
    service.read(&request.agent, |look| {
        let (number, row) = look.view.newest_source().ok_or_else(no_backup)?;
        let files = entries(service, look, row, false)?;
        StockAnswer::ok(&json!({
            "projectHash": project_hash(service, look, number, row)?, "fileCount": files.len(),
            "createdAt": iso(row.record.at_ms), "activeVersion": number,
        }))
    })
}

/// #21: the files of a backup.
pub fn manifest(
    service: &StockService,
    request: &StockRequest,
    version: Option<u64>,
) -> Result<StockAnswer, StockError> {
    service.read(&request.agent, |look| {
        let (number, row) = match version {
            Some(number) => (
                number,
                look.view
                    .source(number)
                    .ok_or_else(|| StockError::not_found(format!("backup v{number} not found")))?,
            ),
            None => look.view.newest_source().ok_or_else(no_backup)?,
        };
        let own = entries(service, look, row, version.is_some())?;
        let project_hash = project_hash(service, look, number, row)?;
        let mut files: Vec<Value> = own.iter().map(FileEntry::to_json).collect();
        if let Some(sent) = look.book.manifest(look.objects, number)? {
            files.extend(sent.externals);
        }
        StockAnswer::ok(&json!({
            "files": files, "projectHash": project_hash, "createdAt": iso(row.record.at_ms),
            "activeVersion": number,
        }))
    })
}

/// #22: all backups, newest first.
pub fn versions(service: &StockService, request: &StockRequest) -> Result<StockAnswer, StockError> {
    service.read(&request.agent, |look| {
        let mut list = Vec::new();
        for (number, row) in look.view.sources() {
            list.push(json!({
                "version": number, "createdAt": iso(row.record.at_ms), "createdBy": row.record.by,
                "triggeredBy": row.record.triggered_by,
                "projectHash": project_hash(service, look, number, row)?,
            }));
        }
        StockAnswer::ok(&json!({"versions": list}))
    })
}

/// A file of a backup.
pub struct FileEntry {
    pub path: String,
    /// 16 digits, or 64 where these mean several contents.
    pub name: String,
    pub file: KnownFile,
}

impl FileEntry {
    fn to_json(&self) -> Value {
        json!({
            "relativePath": self.path, "hash": self.name, "size": self.file.bytes,
            "type": keys::file_type(&self.path),
        })
    }
}

/// The regular files of a source version. `exact`: a file whose key means several contents of the agent has the digits of
/// its bytes, which only commands that restore know.
pub fn entries(
    service: &StockService,
    look: &Look<'_>,
    row: &SourceRow,
    exact: bool,
) -> Result<Vec<FileEntry>, StockError> {
    let index: Arc<KeyIndex> = service.files.of(look.agent, look.objects, &look.view)?;
    let mut files = Vec::new();
    for (path, mode, id) in leaves(look.objects, row.files)? {
        if mode == Mode::Symlink {
            continue;
        }
        let Some(file) = index.of_id(&id).copied() else { continue };
        let is_ambiguous = index.of_key(&file.key).nth(1).is_some();
        let name = match exact && is_ambiguous {
            true => file.sha.iter().map(|byte| format!("{byte:02x}")).collect(),
            false => file.key.to_string(),
        };
        files.push(FileEntry { path, name, file });
    }
    Ok(files)
}

/// The hash of a project: as it was sent, or else as the command computes it. Neither ever changes.
fn project_hash<'a>(
    service: &StockService,
    look: &Look<'_>,
    number: u64,
    row: &'a SourceRow,
) -> Result<&'a str, StockError> {
    if let Some(known) = row.project_hash.get() {
        return Ok(known);
    }
    let hash = match look.book.manifest(look.objects, number)? {
        Some(sent) => sent.project_hash,
        None => {
            let files = entries(service, look, row, false)?;
            let keys: Vec<String> = files.iter().map(|entry| entry.file.key.to_string()).collect();
            let paths = files.iter().map(|entry| entry.path.as_str());
            keys::project_hash(paths.zip(keys.iter().map(String::as_str)))
        }
    };
    Ok(row.project_hash.get_or_init(|| hash))
}

fn no_backup() -> StockError {
    StockError::not_found("no backup yet; run `lua push`")
}

/// The content behind a name of 16 or 64 digits: in the newest source version, or else in any, or sent lately.
pub fn content(
    service: &StockService,
    look: &Look<'_>,
    name: &str,
) -> Result<Option<Id>, StockError> {
    let index = service.files.of(look.agent, look.objects, &look.view)?;
    let Some(key) = FileKey::parse(name) else {
        let sha = parse_sha(name);
        return Ok(sha.and_then(|sha| index.of_sha(&sha)).map(|file| file.id));
    };
    let known: Vec<Id> = index.of_key(&key).map(|file| file.id).collect();
    let newest = look.view.newest_source().map(|(_, row)| leaves(look.objects, row.files));
    let newest = newest.transpose()?.unwrap_or_default();
    let in_newest = newest.iter().find(|(_, _, id)| known.contains(id)).map(|(_, _, id)| *id);
    match in_newest.or(known.last().copied()) {
        Some(id) => Ok(Some(id)),
        None => Ok(look.book.external(look.objects, name)?),
    }
}

fn parse_sha(text: &str) -> Option<[u8; 32]> {
    // The digits of any 32 bytes.
    Some(*blake3::Hash::from_hex(text).ok()?.as_bytes())
}
