//! Upload of a pack, resumed where an earlier attempt ended.

use super::HttpRemote;
use super::failure::RequestFailure;
use crate::client::counted_reader::CountedReader;
use crate::error::Result;
use crate::progress::{ByteProgress, Progress};
use crate::store::Mapped;
use std::sync::atomic::Ordering;
use ureq::SendBody;
use ureq::http::{Method, StatusCode, header};

/// Below this a pack is sent without asking first what of it is there: that saves a request, and
/// costs no more than this.
const SMALL: u64 = 1 << 20;

/// Size of a request body that passes proxies: nginx takes 1 MiB where nobody configured it, others 1 MB. Of more
/// nothing is sent before the other end says that it wants it.
const PIECE: u64 = 1_000_000;

const OFFSET: &str = "upload-offset";

pub fn send(http: &HttpRemote, pack: &Mapped, progress: &Progress) -> Result<()> {
    let total = pack.bytes().len() as u64;
    let upload = ResumableUpload { http, path: format!("packs/{}", pack.id()), pack, total };
    let mut bytes = ByteProgress::expect(progress, total);
    let mut left = http.patience.begin();
    let mut start = (total <= SMALL).then_some(0);
    let mut arrived = 0;
    loop {
        let is_guess = start.is_some();
        let mut at = 0;
        let attempt = start.take().map_or_else(|| upload.arrived(), Ok).and_then(|offset| {
            at = offset;
            if offset > arrived {
                arrived = offset;
                left.renew();
            }
            upload.piece(offset, &mut bytes)
        });
        match attempt {
            Ok(end) if end == total => return Ok(()),
            Ok(end) => start = Some(end),
            // A part of it had arrived before, which nothing had asked for: no failure, and reported only once.
            Err(failure) if is_guess && failure.status == Some(StatusCode::CONFLICT) => {}
            Err(failure)
                if is_too_much(&failure) && http.piece.swap(PIECE, Ordering::Relaxed) > PIECE =>
            {
                start = Some(at);
            }
            Err(failure) => left.wait(failure)?,
        }
    }
}

/// True if a proxy before the server refused the size of a body. The server itself refuses only
/// whole packs, with an error of its own; smaller pieces do not help then. A proxy that does not
/// support `Expect` gets bodies without it.
fn is_too_much(failure: &RequestFailure) -> bool {
    let answers = [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::EXPECTATION_FAILED];
    failure.is_foreign && failure.status.is_some_and(|status| answers.contains(&status))
}

struct ResumableUpload<'a> {
    http: &'a HttpRemote,
    path: String,
    pack: &'a Mapped,
    total: u64,
}

impl ResumableUpload<'_> {
    /// Number of bytes of the pack that the server has.
    fn arrived(&self) -> Result<u64, RequestFailure> {
        let response = self.http.call(self.http.request(Method::HEAD, &self.path), ())?;
        let offset =
            response.headers().get(OFFSET).and_then(|value| value.to_str().ok()?.parse().ok());
        let not_a_server = || {
            RequestFailure::last(super::not_a_server(
                &self.http.base,
                "it does not report how many bytes arrived",
            ))
        };
        offset.filter(|offset| *offset <= self.total).ok_or_else(not_a_server)
    }

    /// Sends what comes at `offset`, as much as one request may bring, and gives where that ends. Also when nothing is
    /// left: a server that died with the last byte has not yet looked at the whole, and does so then.
    fn piece(&self, offset: u64, bytes: &mut ByteProgress<'_>) -> Result<u64, RequestFailure> {
        let end = self.total.min(offset.saturating_add(self.http.piece.load(Ordering::Relaxed)));
        let mut request = (self.http.request(Method::PATCH, &self.path))
            .header(OFFSET, offset)
            .header("upload-length", self.total)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_LENGTH, end - offset);
        if end - offset > PIECE {
            request = request.header(header::EXPECT, "100-continue");
        }
        let mut body = CountedReader { inner: self.pack.reader(offset..end), at: offset, bytes };
        self.http.call(request, SendBody::from_reader(&mut body)).map(|_| end)
    }
}
