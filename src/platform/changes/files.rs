//! Changes of stored files: code and backups. None of them is live.

use super::said;
use crate::error::{Error, Result};
use crate::platform::client::{IdempotencyKey, PlatformClient};
use crate::platform::fields::Fields;
use crate::platform::many::many;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Most keys in one request.
const MOST_KEYS: usize = 500;

/// Keys among these whose bytes the platform needs (#14): it does not have them, or did not verify them.
pub fn missing_blobs(client: &PlatformClient, hashes: &[String]) -> Result<BTreeSet<String>> {
    let mut missing = BTreeSet::new();
    for part in hashes.chunks(MOST_KEYS) {
        let (path, body) = (of_backup(client, "/check-blobs"), json!({"hashes": part}));
        let value = client.query("#14", &path, &body)?.data("#14")?;
        let fields = Fields::of("#14", &value)?;
        let asked: BTreeSet<&str> = part.iter().map(String::as_str).collect();
        for list in ["missing", "unverified"] {
            // The second came later than the first.
            if list == "unverified" && fields.get(list).is_none() {
                continue;
            }
            for key in fields.texts(list)? {
                if !asked.contains(key) {
                    return Err(
                        fields.wrong(list, &format!("names {key:?}, which nobody asked for"))
                    );
                }
                missing.insert(key.to_owned());
            }
        }
    }
    Ok(missing)
}

/// Stores bytes by their keys (#15, #17). With checksums the platform refuses bytes that do not have them.
pub fn upload_blobs(
    client: &PlatformClient,
    blobs: &BTreeMap<String, Vec<u8>>,
    with_checksums: bool,
) -> Result<()> {
    let all: Vec<(&String, &Vec<u8>)> = blobs.iter().collect();
    for part in all.chunks(MOST_KEYS) {
        let keys: Vec<&String> = part.iter().map(|(key, _)| *key).collect();
        let mut body = json!({"hashes": keys});
        if with_checksums {
            let checksum = |(key, bytes): &(&String, &Vec<u8>)| {
                ((*key).clone(), json!(STANDARD.encode(Sha256::digest(bytes))))
            };
            body["checksums"] = Value::Object(part.iter().map(checksum).collect::<Map<_, _>>());
        }
        let path = of_backup(client, "/blob-upload-urls");
        let value = client.query("#15", &path, &body)?.data("#15")?;
        let places = places(&value, &keys)?;
        many(part.len(), |at| {
            let (url, headers) = &places[at];
            let context =
                |error: Error| error.context(format!("the file with the key {}", part[at].0));
            client.upload(url, part[at].1, headers).map_err(context)
        })?;
    }
    Ok(())
}

type UploadPlace = (String, BTreeMap<String, String>);

/// Address and headers for each of these keys.
fn places(value: &Value, keys: &[&String]) -> Result<Vec<UploadPlace>> {
    let fields = Fields::of("#15", value)?;
    let urls = fields.object("urls")?.ok_or_else(|| fields.wrong("urls", "is missing"))?;
    let all_headers = fields.object("headers")?;
    let place = |key: &&String| {
        let url = urls
            .text_if_any(key)?
            .ok_or_else(|| Error::failed(format!("#15: there is no address for the key {key}")))?;
        let mut headers = BTreeMap::new();
        if let Some(own) = all_headers.map(|all| all.object(key)).transpose()?.flatten() {
            for name in own.names() {
                headers.insert(name.to_owned(), own.text(name)?.to_owned());
            }
        }
        Ok((url.to_owned(), headers))
    };
    keys.iter().map(place).collect()
}

/// Stores a manifest as the next backup (#19). Gives its number.
pub fn create_backup(
    client: &PlatformClient,
    manifest: &Value,
    key: &IdempotencyKey,
) -> Result<u64> {
    let answer = client.post("#19", &of_backup(client, "/manifest"), manifest, key)?;
    said(&answer, "#19", |fields| fields.number("activeVersion"))
}

fn of_backup(client: &PlatformClient, rest: &str) -> String {
    format!("/developer/agents/{}/backup{rest}", client.address().agent.as_str())
}
