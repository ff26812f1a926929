//! Requests that cannot be read. `hyper` answers them before anybody here sees them, with a head and nothing else;
//! that head is held back, and an answer like all others takes its place.

use super::limits::Connection;
use crate::error::Error;
use crate::server::response::{self, problem_text};
use crate::server::stock::stock_error;
use crate::stock::Route;
use axum::http::StatusCode;
use jiff::Timestamp;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;

/// Bytes of such a request that are still read: a connection that is closed over unread bytes loses the answer.
const DRAINED: u64 = 1 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(1);

/// Bytes of a head in which its address is looked for.
const BEGINNING: usize = 256;

/// A connection on which `hyper` speaks, without the answers that it makes up by itself.
pub struct Screened<S> {
    stream: S,
    connection: Arc<Connection>,
    /// Everything that was written was sent, and no request was underway then. So what is written next begins an
    /// answer: bytes of a download that look like a head are never taken for one.
    quiet: bool,
    /// Something of a head came, and no answer since.
    has_begun: bool,
    held_back: Option<StatusCode>,
    /// First bytes since the last answer: the address says who asks.
    beginning: Vec<u8>,
}

/// A request that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub status: StatusCode,
    /// It has an address of the stock command, which reads another body.
    is_stock: bool,
}

impl<S> Screened<S> {
    pub fn new(stream: S, connection: Arc<Connection>) -> Screened<S> {
        let beginning = Vec::new();
        Screened { stream, connection, quiet: true, has_begun: false, held_back: None, beginning }
    }

    /// The stream, and the last request if it could not be read.
    pub fn end(self, ended: &hyper::Result<()>) -> (S, Option<Unreadable>) {
        let is_http_2 =
            self.is_between_requests() && ended.as_ref().is_err_and(hyper::Error::is_parse);
        let unspoken = is_http_2.then_some(StatusCode::HTTP_VERSION_NOT_SUPPORTED);
        // A client that sent nothing waits for no answer.
        let is_late = self.has_begun && ended.as_ref().is_err_and(hyper::Error::is_timeout);
        let late = is_late.then_some(StatusCode::REQUEST_TIMEOUT);
        let is_stock = is_stock(&self.beginning);
        let status = self.held_back.or(unspoken).or(late);
        (self.stream, status.map(|status| Unreadable { status, is_stock }))
    }

    fn is_between_requests(&self) -> bool {
        self.quiet && self.connection.is_idle()
    }

    /// True if these bytes are an answer that no handler gave. If so they count as written.
    fn holds_back(&mut self, bytes: &[u8]) -> bool {
        self.held_back =
            self.held_back.or_else(|| made_up(bytes).filter(|_| self.is_between_requests()));
        self.quiet &= self.held_back.is_some();
        if self.held_back.is_none() {
            self.beginning.clear();
        }
        self.held_back.is_some()
    }
}

/// True for the beginning of a request with an address of the stock command.
fn is_stock(beginning: &[u8]) -> bool {
    let text = String::from_utf8_lossy(beginning);
    let line = text.lines().next().unwrap_or_default();
    let address = line.split(' ').nth(1).unwrap_or_default();
    Route::is_stock(address.split('?').next().unwrap_or_default())
}

/// The status of a refusal without the id that all our answers have.
fn made_up(bytes: &[u8]) -> Option<StatusCode> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.ends_with("\r\n\r\n"))?;
    let status = text.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse::<StatusCode>().ok()?;
    (status.is_client_error() && !text.contains("\r\nx-request-id:")).then_some(status)
}

impl<S: AsyncRead + Unpin> AsyncRead for Screened<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.has_begun |= buffer.filled().len() > before;
        if self.is_between_requests() {
            let room = BEGINNING.saturating_sub(self.beginning.len());
            let came = &buffer.filled()[before..];
            self.beginning.extend_from_slice(&came[..came.len().min(room)]);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Screened<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.has_begun = false;
        if self.holds_back(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.has_begun = false;
        let first = pieces.iter().find(|piece| !piece.is_empty());
        if first.is_some_and(|first| self.holds_back(first)) {
            return Poll::Ready(Ok(pieces.iter().map(|piece| piece.len()).sum()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        // `hyper` asks for this once it has written all that it has.
        if flushed.is_ready() {
            self.quiet = self.connection.is_idle();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.held_back.is_some() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Says why a request is refused that could not be read. The connection ends with it.
pub async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    unreadable: Unreadable,
    id: &str,
    now: Timestamp,
) -> io::Result<()> {
    let status = unreadable.status;
    let body = match unreadable.is_stock {
        true => problem_text(&stock_error(status, &Arc::new(why(status))).body(id)),
        false => problem_text(&response::body(&why(status))),
    };
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    let date = date.map(|date| format!("date: {date}\r\n")).unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nx-request-id: {id}\r\n\
         content-length: {}\r\nconnection: close\r\n{date}\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    stream.shutdown().await?;
    let mut rest = stream.take(DRAINED);
    let _ = timeout(DRAIN_TIME, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
    Ok(())
}

fn why(status: StatusCode) -> Error {
    match status {
        StatusCode::REQUEST_TIMEOUT => {
            Error::unavailable("the head of the request arrived too slowly")
        }
        StatusCode::URI_TOO_LONG => Error::usage("the address of the request is too long"),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Error::usage(
            "the head of the request is too large: at most 100 headers, and 128 KiB in all",
        ),
        StatusCode::HTTP_VERSION_NOT_SUPPORTED => {
            Error::usage("HTTP/2 is not supported").hint("use HTTP/1.1")
        }
        _ => Error::usage("the request is not valid HTTP/1.1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_who_asks() {
        let stock: [&[u8]; 3] = [
            b"GET /developer/skills/shop?x=1 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST //agents/a/sub-agent HTTP/3.0\r\n",
            b"GET /admin/agents/xxxx",
        ];
        assert!(stock.into_iter().all(is_stock));
        let others: [&[u8]; 3] =
            [b"", b"GET /shop/refs HTTP/1.1\r\nX: /developer x\r\n", b"/developer"];
        assert!(!others.into_iter().any(is_stock));
    }

    #[test]
    fn only_a_refusal_without_an_id_is_made_up() {
        let refusal = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(made_up(refusal).map(|status| status.as_u16()), Some(431));
        let others: [&[u8]; 5] = [
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\nx-request-id: 0123456789\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\nmore",
            b"\xff\r\n\r\n",
        ];
        for other in others {
            assert_eq!(made_up(other), None);
        }
    }
}
