//! Request failure: the error, and the chance of a retry.

use super::not_a_server;
use crate::error::{Error, Hint, Kind};
use crate::protocol::{ErrorBody, HeadDelta, TxnOutcome};
use std::time::Duration;
use ureq::Body;
use ureq::http::{Response, StatusCode, header};

pub struct RequestFailure {
    pub error: Error,
    pub again: RetryAfter,
    /// The outcome that a refused transaction has in its body.
    refused: Option<Box<TxnOutcome<HeadDelta>>>,
    /// Status of the answer, where there was one.
    pub status: Option<StatusCode>,
    /// Something on the way answered, not the server.
    pub is_foreign: bool,
}

/// Chance that a retry succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    Never,
    Soon,
    /// The server says when.
    After(Duration),
}

impl RequestFailure {
    /// One that stays however often it is tried.
    pub fn last(error: Error) -> RequestFailure {
        RequestFailure {
            error,
            again: RetryAfter::Never,
            refused: None,
            status: None,
            is_foreign: false,
        }
    }

    /// One that may be gone another time.
    pub fn transient(error: Error) -> RequestFailure {
        RequestFailure { again: RetryAfter::Soon, ..RequestFailure::last(error) }
    }

    /// The connection failed, or broke.
    pub fn of_transport(base: &str, error: ureq::Error) -> RequestFailure {
        let what = format!("cannot reach \"{base}\"");
        let unavailable = |why: &str| Error::unavailable(format!("{what}: {why}"));
        match error {
            ureq::Error::Io(error) if tls(&error).is_some() => {
                untrusted(base, tls(&error).unwrap_or(&rustls::Error::HandshakeNotComplete))
            }
            ureq::Error::Io(error) => RequestFailure::transient(unavailable(&plain(&error))),
            ureq::Error::Timeout(_) => RequestFailure::transient(unavailable("it does not answer")),
            ureq::Error::HostNotFound => {
                RequestFailure::transient(unavailable("the host is unknown"))
            }
            ureq::Error::ConnectionFailed | ureq::Error::BodyStalled => {
                RequestFailure::transient(unavailable("the connection failed"))
            }
            ureq::Error::Rustls(error) => untrusted(base, &error),
            // Broken answers come from proxies that die, and go away.
            other => RequestFailure::transient(unavailable(&other.to_string())),
        }
    }

    /// Refusal by the server, or by something on the way.
    pub fn of_answer(
        base: &str,
        response: Response<Body>,
        advice: Option<&str>,
        silence: Duration,
    ) -> RequestFailure {
        let status = response.status();
        let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let number = |name: &str| text(name).and_then(|text| text.trim().parse::<u64>().ok());
        let (offset, wait) = (number("upload-offset"), number(header::RETRY_AFTER.as_str()));
        let moved = status == StatusCode::CONFLICT && offset.is_some();
        let request = text("x-request-id").map(str::to_owned);
        let location =
            text(header::LOCATION.as_str()).filter(|_| status.is_redirection()).map(str::to_owned);
        let body = super::read(response, silence).unwrap_or_default();
        if let Ok(outcome @ TxnOutcome::Refused(_)) = serde_json::from_slice(&body) {
            let error = not_a_server(base, "a transaction was refused that was not sent");
            return RequestFailure {
                refused: Some(Box::new(outcome)),
                status: Some(status),
                ..RequestFailure::last(error)
            };
        }
        let problem = serde_json::from_slice::<ErrorBody>(&body);
        let is_foreign = problem.is_err();
        let error = match (problem, location) {
            (_, Some(location)) => moved_away(base, &location),
            (Ok(problem), _) => Error::from(shortened(problem)),
            (Err(_), _) => plain_answer(base, status, request.as_deref()),
        };
        let again = match (status.as_u16(), wait) {
            (429 | 500 | 502..=504, Some(seconds)) => {
                RetryAfter::After(Duration::from_secs(seconds))
            }
            (429 | 500 | 502..=504, None) => RetryAfter::Soon,
            // The upload has another offset than expected: a request shows which.
            _ if moved => RetryAfter::Soon,
            _ => RetryAfter::Never,
        };
        RequestFailure {
            error: hinted(error, advice),
            again,
            refused: None,
            status: Some(status),
            is_foreign,
        }
    }

