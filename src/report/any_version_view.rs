//! A push, a safety snapshot or a version of a remote as JSON.

use crate::history::any_version::{AnyVersion, VersionContent};
use crate::history::record::iso;
use crate::object::Id;
use serde::Serialize;

/// A version of any series.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AnyVersionView<'a> {
    /// As one types it: `source/v6`, `snapshot/v1`, `origin/v2`.
    name: &'a str,
    /// `version`, `source` or `snapshot`.
    series: &'static str,
    number: u64,
    id: Id,
    pub created_at: String,
    created_by: &'a str,
    triggered_by: Option<&'a str>,
    message: Option<&'a str>,
    /// Id of the tree of files: equal files, equal hash.
    project_hash: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<&'a str>,
}

impl AnyVersionView<'_> {
    pub fn new(version: &AnyVersion) -> AnyVersionView<'_> {
        AnyVersionView {
            name: &version.name,
            series: match version.content {
                VersionContent::Agent(_) => "version",
                VersionContent::Source(_) => "source",
                VersionContent::Snapshot(_) => "snapshot",
            },
            number: version.number(),
            id: version.id(),
            created_at: iso(version.at_ms()),
            created_by: version.by(),
            triggered_by: version.triggered_by(),
            message: version.message(),
            project_hash: version.files(),
            unread: version.unread(),
        }
    }
}
