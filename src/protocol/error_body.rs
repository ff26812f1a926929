//! Error body: an error on the wire.

use crate::error::{Error, Kind};
use serde::{Deserialize, Serialize};

/// Body of every answer but success and outcomes: `{"error": {…}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    pub error: ErrorFields,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorFields {
    /// The word of an error's kind, as in `--json` output.
    pub kind: String,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

const KINDS: [Kind; 8] = [
    Kind::Failed,
    Kind::Usage,
    Kind::NotFound,
    Kind::Corrupt,
    Kind::Conflict,
    Kind::Unavailable,
    Kind::Auth,
    Kind::Forbidden,
];

impl ErrorBody {
    /// An error, with the server's hint.
    pub fn new(error: &Error, hint: Option<String>) -> ErrorBody {
        let kind = error.kind().word().to_owned();
        ErrorBody { error: ErrorFields { kind, message: error.message().to_owned(), hint } }
    }
}

impl From<ErrorBody> for Error {
    /// A kind that this program does not know is a plain failure.
    fn from(problem: ErrorBody) -> Error {
        let ErrorFields { kind, message, hint } = problem.error;
        let kind = KINDS.into_iter().find(|known| known.word() == kind).unwrap_or(Kind::Failed);
        let error = Error::new(kind, message);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}
