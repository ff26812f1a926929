//! Changes: each one a request to the platform. An error of the kind *unavailable* says that the change may have been made,
//! every other one that it was not.

mod agent;
mod files;
mod primitives;
mod versions;

pub use agent::{
    UpsertedServer, activate_server, create_persona, serve_persona, set_fields, upsert_server,
};
pub use files::{create_backup, missing_blobs, upload_blobs};
pub use primitives::{NumberPush, create_primitive, delete_primitive, publish_number, push_number};
pub use versions::{
    PromoteAnswer, VersionCreation, VersionDeletion, create_version, delete_version,
    promote_version,
};

use super::answer;
use super::client::{PlatformAnswer, perhaps_done};
use super::fields::Fields;
use crate::error::Result;
use serde_json::Value;

/// The data of a change that was made. Its status says so: data that cannot be read does not undo it.
fn data(answer: &PlatformAnswer, route: &str) -> Result<Value> {
    match answer.status {
        200..300 => answer.data(route).map_err(perhaps_done),
        _ => answer.data(route),
    }
}

/// One thing that the answer to a change says.
fn said<T>(
    answer: &PlatformAnswer,
    route: &str,
    read: impl Fn(&Fields<'_>) -> Result<T>,
) -> Result<T> {
    let value = data(answer, route)?;
    Fields::of(route, &value).and_then(|fields| read(&fields)).map_err(perhaps_done)
}

/// Success of a change whose answer says nothing more.
fn done(answer: &PlatformAnswer, route: &str) -> Result<()> {
    match answer.status {
        200..300 if answer.bytes.trim_ascii().is_empty() => Ok(()),
        _ => data(answer, route).map(drop),
    }
}

/// True for a refusal with this code.
fn is_refusal(answer: &PlatformAnswer, code: &str) -> bool {
    !(200..300).contains(&answer.status)
        && answer::refusal_code(&answer.bytes).as_deref() == Some(code)
}
