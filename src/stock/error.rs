//! Errors as the stock command reads them: `{"statusCode", "message", "code"}`. It prints the message, and branches on
//! four of the codes.

use crate::error::{Error, Kind};
use serde::Serialize;
use std::borrow::Cow;
use std::sync::Arc;

/// Codes that more than one place answers, or that the command branches on.
pub mod code {
    pub const NO_STAGED_CHANGES: &str = "NO_STAGED_CHANGES";
    pub const VERSION_ALREADY_ACTIVE: &str = "VERSION_ALREADY_ACTIVE";
    pub const CANNOT_DELETE_ACTIVE_VERSION: &str = "CANNOT_DELETE_ACTIVE_VERSION";
    pub const CANNOT_DELETE_LAST_VERSION: &str = "CANNOT_DELETE_LAST_VERSION";
    pub const SOURCE_OUTDATED: &str = "SOURCE_OUTDATED";
    pub const SOURCE_MISSING: &str = "SOURCE_MISSING";
    pub const NOT_SERVED: &str = "NOT_SERVED";
    pub const BAD_REQUEST: &str = "BAD_REQUEST";
    pub const UNAUTHORIZED: &str = "UNAUTHORIZED";
    pub const FORBIDDEN: &str = "FORBIDDEN";
    pub const NOT_FOUND: &str = "NOT_FOUND";
    pub const METHOD_NOT_ALLOWED: &str = "METHOD_NOT_ALLOWED";
    pub const CONFLICT: &str = "CONFLICT";
    pub const TOO_LARGE: &str = "TOO_LARGE";
    pub const BUSY: &str = "BUSY";
    pub const DISK_FULL: &str = "DISK_FULL";
    pub const FAILED: &str = "FAILED";
}

/// Reason why a request of the stock command is not answered with what it asked for.
#[derive(Clone, Debug)]
pub struct StockError {
    pub status: u16,
    pub code: &'static str,
    pub message: Cow<'static, str>,
    /// The failure below, where the client gets another message: for the log.
    pub cause: Option<Arc<Error>>,
}

impl StockError {
    pub fn new(
        status: u16,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> StockError {
        StockError { status, code, message: message.into(), cause: None }
    }

    /// Status 400.
    pub fn bad(message: impl Into<Cow<'static, str>>) -> StockError {
        StockError::new(400, code::BAD_REQUEST, message)
    }

    /// Status 404.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> StockError {
        StockError::new(404, code::NOT_FOUND, message)
    }

    /// Status 403.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> StockError {
        StockError::new(403, code::FORBIDDEN, message)
    }

    /// Status 409 with a code of its own.
    pub fn conflict(code: &'static str, message: impl Into<Cow<'static, str>>) -> StockError {
        StockError::new(409, code, message)
    }

    /// A service of the platform that is not a version store.
    pub fn not_served(what: &str) -> StockError {
        let message = format!("this server keeps versions; {what} is on the platform");
        StockError::new(404, code::NOT_SERVED, message)
    }

    /// Body of the answer. Of a failure inside of the server it names the request alone, as the reason may name files
    /// of its machine.
    pub fn body<'a>(&'a self, request: &str) -> StockErrorBody<'a> {
        let message = match self.status {
            500 => format!(
                "the server failed at request {request}: ask its operator for the reason, which is in its log"
            )
            .into(),
            _ => Cow::Borrowed(&*self.message),
        };
        StockErrorBody { status_code: self.status, message, code: self.code }
    }
}

/// An error on the wire.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StockErrorBody<'a> {
    status_code: u16,
    message: Cow<'a, str>,
    code: &'static str,
}

impl From<Error> for StockError {
    fn from(error: Error) -> StockError {
        let (status, code) = match error.kind() {
            _ if error.is_unwritable() => (507, code::DISK_FULL),
            Kind::Usage | Kind::Unreadable => (400, code::BAD_REQUEST),
            Kind::Auth => (401, code::UNAUTHORIZED),
            Kind::Forbidden => (403, code::FORBIDDEN),
            Kind::NotFound => (404, code::NOT_FOUND),
            Kind::Conflict => (409, code::CONFLICT),
            Kind::Unavailable => (503, code::BUSY),
            Kind::Failed | Kind::Corrupt | Kind::Rewritten | Kind::Untrusted => (500, code::FAILED),
        };
        let message: Cow<'static, str> = match status {
            507 => "the server's disk is full or read-only: nothing was changed; ask its operator to make room, then run the command again".into(),
            500 => "the server failed".into(),
            _ => error.message().to_owned().into(),
        };
        StockError { status, code, message, cause: Some(Arc::new(error)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::path::Path;

    fn body(error: &StockError) -> String {
        serde_json::to_string(&error.body("r-1")).unwrap()
    }

    #[test]
    fn the_body_has_the_three_keys_of_the_platform() {
        let error = StockError::conflict(code::NO_STAGED_CHANGES, "nothing changed since v3");
        assert_eq!(
            body(&error),
            r#"{"statusCode":409,"message":"nothing changed since v3","code":"NO_STAGED_CHANGES"}"#
        );
    }

    #[test]
    fn a_failure_inside_names_the_request_and_nothing_of_the_machine() {
        for error in [Error::corrupt("\"/srv/data/x\" is damaged"), Error::failed("/srv/data/y")] {
            let error = StockError::from(error);
            let text = body(&error);
            assert!(text.contains("request r-1") && !text.contains("/srv"), "{text}");
            assert_eq!(error.status, 500);
            assert!(error.cause.unwrap().message().contains("/srv"), "the log has the reason");
        }
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = StockError::from(Error::io("write", Path::new("/srv/data/z"), full));
        assert_eq!((error.status, error.code), (507, code::DISK_FULL));
        assert!(!body(&error).contains("/srv"));
    }

    #[test]
    fn each_kind_has_a_status_and_none_is_501() {
        let status = |kind| StockError::from(Error::new(kind, "x")).status;
        assert_eq!(
            [
                Kind::Usage,
                Kind::Auth,
                Kind::Forbidden,
                Kind::NotFound,
                Kind::Conflict,
                Kind::Unavailable
            ]
            .map(status),
            [400, 401, 403, 404, 409, 503]
        );
    }
}
