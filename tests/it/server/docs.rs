//! The examples in `docs/protocol.md` are what a server says: each block of `console` is run with the
//! real curl, in order, on a project that was pushed. `UPDATE_DOCS=1 cargo test docs` writes them anew.

#![cfg(unix)]

use crate::common::server::Server;
use crate::common::shop;
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// 2026-11-21 09:30, which is now in every test.
const NOW_MS: u64 = 1_795_253_400_000;

const FENCE: &str = "```console\n";

#[test]
fn the_examples_of_the_protocol_are_true() {
    if Command::new("curl").arg("--version").output().is_err() {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/protocol.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let story = Story::new();
    let mut parts = written.split(FENCE);
    let mut real = parts.next().unwrap().to_owned();
    for part in parts {
        let (block, rest) = part.split_once("```\n").expect("a block ends");
        let commands = block.lines().filter_map(|line| line.strip_prefix("$ "));
        let told: Vec<String> = commands.map(|command| story.tell(command)).collect();
        real.push_str(&format!("{FENCE}{}```\n{rest}", told.join("")));
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &real).unwrap();
        return;
    }
    let differs = real.lines().zip(written.lines()).find(|(real, written)| real != written);
    assert!(real == written, "docs/protocol.md is not what a server says: {differs:?}");
}

/// A server, and a project with one push that the server has not.
struct Story {
    project: crate::common::Project,
    _server: Server,
    variables: Vec<(&'static str, String)>,
}

impl Story {
    fn new() -> Story {
        let project = shop::project();
        project.ok("push");
        let server = Server::start(&project, "");
        let packs = std::fs::read_dir(project.path(".lua/objects")).unwrap();
        let pack = packs
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some())
            .unwrap();
        std::fs::copy(&pack, project.path("push.pack")).unwrap();
        let bytes = std::fs::read(&pack).unwrap();
        let source = project.list("source list")[0]["id"].as_str().unwrap().to_owned();
        let token = server.token(&project, "shop", "push");
        let listed = project.list("serve token list --data ../data");
        let admin = server.token(&project, "shop", "admin");
        let receipts = json!({"tokens": [[listed[0]["id"], ""]], "list": [[1, NOW_MS, 1, 0, 0]]});
        let head = json!({"agent": "shop", "source": [source], "versions": [], "active": null, "receipts": receipts});
        let head: lua_store::internals::protocol::Head = serde_json::from_value(head).unwrap();
        // By hand, as the document says: one id, one receipt, one token.
        let mut known = head.heads.source[0].as_bytes().to_vec();
        [1, NOW_MS, 1, 0, 0].iter().for_each(|number: &u64| known.extend(number.to_le_bytes()));
        known.extend(format!("{}\0\0", listed[0]["id"].as_str().unwrap()).as_bytes());
        let variables = vec![
            ("SERVER", server.url.clone()),
            ("REMOTE", format!("{}/shop", server.url)),
            ("TOKEN", token),
            ("ADMIN", admin),
            ("PACK", blake3::hash(&bytes).to_hex().to_string()),
            ("LENGTH", bytes.len().to_string()),
            ("SOURCE", source),
            ("TXN", "000102030405060708090a0b0c0d0e0f".to_owned()),
            ("OTHER", "ff0102030405060708090a0b0c0d0e0f".to_owned()),
            ("ETAG", head.etag().to_string()),
            ("DIGEST", blake3::hash(&known).to_hex().to_string()),
            ("NOTHING", blake3::hash(b"").to_hex().to_string()),
        ];
        Story { project, _server: server, variables }
    }

    fn tell(&self, line: &str) -> String {
        let mut shell = self.project.command("sh");
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        let output = shell.args(["-c", line]).envs(variables).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap().replace('\r', "");
        let told: String = said.lines().filter_map(|line| self.redacted(line)).collect();
        format!("$ {line}\n{told}")
    }

    /// One line without what is another one each time.
    fn redacted(&self, line: &str) -> Option<String> {
        if line.is_empty() || line.starts_with("date: ") || line.contains(" 100 ") {
            return None;
        }
        if let Some((
            name @ ("content-length" | "upload-offset" | "x-request-id" | "content-range"),
            value,
        )) = line.split_once(": ")
        {
            let shown: String = match name {
                "x-request-id" => "<id>".to_owned(),
                _ if value == "0" => "0".to_owned(),
                "content-range" => "bytes 100-<n>/<n>".to_owned(),
                _ => "<n>".to_owned(),
            };
            return Some(format!("{name}: {shown}\n"));
        }
        let mut text = String::new();
        for word in line.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric()) {
            let bare = word.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
            let is_id = matches!(bare.len(), 12 | 32 | 64 | 72)
                && bare.chars().all(|c| c.is_ascii_hexdigit());
            text += &if is_id { word.replace(bare, "<id>") } else { word.to_owned() };
        }
        Some(without_sizes(&text) + "\n")
    }
}

/// Text without the sizes of packs, which are not the subject of the document.
fn without_sizes(text: &str) -> String {
    let mut parts = text.split("\"bytes\":");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|digit: char| digit.is_ascii_digit());
        shown += &format!("\"bytes\":{}{rest}", if rest.len() < part.len() { "<n>" } else { "" });
    }
    shown
}
