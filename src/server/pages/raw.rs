//! The bytes of a file, as they are: never as a page, whatever is in them.

use super::AskedPage;
use super::answers::{redirect, with_headers};
use super::history::AgentHistory;
use crate::error::{Error, Result};
use crate::object::{self, Id, Source};
use crate::page::address;
use crate::remote_store::RemoteStore;
use crate::server::limits::{Pool, Requester};
use crate::server::response::{HttpError, HttpResponse};
use crate::server::state::ServerState;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Pieces on their way to a slow client.
const PIECES: usize = 4;
const PIECE: usize = 64 << 10;

/// Answer before the first byte.
enum RawAnswer {
    File { id: Id, bytes: u64 },
    Moved(String),
}

/// `/-/raw/v7/src/a.ts`
pub async fn send(
    state: &Arc<ServerState>,
    who: &Requester,
    asked: AskedPage,
    name: String,
    path: String,
) -> Result<HttpResponse, HttpError> {
    let service = state.pages.agents.clone();
    let agent = asked.agent.clone();
    let find = move |_: &RemoteStore| {
        service.read_versions(&asked.agent, |look| {
            found(&AgentHistory { asked: &asked, look }, &name, &path)
        })
    };
    let (id, bytes) = match state.work(Pool::Refs, who, find).await? {
        RawAnswer::Moved(address) => return Ok(redirect(StatusCode::FOUND, &address)),
        RawAnswer::File { id, bytes } => (id, bytes),
    };
    let (pieces, arriving) = mpsc::channel(PIECES);
    let (service, place) =
        (state.pages.agents.clone(), state.pools.wait(Pool::Fetches, who).await?);
    tokio::task::spawn_blocking(move || {
        let _place = place;
        let mut sink = PieceSink { pieces: pieces.clone(), piece: Vec::with_capacity(PIECE) };
        let sent = service.read_versions(&agent, |look| {
            look.objects.copy_blob(&id, &mut sink)?;
            sink.flush().map_err(|_| Error::unavailable("the client went away"))
        });
        // An answer that breaks off is one that a client notices.
        let _ = sent.map_err(|_| pieces.blocking_send(Err(io::ErrorKind::Other.into())));
    });
    let mut answer = HttpResponse::new(Body::new(RawBody { arriving, left: bytes }));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes));
    Ok(with_headers(answer))
}

fn found(history: &AgentHistory<'_>, name: &str, path: &str) -> Result<RawAnswer> {
    let named = history.number(name)?;
    let number = named.number();
    let here = address::raw(history.agent(), number, path);
    if let super::history::NamedVersion::Word(_) = named {
        return Ok(RawAnswer::Moved(here));
    }
    let version = history.load(number)?;
    let entry = object::entry_at(history.objects(), &version.source, path)?;
    let entry = entry
        .filter(|entry| !entry.mode.is_directory())
        .ok_or_else(|| Error::not_found(format!("there is no file \"{path}\" in v{number}")))?;
    Ok(RawAnswer::File { id: entry.id, bytes: history.objects().blob_len(&entry.id)? })
}

/// Collects bytes into pieces, and waits for a client that is slower than the disk.
struct PieceSink {
    pieces: mpsc::Sender<io::Result<Bytes>>,
    piece: Vec<u8>,
}

impl Write for PieceSink {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(more);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = Bytes::from(std::mem::take(&mut self.piece));
        if piece.is_empty() {
            return Ok(());
        }
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.pieces.blocking_send(Ok(piece)).map_err(gone)
    }
}

/// Body of known length whose pieces come from a thread.
struct RawBody {
    arriving: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
}

impl hyper::body::Body for RawBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.arriving.poll_recv(cx).map(|piece| {
            let piece = piece?;
            if let Ok(bytes) = &piece {
                self.left = self.left.saturating_sub(bytes.len() as u64);
            }
            Some(piece.map(Frame::data))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
