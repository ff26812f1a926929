//! Files that the stock command backs up, and their keys.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::Path;

const LARGEST: u64 = 262_144;
const SKIPPED: [&str; 9] =
    ["node_modules", "dist", "dist-v2", ".git", ".lua", ".temp", "coverage", ".next", ".turbo"];

/// Files of a folder as path and bytes, without those that the command skips.
pub fn walk(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let is_entered = |entry: &walkdir::DirEntry| {
        entry.depth() == 0
            || !entry.file_type().is_dir()
            || !SKIPPED.contains(&&*entry.file_name().to_string_lossy())
    };
    let entries = walkdir::WalkDir::new(folder).into_iter().filter_entry(is_entered);
    let files = entries.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let kept = files.filter(|file| {
        is_backed_up(&file.file_name().to_string_lossy())
            && file.metadata().unwrap().len() <= LARGEST
    });
    let mut all: Vec<(String, Vec<u8>)> = kept
        .map(|file| {
            let path = file.path().strip_prefix(folder).unwrap();
            let path = path.to_string_lossy().replace('\\', "/");
            (path, std::fs::read(file.path()).unwrap())
        })
        .collect();
    all.sort_by_key(|(path, _)| path.to_lowercase());
    all
}

fn is_backed_up(name: &str) -> bool {
    let parts = ["node_modules", ".test.", ".spec.", "__tests__"];
    let locks = ["package-lock.json", "yarn.lock", "pnpm-lock.yaml"];
    !parts.iter().any(|part| name.contains(part))
        && !name.ends_with(".d.ts")
        && !name.ends_with(".map")
        && !name.starts_with('.')
        && !locks.contains(&name)
}

/// Key of a file: 16 digits of the hash of its text, which is another one than that of its bytes if it is no text.
pub fn key(bytes: &[u8]) -> String {
    hex(&Sha256::digest(String::from_utf8_lossy(bytes).as_bytes()))[..16].to_owned()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The list of files of a backup, and the hash of the whole. The order is that of the list.
pub fn manifest(files: &[(String, Vec<u8>)]) -> (Vec<Value>, String) {
    let keys: Vec<String> = files.iter().map(|(_, bytes)| key(bytes)).collect();
    let entry = |((path, bytes), key): (&(String, Vec<u8>), &String)| {
        let kind = if path.ends_with(".ts") { "source" } else { "other" };
        json!({"relativePath": path, "hash": key, "size": bytes.len(), "type": kind})
    };
    let list = files.iter().zip(&keys).map(entry).collect();
    (list, hex(&Sha256::digest(keys.join("|"))))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
