//! A registry of npm on this machine, with the packages that were packed: enough for npm, pnpm and yarn to install them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::Digest;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Answers until the tests end.
pub struct Registry {
    pub url: String,
    requests: Arc<AtomicUsize>,
}

/// A packed package.
struct Tarball {
    manifest: Value,
    bytes: Vec<u8>,
}

impl Registry {
    /// Serves every `.tgz` of a folder.
    pub fn start(folder: &Path) -> Registry {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let packed = files.filter(|path| path.extension().is_some_and(|end| end == "tgz"));
        let packed: Vec<Tarball> = packed.map(|path| Tarball::read(&path)).collect();
        let packed: BTreeMap<String, Tarball> =
            packed.into_iter().map(|one| (one.name().to_owned(), one)).collect();
        let (packed, base) = (Arc::new(packed), url.clone());
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::Relaxed);
                let (packed, base) = (Arc::clone(&packed), base.clone());
                std::thread::spawn(move || answer(&packed, &base, stream));
            }
        });
        Registry { url, requests }
    }

    /// Number of requests up to now.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

impl Tarball {
    fn read(path: &Path) -> Tarball {
        let bytes = std::fs::read(path).unwrap();
        let mut tar = Vec::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut tar).unwrap();
        Tarball {
            manifest: serde_json::from_slice(&entry(&tar, "package/package.json")).unwrap(),
            bytes,
        }
    }

    fn name(&self) -> &str {
        self.manifest["name"].as_str().unwrap()
    }

    /// The document of a package with one version.
    fn document(&self, base: &str) -> Value {
        let version = self.manifest["version"].as_str().unwrap();
        let mut manifest = self.manifest.clone();
        let integrity = format!("sha512-{}", STANDARD.encode(sha2::Sha512::digest(&self.bytes)));
        let tarball = format!("{base}{}/-/package.tgz", self.name());
        manifest["dist"] = json!({"tarball": tarball, "integrity": integrity});
        let versions: Map<String, Value> = [(version.to_owned(), manifest)].into_iter().collect();
        json!({"name": self.name(), "dist-tags": {"latest": version}, "versions": versions})
    }
}

/// The bytes of a file in an archive: headers of 512 bytes, the name at 0 and the size, octal, at 124.
fn entry(tar: &[u8], wanted: &str) -> Vec<u8> {
    let mut at = 0;
    while at + 512 <= tar.len() {
        let header = &tar[at..at + 512];
        let text = |bytes: &[u8]| {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
        };
        let size = usize::from_str_radix(&text(&header[124..136]), 8).unwrap_or(0);
        if text(&header[..100]) == wanted {
            return tar[at + 512..at + 512 + size].to_vec();
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    panic!("the archive has no {wanted}");
}

fn answer(packed: &BTreeMap<String, Tarball>, base: &str, stream: TcpStream) {
    let mut reader = BufReader::new(&stream);
    let mut first = String::new();
    if reader.read_line(&mut first).is_err() {
        return;
    }
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|len| len > 2) {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let path = path.replace("%2f", "/").replace("%2F", "/");
    let (name, is_tarball) = match path.split_once("/-/") {
        Some((name, _)) => (name, true),
        None => (&*path, false),
    };
    let (status, kind, body) = match packed.get(name) {
        Some(one) if is_tarball => ("200 OK", "application/octet-stream", one.bytes.clone()),
        Some(one) => ("200 OK", "application/json", one.document(base).to_string().into_bytes()),
        None => ("404 Not Found", "application/json", b"{\"error\":\"not found\"}".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // A client that has gone away reads nothing.
    let _ = (&stream).write_all(head.as_bytes()).and_then(|()| (&stream).write_all(&body));
}
