//! Failure of a call: the sentence for it, and whether the call may have taken effect.

use super::target::BucketUrl;
use super::xml;
use crate::engine::failure::CallFailure;
use crate::error::{Error, Kind};
use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use ureq::Timeout;

const RIGHTS: &str =
    "the key needs s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket on the bucket";
const KEYS: &str =
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write them to the file ~/.aws/credentials";

/// No answer came, or not the whole of it.
pub fn unreached(url: &BucketUrl, error: &ureq::Error) -> CallFailure {
    if let Some(why) = certificate(error) {
        let message = format!("the certificate of \"{url}\" is not trusted: {why}");
        let error = Error::new(Kind::Untrusted, message)
            .hint("set AWS_CA_BUNDLE to a file with the certificate of its authority, in PEM");
        return CallFailure::certain(error);
    }
    let (why, is_unsure) = match error {
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
            ("it does not answer".to_owned(), false)
        }
        ureq::Error::Timeout(_) => ("it does not answer".to_owned(), true),
        ureq::Error::HostNotFound => ("the host is unknown".to_owned(), false),
        ureq::Error::ConnectionFailed => ("the connection failed".to_owned(), false),
        ureq::Error::Io(error) => (plain(error), error.kind() != ErrorKind::ConnectionRefused),
        error => (error.to_string(), true),
    };
    CallFailure { error: Error::unavailable(format!("cannot reach \"{url}\": {why}")), is_unsure }
}

/// The words of the system without Rust's ` (os error 2)`.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.find(" (os error").map_or(text.clone(), |end| text[..end].to_owned())
}

fn certificate(error: &ureq::Error) -> Option<String> {
    let why = match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref().and_then(|inner| {
            let inner: &(dyn StdError + 'static) = inner;
            inner.downcast_ref::<rustls::Error>()
        }),
        _ => None,
    };
    why.filter(|why| matches!(why, rustls::Error::InvalidCertificate(_))).map(ToString::to_string)
}

/// A refusal. One with a status below 500 had no effect.
pub fn refused(url: &BucketUrl, status: u16, body: &str) -> CallFailure {
    let code = xml::text(body, "Code");
    let why = match (&code, xml::text(body, "Message").filter(|why| !why.is_empty())) {
        (Some(code), Some(why)) => format!("{why} ({code})"),
        (Some(code), None) => code.clone().into_owned(),
        (None, _) => format!("status {status}"),
    };
    let is_unsure = status >= 500;
    CallFailure { error: sentence(url, status, code.as_deref(), &why), is_unsure }
}

fn sentence(url: &BucketUrl, status: u16, code: Option<&str>, why: &str) -> Error {
    match (status, code) {
        (507, _) | (_, Some("QuotaExceeded" | "InsufficientStorage" | "XMinioStorageFull")) => {
            Error::unavailable(format!("\"{url}\" is full: {why}"))
        }
        (500.. | 429, _) => Error::unavailable(format!("\"{url}\" answered: {why}")),
        (_, Some("NoSuchBucket")) => {
            Error::usage(format!("there is no bucket \"{}\" at \"{url}\"", url.bucket()))
                .hint("create it, or correct the name or the endpoint")
        }
        (_, Some("RequestTimeTooSkewed")) => {
            Error::unavailable(format!("\"{url}\" refused the time of this machine: {why}"))
                .hint("set the clock of this machine")
        }
        (301 | 307, _) | (_, Some("AuthorizationHeaderMalformed" | "PermanentRedirect")) => {
            Error::usage(format!("\"{url}\" is in another region: {why}"))
                .hint("add `?region=NAME` to the URL, or set AWS_REGION")
        }
        (401, _)
        | (
            _,
            Some("InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken" | "InvalidToken"),
        ) => Error::auth(format!("\"{url}\" did not let this program in: {why}")).hint(KEYS),
        (403, _) => Error::new(Kind::Forbidden, format!("\"{url}\" refused: {why}")).hint(RIGHTS),
        // Something on the way answered.
        (404, None) => Error::unavailable(format!("\"{url}\" sent no answer of a bucket: {why}")),
        _ => Error::failed(format!("\"{url}\" answered: {why}")),
    }
}

/// True if other keys may be accepted.
pub fn keys_ended(body: &str) -> bool {
    let code = xml::text(body, "Code");
    matches!(code.as_deref(), Some("ExpiredToken" | "InvalidToken" | "InvalidAccessKeyId"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::environment::EngineEnvironment;

    #[test]
    fn each_refusal_has_its_kind_and_only_an_error_of_the_bucket_is_unsure() {
        let url = BucketUrl::parse("s3://agents", &EngineEnvironment::default()).unwrap();
        let kind = |status, code: &str| {
            let body = format!("<Error><Code>{code}</Code><Message>because</Message></Error>");
            let failure = refused(&url, status, if code.is_empty() { "gone" } else { &body });
            (failure.error.kind(), failure.is_unsure)
        };
        assert_eq!(kind(404, "NoSuchBucket"), (Kind::Usage, false));
        assert_eq!(kind(404, ""), (Kind::Unavailable, false));
        assert_eq!(kind(403, "AccessDenied"), (Kind::Forbidden, false));
        assert_eq!(kind(403, "SignatureDoesNotMatch"), (Kind::Auth, false));
        assert_eq!(kind(400, "ExpiredToken"), (Kind::Auth, false));
        assert_eq!(kind(403, "RequestTimeTooSkewed"), (Kind::Unavailable, false));
        assert_eq!(kind(403, "QuotaExceeded"), (Kind::Unavailable, false));
        assert_eq!(kind(301, "PermanentRedirect"), (Kind::Usage, false));
        assert_eq!(kind(507, ""), (Kind::Unavailable, true));
        assert_eq!(kind(500, "InternalError"), (Kind::Unavailable, true));
        assert_eq!(kind(400, "EntityTooLarge"), (Kind::Failed, false));
    }
}
