//! Blobs by the keys that the client gives them, and their addresses, which need no key: #14 to #18.

use super::super::answer::{Answer, bytes, ok, refusal, refused};
use super::super::request::Request;
use super::super::world::World;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Most keys of one check.
const MOST_CHECKED: usize = 500;
const CHECKSUM: &str = "x-amz-checksum-sha256";

pub fn check(world: &World, request: &Request) -> Answer {
    let hashes = hashes(request)?;
    if hashes.len() > MOST_CHECKED {
        let message = format!("hashes must contain no more than {MOST_CHECKED} elements");
        return refused(400, &message, "BAD_REQUEST");
    }
    let stored = &world.agent(&request.agent).blobs;
    let (existing, missing): (Vec<String>, Vec<String>) =
        hashes.iter().cloned().partition(|hash| stored.contains_key(hash));
    let results: Map<String, Value> =
        hashes.iter().map(|hash| (hash.clone(), json!(stored.contains_key(hash)))).collect();
    ok(&json!({"missing": missing, "existing": existing, "results": results}))
}

pub fn upload_urls(world: &World, request: &Request) -> Answer {
    let sent = request.object()?;
    let (mut urls, mut headers) = (Map::new(), Map::new());
    for hash in hashes(request)? {
        urls.insert(hash.clone(), json!(address(world, &request.agent, &hash, "put")));
        let checksum = sent.get("checksums").and_then(|all| all.get(&hash));
        if let Some(checksum) = checksum {
            headers.insert(hash, json!({CHECKSUM: checksum}));
        }
    }
    ok(&json!({"urls": urls, "headers": headers}))
}

pub fn urls(world: &World, request: &Request) -> Answer {
    let stored = &world.agent(&request.agent).blobs;
    let known = hashes(request)?.into_iter().filter(|hash| stored.contains_key(hash));
    let urls = known.map(|hash| {
        let url = address(world, &request.agent, &hash, "get");
        (hash, json!(url))
    });
    ok(&json!({"urls": urls.collect::<Map<_, _>>()}))
}

fn hashes(request: &Request) -> Result<Vec<String>, super::super::answer::Reply> {
    let sent = request.object()?;
    let list = sent.get("hashes").and_then(Value::as_array);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let hashes = list.and_then(|list| list.iter().map(text).collect());
    hashes.ok_or_else(|| refusal(400, "hashes must be an array of strings", "BAD_REQUEST"))
}

fn address(world: &World, agent: &str, hash: &str, verb: &str) -> String {
    format!("{}/__blob/{agent}/{hash}?sig={}", world.blobs, signature(agent, hash, verb))
}

/// A mark that is for one blob and one method.
fn signature(agent: &str, hash: &str, verb: &str) -> String {
    let digest = Sha256::digest(format!("{agent}/{hash}/{verb}"));
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// One blob at its address. As at other stores, two credentials in one request are refused.
pub fn answer(world: &mut World, request: &Request) -> Answer {
    let (agent, hash) = (&request.agent, &request.id);
    if request.header("authorization").is_some() {
        return refused(400, "Only one auth mechanism allowed", "InvalidArgument");
    }
    let verb = request.method.to_lowercase();
    let is_signed = request.query("sig") == Some(&signature(agent, hash, &verb));
    if !world.has_agent(agent) || !is_signed {
        return refused(403, "The signature does not match", "SignatureDoesNotMatch");
    }
    match verb.as_str() {
        "put" => put(world, request),
        _ => match world.agent(agent).blobs.get(hash) {
            Some(blob) => Ok(bytes(200, "binary/octet-stream", blob.to_vec())),
            None => refused(404, "The specified key does not exist", "NoSuchKey"),
        },
    }
}

fn put(world: &mut World, request: &Request) -> Answer {
    if let Some(sum) = request.header(CHECKSUM)
        && sum != STANDARD.encode(Sha256::digest(&request.body))
    {
        return refused(400, "The SHA256 does not match", "BadDigest");
    }
    let blobs = &mut world.agent_mut(&request.agent).blobs;
    blobs.insert(request.id.clone(), request.body.as_slice().into());
    ok(&json!({}))
}
