//! Live check: the parts that run at a remote, compared with those of its active version. Of a remote on which agents run.

use crate::history::imported::{CodeTally, LiveTallies};
use crate::store::Store;
use serde::{Deserialize, Serialize};
use std::fmt;

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
    /// Code of the number of a primitive: its kind and name.
    Code(&'static str, String),
}

impl fmt::Display for LivePart {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LivePart::Primitive(kind, name) => write!(to, "{kind} {name}"),
            LivePart::Persona => to.write_str("persona"),
            LivePart::CurrentPersona => to.write_str("persona version"),
            LivePart::Model => to.write_str("model"),
            LivePart::Server(name) => write!(to, "MCP server {name}"),
            LivePart::Setting(name) => write!(to, "setting {name}"),
            LivePart::Code(kind, name) => write!(to, "code of {kind} {name}"),
        }
    }
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
    /// Code that cannot be compared. Most platforms show none, so that it is no reason for doubt.
    Uncompared(CodeGap),
}

/// Reason why code was not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeGap {
    NotShown,
    /// Somebody else pushed the number.
    NotPushedHere,
    /// It would take too many requests.
    NotAsked,
    /// The platform computes its hashes in another way, as far as is known.
    OtherHash,
}

impl CodeGap {
    pub fn words(self) -> &'static str {
        match self {
            CodeGap::NotShown => "not shown by the platform",
            CodeGap::NotPushedHere => "not pushed from here",
            CodeGap::NotAsked => "not asked for",
            CodeGap::OtherHash => "shown with hashes of another kind",
        }
    }
}

impl LiveState {
    /// True if the part that runs is not that of the version.
    pub fn is_different(&self) -> bool {
        matches!(
            self,
            LiveState::Different { .. } | LiveState::Extra { .. } | LiveState::Missing { .. }
        )
    }

    /// The part that runs, where it is not that of the version.
    pub fn there(&self) -> Option<&str> {
        match self {
            LiveState::Different { there, .. } | LiveState::Extra { there } => Some(there),
            LiveState::Equal
            | LiveState::Elsewhere { .. }
            | LiveState::Missing { .. }
            | LiveState::Unknown(_)
            | LiveState::Uncompared(_) => None,
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

/// Summary of a comparison, which is kept until the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunningSummary {
    /// Number of the active version here.
    pub version: u64,
    /// Parts that run and are not as this version has them.
    pub differs: Vec<String>,
    /// Parts that the remote does not show.
    pub unknown: Vec<String>,
}

impl RunningSummary {
    /// Summary of the last answer of a remote.
    pub fn last(store: &Store, name: &str) -> Option<RunningSummary> {
        serde_json::from_str(&store.last_running(name)?).ok()
    }

    /// Saves the summary. One that cannot be saved is made again with the next answer.
    pub fn remember(&self, store: &Store, name: &str) {
        if let Ok(json) = serde_json::to_string(self) {
            drop(store.set_last_running(name, &json));
        }
    }
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
        !self.parts.iter().any(|(_, state)| state.is_different())
    }

    pub fn summary(&self) -> RunningSummary {
        let of = |is: fn(&LiveState) -> bool| {
            let parts = self.parts.iter().filter(|(_, state)| is(state));
            parts.map(|(part, _)| part.to_string()).collect()
        };
        RunningSummary {
            version: self.here,
            differs: of(LiveState::is_different),
            unknown: of(|state| matches!(state, LiveState::Unknown(_))),
        }
    }

    /// Number of the parts by their results.
    pub fn tallies(&self) -> LiveTallies {
        let mut all = LiveTallies::default();
        for (part, state) in &self.parts {
            let tally = match part {
                LivePart::Primitive(..) => &mut all.primitives,
                LivePart::Persona | LivePart::CurrentPersona => &mut all.persona,
                LivePart::Model => &mut all.model,
                LivePart::Server(_) => &mut all.servers,
                LivePart::Setting(_) => &mut all.settings,
                LivePart::Code(..) => {
                    count_code(&mut all.code, state);
                    continue;
                }
            };
            match state {
                LiveState::Equal => tally.equal += 1,
                LiveState::Elsewhere { .. } | LiveState::Uncompared(_) => {}
                LiveState::Unknown(_) => tally.unknown += 1,
                LiveState::Different { .. }
                | LiveState::Extra { .. }
                | LiveState::Missing { .. } => tally.different += 1,
            }
        }
        all
    }

    pub fn has_unknown(&self) -> bool {
        self.parts.iter().any(|(_, state)| matches!(state, LiveState::Unknown(_)))
    }
}

fn count_code(tally: &mut CodeTally, state: &LiveState) {
    let count = match state {
        LiveState::Equal => &mut tally.equal,
        LiveState::Uncompared(CodeGap::NotShown) => &mut tally.not_shown,
        LiveState::Uncompared(CodeGap::NotPushedHere) => &mut tally.not_pushed_here,
        LiveState::Uncompared(CodeGap::NotAsked) => &mut tally.not_asked,
        LiveState::Uncompared(CodeGap::OtherHash) => &mut tally.other_hash,
        _ => &mut tally.different,
    };
    *count += 1;
}
