//! Failure of a call to an engine.

use crate::error::Error;

/// Failure of a call.
#[derive(Debug)]
pub struct CallFailure {
    pub error: Error,
    /// True if nobody knows whether the call took effect.
    pub is_unsure: bool,
}

impl CallFailure {
    pub fn certain(error: Error) -> CallFailure {
        CallFailure { error, is_unsure: false }
    }

    pub fn unsure(error: Error) -> CallFailure {
        CallFailure { error, is_unsure: true }
    }
}
