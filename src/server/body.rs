//! Bodies of requests: JSON of a limited size, and uploads that are read while they arrive.

use super::limits::ServerLimits;
use crate::error::{Error, Kind};
use crate::protocol::limits::MAX_JSON;
use crate::server::response::HttpError;
use axum::body::Body;
use axum::http::StatusCode;
use bytes::{Buf, Bytes};
use hyper::body::Body as _;
use serde::de::DeserializeOwned;
use std::io::{self, Read};
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

/// Pieces that may wait between the network and the disk: a piece is at most what is read at once.
const PIECES: usize = 8;
/// Bytes of a useless body that are still read, so that the client gets to read the refusal.
const DRAINED: usize = 1 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(1);

/// The next bytes of a body; `None` at its end.
async fn next(body: &mut Body) -> Option<Result<Bytes, HttpError>> {
    loop {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
        match frame.map(hyper::body::Frame::into_data) {
            Ok(Ok(data)) => return Some(Ok(data)),
            Ok(Err(_trailers)) => {}
            Err(error) => {
                let message = format!("the body of the request was interrupted: {error}");
                return Some(Err(HttpError::new(StatusCode::BAD_REQUEST, Error::usage(message))));
            }
        }
    }
}

/// Reads a JSON body.
pub async fn json<T: DeserializeOwned>(
    body: Body,
    what: &str,
    limits: &ServerLimits,
) -> Result<T, HttpError> {
    decode(&bytes(body, what, MAX_JSON, limits).await?, what)
}

/// The same where no body at all says as much as an empty object.
pub async fn json_or_nothing<T: DeserializeOwned>(
    body: Body,
    what: &str,
    limits: &ServerLimits,
) -> Result<T, HttpError> {
    let bytes = bytes(body, what, MAX_JSON, limits).await?;
    decode(if bytes.is_empty() { b"{}" } else { &bytes }, what)
}

fn decode<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, HttpError> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::usage(format!("the body is not {what}: {error}")).into())
}

/// Reads a body of at most so many bytes.
pub async fn bytes(
    mut body: Body,
    what: &str,
    most: usize,
    limits: &ServerLimits,
) -> Result<Vec<u8>, HttpError> {
    let mut bytes = Vec::new();
    if body.size_hint().lower() > most as u64 {
        return Err(too_large(what, most));
    }
    let read = async {
        while let Some(piece) = next(&mut body).await {
            let piece = piece?;
            if bytes.len() + piece.len() > most {
                return Err(too_large(what, most));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(())
    };
    timeout(limits.json, read).await.unwrap_or_else(|_| Err(too_slow()))?;
    Ok(bytes)
}

/// Takes what is left of a body, within bounds: a connection that is closed under a client which is
/// still sending may lose the answer on its way.
pub async fn drain(mut body: Body) {
    let mut left = DRAINED;
    let rest = async {
        while let Some(Ok(piece)) = next(&mut body).await {
            if piece.len() > left {
                break;
            }
            left -= piece.len();
        }
    };
    let _ = timeout(DRAIN_TIME, rest).await;
}

/// The two ends of an upload: the network feeds one, a thread reads the other.
pub fn upload() -> (Feed, UploadBody) {
    let (pieces, arriving) = mpsc::channel(PIECES);
    (Feed { pieces }, UploadBody { arriving, piece: Bytes::new(), ended: false })
}

pub struct Feed {
    pieces: mpsc::Sender<Option<Bytes>>,
}

impl Feed {
    /// Hands the body over until it ends, breaks off, is too slow, or nobody wants more of it.
    pub async fn pump(self, body: &mut Body, limits: &ServerLimits) -> Result<(), HttpError> {
        let (mut deadline, mut arrived) = (Instant::now() + limits.span, 0);
        loop {
            let piece = match timeout_at(deadline, next(body)).await {
                Ok(None) => {
                    let _ = self.pieces.send(None).await;
                    return Ok(());
                }
                Ok(Some(piece)) => piece?,
                Err(_) if arrived < limits.bytes_per_span => return Err(too_slow()),
                Err(_) => {
                    (deadline, arrived) = (Instant::now() + limits.span, 0);
                    continue;
                }
            };
            arrived += piece.len() as u64;
            // The time that our own disk takes is not the client's.
            let waited = Instant::now();
            if self.pieces.send(Some(piece)).await.is_err() {
                return Ok(());
            }
            deadline += waited.elapsed();
            if Instant::now() >= deadline {
                if arrived < limits.bytes_per_span {
                    return Err(too_slow());
                }
                (deadline, arrived) = (Instant::now() + limits.span, 0);
            }
        }
    }
}

/// A request body as a blocking reader. A body that breaks off is an error, never an end.
pub struct UploadBody {
    arriving: mpsc::Receiver<Option<Bytes>>,
    piece: Bytes,
    ended: bool,
}

impl Read for UploadBody {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !self.ended {
            match self.arriving.blocking_recv() {
                Some(Some(piece)) => self.piece = piece,
                Some(None) => self.ended = true,
                None => {
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "the upload was interrupted",
                    ));
                }
            }
        }
        let count = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

fn too_slow() -> HttpError {
    let error = Error::new(Kind::Unavailable, "the body of the request arrived too slowly");
    HttpError::new(
        StatusCode::REQUEST_TIMEOUT,
        error.hint("the received part of the pack is kept: continue from there"),
    )
}

pub fn too_large(what: &str, most: usize) -> HttpError {
    let error = Error::usage(format!("the body is too large for {what}: at most {most} bytes"));
    HttpError::new(StatusCode::PAYLOAD_TOO_LARGE, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_fed_is_read_and_then_it_ends() {
        let (feed, mut upload) = upload();
        for piece in ["ab", "", "cde"] {
            feed.pieces.blocking_send(Some(Bytes::from_static(piece.as_bytes()))).unwrap();
        }
        feed.pieces.blocking_send(None).unwrap();
        let mut text = String::new();
        upload.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abcde");
        assert_eq!(upload.read(&mut [0; 9]).unwrap(), 0, "an end stays an end");
    }

    #[test]
    fn an_upload_that_breaks_off_is_no_end() {
        let (feed, mut upload) = upload();
        feed.pieces.blocking_send(Some(Bytes::from_static(b"abc"))).unwrap();
        drop(feed);
        let mut bytes = Vec::new();
        let error = upload.read_to_end(&mut bytes).unwrap_err();
        assert_eq!(
            (error.kind(), bytes.as_slice()),
            (io::ErrorKind::UnexpectedEof, b"abc".as_slice())
        );
    }
}
