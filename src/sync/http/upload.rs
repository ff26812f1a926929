//! Brings a pack to the server, from where an earlier attempt ended.

use super::Http;
use super::failure::Failure;
use crate::error::Result;
use crate::pack::PackId;
use crate::progress::{Bytes, Progress};
use crate::sync::counted::Counted;
use ureq::SendBody;
use ureq::http::{Method, StatusCode, header};

/// Below this a pack is sent without asking first what of it is there: that saves a request, and
/// costs no more than this.
const SMALL: u64 = 1 << 20;

const OFFSET: &str = "upload-offset";

pub fn send(http: &Http, id: &PackId, pack: &[u8], progress: &Progress) -> Result<()> {
    let total = pack.len() as u64;
    let upload = Upload { http, path: format!("packs/{id}"), pack };
    let mut bytes = Bytes::expect(progress, total);
    let mut left = http.patience.begin();
    let mut start = (total <= SMALL).then_some(0);
    let mut arrived = 0;
    loop {
        let is_guess = start.is_some();
        let attempt = start.take().map_or_else(|| upload.arrived(), Ok).and_then(|offset| {
            if offset > arrived {
                arrived = offset;
                left.renew();
            }
            upload.rest(offset, &mut bytes)
        });
        match attempt {
            Ok(()) => return Ok(()),
            // Something of it is there already, which nobody had asked: no failure, and told only once.
            Err(failure) if is_guess && failure.status == Some(StatusCode::CONFLICT) => {}
            Err(failure) => left.wait(failure)?,
        }
    }
}

struct Upload<'a> {
    http: &'a Http,
    path: String,
    pack: &'a [u8],
}

impl Upload<'_> {
    /// How much of the pack the server has.
    fn arrived(&self) -> Result<u64, Failure> {
        let response = self.http.call(self.http.request(Method::HEAD, &self.path), ())?;
        let offset = response.headers().get(OFFSET).and_then(|value| value.to_str().ok()?.parse().ok());
        let strange = || Failure::last(super::strange(&self.http.base, "it does not say what arrived"));
        offset.filter(|offset| *offset <= self.pack.len() as u64).ok_or_else(strange)
    }

    /// Sends everything from `offset` on. Also when nothing is left: a server that died with the last byte has not
    /// yet looked at the whole, and does so then.
    fn rest(&self, offset: u64, bytes: &mut Bytes<'_>) -> Result<(), Failure> {
        let rest = &self.pack[offset as usize..];
        let request = (self.http.request(Method::PATCH, &self.path))
            .header(OFFSET, offset)
            .header("upload-length", self.pack.len())
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_LENGTH, rest.len());
        let mut body = Counted { inner: rest, at: offset, bytes };
        self.http.call(request, SendBody::from_reader(&mut body)).map(drop)
    }
}
