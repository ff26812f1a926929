//! Deployment: requests that change an agent at a remote on which it runs, planned or done.

use super::LiveCheck;
use crate::error::Hint;
use crate::object::{Id, Source};

/// The moment from which users notice a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nobody notices it until a version that contains it is promoted.
    Staged,
    /// It is live with its answer.
    AtOnce,
    /// It makes a whole version live.
    Switch,
    /// It is live with its answer, after the switch: no version of the platform contains it.
    After,
}

impl Effect {
    pub fn word(self) -> &'static str {
        match self {
            Effect::Staged => "staged",
            Effect::AtOnce => "live at once",
            Effect::Switch => "switch",
            Effect::After => "after",
        }
    }
}

/// One request that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployRequest {
    /// Number of the route: `#27`.
    pub route: &'static str,
    pub effect: Effect,
    /// The thing that is changed: `skill orders 1.0.4`.
    pub subject: String,
}

impl DeployRequest {
    pub fn new(route: &'static str, effect: Effect, subject: impl Into<String>) -> DeployRequest {
        DeployRequest { route, effect, subject: subject.into() }
    }
}

/// A deployment to plan.
#[derive(Clone, Copy)]
pub enum PlanRequest<'a> {
    /// A push of a state, which need not be stored. It is new if no source version has it and its files yet.
    Push { objects: &'a dyn Source, state: &'a Id, is_new: bool },
    /// A promotion of a version.
    Promote { number: u64 },
}

/// All requests of a deployment, in their order. Nothing of it is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployPlan {
    /// Hash of the requests and of the state of the remote that they are for: 12 digits.
    pub id: String,
    pub requests: Vec<DeployRequest>,
    /// True if the remote has no version yet, and each publish was live by itself.
    pub is_first: bool,
    /// Reasons for which it would be refused, or stop.
    pub refusals: Vec<String>,
    pub not_sent: NotSent,
}

/// Primitives that a deployment leaves out: those that would be live at once and are in no version, and voices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotSent {
    /// Kind, name and number of each.
    pub subjects: Vec<String>,
    /// Folders of their kinds, as `--include` names them.
    pub kinds: Vec<&'static str>,
    /// Names of voices, which nothing sends.
    pub voices: Vec<String>,
}

/// Number of a primitive that is another one at the remote, because a lost answer had used up ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherNumber {
    /// Kind and name.
    pub subject: String,
    pub here: String,
    pub there: String,
}

/// A deployment that was done.
#[derive(Clone, Debug, Default)]
pub struct Deployed {
    pub requests: Vec<DeployRequest>,
    pub warnings: Vec<String>,
    pub other_numbers: Vec<OtherNumber>,
    /// Time that the compiler took.
    pub compiled_ms: u64,
    /// Number of the backup there.
    pub backup: Option<u64>,
    /// Number of the promoted version there.
    pub version: Option<u64>,
    /// The parts that run, read back after the switch.
    pub check: Option<LiveCheck>,
    /// Something else runs than was meant, in a sentence, and how to go back.
    pub problem: Option<(String, Hint)>,
    pub not_sent: NotSent,
}

impl Deployed {
    /// The same with what was done after it.
    pub fn then(mut self, after: Deployed) -> Deployed {
        self.requests.extend(after.requests);
        self.warnings.extend(after.warnings);
        self.other_numbers.extend(after.other_numbers);
        Deployed {
            compiled_ms: self.compiled_ms + after.compiled_ms,
            backup: after.backup.or(self.backup),
            version: after.version.or(self.version),
            check: after.check.or(self.check),
            problem: after.problem.or(self.problem),
            not_sent: after.not_sent,
            ..self
        }
    }
}
