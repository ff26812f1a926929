//! The stub itself: what each step makes live, its faults, and the assumptions that can be turned.

mod faults;
mod meaning;

use super::stub::Platform;
use crate::common::http::{Reply, Wire};
use serde_json::Value;
use std::net::TcpStream;

const AGENT: &str = "agent_shop";

/// One request on a connection of its own; `None` if the connection is cut.
fn tried(platform: &Platform, line: &str, headers: &str, body: &[u8]) -> Option<Reply> {
    let stream = TcpStream::connect(platform.url().trim_start_matches("http://")).unwrap();
    let (method, path) = line.split_once(' ').unwrap();
    let headers = format!("Authorization: Bearer {}\r\n{headers}", platform.key());
    let mut wire = Wire::new(stream);
    wire.send(method, &path.replace(":a", AGENT), &headers, body);
    wire.try_reply(method)
}

fn sent(platform: &Platform, line: &str, body: &Value) -> (u16, Value) {
    let reply = tried(platform, line, "", body.to_string().as_bytes()).expect("an answer");
    let json = serde_json::from_slice(&reply.body).unwrap_or_default();
    (reply.status, json)
}

fn asked(platform: &Platform, path: &str) -> (u16, Value) {
    sent(platform, &format!("GET {path}"), &Value::Null)
}
