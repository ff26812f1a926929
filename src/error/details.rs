//! Details: data of a refusal for programs, beside the sentence that a person reads.

use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// A type with named fields that is written beside code, message and hint of an error. Every such type is one.
pub trait Details: fmt::Debug + Send + Sync {
    /// The fields as an object.
    fn to_value(&self) -> serde_json::Result<Value>;
}

impl<T: Serialize + fmt::Debug + Send + Sync> Details for T {
    fn to_value(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }
}
