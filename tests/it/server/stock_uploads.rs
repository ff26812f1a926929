//! Uploads of the stock command at signed addresses. The tests sign by themselves, from the hash in the file of tokens.

use crate::common::http::{Reply, Wire};
use crate::common::server::{Server, bearer, data};
use crate::common::{NOW, Project};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::io::{Read, Write};

/// By `printf 'hello\n' | sha256sum`.
const HELLO: &str = "5891b5b522d5df08";

/// A token as the server stores it.
struct Signer {
    id: String,
    hash: String,
}

impl Signer {
    fn new(project: &Project, server: &Server, scope: &str) -> Signer {
        server.token(project, "shop", scope);
        let tokens = std::fs::read(data(project).join("tokens.json")).unwrap();
        let tokens: serde_json::Value = serde_json::from_slice(&tokens).unwrap();
        let newest = tokens["tokens"].as_array().unwrap().last().unwrap().clone();
        let text = |name: &str| newest[name].as_str().unwrap().to_owned();
        Signer { id: text("id"), hash: text("hash") }
    }

    /// Address that is valid for a number of seconds.
    fn path(&self, method: &str, agent: &str, key: &str, seconds: i64) -> String {
        let now: jiff::Timestamp = NOW.parse().unwrap();
        let end = now.as_second() + seconds;
        let context = "lua-store 2026-11-22 stock file address v1";
        let secret = blake3::derive_key(context, self.hash.as_bytes());
        let text = format!("{method}\n{agent}\n{key}\n{}\n{end}", self.id);
        let signature = blake3::keyed_hash(&secret, text.as_bytes());
        let token = &self.id;
        format!(
            "/developer/agents/{agent}/backup/blobs/{key}?token={token}&end={end}&sig={signature}"
        )
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn refusal(reply: &Reply) -> (u16, String, String) {
    let body = reply.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    assert_eq!(body["statusCode"], reply.status);
    (reply.status, text("code"), text("message"))
}

/// Files below the uploads of all agents, unfinished ones among them.
fn kept(project: &Project) -> Vec<String> {
    let mut names = Vec::new();
    let mut open = vec![data(project).join("a")];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.components().any(|part| part.as_os_str() == "uploads") {
                names.push(entry.file_name().into_string().unwrap());
            }
        }
    }
    names.sort_unstable();
    names
}

fn served(options: &str) -> (Project, Server, Signer) {
    let project = Project::new();
    let server = Server::start(&project, options);
    let signer = Signer::new(&project, &server, "push");
    (project, server, signer)
}

#[test]
fn a_signed_address_takes_one_file_and_opens_nothing_else() {
    let (project, server, signer) = served("");
    let body = packed(b"hello\n");
    let put = |path: &str| server.ask("PUT", path, "", &body);
    let path = signer.path("PUT", "shop", HELLO, 900);
    assert_eq!(put(&path).status, 200);
    assert_eq!(put(&path).status, 200, "twice is once");
    // By `printf 'hello\n' | b3sum`.
    let id = "8e4c7c1b99dbfd50e7a95185fead5ee1448fa904a2fdd778eaf5f2dbfd629a99";
    assert_eq!(kept(&project), [format!("{HELLO}.{id}.text.{}", signer.id)]);
    let forbidden = [
        signer.path("PUT", "shop", HELLO, -1),
        signer.path("GET", "shop", HELLO, 900),
        signer.path("PUT", "other", HELLO, 900),
        signer.path("PUT", "shop", "e3b0c44298fc1c14", 900).replace("e3b0c44298fc1c14", HELLO),
        path.replace("&sig=", "&sig=0"),
        path.split('?').next().unwrap().to_owned(),
        Signer::new(&project, &server, "read").path("PUT", "shop", HELLO, 900),
    ];
    for path in forbidden {
        let (status, code, _) = refusal(&put(&path));
        assert_eq!((status, code.as_str()), (403, "FORBIDDEN"), "{path}");
    }
    // The token itself opens it no more than any other header does.
    let bare = path.split('?').next().unwrap();
    assert_eq!(server.ask("GET", bare, "", b"").status, 403);
    project.ok(&format!("serve token revoke {} --data {}", signer.id, data(&project).display()));
    assert_eq!(refusal(&put(&path)).0, 403);
}

#[test]
fn bodies_that_are_wrong_leave_nothing_and_the_next_one_works() {
    let (project, server, signer) = served("");
    let path = signer.path("PUT", "shop", HELLO, 900);
    let put = |header: &str, body: &[u8]| refusal(&server.ask("PUT", &path, header, body));
    let whole = packed(b"hello\n");
    assert_eq!(put("", &packed(b"other")).0, 400);
    assert_eq!(put("", b"hello\n").0, 400);
    assert_eq!(put("", &whole[..whole.len() - 1]).0, 400);
    assert_eq!(put("", b"").0, 400);
    assert_eq!(put("X-Amz-Checksum-Sha256: AAAA\r\n", &whole).0, 400);
    // 1 GB of zeros in 1 MB of gzip.
    let bomb = packed(&vec![0; 1 << 20]).repeat(1000);
    assert!(bomb.len() < 2 << 20);
    let (status, code, _) = put("", &bomb);
    assert_eq!((status, code.as_str()), (413, "TOO_LARGE"));
    let mut wire = Wire::new(server.connect());
    wire.head("PUT", &path, "", (64 << 20) + 1);
    assert_eq!(refusal(&wire.reply()).0, 413, "before a byte of it came");
    // A client that goes away in the middle.
    let mut wire = Wire::new(server.connect());
    wire.head("PUT", &path, "", whole.len() as u64);
    wire.raw(&whole[..10]);
    drop(wire);
    assert_eq!(server.ask("PUT", &path, "", &whole).status, 200);
    // The server notices a moment later that a client went away.
    let only_the_last = || kept(&project).iter().map(String::len).eq([16 + 1 + 64 + 5 + 1 + 12]);
    let waits = (0..200).find(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        only_the_last()
    });
    assert!(waits.is_some(), "{:?}", kept(&project));
}

