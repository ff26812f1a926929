//! Download of a pack, resumed where an earlier attempt ended.

use super::HttpRemote;
use super::failure::RequestFailure;
use super::pace::Paced;
use crate::error::{Error, Result};
use crate::fs::Spool;
use crate::progress::{ByteProgress, Progress};
use crate::protocol::{Etag, FetchRequest, limits};
use std::io::Read;
use ureq::Body;
use ureq::http::{Response, StatusCode, header};

const PIECE: usize = 256 << 10;

pub fn fetch(
    http: &HttpRemote,
    what: &FetchRequest,
    into: &mut Spool,
    progress: &Progress,
) -> Result<()> {
    let mut left = http.patience.begin();
    let mut bytes = None;
    loop {
        let before = into.len();
        match attempt(http, what, into, progress, &mut bytes) {
            Ok(()) => return Ok(()),
            Err(failure) => {
                if into.len() > before {
                    left.renew();
                }
                left.wait(failure)?;
            }
        }
    }
}

fn attempt<'a>(
    http: &HttpRemote,
    what: &FetchRequest,
    into: &mut Spool,
    progress: &'a Progress,
    bytes: &mut Option<ByteProgress<'a>>,
) -> Result<(), RequestFailure> {
    let (mut request, body) = http.post("fetch", what).map_err(RequestFailure::last)?;
    if let (Some(name), 1..) = (into.name(), into.len()) {
        let etag = Etag::new(name).to_string();
        request = request
            .header(header::RANGE, format!("bytes={}-", into.len()))
            .header(header::IF_RANGE, etag);
    }
    let response = match http.call(request, &body) {
        // A partial file that is longer than the pack is of another pack.
        Err(failure)
            if failure.status == Some(StatusCode::RANGE_NOT_SATISFIABLE) && !into.is_empty() =>
        {
            into.restart(None).map_err(RequestFailure::last)?;
            return attempt(http, what, into, progress, bytes);
        }
        other => other?,
    };
    let total = begin(http, &response, into)?;
    let bytes = bytes.get_or_insert_with(|| ByteProgress::expect(progress, total));
    copy(http, response, total, into, bytes)
}

/// Makes the spool begin where the answer does. Gives the length of the whole.
fn begin(
    http: &HttpRemote,
    response: &Response<Body>,
    into: &mut Spool,
) -> Result<u64, RequestFailure> {
    let not_a_server = |what: &str| RequestFailure::last(super::not_a_server(&http.base, what));
    let text = |name: header::HeaderName| {
        response.headers().get(name).and_then(|value| value.to_str().ok())
    };
    let total = if response.status() == StatusCode::PARTIAL_CONTENT {
        let range = text(header::CONTENT_RANGE).and_then(|text| text.strip_prefix("bytes "));
        let parsed = range.and_then(|range| -> Option<(u64, u64)> {
            let (span, total) = range.split_once('/')?;
            Some((span.split_once('-')?.0.parse().ok()?, total.parse().ok()?))
        });
        match parsed {
            Some((start, total)) if start == into.len() => total,
            _ => return Err(not_a_server("it sent another part than the requested one")),
        }
    } else {
        let name = text(header::ETAG).and_then(Etag::from_header);
        into.restart(name.as_ref().map(Etag::as_str)).map_err(RequestFailure::last)?;
        let length = text(header::CONTENT_LENGTH).and_then(|text| text.parse().ok());
        length.ok_or_else(|| not_a_server("it does not say how long the pack is"))?
    };
    if total > limits::MAX_PACK {
        return Err(not_a_server(&format!("a pack of {total} bytes is larger than the limit")));
    }
    Ok(total)
}

fn copy(
    http: &HttpRemote,
    response: Response<Body>,
    total: u64,
    into: &mut Spool,
    bytes: &mut ByteProgress<'_>,
) -> Result<(), RequestFailure> {
    let body = response.into_body().into_with_config().limit(total - into.len() + 1).reader();
    let mut reader = Paced::new(body, http.patience.silence);
    let mut piece = vec![0; PIECE];
    loop {
        let broke = |why: String| {
            RequestFailure::transient(Error::unavailable(format!("\"{}\" {why}", http.base)))
        };
        match reader.read(&mut piece) {
            Ok(0) if into.len() == total => return Ok(()),
            Ok(0) => return Err(broke("ended its answer too early".to_owned())),
            Ok(len) => into.write(&piece[..len]).map_err(RequestFailure::last)?,
            Err(error) => return Err(broke(format!("disconnected: {error}"))),
        }
        bytes.reached(into.len());
    }
}
