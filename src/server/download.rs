//! Download of a thin pack: read piece by piece on threads that may wait, none of which is held while the client
//! takes its time.

use super::metrics::{Gauge, GaugeGuard};
use super::state::ServerState;
use crate::error::{Error, Result};
use crate::remote_store::{ServedPack, ServedPackReader};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::task::JoinHandle;

const PIECE: u64 = 256 << 10;

/// A thin pack of which the first piece was read where it was made: most have no other, and another thread is
/// another wait on a busy machine.
pub struct StartedDownload {
    left: u64,
    reader: ServedPackReader,
    first: Bytes,
}

impl StartedDownload {
    pub fn read(thin_pack: &ServedPack, from: u64) -> Result<StartedDownload> {
        let left = thin_pack.len().saturating_sub(from);
        let first = piece(thin_pack.reader(from), left.min(PIECE) as usize);
        let (reader, first) =
            first.map_err(|error| Error::failed(format!("cannot read the pack: {error}")))?;
        Ok(StartedDownload { left, reader, first })
    }
}

pub struct Download {
    left: u64,
    /// Read, and not sent yet.
    first: Option<Bytes>,
    /// Here, or on the thread that reads the next piece.
    reader: Option<ServedPackReader>,
    reading: Option<JoinHandle<io::Result<(ServedPackReader, Bytes)>>>,
    _one: GaugeGuard<Downloads>,
}

impl Download {
    pub fn new(
        StartedDownload { left, reader, first }: StartedDownload,
        state: Arc<ServerState>,
    ) -> Download {
        let one = GaugeGuard::more(Downloads(state));
        Download { left, first: Some(first), reader: Some(reader), reading: None, _one: one }
    }
}

impl hyper::body::Body for Download {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(first) = self.first.take() {
            self.left -= first.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let count = self.left.min(PIECE) as usize;
        if let Some(reader) = self.reader.take() {
            self.reading = Some(tokio::task::spawn_blocking(move || piece(reader, count)));
        }
        // Neither here nor being read: a read has failed before.
        let Some(reading) = self.reading.as_mut() else { return Poll::Ready(None) };
        let read = ready!(Pin::new(reading).poll(cx));
        self.reading = None;
        let (reader, bytes) = read.map_err(io::Error::other)??;
        self.reader = Some(reader);
        self.left -= bytes.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

fn piece(mut reader: ServedPackReader, count: usize) -> io::Result<(ServedPackReader, Bytes)> {
    let mut bytes = vec![0; count];
    reader.read_exact(&mut bytes)?;
    Ok((reader, bytes.into()))
}

/// The downloads that are counted in a server's metrics.
struct Downloads(Arc<ServerState>);

impl AsRef<Gauge> for Downloads {
    fn as_ref(&self) -> &Gauge {
        &self.0.metrics.downloads
    }
}
