//! Place in the code of a project that prevents reading it, and the error that names it.

use crate::error::{Error, Kind};
use serde::Serialize;

/// Details of an error of the kind `unreadable`. Line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CodePlace {
    /// Relative to the project, with `/`; null where no single file is the reason.
    pub path: Option<String>,
    pub line: Option<u64>,
    pub column: Option<u64>,
}

/// Error for code at a place.
pub fn unreadable_at(message: String, path: &str, line: u64, column: u64) -> Error {
    let (line, column) =
        (Some(line).filter(|line| *line > 0), Some(column).filter(|column| *column > 0));
    Error::new(Kind::Unreadable, message).with_details(CodePlace {
        path: Some(path.to_owned()),
        line,
        column,
    })
}

/// Error for code of which no single place is wrong.
pub fn unreadable(message: String) -> Error {
    Error::new(Kind::Unreadable, message).with_details(CodePlace {
        path: None,
        line: None,
        column: None,
    })
}
