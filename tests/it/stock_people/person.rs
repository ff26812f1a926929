//! A person with the stock command: the requests that it sends, made anew each time.

use crate::common::Project;
use crate::common::http::Reply;
use crate::common::server::{Server, bearer, token};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};

pub const AGENT: &str = "shop";

/// Settings, one request for each.
const SETTINGS: [(&str, &str); 3] =
    [("model", "\"openai/gpt-4o\""), ("modelSettings", "null"), ("browser", "null")];

pub struct Person<'a> {
    server: &'a Server,
    header: String,
    skills: usize,
    /// Texts by paths.
    pub files: BTreeMap<String, String>,
    /// Number of the backup that the person has.
    pub backup: u64,
}

/// A refusal: status, code and message.
pub type Refused = (u16, String, String);

impl<'a> Person<'a> {
    /// A person with an own token, and an agent that nobody pushed yet.
    pub fn new(server: &'a Server, project: &Project, name: &str, skills: usize) -> Person<'a> {
        let options = format!("--agent {AGENT} --scope promote --for {name}@example.com");
        let header = bearer(&token(project, &options)) + "Content-Type: application/json\r\n";
        let mut person = Person { server, header, skills, files: BTreeMap::new(), backup: 0 };
        let numbers = || 0..skills;
        let imports: String = numbers()
            .map(|skill| format!("import skill{skill} from './skills/skill{skill}';\n"))
            .collect();
        let list: Vec<String> = numbers().map(|skill| format!("skill{skill}")).collect();
        let index = format!(
            "import {{ LuaAgent }} from 'lua-cli';\n{imports}\nexport const agent = new LuaAgent({{ name: 'shop', \
             persona: 'You are Ava.', model: 'openai/gpt-4o', skills: [{}] }});\n",
            list.join(", ")
        );
        person.files.insert("src/index.ts".to_owned(), index);
        person.files.insert("package.json".to_owned(), "{\"name\": \"shop\"}\n".to_owned());
        numbers().for_each(|skill| person.describe(skill, "First"));
        person
    }

    /// Gives a skill another description.
    pub fn describe(&mut self, skill: usize, text: &str) {
        let code = format!(
            "import {{ LuaSkill }} from 'lua-cli';\n\nexport default new LuaSkill({{\n  name: 'skill-{skill}', \
             description: '{text}', context: 'Use it.', tools: [],\n}});\n"
        );
        self.files.insert(path(skill), code);
    }

    fn description(&self, skill: usize) -> String {
        let (_, rest) = self.files[&path(skill)].split_once("description: '").unwrap();
        rest.split_once('\'').unwrap().0.to_owned()
    }

    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Reply {
        let mut headers = self.header.clone();
        if method == "POST" {
            let key = crate::remote_store::agent::txn();
            headers += &format!("X-Idempotency-Key: {:016x}-{key}\r\n", std::process::id());
        }
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.server.ask(method, path, &headers, &body)
    }

    /// The answer. A refusal must be one that a person can do something about.
    fn insist(&self, method: &str, path: &str, body: &Value) -> Result<Value, Refused> {
        let reply = self.ask(method, path, body);
        let answer = reply.json();
        if reply.status < 300 {
            return Ok(answer);
        }
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        assert!(matches!(reply.status, 400 | 409), "{method} {path}: {answer}");
        Err((reply.status, text("code"), text("message")))
    }

    pub fn get(&self, path: &str) -> Value {
        self.insist("GET", path, &Value::Null).unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        self.insist("POST", path, body)
    }

    /// The highest number of each skill, as the list of the server has it.
    fn highest(&self) -> BTreeMap<String, (u64, String)> {
        let list = self.get(&format!("/developer/skills/{AGENT}"));
        let row = |skill: &Value| {
            let patch =
                |one: &Value| one["version"].as_str()?.rsplit_once('.')?.1.parse::<u64>().ok();
            let highest = skill["versions"].as_array().unwrap().iter().filter_map(patch).max();
            let text = |name: &str| skill[name].as_str().unwrap().to_owned();
            (text("name"), (highest.unwrap_or(0), text("id")))
        };
        list["skills"].as_array().unwrap().iter().map(row).collect()
    }

    /// `push all`: the numbers that were given, and the number of the backup.
    pub fn push_all(&mut self) -> Result<(BTreeMap<String, String>, u64), Refused> {
        let known = self.highest();
        let mut given = BTreeMap::new();
        for skill in 0..self.skills {
            let name = format!("skill-{skill}");
            let known = match known.get(&name) {
                Some(known) => known.clone(),
                None => {
                    let body = json!({"name": name, "description": "-"});
                    let made = self.post(&format!("/developer/skills/{AGENT}"), &body)?;
                    (0, made["id"].as_str().unwrap().to_owned())
                }
            };
            let number = self.push(skill, known)?;
            given.insert(name, number);
        }
        self.post(&below("persona/version"), &json!({"persona": "You are Ava."}))?;
        for (field, value) in SETTINGS {
            let value: Value = serde_json::from_str(value).unwrap();
            let body = json!({"id": AGENT, field: value});
            self.insist("PATCH", &format!("/agents/{AGENT}/sub-agent"), &body)?;
        }
        Ok((given, self.push_files()?))
    }

    /// One number. If it was given meanwhile the command asks once more which are.
    fn push(&self, skill: usize, (highest, id): (u64, String)) -> Result<String, Refused> {
        let name = format!("skill-{skill}");
        let send = |highest: u64| {
            let number = format!("1.0.{}", highest + 1);
            let body = json!({
                "name": name, "description": self.description(skill), "context": "Use it.", "tools": [],
                "version": number, "skillId": id,
            });
            self.post(&format!("/developer/skills/{AGENT}/{id}/version"), &body).map(|_| number)
        };
        match send(highest) {
            Err((409, _, message)) if message.contains("already exists") => {
                send(self.highest()[&name].0)
            }
            done => done,
        }
    }

    /// `push backup`: what the server has not, then the list of all.
    pub fn push_files(&mut self) -> Result<u64, Refused> {
        let keys: BTreeMap<String, &String> =
            self.files.values().map(|text| (key(text), text)).collect();
        let hashes: Vec<&String> = keys.keys().collect();
        let known = self.post(&below("backup/check-blobs"), &json!({"hashes": hashes}))?;
        let missing = known["missing"].clone();
        if missing != json!([]) {
            let asked = json!({"hashes": missing});
            let told = self.post(&below("backup/blob-upload-urls"), &asked)?;
            for (key, url) in told["urls"].as_object().unwrap() {
                let path = url.as_str().unwrap().strip_prefix("http://x").unwrap();
                let sent = self.server.ask("PUT", path, "", &packed(keys[key].as_bytes()));
                assert_eq!(sent.status, 200, "{}", sent.text());
            }
        }
        let row = |(path, text): (&String, &String)| json!({"relativePath": path, "hash": key(text), "size": text.len(), "type": "source"});
        let files: Vec<Value> = self.files.iter().map(row).collect();
        let body = json!({
            "projectHash": "0".repeat(64), "files": files, "orgId": "org", "createdBy": "cli",
            "triggeredBy": "batch push",
        });
        let made = self.post(&below("backup/manifest"), &body)?;
        self.backup = made["activeVersion"].as_u64().unwrap();
        Ok(self.backup)
    }

    /// `version create`: its number.
    pub fn create(&self, message: &str) -> Result<u64, Refused> {
        let body = json!({"message": message, "sourceManifestVersion": self.backup});
        Ok(self.post(&below("versions"), &body)?["version"].as_u64().unwrap())
    }

    /// `version promote`: `None` if another person promoted the same meanwhile.
    pub fn promote(&self, number: u64) -> Result<(), Refused> {
        self.post(&below(&format!("versions/{number}/promote")), &json!({})).map(drop)
    }

    /// `pull`: the files of the newest backup.
    pub fn pull(&mut self) {
        let newest = self.get(&below("backup/versions?all=true"))["versions"][0]["version"].clone();
        self.backup = newest.as_u64().unwrap();
        self.files = self.files_of(self.backup);
    }

    /// Texts of the files of a backup.
    pub fn files_of(&self, number: u64) -> BTreeMap<String, String> {
        let manifest = self.get(&below(&format!("backup/manifest?version={number}")));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let files = manifest["files"].as_array().unwrap().iter();
        let files: BTreeMap<String, String> =
            files.map(|file| (text(&file["relativePath"]), text(&file["hash"]))).collect();
        let keys: BTreeSet<&String> = files.values().collect();
        let urls = self.post(&below("backup/blob-urls"), &json!({"hashes": keys})).unwrap();
        let fetch = |key: &String| {
            let path = urls["urls"][key].as_str().unwrap().strip_prefix("http://x").unwrap();
            unpacked(&self.server.ask("GET", path, "", b"").body)
        };
        let texts: BTreeMap<&String, String> = keys.iter().map(|key| (*key, fetch(key))).collect();
        files.iter().map(|(path, key)| (path.clone(), texts[key].clone())).collect()
    }
}

pub fn path(skill: usize) -> String {
    format!("src/skills/skill{skill}.ts")
}

/// Address below an agent.
pub fn below(rest: &str) -> String {
    format!("/developer/agents/{AGENT}/{rest}")
}

/// Key of a file of text.
fn key(text: &str) -> String {
    Sha256::digest(text.as_bytes())[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}
