//! Changes of primitives: created, given a number, deleted.

use super::{done, said};
use crate::error::{Error, Result};
use crate::platform::answer;
use crate::platform::client::{IdempotencyKey, PlatformAnswer, PlatformClient};
use crate::platform::listing::is_id;
use serde_json::{Map, Value, json};
use ureq::http::Method;

/// Result of giving a primitive a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberPush {
    Done,
    /// The number is used: by somebody else, or by this push if its answer was lost.
    Exists {
        /// True if the push was sent more than once, so that the first one may have done it.
        was_retried: bool,
    },
}

/// Creates a primitive (#2). Gives its id. A *conflict* says that one with this name is there, which a lost answer to this
/// request can be the reason for.
pub fn create_primitive(
    client: &PlatformClient,
    path: &str,
    body: &Map<String, Value>,
    key: &IdempotencyKey,
) -> Result<String> {
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    let route = format!("#2 {path} \"{name}\"");
    let at = format!("/developer/{path}/{}", client.address().agent.as_str());
    let answer = client.post(&route, &at, &Value::Object(body.clone()), key)?;
    if is_taken(&answer) {
        let reason = answer::refusal(answer.status, &answer.bytes);
        return Err(Error::conflict(format!("{route}: {reason}")));
    }
    said(&answer, &route, |fields| {
        let id = fields.text("id")?;
        match is_id(id) {
            true => Ok(id.to_owned()),
            false => Err(fields.wrong("id", "is no part of an address")),
        }
    })
}

/// Gives a primitive a number (#3). Nothing of it is live by that.
pub fn push_number(
    client: &PlatformClient,
    path: &str,
    id: &str,
    body: &Value,
    key: &IdempotencyKey,
) -> Result<NumberPush> {
    // A voice has no name in its body.
    let text = |field: &str| body.get(field).and_then(Value::as_str);
    let (name, number) = (text("name").unwrap_or(id), text("version").unwrap_or_default());
    let route = format!("#3 {path} \"{name}\" {number}");
    let answer = client.post(&route, &of_primitive(client, path, id, "/version"), body, key)?;
    if is_taken(&answer) {
        return Ok(NumberPush::Exists { was_retried: answer.tries > 1 });
    }
    done(&answer, &route).map(|()| NumberPush::Done)
}

/// True if the platform has the name or the number already.
fn is_taken(answer: &PlatformAnswer) -> bool {
    answer.status == 409 && answer::refusal(answer.status, &answer.bytes).contains("already exists")
}

/// Makes a number of a workflow live (#4), which no version does. The platform may not know it yet when the answer to its push
/// is there.
pub fn publish_number(
    client: &PlatformClient,
    path: &str,
    (id, number): (&str, &str),
    key: &IdempotencyKey,
) -> Result<()> {
    let at = of_primitive(client, path, id, &format!("/{number}/publish"));
    let route = format!("#4 {path} {id} {number}");
    let answer = client.post_until_known(&route, &at, &json!({}), key)?;
    done(&answer, &route)
}

/// Deletes a primitive (#34). One that has numbers may be deactivated instead, as the platform decides.
pub fn delete_primitive(client: &PlatformClient, path: &str, id: &str) -> Result<()> {
    let route = format!("#34 {path} {id}");
    let at = of_primitive(client, path, id, "");
    let answer = client.change(Method::DELETE, &route, &at, None)?;
    let (is_gone, message) = said(&answer, &route, |fields| {
        let is_gone = fields.is("deleted") || fields.is("deactivated");
        Ok((is_gone, fields.owned("message")?))
    })?;
    match is_gone {
        true => Ok(()),
        false => {
            let reason: String = message.unwrap_or_default().chars().take(200).collect();
            let reason = reason.replace(char::is_control, " ");
            Err(Error::failed(format!("{route}: the platform did not delete it: {reason}")))
        }
    }
}

fn of_primitive(client: &PlatformClient, path: &str, id: &str, rest: &str) -> String {
    format!("/developer/{path}/{}/{id}{rest}", client.address().agent.as_str())
}
