//! Requests of the stock command: recorded ones, and the client that sends them.

use crate::common::http::Reply;
use crate::common::server::{Server, bearer};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;

/// Agent of the recording.
pub const AGENT: &str = "agent-demo";

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    /// `/blob/KEY` for the address of an upload, which an answer gives.
    pub path: String,
    pub body: Vec<u8>,
}

impl Call {
    pub fn new(method: &str, path: &str, body: &Value) -> Call {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        Call { method: method.to_owned(), path: path.to_owned(), body }
    }

    pub fn get(path: &str) -> Call {
        Call::new("GET", path, &Value::Null)
    }

    pub fn post(path: &str, body: &Value) -> Call {
        Call::new("POST", path, body)
    }

    pub fn upload(key: &str, packed: Vec<u8>) -> Call {
        Call { method: "PUT".to_owned(), path: format!("/blob/{key}"), body: packed }
    }

    pub fn is_manifest(&self) -> bool {
        self.method == "POST" && self.path.ends_with("/backup/manifest")
    }

    pub fn is_upload(&self) -> bool {
        self.path.starts_with("/blob/")
    }

    /// The same for requests of one route: numbers and ids are left out.
    pub fn shape(&self) -> String {
        let is_name = |part: &&str| part.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
        let path = self.path.split('?').next().unwrap();
        let names: Vec<&str> = path.split('/').filter(is_name).collect();
        format!("{} {}", self.method, names.join("/"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn shown(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Address below an agent.
pub fn below(rest: &str) -> String {
    format!("/developer/agents/{AGENT}/{rest}")
}

/// The requests of a file of the fixtures, with the ids that this server gives.
pub fn recorded(file: &str, ids: &HashMap<String, String>) -> Vec<Call> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stock-client").join(file);
    let mut text = std::fs::read_to_string(path).unwrap();
    for (theirs, ours) in ids {
        text = text.replace(theirs, ours);
    }
    text.lines().map(|line| read(&serde_json::from_str(line).unwrap())).collect()
}

fn read(line: &Value) -> Call {
    use base64::Engine;
    let text = |name: &str| line[name].as_str().unwrap();
    let mut call = Call::new(text("method"), text("path"), &line["body"]);
    if let Some(bytes) = line["bytes"].as_str() {
        call.body = base64::prelude::BASE64_STANDARD.decode(bytes).unwrap();
    }
    call
}

/// Ids of the recording, and those that this server gives to the same primitives.
pub fn ids(client: &mut Client, server: &Server) -> HashMap<String, String> {
    let mut calls = recorded("first-push-all.jsonl", &HashMap::new());
    calls.extend(recorded("workflow.jsonl", &HashMap::new()));
    let mut ours = HashMap::new();
    for call in calls.iter().filter(|call| is_creation(call)) {
        let id = client.send(server, call).unwrap().json()["id"].as_str().unwrap().to_owned();
        let kind = call.path.split('/').nth(2).unwrap().to_owned();
        ours.insert((kind, call.json()["name"].as_str().unwrap().to_owned()), id);
    }
    let mut ids = HashMap::new();
    for call in &calls {
        let parts: Vec<&str> = call.path.split('/').collect();
        if let ["", "developer", kind, AGENT, id, "version"] = parts[..]
            && kind != "agents"
        {
            // A version of a voice names it nowhere: there is one.
            let body = call.json();
            let name = body["name"].as_str().unwrap_or("line").to_owned();
            ids.insert(id.to_owned(), ours[&(kind.to_owned(), name)].clone());
        }
    }
    assert_eq!(ids.len(), ours.len());
    ids
}

fn is_creation(call: &Call) -> bool {
    call.method == "POST"
        && call.path.split('/').count() == 4
        && call.path.ends_with(&format!("/{AGENT}"))
}

/// A client of a server: its token, the keys of its requests, and what it was told.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub token: String,
    /// Number of the run: each has keys of its own.
    pub run: u32,
    /// Addresses of uploads, by key.
    pub addresses: HashMap<String, String>,
}

impl Client {
    pub fn new(token: &str) -> Client {
        Client { token: token.to_owned(), ..Client::default() }
    }

    /// Sends a request under a name that no other has. `None` where the server did not answer.
    pub fn send(&mut self, server: &Server, call: &Call) -> Option<Reply> {
        self.send_named(server, call, None)
    }

    /// Sends a request; one with the same number again is a retry.
    pub fn send_named(
        &mut self,
        server: &Server,
        call: &Call,
        number: Option<usize>,
    ) -> Option<Reply> {
        let (path, headers) = self.address(call, number);
        let reply = server.try_ask(&call.method, &path, &headers, &call.body)?;
        if call.path.ends_with("/blob-upload-urls") && reply.status == 200 {
            self.note_addresses(&reply.json());
        }
        Some(reply)
    }

    /// Address and headers of a request.
    pub fn address(&self, call: &Call, number: Option<usize>) -> (String, String) {
        if let Some(key) = call.path.strip_prefix("/blob/") {
            let address = self.addresses.get(key).expect("an address was given");
            return (address.clone(), String::new());
        }
        let mut headers = bearer(&self.token) + "Content-Type: application/json\r\n";
        if let Some(number) = number.filter(|_| call.method == "POST") {
            let run = self.run;
            headers += &format!("X-Idempotency-Key: {run:08x}-0000-4000-8000-{number:012x}\r\n");
        }
        (call.path.clone(), headers)
    }

    fn note_addresses(&mut self, told: &Value) {
        for (key, url) in told["urls"].as_object().unwrap() {
            let url = url.as_str().unwrap();
            let path = url.strip_prefix("http://x").expect("the address that the client used");
            self.addresses.insert(key.clone(), path.to_owned());
        }
    }
}

/// Status, code and message of a refusal in the form that the command reads: three keys and no other.
pub fn refusal(reply: &Reply) -> (u16, String, String) {
    let body = reply.json();
    let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("{body}")).to_owned();
    assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
    assert_eq!(body["statusCode"], json!(reply.status));
    (reply.status, text("code"), text("message"))
}
