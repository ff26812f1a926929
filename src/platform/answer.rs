//! Answers of the platform: bare, or in an envelope, and never what they should not be.

use crate::error::{Error, Kind, Result};
use serde_json::Value;

/// The data of an answer. An object with a field `success` is an envelope, as the stock command takes it.
pub fn data(route: &str, bytes: &[u8]) -> Result<Value> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Error::failed(format!("{route} did not answer with JSON: {error}")))?;
    let Value::Object(mut fields) = value else { return Ok(value) };
    match fields.get("success") {
        None => Ok(Value::Object(fields)),
        Some(Value::Bool(true)) => Ok(fields.remove("data").unwrap_or(Value::Null)),
        Some(_) => Err(Error::failed(format!("{route} answered without success"))),
    }
}

/// Message and code of a refusal, made short: it is somebody else's text.
pub fn refusal(status: u16, bytes: &[u8]) -> String {
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let message: String = text("message").unwrap_or_default().chars().take(200).collect();
    let message = message.replace(char::is_control, " ");
    match (message.is_empty(), text("code")) {
        (true, _) => format!("status {status}"),
        (false, Some(code)) => format!("status {status}: {message} ({code})"),
        (false, None) => format!("status {status}: {message}"),
    }
}

/// Code of a refusal, by which a client tells it from others.
pub fn refusal_code(bytes: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(bytes).ok()?;
    body.get("code")?.as_str().map(str::to_owned)
}

/// Error of a status that is no success, with what a person can do.
pub fn error_of(status: u16, route: &str, bytes: &[u8]) -> Error {
    let text = format!("{route}: {}", refusal(status, bytes));
    match status {
        401 => Error::auth(text).hint("set LUA_API_KEY to a key of the platform that is valid"),
        403 => Error::new(Kind::Forbidden, text)
            .hint("ask for a key that may read this agent; a typed key has scopes"),
        404 => Error::not_found(text),
        429 | 500..=599 => Error::unavailable(text),
        _ => Error::failed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_envelope_is_opened_and_a_bare_answer_is_taken_as_it_is() {
        let data = |value: Value| data("#1", value.to_string().as_bytes());
        assert_eq!(data(json!({"success": true, "data": [1]})).unwrap(), json!([1]));
        assert_eq!(data(json!({"data": [1]})).unwrap(), json!({"data": [1]}));
        assert_eq!(data(json!([1])).unwrap(), json!([1]));
        assert_eq!(data(json!({"success": true})).unwrap(), Value::Null);
        assert!(data(json!({"success": false, "error": {}})).is_err());
        assert!(super::data("#9", b"<html>").unwrap_err().message().starts_with("#9 did not"));
    }

    #[test]
    fn a_refusal_is_short_and_on_one_line() {
        let body = json!({"message": "no\nway", "code": "NOPE"}).to_string();
        assert_eq!(refusal(409, body.as_bytes()), "status 409: no way (NOPE)");
        assert_eq!(refusal(502, b"<html>"), "status 502");
        let long = json!({"message": "x".repeat(5_000)}).to_string();
        assert!(refusal(400, long.as_bytes()).len() < 250);
        assert_eq!(error_of(403, "#1", b"").kind(), Kind::Forbidden);
    }
}
