//! Packs of strangers, sent by hand: each is refused, and the agent stays as it was.

use super::published;
use super::served::{AGENT, assert_same, head, serve};
use crate::common::Project;
use crate::common::http::Reply;
use crate::common::server::{Server, data};
use crate::common::shop::edit;
use lua_store::internals::object::{Id, ObjectKind};
use lua_store::internals::pack::{EncodedEntry, EntryContent, PackWriter, zstd_head};
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// A server with one source version, and the pack of a second one that it has not seen.
struct Stranger {
    project: Project,
    server: Server,
    pack: Vec<u8>,
    source: String,
    kept: (Vec<u8>, Vec<PathBuf>),
}

fn name(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// Files that the server has as packs of agents.
fn packs(server: &Server) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(server.data()).into_iter().map(Result::unwrap);
    let mut files: Vec<_> =
        files.filter(|entry| entry.file_type().is_file()).map(|e| e.into_path()).collect();
    files.retain(|path| path.parent().unwrap().ends_with("pack"));
    files.sort();
    assert!(!files.is_empty());
    files
}

impl Stranger {
    fn new() -> Stranger {
        let mut project = published();
        edit(&project, "src/index.ts", "You help customers shop.", "You help.");
        let before = objects(&project);
        project.ok("push --offline");
        let new: Vec<_> =
            objects(&project).into_iter().filter(|path| !before.contains(path)).collect();
        let [pack] = &new[..] else { panic!("{new:?}") };
        let pack = std::fs::read(pack).unwrap();
        let source = project.list("source list")[0]["id"].as_str().unwrap().to_owned();
        let server = serve(&mut project, "");
        let mut stranger = Stranger { project, server, pack, source, kept: Default::default() };
        stranger.kept = stranger.state();
        stranger
    }

    fn state(&self) -> (Vec<u8>, Vec<PathBuf>) {
        (self.server.ask("GET", &format!("/{AGENT}/refs"), "", b"").body, packs(&self.server))
    }

    /// Uploads bytes under a name.
    fn upload(&self, name: &str, bytes: &[u8]) -> Reply {
        let headers = format!("Upload-Offset: 0\r\nUpload-Length: {}\r\n", bytes.len());
        self.server.ask("PATCH", &format!("/{AGENT}/packs/{name}"), &headers, bytes)
    }

    /// Uploads bytes under the name that they have, and asks for a source version of them.
    fn push(&self, bytes: &[u8], source: &str) -> Reply {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = name(bytes);
        assert_eq!(self.upload(&name, bytes).status, 204);
        let txn = format!("{:032x}", NEXT.fetch_add(1, Ordering::Relaxed));
        let body =
            json!({"txn": txn, "pack": name, "source": {"after": 1, "ids": [source]}}).to_string();
        self.server.ask("POST", &format!("/{AGENT}/transactions"), "", body.as_bytes())
    }

    /// Refused, in the words of a transaction, and nothing is other than before.
    fn refused(&self, bytes: &[u8], how: &[&str]) {
        let reply = self.push(bytes, &self.source);
        assert_eq!(reply.status, 409, "{}", reply.text());
        let refused = &reply.json()["refused"];
        assert!(how.iter().any(|how| refused.get(how).is_some()), "not {how:?}: {}", reply.text());
        assert_eq!(self.state(), self.kept);
    }

    /// After all that, what is sound is taken.
    fn sound(&self) {
        assert_eq!(self.push(&self.pack, &self.source).status, 200);
        assert_same(&self.project);
    }
}

fn objects(project: &Project) -> Vec<PathBuf> {
    std::fs::read_dir(project.path(".lua/objects"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

#[test]
fn one_bit_that_is_flipped() {
    let stranger = Stranger::new();
    let (len, true_name) = (stranger.pack.len(), name(&stranger.pack));
    for nth in 0..40 {
        let at = nth * (len - 1) / 39;
        let mut bytes = stranger.pack.clone();
        bytes[at] ^= 1 << (nth % 8);
        let reply = stranger.upload(&true_name, &bytes);
        assert_eq!(reply.status, 422, "byte {at}: {}", reply.text());
        // Under the name that it has now it is whole, and no pack, or one without an object whose id was hit.
        stranger.refused(&bytes, &["invalid", "missing"]);
    }
    stranger.sound();
}

#[test]
fn an_end_that_is_missing() {
    let stranger = Stranger::new();
    let len = stranger.pack.len();
    for nth in 0..20 {
        stranger.refused(&stranger.pack[..(1 + nth * (len - 2) / 19)], &["invalid"]);
    }
    stranger.sound();
}

#[test]
fn objects_that_are_missing() {
    let stranger = Stranger::new();
    // The pack of the second version rests on the first, which an agent without it lacks.
    let body = |pack: &str| json!({"txn": "7".repeat(32), "pack": pack, "source": {"after": 0, "ids": [stranger.source]}});
    let name = name(&stranger.pack);
    let headers = format!("Upload-Offset: 0\r\nUpload-Length: {}\r\n", stranger.pack.len());
    let other = |method, path: &str, headers: &str, body: &[u8]| {
        stranger.server.ask(method, &format!("/agent_other/{path}"), headers, body)
    };
    assert_eq!(other("PATCH", &format!("packs/{name}"), &headers, &stranger.pack).status, 204);
    let reply = other("POST", "transactions", "", body(&name).to_string().as_bytes());
    assert_eq!(reply.status, 409, "{}", reply.text());
    let missing = &reply.json()["refused"]["missing"];
    assert!(!missing["ids"].as_array().unwrap().is_empty(), "{}", reply.text());
    assert_eq!(other("GET", "refs", "", b"").json()["source"], json!([]));
    assert_eq!(packs(&stranger.server), stranger.kept.1);
    // A pack without the objects that the ref names.
    stranger.refused(&pack_of(Id::of_blob(b"x"), ObjectKind::Blob, b"x"), &["missing"]);
    stranger.sound();
}

/// A pack of one entry that claims to have this id.
fn pack_of(id: Id, kind: ObjectKind, bytes: &[u8]) -> Vec<u8> {
    let mut writer = PackWriter::new(Vec::new());
    writer.append(&[id], &EncodedEntry::new(EntryContent::Object(kind), bytes, None, 1)).unwrap();
    writer.finish().unwrap().0
}

#[test]
fn a_name_that_leads_out_of_the_folder() {
    let stranger = Stranger::new();
    for name in [&b"../x"[..], b"..", b"a/b", b"a\0b"] {
        // One entry as docs/format.md has it: mode, name, id.
        let head = [0x91, 0x93, 0, 0xa0 | name.len() as u8];
        let tree = [&head[..], name, &[0xc4, 32], Id::of_blob(b"x").as_bytes()].concat();
        stranger.refused(&pack_of(Id::of_tree(&tree), ObjectKind::Tree, &tree), &["invalid"]);
    }
    stranger.sound();
    let outside = data(&stranger.project).with_file_name("x");
    assert!(!outside.exists());
}

#[test]
fn a_blob_that_would_fill_the_memory() {
    let stranger = Stranger::new();
    for claimed in [1 << 30, 1 << 50, u64::MAX] {
        let mut writer = PackWriter::new(Vec::new());
        let bomb = zstd_head(EntryContent::Object(ObjectKind::Blob), claimed, 1);
        writer.append_from(Id::of_blob(b"x"), &bomb, &mut &[0u8][..]).unwrap();
        stranger.refused(&writer.finish().unwrap().0, &["invalid"]);
    }
    stranger.sound();
    assert_eq!(head(&data(&stranger.project)).heads.source.len(), 2);
}
