//! Live check: the parts that run at a remote, compared with those of its active version. Of a remote on which agents run.

/// Part of an agent that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LivePart {
    /// Kind and name.
    Primitive(&'static str, String),
    /// The text with which it speaks.
    Persona,
    /// The version of the persona that is marked as current.
    CurrentPersona,
    Model,
    Server(String),
    Setting(&'static str),
}

/// Comparison of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveState {
    Equal,
    /// Both: the part that runs, and that of the active version.
    Different {
        there: String,
        version: String,
    },
    /// It runs, and the version does not have it.
    Extra {
        there: String,
    },
    /// It runs, was made in the dashboard or the marketplace, and the version does not have it: no push or promote of ours
    /// would make or remove it.
    Elsewhere {
        there: String,
        source: String,
    },
    /// The version has it, and it does not run.
    Missing {
        version: String,
    },
    /// The platform does not show it, for this reason.
    Unknown(String),
}

impl LiveState {
    /// The part that runs, where it is not that of the version.
    pub fn there(&self) -> Option<&str> {
        match self {
            LiveState::Different { there, .. } | LiveState::Extra { there } => Some(there),
            LiveState::Equal
            | LiveState::Elsewhere { .. }
            | LiveState::Missing { .. }
            | LiveState::Unknown(_) => None,
        }
    }
}

/// Comparison of all parts with the active version.
#[derive(Clone, Debug)]
pub struct LiveCheck {
    /// Number of the active version there.
    pub there: u64,
    /// Its number here.
    pub here: u64,
    pub parts: Vec<(LivePart, LiveState)>,
    /// Pushes of numbers that run and are not those of the version, where they are known.
    pub pushed: Vec<PushedBy>,
}

/// The push of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedBy {
    pub part: LivePart,
    pub at_ms: Option<i64>,
    pub by: Option<String>,
}

impl LiveCheck {
    /// True if every part that the remote shows is as the version says.
    pub fn is_equal(&self) -> bool {
        self.parts.iter().all(|(_, state)| {
            matches!(state, LiveState::Equal | LiveState::Elsewhere { .. } | LiveState::Unknown(_))
        })
    }

    pub fn has_unknown(&self) -> bool {
        self.parts.iter().any(|(_, state)| matches!(state, LiveState::Unknown(_)))
    }
}
