//! Requests as they came, for the log and for the routes.

use super::answer::{Reply, refusal};
use super::kinds::KindPath;
use super::route;
use serde_json::{Map, Value};

#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names are in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Number of the route in the description of the protocol, `#1` to `#34`, or `?` for
    /// everything that the platform does not know.
    pub number: &'static str,
    pub kind: Option<&'static str>,
    pub agent: String,
    /// Id of a primitive, or key of a blob.
    pub id: String,
    /// Number of a version.
    pub version: String,
}

impl Request {
    pub fn new(
        method: String,
        path: String,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Request {
        let route = route::of(&method, &path);
        let (number, kind) = (route.number, route.kind.map(|kind| kind.path));
        let (agent, id, version) = (route.agent, route.id, route.version);
        Request { method, path, headers, body, number, kind, agent, id, version }
    }

    /// A header; the name is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn idempotency_key(&self) -> Option<&str> {
        self.header("x-idempotency-key")
    }

    /// The JSON that was sent; null if there is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// `#3 skills`, `#27`
    pub fn route(&self) -> String {
        match self.kind {
            Some(kind) => format!("{} {kind}", self.number),
            None => self.number.to_owned(),
        }
    }

    /// `POST /developer/…`, as in a snapshot.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// False for everything that only asks.
    pub fn changes(&self) -> bool {
        self.method != "GET" && !matches!(self.number, "#14" | "#15" | "#16")
    }

    /// Id of the agent. The path of #10 has its beginning, and the body the rest.
    pub(super) fn whole_agent(&self) -> String {
        match (self.number, self.json()["id"].as_str()) {
            ("#10", Some(rest)) if rest != self.agent => format!("{}_{rest}", self.agent),
            _ => self.agent.clone(),
        }
    }

    pub(super) fn object(&self) -> Result<Map<String, Value>, Reply> {
        match self.json() {
            Value::Object(fields) => Ok(fields),
            _ => Err(refusal(400, "the body is no JSON object", "BAD_REQUEST")),
        }
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.path.split_once('?')?;
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).next()
    }

    pub(super) fn kind_path(&self) -> &'static KindPath {
        self.kind.and_then(KindPath::of).expect("the route has a kind")
    }
}
