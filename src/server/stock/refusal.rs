//! Refusals of the server itself as the stock command reads them: one sentence that tells what to do.

use crate::error::{Error, Kind};
use crate::server::hints;
use crate::stock::StockError;
use crate::stock::error::code;
use axum::http::StatusCode;
use std::sync::Arc;

/// The same refusal with the body of the stock command.
pub fn stock_error(status: StatusCode, error: &Arc<Error>) -> StockError {
    let advice = match status {
        StatusCode::UNAUTHORIZED => Some(hints::STOCK_TOKEN.to_owned()),
        StatusCode::REQUEST_TIMEOUT => Some("send it again".to_owned()),
        _ => hints::of(error).map(|hint| hint.replace('\n', "; ")),
    };
    let message = match advice {
        Some(advice) => format!("{}; {advice}", error.message()),
        None => error.message().to_owned(),
    };
    let known = StockError::from(error.repeat());
    let code = match status {
        StatusCode::METHOD_NOT_ALLOWED => code::METHOD_NOT_ALLOWED,
        StatusCode::PAYLOAD_TOO_LARGE => code::TOO_LARGE,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => code::BUSY,
        StatusCode::INSUFFICIENT_STORAGE => code::DISK_FULL,
        _ => known.code,
    };
    let message = if error.is_unwritable() { known.message } else { message.into() };
    StockError { status: status.as_u16(), code, message, cause: Some(error.clone()) }
}

/// An agent that is unknown, or another's: one answer for both, and none that the command takes for an empty list.
pub fn forbid_unknown(error: Error) -> Error {
    match error.kind() {
        Kind::NotFound => Error::new(Kind::Forbidden, error.message()).hint(hints::STOCK_AGENT),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(status: u16, error: Error) -> String {
        let refusal = stock_error(StatusCode::from_u16(status).unwrap(), &Arc::new(error));
        serde_json::to_string(&refusal.body("r-1")).unwrap()
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        assert_eq!(
            body(429, Error::unavailable("too many uploads").hint("try again in a moment")),
            r#"{"statusCode":429,"message":"too many uploads; try again in a moment","code":"BUSY"}"#
        );
        assert_eq!(
            body(413, Error::usage("the body is too large")),
            r#"{"statusCode":413,"message":"the body is too large","code":"TOO_LARGE"}"#
        );
        assert!(body(401, Error::auth("a token is required")).contains("set LUA_API_KEY"));
        let text = body(500, Error::failed("cannot read \"/srv/x\""));
        assert!(text.contains("request r-1") && !text.contains("/srv"), "{text}");
    }

    #[test]
    fn an_agent_that_is_unknown_is_forbidden() {
        let error = forbid_unknown(Error::not_found("there is no agent \"x\" here"));
        assert_eq!(
            (error.kind(), error.message()),
            (Kind::Forbidden, "there is no agent \"x\" here")
        );
        assert_eq!(forbid_unknown(Error::auth("a token is required")).kind(), Kind::Auth);
    }
}