#[test]
fn a_hundred_at_once_all_arrive() {
    let (project, server, signer) = served("");
    let files: Vec<(String, Vec<u8>)> = (0..100)
        .map(|number| {
            use sha2::Digest;
            let bytes = format!("file {number}\n").repeat(1000).into_bytes();
            let hash = sha2::Sha256::digest(&bytes);
            let key = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
            (key, packed(&bytes))
        })
        .collect();
    std::thread::scope(|scope| {
        for (key, body) in &files {
            let path = signer.path("PUT", "shop", key, 900);
            let server = &server;
            scope.spawn(move || assert_eq!(server.ask("PUT", &path, "", body).status, 200));
        }
    });
    assert_eq!(kept(&project).len(), 100);
}

#[test]
fn uploads_count_for_the_limit_of_the_agent() {
    let (project, server, signer) = served("--agent-bytes 20K");
    let mut keys = 0;
    let status = (0..10).find_map(|number| {
        use sha2::Digest;
        let bytes = format!("{number}");
        let hash = sha2::Sha256::digest(bytes.as_bytes());
        let key: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let path = signer.path("PUT", "shop", &key, 900);
        let reply = server.ask("PUT", &path, "", &packed(bytes.as_bytes()));
        keys += 1;
        (reply.status != 200).then(|| refusal(&reply))
    });
    let (status, code, message) = status.unwrap();
    assert_eq!((status, code.as_str()), (507, "DISK_FULL"), "{message}");
    assert!(message.contains("--agent-bytes"), "{message}");
    assert!(keys < 10 && kept(&project).len() <= 5, "each takes a block of the disk at least");
}

/// A project with these files, pushed to the agent `shop`.
fn pushed(files: &[(&str, Vec<u8>)]) -> (Project, Server, Signer) {
    let mut project = crate::common::shop::project();
    for (path, bytes) in files {
        std::fs::write(project.path(path), bytes).unwrap();
    }
    let server = Server::start(&project, "");
    project.ok(&format!("remote add origin {}/shop", server.url));
    project.set("LUA_STORE_TOKEN", &server.token(&project, "shop", "push"));
    project.ok("push");
    let signer = Signer::new(&project, &server, "push");
    (project, server, signer)
}

/// Fetches a file by the digits of its bytes.
fn fetch(server: &Server, signer: &Signer, bytes: &[u8]) -> Vec<u8> {
    let sum = Sha256::digest(bytes);
    let key: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    let reply = server.ask("GET", &signer.path("GET", "shop", &key, 900), "", b"");
    assert_eq!(reply.status, 200, "{reply:?}");
    let mut got = Vec::new();
    GzDecoder::new(&reply.body[..]).read_to_end(&mut got).unwrap();
    got
}

/// Two at once, each larger than what is held in memory whole, and others that are smaller.
#[test]
fn files_of_every_size_are_sent_whole() {
    let mut random = vec![0; 9 << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut random);
    let files =
        [("a.bin", random), ("b.txt", b"a line\n".repeat(30_000)), ("c.txt", b"c\n".to_vec())];
    let (_project, server, signer) = pushed(&files);
    std::thread::scope(|scope| {
        for (path, bytes) in files.iter().chain(&files) {
            let (server, signer) = (&server, &signer);
            scope.spawn(move || assert!(fetch(server, signer, bytes) == *bytes, "{path}"));
        }
    });
}

/// Bodies that are announced take all of the memory for bodies. A small file needs none of it.
#[test]
fn a_large_file_waits_for_room_and_a_small_one_does_not() {
    let files = [("b.txt", b"a line\n".repeat(30_000)), ("c.txt", b"c\n".to_vec())];
    let (project, server, signer) = pushed(&files);
    let header = bearer(&server.token(&project, "shop", "push"));
    let mut announced: Vec<_> = (0..8).map(|_| Wire::new(server.connect())).collect();
    for wire in &mut announced {
        wire.head("POST", "/developer/skills/shop/5a/version", &header, 32 << 20);
    }
    server.wait_for("lua_store_pool_places{pool=\"requests\"}", 8);
    // Each has its place just before its memory.
    std::thread::sleep(std::time::Duration::from_millis(300));
    std::thread::scope(|scope| {
        let large = scope.spawn(|| fetch(&server, &signer, &files[0].1));
        for _ in 0..3 {
            assert!(fetch(&server, &signer, &files[1].1) == files[1].1);
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        assert!(!large.is_finished(), "there is no room for it");
        drop(announced);
        assert!(large.join().unwrap() == files[0].1);
    });
}
