//! Answer: the JSON of one command, with the envelope that all answers share.

use crate::error::{Error, Result};
use serde::Serialize;
use serde_json::{Map, Value};

/// Number of the shapes in `docs/schema`. Keys may be added within one number.
const SCHEMA_VERSION: u32 = 1;

/// A type with named fields that a command prints under `--json`.
pub trait Answer: Serialize {
    /// Name of the shape: the file in `docs/schema`.
    const KIND: &'static str;
}

/// Names the kind of an answer.
macro_rules! answer {
    ($kind:ident: $type:ty) => {
        impl $crate::cli::answer::Answer for $type {
            const KIND: &'static str = stringify!($kind);
        }
    };
}
pub(crate) use answer;

/// Length of a list, and whether the answer has all of it.
#[derive(Serialize)]
pub struct ListLength {
    /// Null where a search stopped at its limit.
    total: Option<usize>,
    truncated: bool,
}

impl ListLength {
    /// Of a list that is never cut off.
    pub fn whole(total: usize) -> ListLength {
        ListLength::of(total, total)
    }

    /// Of a list of which so many are in the answer.
    pub fn of(shown: usize, total: usize) -> ListLength {
        ListLength { total: Some(total), truncated: shown < total }
    }

    /// Of a search that stopped before its end.
    pub fn stopped() -> ListLength {
        ListLength { total: None, truncated: true }
    }
}

/// Fields that come first in every answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, A> {
    schema_version: u32,
    kind: &'static str,
    #[serde(flatten)]
    answer: &'a A,
}

/// The fields of an answer, all but `next`.
pub fn fields<A: Answer>(answer: &A) -> Result<Map<String, Value>> {
    let envelope = Envelope { schema_version: SCHEMA_VERSION, kind: A::KIND, answer };
    match serde_json::to_value(&envelope) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Error::failed("an answer has no named fields")),
        Err(error) => Err(Error::failed(format!("cannot write the answer as JSON: {error}"))),
    }
}
