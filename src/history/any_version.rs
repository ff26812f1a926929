//! Any version: what has the files of an agent under a name of the grammar. An agent version, a push or a
//! safety snapshot, of this store or of a remote.

use super::catalog::Catalog;
use super::source::SourceVersion;
use super::version::Version;
use crate::object::Id;

/// A version of any series, and its name: `v2`, `source/v6`, `snapshot/v1`, `origin/v2`.
#[derive(Clone, Debug)]
pub struct AnyVersion {
    pub name: String,
    pub content: VersionContent,
}

/// Content of a version, by its series.
#[derive(Clone, Debug)]
pub enum VersionContent {
    Agent(Version),
    Source(SourceVersion),
    Snapshot(SourceVersion),
}

impl From<Version> for AnyVersion {
    fn from(version: Version) -> AnyVersion {
        let name = format!("v{}", version.number);
        AnyVersion { name, content: VersionContent::Agent(version) }
    }
}

impl AnyVersion {
    pub fn number(&self) -> u64 {
        match &self.content {
            VersionContent::Agent(version) => version.number,
            VersionContent::Source(version) | VersionContent::Snapshot(version) => version.number,
        }
    }

    /// The number here of an agent version.
    pub fn number_in(&self, catalog: &Catalog) -> Option<u64> {
        let version = self.agent_version()?;
        let own = Some(version.number).filter(|own| catalog.id(*own) == Some(version.id));
        own.or_else(|| catalog.number_of(&version.id))
    }

    pub fn id(&self) -> Id {
        match &self.content {
            VersionContent::Agent(version) => version.id,
            VersionContent::Source(version) | VersionContent::Snapshot(version) => version.id,
        }
    }

    /// The tree of its files.
    pub fn files(&self) -> Id {
        match &self.content {
            VersionContent::Agent(version) => version.source,
            VersionContent::Source(version) | VersionContent::Snapshot(version) => version.source,
        }
    }

    /// The state of the agent in the files. `None` for a snapshot, of which no agent was read.
    pub fn state(&self) -> Option<Id> {
        match &self.content {
            VersionContent::Agent(version) => Some(version.state),
            VersionContent::Source(version) => Some(version.state),
            VersionContent::Snapshot(_) => None,
        }
    }

    /// The agent version that this is.
    pub fn agent_version(&self) -> Option<&Version> {
        match &self.content {
            VersionContent::Agent(version) => Some(version),
            VersionContent::Source(_) | VersionContent::Snapshot(_) => None,
        }
    }

    /// Reason why the agent in the files was not read.
    pub fn unread(&self) -> Option<&str> {
        match &self.content {
            VersionContent::Agent(version) => version.meta.unread.as_deref(),
            VersionContent::Source(version) | VersionContent::Snapshot(version) => {
                version.record.unread.as_deref()
            }
        }
    }

    pub fn by(&self) -> &str {
        match &self.content {
            VersionContent::Agent(version) => &version.meta.by,
            VersionContent::Source(version) | VersionContent::Snapshot(version) => {
                &version.record.by
            }
        }
    }

    pub fn at_ms(&self) -> i64 {
        match &self.content {
            VersionContent::Agent(version) => version.meta.at_ms,
            VersionContent::Source(version) | VersionContent::Snapshot(version) => {
                version.record.at_ms
            }
        }
    }

    pub fn message(&self) -> Option<&str> {
        match &self.content {
            VersionContent::Agent(version) => version.meta.message.as_deref(),
            VersionContent::Source(version) | VersionContent::Snapshot(version) => {
                version.record.message.as_deref()
            }
        }
    }

    /// Command that made a push or a snapshot.
    pub fn triggered_by(&self) -> Option<&str> {
        match &self.content {
            VersionContent::Agent(_) => None,
            VersionContent::Source(version) | VersionContent::Snapshot(version) => {
                Some(&version.record.triggered_by)
            }
        }
    }

    /// The number of the push with the same files.
    pub fn source_number(&self) -> Option<u64> {
        match &self.content {
            VersionContent::Agent(version) => Some(version.meta.source_version),
            VersionContent::Source(version) => Some(version.number),
            VersionContent::Snapshot(_) => None,
        }
    }
}
