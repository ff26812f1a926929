//! Error responses: a status and `{"error": {"kind", "message", "hint"}}`.

use super::{hints, stock};
use crate::error::{Error, Kind};
use crate::protocol::ErrorBody;
use crate::stock::StockError;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

pub type HttpResponse = Response<Body>;

/// Reason why a request is not answered with what it asked for. It becomes a body where the id of
/// the request is known.
#[derive(Clone, Debug)]
pub struct HttpError {
    pub status: StatusCode,
    pub error: Arc<Error>,
    /// After how many seconds it may be another answer, where that is known better than from the status.
    pub retry: Option<u64>,
    /// The same for the stock command, which reads another body.
    pub stock: Option<StockError>,
}

impl HttpError {
    pub fn new(status: StatusCode, error: Error) -> HttpError {
        HttpError { status, error: Arc::new(error), retry: None, stock: None }
    }

    /// One that may be gone after a while.
    pub fn retry(self, after: Duration) -> HttpError {
        HttpError { retry: Some(after.as_secs()), ..self }
    }

    /// The same with a body for the stock command.
    pub fn for_stock(mut self) -> HttpError {
        if self.stock.is_none() {
            self.stock = Some(stock::stock_error(self.status, &self.error));
        }
        self
    }

    /// The body for the client. What went wrong inside of the server is for its log alone, as it
    /// names files of the machine.
    pub fn answer(&self, request: &str) -> HttpResponse {
        let problem =
            match self.status {
                StatusCode::INTERNAL_SERVER_ERROR if self.error.kind() == Kind::Corrupt => {
                    let told = Error::failed(format!(
                        "the server failed at request {request}: its stored data is damaged"
                    ));
                    body(&told.hint(hints::FSCK))
                }
                StatusCode::INTERNAL_SERVER_ERROR => {
                    let told = Error::failed(format!("the server failed at request {request}"));
                    body(&told.hint(
                        "see the log of the server for the reason; stored data is not affected",
                    ))
                }
                StatusCode::INSUFFICIENT_STORAGE if self.error.is_unwritable() => {
                    unwritable(&self.error)
                }
                _ => body(&self.error),
            };
        let mut answer = match &self.stock {
            Some(stock) => json(self.status, &stock.body(request)),
            None => json(self.status, &problem),
        };
        let headers = answer.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Bearer realm=\"lua-store\"");
            headers.insert(WWW_AUTHENTICATE, realm);
        }
        if let Some(after) = self.retry_after() {
            headers.insert(RETRY_AFTER, after.into());
        }
        answer
    }

    /// Seconds after which a request may have another answer.
    pub fn retry_after(&self) -> Option<u64> {
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                Some(self.retry.unwrap_or(1))
            }
            StatusCode::INSUFFICIENT_STORAGE if self.error.is_unwritable() => Some(60),
            // Room comes when somebody makes it.
            StatusCode::INSUFFICIENT_STORAGE => Some(3600),
            _ => None,
        }
    }
}

/// Body of an error, as sent to a client.
pub fn body(error: &Error) -> ErrorBody {
    ErrorBody::new(error, hints::of(error))
}

impl From<StockError> for HttpError {
    fn from(stock: StockError) -> HttpError {
        let status =
            StatusCode::from_u16(stock.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let told = || Arc::new(Error::failed(&*stock.message));
        let error = stock.cause.clone().unwrap_or_else(told);
        HttpError { status, error, retry: None, stock: Some(stock) }
    }
}

impl From<Error> for HttpError {
    fn from(error: Error) -> HttpError {
        let status = if error.is_unwritable() {
            StatusCode::INSUFFICIENT_STORAGE
        } else {
            status(error.kind())
        };
        HttpError::new(status, error)
    }
}

/// A disk that takes no writes, and when it will, with no name of this machine.
pub fn unwritable_disk(error: &Error) -> (&'static str, &'static str) {
    match error.io_kind() {
        Some(ErrorKind::ReadOnlyFilesystem) => {
            ("the server's disk is read-only", "it can be written again")
        }
        _ => ("the server's disk is full", "there is room"),
    }
}

/// Error body for a disk that takes no writes. Trying again at once does not help.
fn unwritable(error: &Error) -> ErrorBody {
    let (what, when) = unwritable_disk(error);
    let told = Error::unavailable(what);
    body(&told.hint(format!("nothing was changed there; run the command again when {when}")))
}

impl IntoResponse for HttpError {
    fn into_response(self) -> HttpResponse {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = self.status;
        answer.extensions_mut().insert(self);
        answer
    }
}

fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Usage | Kind::Unreadable => StatusCode::BAD_REQUEST,
        Kind::Auth => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Failed | Kind::Corrupt | Kind::Rewritten | Kind::Untrusted => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

/// A JSON answer. All of them end with a newline, for those who look at them in a terminal.
pub fn json(status: StatusCode, value: &impl serde::Serialize) -> HttpResponse {
    let Ok(text) = serde_json::to_string(value) else {
        return HttpError::from(Error::failed("an answer cannot be written as JSON"))
            .into_response();
    };
    let mut answer = Response::new(Body::from(line(&text)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// The body of a failure, where there is no answer yet to put it into.
pub fn problem_text(problem: &impl serde::Serialize) -> String {
    line(&serde_json::to_string(problem).unwrap_or_default())
}

fn line(json: &str) -> String {
    format!("{}\n", crate::text::json(json))
}

/// Plain text.
pub fn text(status: StatusCode, text: String) -> HttpResponse {
    let mut answer = Response::new(Body::from(text));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4"));
    answer
}

/// An answer without a body.
pub fn empty(status: StatusCode) -> HttpResponse {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}
