//! Agents as clients of the stock command use them, without HTTP: each request is one call, on a clock that only they
//! move.

mod conflicts;
mod contents;
mod deploys;
mod files;
mod growth;
mod pending;
mod replays;

use super::upload::{self, AnnouncedFile};
use super::*;
use crate::remote_store::RemoteStore;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::sync::Arc;

/// Code of an agent with one skill of one tool.
const SKILL: &str = "import { LuaAgent, LuaSkill } from 'lua-cli';
import { Greet } from './greet';
export const agent = new LuaAgent({
  name: 'Shop',
  persona: 'You are Ava.',
  skills: [new LuaSkill({ name: 'user-skill', description: 'd', context: 'c', tools: [new Greet()] })],
});
";
const TOOL: &str = "import { LuaTool } from 'lua-cli';
import { z } from 'zod';
export class Greet implements LuaTool {
  name = 'greet';
  description = 'greets';
  inputSchema = z.object({ name: z.string() });
  async execute(input: { name: string }) { return 'hello ' + input.name; }
}
";

/// A server of one agent, and the next request of a client.
struct Shop {
    _dir: tempfile::TempDir,
    service: StockService,
    agent: AgentId,
    now_ms: u64,
    /// Author of the next request.
    who: &'static str,
    /// Key of the next request, taken by it.
    key: Option<String>,
    refuses_secrets: bool,
}

impl Shop {
    fn new() -> Shop {
        let dir = tempfile::tempdir().unwrap();
        let store = RemoteStore::open(&dir.path().join("data")).unwrap();
        let service = StockService::new(Arc::new(store));
        let agent = "shop".parse().unwrap();
        let (now_ms, who) = (1_795_000_000_000, "ana@x.com");
        Shop { _dir: dir, service, agent, now_ms, who, key: None, refuses_secrets: false }
    }

    /// An agent whose version v1 is active: `user-skill` 1.0.1, persona 1.
    fn live() -> Shop {
        let mut shop = Shop::new();
        shop.push("user-skill", "1.0.1", "d");
        let persona = json!({"persona": "You are Ava."});
        shop.ok("POST /developer/agents/shop/persona/version", persona);
        shop.back_up(&[("src/index.ts", SKILL), ("src/greet.ts", TOOL)]);
        shop.version(1);
        shop.ok("POST /developer/agents/shop/versions/1/promote", json!({}));
        shop
    }

    fn request(&mut self, line: &str, body: &Value) -> Result<StockRequest, StockError> {
        let (method, address) = line.split_once(' ').unwrap();
        let (path, query) = match address.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (address, None),
        };
        self.now_ms += 1_000;
        let parsed = Route::parse(method, path, query)?.expect(line);
        Ok(StockRequest {
            agent: self.agent.clone(),
            route: parsed.route,
            by: None,
            email: Some(self.who.to_owned()),
            now_ms: self.now_ms,
            idempotency: self.key.take(),
            body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
            public_url: "http://127.0.0.1:1".to_owned(),
            signer: AddressSigner::new("t", "h"),
            refuses_secrets: self.refuses_secrets,
        })
    }

    fn ask(&mut self, line: &str, body: Value) -> Result<Value, StockError> {
        let request = self.request(line, &body)?;
        let answer = answer(&self.service, &request)?;
        Ok(serde_json::from_slice(&answer.body).unwrap())
    }

    fn ok(&mut self, line: &str, body: Value) -> Value {
        self.ask(line, body).unwrap_or_else(|error| panic!("{line}: {error:?}"))
    }

    fn get(&mut self, path: &str) -> Value {
        self.ok(&format!("GET {path}"), Value::Null)
    }

    /// #18: the bytes of a file, as they are sent.
    fn file(&mut self, key: &str) -> Vec<u8> {
        let line = format!("GET /developer/agents/shop/backup/blobs/{key}");
        let request = self.request(&line, &Value::Null).unwrap();
        let mut sent = answer(&self.service, &request).unwrap();
        let is_large = sent.large.is_some();
        if let Some(large) = sent.large {
            assert!(sent.body.is_empty());
            sent = packed(&self.service, &self.agent, &large).unwrap();
            assert!(sent.body.len() as u64 <= large.most, "{} bytes", sent.body.len());
        }
        let mut bytes = Vec::new();
        GzDecoder::new(&sent.body[..]).read_to_end(&mut bytes).unwrap();
        assert_eq!(is_large, bytes.len() > 64 << 10, "{} bytes", bytes.len());
        bytes
    }

    /// Code and message of a refusal.
    fn refused(&mut self, line: &str, body: Value) -> (u16, String, String) {
        let error = self.ask(line, body).expect_err(line);
        (error.status, error.code.to_string(), error.message.into_owned())
    }

    /// The request that comes next has this key.
    fn keyed(&mut self, key: &str) -> &mut Shop {
        self.key = Some(key.to_owned());
        self
    }

    fn by(&mut self, who: &'static str) -> &mut Shop {
        self.who = who;
        self
    }

    fn skill(&self, name: &str) -> String {
        let kind = crate::model::kind::Kind::named("skill").unwrap();
        ids::of(&self.agent, kind, name)
    }

    /// #2 and #3: a number of a skill.
    fn push(&mut self, name: &str, number: &str, description: &str) {
        self.ok("POST /developer/skills/shop", json!({"name": name}));
        let body = json!({
            "name": name, "version": number, "description": description, "context": "c",
            "tools": [{"name": "greet", "description": "greets"}],
        });
        self.ok(&format!("POST /developer/skills/shop/{}/version", self.skill(name)), body);
    }

    /// #17 and #19: the files of the project.
    fn back_up(&mut self, files: &[(&str, &str)]) -> Value {
        self.back_up_as("push", files)
    }

    fn back_up_as(&mut self, cause: &str, files: &[(&str, &str)]) -> Value {
        let body = self.manifest(cause, files);
        self.ok("POST /developer/agents/shop/backup/manifest", body)
    }

    /// Body of #19, its files uploaded.
    fn manifest(&mut self, cause: &str, files: &[(&str, &str)]) -> Value {
        let mut entries = Vec::new();
        for (path, text) in files {
            let sum: String =
                Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(text.as_bytes()).unwrap();
            let packed = packed.finish().unwrap();
            let file = AnnouncedFile { key: sum.clone(), token: String::new(), checksum: None };
            upload::receive(self.service.store(), &self.agent, &file, &mut &packed[..]).unwrap();
            entries.push(json!({"relativePath": path, "hash": sum, "size": text.len()}));
        }
        json!({"projectHash": "00", "files": entries, "triggeredBy": cause})
    }

    /// #23 of a backup.
    fn version(&mut self, source: u64) -> Value {
        self.ok("POST /developer/agents/shop/versions", json!({"sourceManifestVersion": source}))
    }

    /// Numbers of the skills of a version, by name.
    fn skills(&mut self, version: u64) -> Map<String, Value> {
        let shown = self.get(&format!("/developer/agents/shop/versions/{version}"));
        let skills = shown["snapshot"]["skills"].as_array().unwrap().clone();
        skills
            .iter()
            .map(|one| (one["name"].as_str().unwrap().into(), one["version"].clone()))
            .collect()
    }

    fn active(&mut self) -> Option<u64> {
        let rows = self.get("/developer/agents/shop/versions");
        let is_active = |row: &&Value| row["status"] == "active";
        rows.as_array().unwrap().iter().find(is_active).and_then(|row| row["version"].as_u64())
    }
}
