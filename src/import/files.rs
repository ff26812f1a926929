//! Files of a backup: each entry of its manifest checked, each content compared with its key.

use crate::error::{Error, Result};
use crate::history::imported::ImportRecord;
use crate::object::{Id, Mode, ObjectKind, Source, leaves, nest};
use crate::platform::{self, PlatformClient, many};
use crate::stock::key_hasher::KeyHasher;
use crate::stock::manifest::{Manifest, ManifestEntry};
use crate::store::Batch;
use crate::workspace::{self, Patterns, walker};
use flate2::read::MultiGzDecoder;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// Most bytes of a file, unpacked.
const MAX_FILE: u64 = 64 << 20;

/// A manifest that was checked.
pub struct BackupFiles {
    pub files: Vec<ManifestEntry>,
}

/// Reads the manifest of a backup (#21). Files outside of the project are noted as lost.
pub fn manifest(client: &PlatformClient, number: u64) -> Result<(BackupFiles, Vec<String>)> {
    let value = platform::details::manifest(client, number)?;
    let manifest = Manifest::parse(value.to_string().as_bytes()).map_err(|refused| {
        Error::failed(format!("#21 backup {number}: the field \"files\": {}", refused.message))
    })?;
    let outside = manifest.externals.into_iter().map(|entry| entry.relative_path).collect();
    Ok((BackupFiles { files: manifest.files }, outside))
}

/// Result of one file.
enum Received {
    Blob(Id),
    /// It looks like a secret wherever it is, and is not stored.
    Secret(BTreeMap<String, String>),
    /// The bytes are not those of the key, and are no text: the stock command read a binary file as text.
    Mangled,
}

/// Keys whose contents are not stored.
#[derive(Default)]
pub struct NotStored {
    mangled: BTreeSet<String>,
    /// With the path and the reason of each file.
    secrets: BTreeMap<String, BTreeMap<String, String>>,
}

/// Downloads the contents that no earlier backup had. Each is compared with its key before it is stored.
pub fn download(
    client: &PlatformClient,
    batch: &Batch,
    record: &mut ImportRecord,
    backups: &[BackupFiles],
    allowed: &Patterns,
) -> Result<NotStored> {
    let mut paths: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in backups.iter().flat_map(|backup| &backup.files) {
        if !record.keys.contains_key(&entry.hash) {
            paths.entry(&entry.hash).or_default().insert(&entry.relative_path);
        }
    }
    let missing: Vec<String> = paths.keys().map(|key| (*key).to_owned()).collect();
    if missing.is_empty() {
        return Ok(NotStored::default());
    }
    let addresses = platform::details::addresses(client, &missing)?;
    let secrets = |key: &str, bytes: &[u8]| -> BTreeMap<String, String> {
        let paths = paths[key].iter().filter(|path| !allowed.matches(path));
        let reason = |path: &&str| Some(((*path).to_owned(), workspace::secret_file(path, bytes)?));
        paths.filter_map(reason).collect()
    };
    let received = many(missing.len(), |at| {
        let key = &missing[at];
        let bytes = unpack(key, client.download(&addresses[key])?)?;
        match fits(key, &bytes) {
            // Before it is stored: what is in a pack stays there.
            Ok(()) if secrets(key, &bytes).len() == paths[&**key].len() => {
                Ok(Received::Secret(secrets(key, &bytes)))
            }
            Ok(()) => batch.add(ObjectKind::Blob, &bytes, None).map(Received::Blob),
            Err(true) => Err(Error::failed(format!(
                "#18: the file with the key {key} has other bytes than its key says"
            ))),
            Err(false) => Ok(Received::Mangled),
        }
    })?;
    let mut not_stored = NotStored::default();
    for (key, received) in missing.into_iter().zip(received) {
        match received {
            Received::Blob(id) => drop(record.keys.insert(key, id)),
            Received::Mangled => drop(not_stored.mangled.insert(key)),
            Received::Secret(reasons) => drop(not_stored.secrets.insert(key, reasons)),
        }
    }
    Ok(not_stored)
}

/// Bytes of a file that the stock command stored packed.
fn unpack(key: &str, bytes: Vec<u8>) -> Result<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(&bytes[..]).take(MAX_FILE + 1).read_to_end(&mut unpacked);
    match read {
        Ok(_) if unpacked.len() as u64 > MAX_FILE => Err(Error::failed(format!(
            "#18: the file with the key {key} has more than {} MiB",
            MAX_FILE >> 20
        ))),
        Ok(_) => Ok(unpacked),
        // A file of the project may be packed itself, and stored as it is.
        Err(_) => Ok(bytes),
    }
}

