//! Kinds of primitives as the protocol names them, and when their code runs.

#[derive(Debug, PartialEq, Eq)]
pub struct KindPath {
    /// Part of the path, and name of the kind everywhere in the stub.
    pub path: &'static str,
    /// Field of the list.
    pub list: &'static str,
    /// Field of the id in bodies.
    pub id_field: &'static str,
    pub runs: Runs,
}

/// The step that makes a pushed number live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// A promote of a version that contains it. `field` of the snapshot has its pins, with the id in `id`.
    /// `publish_makes_version` if a publish of it alone makes a version.
    WithVersion { field: &'static str, id: &'static str, publish_makes_version: bool },
    /// The push itself.
    AtOnce,
    /// A publish of it alone.
    WhenPublished,
}

const fn pinned(path: &'static str, id_field: &'static str, id: &'static str) -> KindPath {
    let publish_makes_version = path.len() != "skills".len();
    let runs = Runs::WithVersion { field: path, id, publish_makes_version };
    KindPath { path, list: path, id_field, runs }
}

pub static KINDS: [KindPath; 10] = [
    pinned("skills", "skillId", "skillId"),
    pinned("webhooks", "webhookId", "webhookId"),
    pinned("jobs", "jobId", "jobId"),
    pinned("triggers", "triggerId", "triggerId"),
    pinned("preprocessors", "preprocessorId", "id"),
    pinned("postprocessors", "postprocessorId", "id"),
    KindPath {
        path: "voice-agents",
        list: "voices",
        id_field: "voiceId",
        runs: Runs::WhenPublished,
    },
    KindPath { path: "devices", list: "devices", id_field: "deviceId", runs: Runs::AtOnce },
    KindPath {
        path: "device-triggers",
        list: "triggers",
        id_field: "deviceTriggerId",
        runs: Runs::AtOnce,
    },
    KindPath {
        path: "workflows",
        list: "workflows",
        id_field: "workflowId",
        runs: Runs::WhenPublished,
    },
];

impl KindPath {
    pub fn of(path: &str) -> Option<&'static KindPath> {
        KINDS.iter().find(|kind| kind.path == path)
    }

    /// True for the kinds without which a platform may be.
    pub fn is_optional(&self) -> bool {
        !matches!(self.runs, Runs::WithVersion { .. })
    }

    /// Fields of a snapshot, with the field of the id in each pin.
    pub fn pins() -> impl Iterator<Item = (&'static KindPath, &'static str, &'static str)> {
        KINDS.iter().filter_map(|kind| match kind.runs {
            Runs::WithVersion { field, id, .. } => Some((kind, field, id)),
            _ => None,
        })
    }
}
