//! Files at addresses that an answer named: another host keeps them, which the key is not sent to.

use super::{MAX_ANSWER, MAX_FILE, PlatformAddress, PlatformClient, Repeat};
use crate::error::{Error, Result};
use crate::platform::answer;
use std::collections::BTreeMap;
use ureq::http::{HeaderName, HeaderValue, Method, Request, header};

impl PlatformClient {
    /// Bytes at an address.
    pub fn download(&self, url: &str) -> Result<Vec<u8>> {
        let place = self.allowed("#16", url)?;
        let route = &*format!("#18 {place}");
        let answer = self.try_often(Repeat::Always, || {
            let request = Request::builder().method(Method::GET).uri(url);
            self.read(place, route, self.run(place, request.body(()))?, MAX_FILE)
        })?;
        match answer.status {
            200..300 => Ok(answer.bytes),
            status => Err(answer::error_of(status, route, &[])),
        }
    }

    /// Stores bytes at an address, with the headers that the platform asked for. The same bytes may be stored twice.
    pub fn upload(
        &self,
        url: &str,
        bytes: &[u8],
        headers: &BTreeMap<String, String>,
    ) -> Result<()> {
        let place = self.allowed("#15", url)?;
        let route = &*format!("#17 {place}");
        let headers = checked(headers)?;
        let answer = self.try_often(Repeat::Always, || {
            let mut request = Request::builder().method(Method::PUT).uri(url);
            if !headers.iter().any(|(name, _)| name == header::CONTENT_TYPE) {
                request = request.header(header::CONTENT_TYPE, "application/octet-stream");
            }
            for (name, value) in &headers {
                request = request.header(name, value);
            }
            self.read(place, route, self.run(place, request.body(bytes))?, MAX_ANSWER)
        })?;
        match answer.status {
            200..300 => Ok(()),
            // The address carries the permission, so that no other key would help.
            401 | 403 => Err(Error::failed(format!("{route}: the upload was refused"))),
            status => Err(answer::error_of(status, route, &[])),
        }
    }

    /// The host of an address that may be asked. The rest is a secret: whoever has it can read or write the file.
    fn allowed<'u>(&self, route: &str, url: &'u str) -> Result<&'u str> {
        let place = host(url);
        let is_local = || self.address.is_at_home() && PlatformAddress::is_local_url(url);
        match url.starts_with("https://") || is_local() {
            true => Ok(place),
            false => Err(Error::failed(format!("{route}: the address \"{place}\" is not https"))),
        }
    }
}

/// Scheme and host of a URL.
fn host(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let end =
        url[after_scheme..].find(['/', '?', '#', '\\']).map_or(url.len(), |at| after_scheme + at);
    match url[after_scheme..end].contains('@') {
        true => "(a host with a user)",
        false => &url[..end],
    }
}

/// Headers that the platform asked for. Those that HTTP computes of the body are left to it.
fn checked(headers: &BTreeMap<String, String>) -> Result<Vec<(HeaderName, HeaderValue)>> {
    let computed =
        [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION];
    let mut all = Vec::new();
    for (name, value) in headers {
        let wrong = || Error::failed(format!("#15: the header {name:?} cannot be sent"));
        let value = HeaderValue::from_str(value).map_err(|_| wrong())?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        if !computed.contains(&name) {
            all.push((name, value));
        }
    }
    Ok(all)
}
