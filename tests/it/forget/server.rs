//! A purge on a server beside clients that have not seen it: by hand over HTTP.

use crate::common::Project;
use crate::common::server::{Server, data};
use crate::remote_store::agent::{Client, agent, assert_whole, txn};
use lua_store::internals::object::{Id, TreeEntry};
use lua_store::internals::pack::PackId;
use lua_store::internals::remote_store::RemoteStore;
use serde_json::{Value, json};

const SECRET: &str = "the code: 47-11-08";

/// Pack of a source version with one file.
fn make(client: &Client, text: &str) -> (Id, PackId, Vec<u8>) {
    let mut made = client.make();
    let id = made.source(text);
    let (pack, bytes) = client.pack(made);
    (id, pack, bytes)
}

/// Sends a part of a pack, and gives the status.
fn upload(server: &Server, pack: &PackId, bytes: &[u8], part: std::ops::Range<usize>) -> u16 {
    let (offset, length) = (part.start, bytes.len());
    let headers = format!("Upload-Offset: {offset}\r\nUpload-Length: {length}\r\n");
    server.ask("PATCH", &format!("/agent_1/packs/{pack}"), &headers, &bytes[part]).status
}

fn transact(server: &Server, body: &Value) -> Value {
    server.ask("POST", "/agent_1/transactions", "", body.to_string().as_bytes()).json()
}

fn create(after: u64, id: Id, pack: &PackId) -> Value {
    json!({"txn": txn(), "pack": pack.to_string(), "source": {"after": after, "ids": [id]}})
}

fn purge(server: &Server, object: Id) {
    let object =
        json!({"object": object, "bytes": SECRET.len(), "path": "index.ts", "json": false});
    let purge = json!({"by": "ana", "at_ms": 1_795_253_400_000_i64, "reason": "leaked", "objects": [object]});
    let done = transact(server, &json!({"txn": txn(), "purge": purge}));
    assert!(done["done"].is_object(), "{done}");
}

fn assert_refused(answer: &Value, object: Id) {
    let reason = answer["refused"]["invalid"]["reason"].as_str().unwrap_or_default();
    let words = format!("contains object {object}, which was purged: fetch first");
    assert!(reason.contains(&words), "{answer}");
}

/// A source version with the secret in another file.
fn copied(client: &Client) -> (Id, PackId, Vec<u8>) {
    let mut made = client.make();
    let (state, files) = (made.state(), made.file("copied.ts", SECRET));
    let entries = vec![
        TreeEntry::file("record", made.batch_record()),
        TreeEntry::directory("source", files),
        TreeEntry::directory("state", state),
    ];
    let id = made.tree(entries);
    let (pack, bytes) = client.pack(made);
    (id, pack, bytes)
}

fn send(server: &Server, (id, pack, bytes): &(Id, PackId, Vec<u8>)) -> Value {
    assert_eq!(upload(server, pack, bytes, 0..bytes.len()), 204);
    transact(server, &create(1, *id, pack))
}

#[test]
fn a_purged_object_is_refused_whoever_sends_it_and_whenever() {
    let project = Project::new();
    let server = Server::start(&project, "--no-auth");
    let client = Client::new();
    let (id, pack, bytes) = make(&client, SECRET);
    assert_eq!(upload(&server, &pack, &bytes, 0..bytes.len()), 204);
    assert!(transact(&server, &create(0, id, &pack))["done"].is_object());
    let (secret, never) = (Id::of_blob(SECRET.as_bytes()), Id::of_blob(b"never pushed"));

    // An upload is half done when the purge comes.
    let late = Client::new();
    let sent = copied(&late);
    let (other, pack, bytes) = &sent;
    assert_eq!(upload(&server, pack, bytes, 0..100), 204);
    purge(&server, secret);
    assert_eq!(upload(&server, pack, bytes, 100..bytes.len()), 409);
    assert_eq!(transact(&server, &create(1, *other, pack))["refused"], "no_pack");
    assert_refused(&send(&server, &sent), secret);
    // The ledger goes on, and what it said before still counts; in another process too.
    purge(&server, never);
    let again = Server::start(&project, "--no-auth");
    let forbidden = make(&late, "never pushed");
    for server in [&server, &again] {
        assert_refused(&send(server, &sent), secret);
        assert_refused(&send(server, &forbidden), never);
    }
    // Other objects are taken.
    let sound = make(&late, "no secret");
    let done = send(&server, &sound);
    assert!(done["done"].is_object(), "{done}");
    let store = RemoteStore::open(&data(&project)).unwrap();
    assert_eq!(store.head(&agent()).unwrap().unwrap().heads.source[1..], [sound.0]);
    assert_whole(&store, &agent());
}
