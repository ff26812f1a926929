//! Versions and states as the stock command's JSON has them. The command line prints these.

use crate::compare;
use crate::error::{Error, Result};
use crate::history::record::iso;
use crate::history::source::SourceVersion;
use crate::history::state::State;
use crate::history::state::parse_key;
use crate::history::version::{Status, Version};
use crate::model::kind::KINDS;
use crate::model::numbers::PERSONA;
use crate::object::{Id, Source};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// `2026-11-20 21:03`
pub fn minute(at_ms: i64) -> String {
    minute_of(&iso(at_ms))
}

/// The same of what [`iso`] gave.
pub fn minute_of(iso: &str) -> String {
    iso.strip_suffix('Z')
        .map_or(iso.to_owned(), |time| time[..time.len() - ":02.272".len()].replace('T', " "))
}

/// One version in a list.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub version: u64,
    pub status: &'static str,
    pub message: Option<String>,
    pub created_by: String,
    pub created_by_email: Option<String>,
    pub created_at: String,
    pub commit_hash: Option<String>,
    pub source_manifest_version: u64,
    /// Why the agent in the files was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    pub id: String,
}

pub fn summary(version: &Version, status: Status) -> Result<Summary> {
    let meta = &version.meta;
    Ok(Summary {
        version: version.number,
        status: status.word(),
        message: meta.message.clone(),
        created_by: meta.by.clone(),
        created_by_email: Some(meta.by.clone()).filter(|by| by.contains('@')),
        created_at: iso(meta.at_ms),
        commit_hash: meta.commit.clone(),
        source_manifest_version: meta.source_version,
        unread: meta.unread.clone(),
        id: version.id.to_string(),
    })
}

/// A version in a list that cannot be read: the keys of [`Summary`], and the problem.
pub fn damaged(number: u64, error: &Error) -> Value {
    json!({
        "version": number, "status": Status::Damaged.word(), "message": null, "createdBy": null,
        "createdByEmail": null, "createdAt": null, "commitHash": null, "sourceManifestVersion": null,
        "id": null, "problem": error.message(),
    })
}

/// One source version in a list.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceSummary {
    pub version: u64,
    pub created_at: String,
    pub created_by: String,
    pub triggered_by: String,
    pub message: Option<String>,
    /// Id of the tree of files: equal files, equal hash.
    pub project_hash: String,
    pub id: String,
}

pub fn source_summary(version: &SourceVersion) -> Result<SourceSummary> {
    Ok(SourceSummary {
        version: version.number,
        created_at: iso(version.record.at_ms),
        created_by: version.record.by.clone(),
        triggered_by: version.record.triggered_by.clone(),
        message: version.record.message.clone(),
        project_hash: version.source.to_string(),
        id: version.id.to_string(),
    })
}

/// What a state holds: names and numbers by kind, persona, model, voice.
pub fn snapshot<S: Source + ?Sized>(source: &S, state: &Id) -> Result<Value> {
    let state = State::load(source, state)?;
    let settings = compare::settings(source, &state)?;
    let mut view = Map::new();
    for kind in &KINDS {
        view.insert(kind.yaml.to_owned(), json!([]));
    }
    for key in state.primitives.keys() {
        let Some((kind, name)) = parse_key(key) else { continue };
        let item = json!({"name": name, "version": state.numbers.get(key)});
        if let Some(Value::Array(list)) = view.get_mut(kind.yaml) {
            list.push(item);
        }
    }
    let number: Option<u64> = state.numbers.get(PERSONA).and_then(|number| number.parse().ok());
    view.insert("persona".to_owned(), json!({"version": number}));
    for name in ["model", "voice"] {
        view.insert(name.to_owned(), settings.get(name).cloned().unwrap_or(Value::Null));
    }
    Ok(Value::Object(view))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_javascript_writes_them() {
        // `new Date(1000000000000).toISOString()`
        assert_eq!(iso(1_000_000_000_000), "2001-09-09T01:46:40.000Z");
        assert_eq!(iso(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(
            (iso(i64::MAX), minute(i64::MIN)),
            (format!("{} ms", i64::MAX), format!("{} ms", i64::MIN))
        );
        assert_eq!(minute(1_000_000_000_000), "2001-09-09 01:46");
    }
}