    /// Takes a refused transaction for the answer it is.
    pub fn outcome(self) -> Result<TxnOutcome<HeadDelta>, RequestFailure> {
        match self.refused {
            Some(outcome) => Ok(*outcome),
            None => Err(self),
        }
    }
}

/// An answer without a body that we know: by its number.
fn plain_answer(base: &str, status: StatusCode, request: Option<&str>) -> Error {
    let kind = match status.as_u16() {
        401 => Kind::Auth,
        403 => Kind::Forbidden,
        404 => Kind::NotFound,
        429 | 500..=599 => Kind::Unavailable,
        _ => Kind::Failed,
    };
    let request = request.map_or(String::new(), |id| format!(" (request {id})"));
    let error = Error::new(kind, format!("\"{base}\" answered {status}{request}"));
    match kind {
        // A `lua-store serve` says more: this is some other server.
        Kind::NotFound | Kind::Failed => error.hint(super::IS_SERVER),
        _ => error,
    }
}

/// A server that asks for a token: why none was sent, where one was there that is for somebody else.
fn hinted(error: Error, advice: Option<&str>) -> Error {
    if error.kind() != Kind::Auth {
        return error;
    }
    let said = error.hints().to_vec();
    let said = if said.is_empty() { vec![Hint::Login] } else { said };
    let advice = advice.map(Hint::from);
    advice.into_iter().chain(said).fold(error.without_hints(), Error::also)
}

/// A server that moved is not followed: it would be given the token.
fn moved_away(base: &str, to: &str) -> Error {
    Error::failed(format!("\"{base}\" points to \"{to}\", which is not followed"))
        .hint(Hint::RemoteMoved)
}

/// As much of what a server says as a person reads.
fn shortened(mut problem: ErrorBody) -> ErrorBody {
    const MOST: usize = 4096;
    let error = &mut problem.error;
    error.message.truncate(error.message.floor_char_boundary(MOST));
    error.hint.iter_mut().for_each(|hint| hint.truncate(hint.floor_char_boundary(MOST)));
    problem
}

/// The TLS error that stopped a connection: it is found when the first bytes are sent.
fn tls(error: &std::io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// An answer from somebody else than was meant, as far as anybody can tell: a retry does not help, and nothing of it
/// counts.
fn untrusted(base: &str, error: &rustls::Error) -> RequestFailure {
    use rustls::CertificateError as Certificate;
    let rustls::Error::InvalidCertificate(why) = error else {
        return RequestFailure::last(no_tls(base, error));
    };
    let why = match why {
        Certificate::Expired | Certificate::ExpiredContext { .. } => "it has expired".to_owned(),
        Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
            "it is not valid yet".to_owned()
        }
        Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
            "it is for another name".to_owned()
        }
        Certificate::UnknownIssuer => "its issuer is unknown".to_owned(),
        other => other.to_string(),
    };
    let message = format!("the certificate of \"{base}\" is not trusted: {why}");
    RequestFailure::last(Error::new(Kind::Untrusted, message).hint(
        "if it is your server, add its CA: `SSL_CERT_FILE=ca.pem lua-store …`; nothing was sent",
    ))
}

/// A connection on which no TLS began.
fn no_tls(base: &str, error: &rustls::Error) -> Error {
    let failed = |why: &str| Error::unavailable(format!("cannot use TLS with \"{base}\": {why}"));
    match error {
        rustls::Error::InvalidMessage(_) => failed("the server there does not speak TLS")
            .hint("use `http://` in its address if it is meant to be without TLS"),
        rustls::Error::AlertReceived(alert) => {
            failed(&format!("the server refused it ({alert:?})"))
        }
        rustls::Error::PeerIncompatible(_) => failed("it supports no version of TLS from 1.2 on"),
        other => failed(&other.to_string()),
    }
}

/// The operating system's words, without its number.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