/// `Err(is_text)` for bytes that a key does not mean.
fn fits(key: &str, bytes: &[u8]) -> Result<(), bool> {
    let mut hasher = KeyHasher::default();
    hasher.add(bytes);
    let (file_key, is_text, raw) = hasher.finish();
    let raw = blake3::Hash::from_bytes(raw).to_hex().to_string();
    match file_key.to_string() == key || raw.starts_with(key) {
        true => Ok(()),
        false => Err(is_text),
    }
}

/// Tree of a project: the files of a backup, and of the source version before what the stock walker cannot see.
pub fn tree(
    batch: &mut Batch,
    record: &mut ImportRecord,
    backup: &BackupFiles,
    not_stored: &NotStored,
    base: Option<Id>,
    allowed: &Patterns,
) -> Result<Id> {
    let old: BTreeMap<String, (Mode, Id)> = match base {
        Some(base) => {
            leaves(batch, base)?.into_iter().map(|(path, mode, id)| (path, (mode, id))).collect()
        }
        None => BTreeMap::new(),
    };
    let mut files: BTreeMap<String, (Mode, Id)> = BTreeMap::new();
    for entry in &backup.files {
        let path = &entry.relative_path;
        let Some(id) = record.keys.get(&entry.hash).copied() else {
            if not_stored.mangled.contains(&entry.hash) {
                record.losses.binaries.insert(path.clone());
            }
            let reason = not_stored.secrets.get(&entry.hash).and_then(|all| all.get(path));
            record.losses.secrets.extend(reason.map(|reason| format!("{path} {reason}")));
            continue;
        };
        let before = old.get(path).filter(|(mode, _)| *mode != Mode::Symlink);
        if before.is_none_or(|(_, before)| *before != id)
            && !allowed.matches(path)
            && let Some(reason) = workspace::secret_file(path, &batch.blob(&id)?)
        {
            record.losses.secrets.insert(format!("{path} {reason}"));
            continue;
        }
        files.insert(path.clone(), (before.map_or(Mode::File, |(mode, _)| *mode), id));
    }
    for (path, (mode, id)) in old {
        if !files.contains_key(&path) && !walker::sees(&path, batch.blob_len(&id)?, mode) {
            files.insert(path, (mode, id));
        }
    }
    let mut list: Vec<(&str, Mode, Id)> =
        files.iter().map(|(path, (mode, id))| (path.as_str(), *mode, *id)).collect();
    list.sort_by(|a, b| a.0.split('/').cmp(b.0.split('/')));
    nest(batch, &list, base)
}

/// Removes the losses that are allowed since. True if there were any.
pub fn take_allowed(record: &mut ImportRecord, allowed: &Patterns) -> bool {
    let before = record.losses.secrets.len();
    // A line is the path, a space, and the reason; both may have spaces.
    record
        .losses
        .secrets
        .retain(|line| !line.match_indices(' ').any(|(end, _)| allowed.matches(&line[..end])));
    record.losses.secrets.len() < before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_compared_with_the_key_as_the_stock_command_makes_it() {
        // `printf 'hello\n' | sha256sum`
        assert_eq!(fits("5891b5b522d5df08", b"hello\n"), Ok(()));
        let whole = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        assert_eq!(fits(whole, b"hello\n"), Ok(()));
        assert_eq!(fits("5891b5b522d5df08", b"hello"), Err(true));
        // `printf '\xff' | sha256sum`, and of the three bytes of U+FFFD.
        assert_eq!(fits("a8100ae6aa1940d0", b"\xff"), Ok(()));
        assert_eq!(fits("83d544ccc223c057", b"\xff"), Ok(()));
        assert_eq!(fits("5891b5b522d5df08", b"\xff"), Err(false));
    }

    #[test]
    fn a_packed_file_is_unpacked_and_a_bomb_is_refused() {
        let pack = |bytes: &[u8]| {
            let mut packed = Vec::new();
            let mut encoder = flate2::read::GzEncoder::new(bytes, flate2::Compression::best());
            encoder.read_to_end(&mut packed).unwrap();
            packed
        };
        assert_eq!(unpack("k", pack(b"abc")).unwrap(), b"abc");
        assert_eq!(unpack("k", b"abc".to_vec()).unwrap(), b"abc");
        assert_eq!(unpack("k", b"\x1f\x8bx".to_vec()).unwrap(), b"\x1f\x8bx");
        let bomb = pack(&vec![0; (MAX_FILE + 1) as usize]);
        assert!(bomb.len() < 1 << 20);
        assert!(unpack("k", bomb).unwrap_err().message().contains("64 MiB"));
    }
}
