//! A story of commands: a first push of everything, two versions, a rollback, a deletion, and all others that write.

use super::calls::{AGENT, Call, Client, below, ids, recorded};
use super::place::Place;
use crate::common::server::{Server, token};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};

/// Requests of one command.
pub struct Command {
    pub name: &'static str,
    pub calls: Vec<Call>,
}

/// All commands, and who runs them.
pub struct Story {
    pub commands: Vec<Command>,
    pub client: Client,
    /// A folder in which nothing was pushed.
    pub empty: Place,
}

impl Story {
    pub fn new() -> Story {
        let empty = Place::new();
        let server = empty.serve("");
        let options = format!("--agent {AGENT} --scope promote --for ana@example.com");
        let mut client = Client::new(&token(&empty.project, &options));
        let commands = commands(&mut client, &server);
        Story { commands, client, empty }
    }

    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.commands.iter().flat_map(|command| &command.calls)
    }
}

fn commands(client: &mut Client, server: &Server) -> Vec<Command> {
    let ids = ids(client, server);
    let push = recorded("first-push-all.jsonl", &ids);
    let first = push.iter().find(|call| call.is_manifest()).unwrap().json();
    let (skill, second) = second_push(&push, &first);
    let create = |message: &str, source: u64| {
        let body = json!({"message": message, "sourceManifestVersion": source});
        vec![Call::post(&below("versions"), &body)]
    };
    let promote =
        |number: u64| vec![Call::post(&below(&format!("versions/{number}/promote")), &json!({}))];
    let persona = json!({"persona": "You are Ava.\nYou help customers shop and return."});
    let command = |name, calls| Command { name, calls };
    let workflow = recorded("workflow.jsonl", &ids);
    let commit = json!({"commitHash": "536ff209c7f2d1f2a1b3a6f6d4f1c3e29b4a5d10"});
    let commit = Call::new("PATCH", &below("versions/2/commit-hash"), &commit);
    let skill_path = skill[0].path.strip_suffix("/version").unwrap().to_owned();
    let publish = Call::new("PUT", &format!("{skill_path}/1.0.1/publish"), &Value::Null);
    let view = Call::post(&below("persona/version/1"), &json!({}));
    let gone = Call::new("DELETE", &skill_path, &Value::Null);
    vec![
        command("push all", push),
        command("version create", create("first", 1)),
        command("version promote", promote(1)),
        command("push skill", skill),
        command("push persona", vec![Call::post(&below("persona/version"), &persona)]),
        command("version create again", create("second", 2)),
        command("version promote again", promote(2)),
        command("source rollback", rollback(&first, &second)),
        command("version delete", vec![Call::new("DELETE", &below("versions/1"), &Value::Null)]),
        command("version commit", vec![commit]),
        command("deploy", vec![publish]),
        command("persona deploy", vec![view]),
        command("push workflow", workflow),
        command("skills delete", vec![gone]),
    ]
}

/// The push of a skill whose file was changed, and its manifest.
fn second_push(push: &[Call], first: &Value) -> (Vec<Call>, Value) {
    const FILE: &str = "src/skills/orders.skill.ts";
    let mut manifest = first.clone();
    manifest["triggeredBy"] = json!("push skill orders");
    let files = manifest["files"].as_array_mut().unwrap();
    let entry = files.iter_mut().find(|file| file["relativePath"] == FILE).unwrap();
    let path = format!("/blob/{}", entry["hash"].as_str().unwrap());
    let text = unpacked(&push.iter().find(|call| call.path == path).unwrap().body);
    let text = text.replace("Knows about orders", "Knows about orders and returns");
    let key = key(text.as_bytes());
    entry["hash"] = json!(key);
    entry["size"] = json!(text.len());
    let is_skill = |call: &&Call| {
        call.path.starts_with("/developer/skills/")
            && call.path.ends_with("/version")
            && call.json()["name"] == "orders"
    };
    let version = push.iter().find(is_skill).unwrap();
    let mut body = version.json();
    body["version"] = json!("1.0.2");
    body["description"] = json!("Knows about orders and returns");
    let hashes = json!({"hashes": [key]});
    let calls = vec![
        Call::post(&version.path, &body),
        Call::post(&below("backup/check-blobs"), &hashes),
        Call::post(&below("backup/blob-upload-urls"), &hashes),
        Call::upload(&key, packed(text.as_bytes())),
        Call::post(&below("backup/manifest"), &manifest),
    ];
    (calls, manifest)
}

/// A rollback to the first push; the files are restored between the requests.
fn rollback(first: &Value, second: &Value) -> Vec<Call> {
    assert_ne!(first["files"], second["files"]);
    let files = first["files"].as_array().unwrap();
    let hashes: Vec<&Value> = files.iter().map(|file| &file["hash"]).collect();
    let mut manifest = first.clone();
    manifest["triggeredBy"] = json!("rollback to v1");
    vec![
        Call::get(&below("backup/manifest?version=1")),
        Call::post(&below("backup/blob-urls"), &json!({"hashes": hashes})),
        Call::post(&below("backup/check-blobs"), &json!({"hashes": hashes})),
        Call::post(&below("backup/manifest"), &manifest),
    ]
}

/// Key of a file of text.
pub fn key(text: &[u8]) -> String {
    Sha256::digest(text)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}
