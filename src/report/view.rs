//! Versions and states as the stock command's JSON has them. The command line prints these.

use super::by_kind::ByKind;
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
use serde_json::Value;

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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// Reason why the agent in the files was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    pub id: String,
}

pub fn summary(version: &Version, status: Status) -> Summary {
    let meta = &version.meta;
    Summary {
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
    }
}

/// A version in a list that cannot be read: the keys of [`Summary`], and the problem.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DamagedSummary<'a> {
    version: u64,
    status: &'static str,
    message: (),
    created_by: (),
    created_by_email: (),
    created_at: (),
    commit_hash: (),
    source_manifest_version: (),
    id: (),
    problem: &'a str,
}

impl DamagedSummary<'_> {
    pub fn new(version: u64, error: &Error) -> DamagedSummary<'_> {
        DamagedSummary {
            version,
            status: Status::Damaged.word(),
            message: (),
            created_by: (),
            created_by_email: (),
            created_at: (),
            commit_hash: (),
            source_manifest_version: (),
            id: (),
            problem: error.message(),
        }
    }
}

/// One source version in a list.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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

pub fn source_summary(version: &SourceVersion) -> SourceSummary {
    SourceSummary {
        version: version.number,
        created_at: iso(version.record.at_ms),
        created_by: version.record.by.clone(),
        triggered_by: version.record.triggered_by.clone(),
        message: version.record.message.clone(),
        project_hash: version.source.to_string(),
        id: version.id.to_string(),
    }
}

/// Content of a state: names and numbers by kind, persona, model, voice.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SnapshotView {
    #[serde(flatten)]
    pub kinds: ByKind<Vec<SnapshotItem>>,
    pub persona: SnapshotPersona,
    pub model: Value,
    pub voice: Value,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SnapshotItem {
    pub name: String,
    pub version: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SnapshotPersona {
    pub version: Option<u64>,
}

pub fn snapshot<S: Source + ?Sized>(source: &S, state: &Id) -> Result<SnapshotView> {
    let state = State::load(source, state)?;
    let settings = compare::settings(source, &state)?;
    let mut kinds: Vec<_> = KINDS.iter().map(|kind| (kind, Vec::new())).collect();
    for key in state.primitives.keys() {
        let Some((kind, name)) = parse_key(key) else { continue };
        let item = SnapshotItem { name, version: state.numbers.get(key).cloned() };
        if let Some((_, list)) = kinds.iter_mut().find(|(known, _)| *known == kind) {
            list.push(item);
        }
    }
    let number = state.numbers.get(PERSONA).and_then(|number| number.parse().ok());
    let setting = |name: &str| settings.get(name).cloned().unwrap_or(Value::Null);
    Ok(SnapshotView {
        kinds: ByKind(kinds),
        persona: SnapshotPersona { version: number },
        model: setting("model"),
        voice: setting("voice"),
    })
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
