//! Health of a server, which it tells without a token.

use super::failure::RequestFailure;
use super::{HttpOptions, HttpRemote, not_a_server, read, transport};
use crate::error::{Error, Result};
use ureq::http::Request;

impl HttpRemote {
    /// Asks a server once whether it answers, or whether it is ready. Gives its description of damage.
    pub fn health(base: &str, is_ready: bool, options: &HttpOptions) -> Result<Option<String>> {
        let (path, expected) = if is_ready { ("readyz", "ready") } else { ("healthz", "ok") };
        let failed = |error| RequestFailure::of_transport(base, error).error;
        let request = Request::get(format!("{base}/{path}")).body(());
        let request = request.map_err(|error| Error::usage(error.to_string()))?;
        let response = transport(options)?.run(request).map_err(failed)?;
        let silence = options.patience.silence;
        if !response.status().is_success() {
            return Err(RequestFailure::of_answer(base, response, None, silence).error);
        }
        let body = read(response, silence).map_err(|error| failed(ureq::Error::Io(error)))?;
        let text = String::from_utf8_lossy(&body);
        let mut lines = text.lines();
        if lines.next() != Some(expected) {
            return Err(not_a_server(base, &format!("`/{path}` does not answer \"{expected}\"")));
        }
        Ok(lines.find_map(|line| line.strip_prefix("damage: ")).map(str::to_owned))
    }
}
