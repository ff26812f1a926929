//! Body of a backup: the real command backs up a project, and ours of the same files is equal to what it sent.

use super::stub::{Platform, Request};
use crate::common::stock::{AGENT, Stock};
use lua_store::internals::deploy::backup_body::{BackupBody, sent_files};
use lua_store::internals::object::{Id, Memory, Mode, Sink, Tree, TreeEntry};
use std::io::Read;
use std::path::Path;

/// Files that try the order of paths, the types, the keys and the walker.
const FILES: [(&str, &[u8]); 30] = [
    ("a/b.ts", b"1"),
    ("a-b.ts", b"2"),
    ("a.b.ts", b"3"),
    ("a_b.ts", b"4"),
    ("ab.ts", b"5"),
    ("A.ts", b"6"),
    ("Ab.ts", b"7"),
    ("B.md", b"8"),
    ("src/10.json", b"{}"),
    ("src/9.json", b"{}"),
    ("src/Z.yml", b""),
    ("src/\u{e9}t\u{e9}.txt", b"accent"),
    ("src/ete.txt", b"none"),
    ("src/etz.txt", b"after"),
    ("src/data.toml", b"x = 1\r\n"),
    ("src/logo.png", b"\x89PNG\xff\xfe\x00"),
    ("src/utf16.txt", b"\xff\xfea\x00"),
    ("src/half.txt", b"a\xe2\x82"),
    ("src/view.tsx", b"export {}"),
    ("build/out.js", b"built"),
    ("Makefile", b"all:\n"),
    // The walker passes over the rest.
    (".hidden/a.ts", b"hidden"),
    ("coverage/a.txt", b"covered"),
    ("dist/a.js", b"made"),
    ("src/a.test.ts", b"test"),
    ("src/a.d.ts", b"types"),
    ("src/a.js.map", b"{}"),
    ("src/__tests__/a.ts", b"tests"),
    ("package-lock.json", b"{}"),
    ("yarn.lock", b""),
];

/// The tree of a folder, as a push stores it.
fn tree(objects: &mut Memory, folder: &Path) -> Id {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        // No push stores these.
        if ["node_modules", ".lua", ".git"].contains(&&*name) {
            continue;
        }
        let kind = entry.file_type().unwrap();
        let (mode, id) = if kind.is_dir() {
            (Mode::Directory, tree(objects, &path))
        } else if kind.is_symlink() {
            let target = std::fs::read_link(&path).unwrap().to_string_lossy().into_owned();
            (Mode::Symlink, objects.put_blob(target.into_bytes(), None).unwrap())
        } else {
            (Mode::File, objects.put_blob(std::fs::read(&path).unwrap(), None).unwrap())
        };
        entries.push(TreeEntry::new(&name, mode, id));
    }
    objects.put_tree(&Tree::new(entries).unwrap(), None).unwrap()
}

fn unpacked(gzip: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(gzip).read_to_end(&mut bytes).unwrap();
    bytes
}

fn body_of(requests: &[Request]) -> serde_json::Value {
    requests.iter().find(|request| request.number == "#19").unwrap().json()
}

#[test]
fn the_body_of_a_backup_is_that_of_the_command() {
    let platform = Platform::start(AGENT);
    let Some(mut stock) = Stock::empty() else { return };
    stock.fill(".", AGENT);
    (stock.url, stock.token) = (platform.url(), platform.key());
    for (path, bytes) in FILES {
        stock.project.write(path, bytes);
    }
    stock.project.write("src/large.txt", vec![b'x'; 262_144]);
    stock.project.write("src/larger.txt", vec![b'x'; 262_145]);
    std::os::unix::fs::symlink("ab.ts", stock.project.path("src/link.ts")).unwrap();
    // The files are those of the moment before it writes the number into one of them.
    let mut objects = Memory::default();
    let root = tree(&mut objects, &stock.project.root());
    stock.ok("push backup --force --fresh");
    let sent = sent_files(&objects, &root).unwrap();
    let theirs = body_of(&platform.requests());
    let org = theirs["orgId"].as_str().unwrap();
    let ours = BackupBody::of(&sent, "manual lua push backup", Some(org));
    let paths = |body: &serde_json::Value| -> Vec<String> {
        let files = body["files"].as_array().unwrap().iter();
        files.map(|file| file["relativePath"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths(&ours.body), paths(&theirs));
    assert_eq!(ours.body, theirs);
    assert_eq!(ours.body["projectHash"], ours.project_hash);
    assert!(ours.mangled.is_empty());
    // Every byte of every file, packed or not.
    for (key, bytes) in &ours.blobs {
        let stored = platform.blob(AGENT, key).unwrap_or_else(|| panic!("{key} was not sent"));
        assert_eq!(unpacked(bytes), unpacked(&stored), "{key}");
    }
}
