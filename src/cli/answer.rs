//! Answer: the JSON of one command, with the envelope that all answers share.

use crate::error::{Error, Result};
use serde::Serialize;
use serde_json::{Map, Value};

/// Number of the shapes in `docs/schema`. Keys may be added within one number.
pub const SCHEMA_VERSION: u32 = 1;

/// A type with named fields that a command prints under `--json`.
pub trait JsonAnswer: Serialize {
    /// Name of the shape: the file in `docs/schema`.
    const KIND: &'static str;
}

/// Names the kinds of the answers in a file. A test compares the schema of each with its file in `docs/schema`.
macro_rules! answer {
    ($($kind:ident: $type:ty),+ $(,)?) => {
        $(impl $crate::cli::answer::JsonAnswer for $type {
            const KIND: &'static str = stringify!($kind);
        })+

        #[cfg(test)]
        mod answer_schemas {
            use super::*;

            $(#[test]
            #[allow(non_snake_case, reason = "the name is the kind")]
            fn $kind() {
                $crate::cli::schema::tests::check::<$type>();
            })+
        }
    };
}
pub(crate) use answer;

/// Length of a list, and whether the answer has all of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, A> {
    schema_version: u32,
    kind: &'static str,
    #[serde(flatten)]
    answer: &'a A,
}

/// The fields of an answer, all but `next`.
pub fn fields<A: JsonAnswer>(answer: &A) -> Result<Map<String, Value>> {
    let envelope = Envelope { schema_version: SCHEMA_VERSION, kind: A::KIND, answer };
    match serde_json::to_value(&envelope) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Error::failed("an answer has no named fields")),
        Err(error) => Err(Error::failed(format!("cannot write the answer as JSON: {error}"))),
    }
}
