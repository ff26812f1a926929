//! Answers to requests.

use super::assumptions::Assumptions;
use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// An answer, or the refusal of the request.
pub type Answer = Result<Reply, Reply>;

pub fn bytes(status: u16, kind: &str, body: Vec<u8>) -> Reply {
    Reply { status, headers: vec![("content-type".into(), kind.into())], body }
}

fn json_reply(status: u16, value: &Value) -> Reply {
    bytes(status, "application/json; charset=utf-8", value.to_string().into_bytes())
}

pub fn ok(value: &Value) -> Answer {
    Ok(json_reply(200, value))
}

pub fn created(value: &Value) -> Answer {
    Ok(json_reply(201, value))
}

/// A success that is in an envelope where the assumptions have one.
pub fn listed(assumptions: &Assumptions, what: &str, value: Value) -> Answer {
    match assumptions.enveloped.contains(what) {
        true => ok(&json!({"success": true, "data": value})),
        false => ok(&value),
    }
}

pub fn refusal(status: u16, message: &str, code: &str) -> Reply {
    json_reply(status, &json!({"statusCode": status, "message": message, "code": code}))
}

pub fn refused(status: u16, message: &str, code: &str) -> Answer {
    Err(refusal(status, message, code))
}

pub fn not_found(what: &str) -> Reply {
    refusal(404, &format!("{what} not found"), "NOT_FOUND")
}
