//! What a remote answers to a transaction.

use super::Head;
use crate::object::Id;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It happened, durably; this is what there is now.
    Done(Head),
    /// Nothing happened.
    Refused(Refusal),
}

/// Why nothing happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Something is not as it was expected to be: this is what there is.
    Moved(Head),
    /// Neither the pack nor the remote has these objects.
    Missing {
        ids: Vec<Id>,
        /// There are others.
        more: bool,
    },
    /// The pack is damaged, a tree malformed, a record none, a rule broken.
    Invalid { reason: String },
    /// The pack was never uploaded to its end, or is gone: send it again.
    NoPack,
    /// Too many others at once: send the same again later.
    Busy,
}
