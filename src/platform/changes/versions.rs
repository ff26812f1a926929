//! Changes of agent versions: created, promoted, deleted.

use super::{done, is_refusal, said};
use crate::error::{Error, Result};
use crate::platform::answer;
use crate::platform::client::{IdempotencyKey, PlatformClient};
use serde::Serialize;
use serde_json::json;
use ureq::http::Method;

/// Result of creating a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum VersionCreation {
    Done(u64),
    /// The platform sees no change since the latest version.
    NothingStaged,
}

/// Result of promoting a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PromoteAnswer {
    Done {
        /// The version that was active before it.
        previous: Option<u64>,
    },
    AlreadyActive,
}

/// Result of deleting a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum VersionDeletion {
    Done,
    IsActive,
    IsLast,
}

/// Creates a version of what was pushed and of what is live (#23), with the files of a backup.
pub fn create_version(
    client: &PlatformClient,
    message: Option<&str>,
    backup: u64,
    commit: Option<&str>,
    key: &IdempotencyKey,
) -> Result<VersionCreation> {
    let mut body = json!({"sourceManifestVersion": backup});
    for (field, text) in [("message", message), ("commitHash", commit)] {
        if let Some(text) = text {
            body[field] = json!(text);
        }
    }
    let answer = client.post("#23", &of_versions(client, ""), &body, key)?;
    if is_refusal(&answer, "NO_STAGED_CHANGES") {
        return Ok(VersionCreation::NothingStaged);
    }
    if is_refusal(&answer, "AGENT_VERSIONING_NOT_ENABLED") {
        let reason = answer::refusal(answer.status, &answer.bytes);
        return Err(Error::failed(format!("#23: the agent may have no versions: {reason}")).hint(
            "each publish of such an agent is live at once, which this program refuses to do",
        ));
    }
    let number = said(&answer, "#23", |fields| fields.number("version"))?;
    Ok(VersionCreation::Done(number))
}

/// Makes a version the active one (#27).
pub fn promote_version(
    client: &PlatformClient,
    number: u64,
    key: &IdempotencyKey,
) -> Result<PromoteAnswer> {
    let (route, at) =
        (format!("#27 version {number}"), of_versions(client, &format!("/{number}/promote")));
    let answer = client.post(&route, &at, &json!({}), key)?;
    if is_refusal(&answer, "VERSION_ALREADY_ACTIVE") {
        return Ok(PromoteAnswer::AlreadyActive);
    }
    said(&answer, &route, |fields| {
        if fields.number("promoted")? != number {
            return Err(fields.wrong("promoted", &format!("is not {number}")));
        }
        Ok(PromoteAnswer::Done { previous: fields.number_if_any("previousActive")? })
    })
}

/// Deletes a version (#28). The active one and the last one stay.
pub fn delete_version(client: &PlatformClient, number: u64) -> Result<VersionDeletion> {
    let at = of_versions(client, &format!("/{number}"));
    let route = format!("#28 version {number}");
    let answer = client.change(Method::DELETE, &route, &at, None)?;
    if is_refusal(&answer, "CANNOT_DELETE_ACTIVE_VERSION") {
        return Ok(VersionDeletion::IsActive);
    }
    if is_refusal(&answer, "CANNOT_DELETE_LAST_VERSION") {
        return Ok(VersionDeletion::IsLast);
    }
    done(&answer, &route).map(|()| VersionDeletion::Done)
}

fn of_versions(client: &PlatformClient, rest: &str) -> String {
    format!("/developer/agents/{}/versions{rest}", client.address().agent.as_str())
}
