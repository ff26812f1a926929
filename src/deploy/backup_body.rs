//! Body of a backup (#19): the files of a push as the stock command lists them, and their bytes by their keys.

use crate::error::Result;
use crate::object::{Id, Source, leaves};
use crate::platform::{SentFiles, gzip};
use crate::reader::lockfile;
use crate::stock::key_hasher::FileKey;
use crate::stock::keys::{file_type, project_hash, sort_by_path};
use crate::workspace::walker;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A backup that is not stored yet.
#[derive(Clone, Debug, PartialEq)]
pub struct BackupBody {
    /// Body of #19.
    pub body: Value,
    pub project_hash: String,
    /// Bytes as the platform stores them, by their keys.
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// Files that a restore of this backup gives other bytes: their key is that of another file, as keys are made of the bytes
    /// as text.
    pub mangled: Vec<String>,
}

impl BackupBody {
    /// `triggered_by` is the reason that a list of backups shows. `org` is the organization of the agent, if it is known.
    pub fn of(files: &SentFiles, triggered_by: &str, org: Option<&str>) -> BackupBody {
        let mut all: Vec<(&str, &Vec<u8>, String)> =
            files.iter().map(|(path, bytes)| (path.as_str(), bytes, key(bytes))).collect();
        sort_by_path(&mut all, |(path, ..)| path);
        let (mut first, mut mangled) = (BTreeMap::new(), Vec::new());
        for (path, bytes, key) in &all {
            match first.entry(key.as_str()) {
                Entry::Vacant(vacant) => drop(vacant.insert(*bytes)),
                Entry::Occupied(known) if known.get() == bytes => {}
                Entry::Occupied(_) => mangled.push((*path).to_owned()),
            }
        }
        let blobs = first.into_iter().map(|(key, bytes)| (key.to_owned(), gzip(bytes))).collect();
        let project_hash = project_hash(all.iter().map(|(path, _, key)| (*path, key.as_str())));
        let entry = |(path, bytes, key): &(&str, &Vec<u8>, String)| {
            json!({
                "relativePath": path, "hash": key, "size": bytes.len(), "type": file_type(path),
            })
        };
        let mut body = json!({
            "projectHash": project_hash,
            "files": all.iter().map(entry).collect::<Vec<_>>(),
            "createdBy": "cli",
            "triggeredBy": triggered_by,
        });
        if let Some(org) = org {
            body["orgId"] = json!(org);
        }
        BackupBody { body, project_hash, blobs, mangled }
    }
}

fn key(bytes: &[u8]) -> String {
    FileKey::of(bytes).0.to_string()
}

/// Files of a stored project that name the versions of its packages. The stock command passes over those that lock them.
pub fn lock_files(objects: &dyn Source, tree: &Id) -> Result<SentFiles> {
    let tree = objects.tree(tree)?;
    let named = tree.entries().iter().filter(|entry| lockfile::is_name(&entry.name));
    named.map(|entry| Ok((entry.name.to_string(), objects.blob(&entry.id)?))).collect()
}

/// Files of a stored project that the stock command sees. It passes over the others, so that no backup has them.
pub fn sent_files(objects: &dyn Source, tree: &Id) -> Result<SentFiles> {
    let mut files = SentFiles::new();
    for (path, mode, id) in leaves(objects, *tree)? {
        if walker::sees(&path, objects.blob_len(&id)?, mode) {
            files.insert(path, objects.blob(&id)?);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Memory, Mode, Sink, nest};

    #[test]
    fn only_files_that_the_command_sees_are_sent() {
        let mut memory = Memory::default();
        let large = vec![b'x'; 262_145];
        let files = [
            (".env", Mode::File, &b"A=1"[..]),
            ("large.txt", Mode::File, &large[..]),
            ("link", Mode::Symlink, b"a.ts"),
            ("package-lock.json", Mode::File, b"{}"),
            ("run.sh", Mode::Executable, b"run"),
            ("src/a.test.ts", Mode::File, b"test"),
            ("src/a.ts", Mode::File, b"a"),
        ];
        let mut list = Vec::new();
        for (path, mode, bytes) in files {
            list.push((path, mode, memory.put_blob(bytes.to_vec(), None).unwrap()));
        }
        let tree = nest(&mut memory, &list, None).unwrap();
        let sent = sent_files(&memory, &tree).unwrap();
        let expected = [("run.sh", "run"), ("src/a.ts", "a")];
        let expected = expected.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        assert_eq!(sent, SentFiles::from(expected));
    }

    #[test]
    fn files_with_one_key_and_different_bytes_are_named() {
        let files = [("a.bin", &[0xff][..]), ("b.bin", &[0xfe]), ("c.bin", &[0xff])];
        let files = files.map(|(path, bytes)| (path.to_owned(), bytes.to_vec()));
        let body = BackupBody::of(&SentFiles::from(files), "push", None);
        assert_eq!((body.blobs.len(), body.mangled), (1, vec!["b.bin".to_owned()]));
        assert_eq!(body.body["files"].as_array().unwrap().len(), 3);
        assert_eq!(body.body.get("orgId"), None);
    }
}
