//! One connection: TLS where it is spoken, then HTTP/1.1 until it ends or the server stops.

use super::io::Guarded;
use super::limits::{Connection, Connections};
use super::malformed::{self, Screened, Unreadable};
use super::state::ServerState;
use crate::server::request_log::Peer;
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// Read buffer of a connection: also the size of the pieces of an upload.
const BUFFER: usize = 128 << 10;

/// State that all connections share.
#[derive(Clone)]
pub struct ConnectionContext {
    pub state: Arc<ServerState>,
    pub router: Router,
    pub tls: Option<TlsAcceptor>,
    pub stop: watch::Receiver<bool>,
    pub connections: Arc<Connections>,
}

impl ConnectionContext {
    pub async fn serve(self, stream: TcpStream, peer: SocketAddr, connection: Arc<Connection>) {
        // Answers are small or sent in large pieces: waiting to fill packets only makes them late.
        let _ = stream.set_nodelay(true);
        let limits = &self.state.limits;
        let stream = Guarded::new(stream, limits.span);
        let Some(tls) = self.tls.clone() else {
            return self.serve_http(stream, peer, connection).await;
        };
        match timeout(limits.head, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.serve_http(stream, peer, connection).await,
            Ok(Err(error)) => self.refuse_busy(peer, &format!("no TLS: {error}"), None),
            Err(_) => self.refuse_busy(peer, "no TLS in time", None),
        }
    }

    async fn serve_http(
        mut self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        peer: SocketAddr,
        connection: Arc<Connection>,
    ) {
        let (router, state) = (self.router.clone(), self.state.clone());
        let stream = Screened::new(stream, connection.clone());
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            let client = state.proxies.client(peer.ip(), request.headers());
            request.extensions_mut().insert(Peer { address: peer, client });
            request.extensions_mut().insert(connection.clone());
            router.clone().oneshot(request)
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(self.state.limits.head)
            .max_buf_size(BUFFER);
        // A client that closes after its last byte still gets its request done: what arrived is kept.
        http.half_close(true);
        let mut talk = http.serve_connection(TokioIo::new(stream), service);
        let ended = tokio::select! {
            ended = &mut talk => ended,
            () = stopped(&mut self.stop) => {
                std::pin::Pin::new(&mut talk).graceful_shutdown();
                (&mut talk).await
            }
        };
        let (stream, refused) = talk.into_parts().io.into_inner().end(&ended);
        let id = match refused {
            Some(refused) => Some(self.refuse(stream, refused).await),
            None => None,
        };
        if let Err(error) = ended {
            self.refuse_busy(peer, &error.to_string(), id);
        }
    }

    /// Answers a request that could not be read, and gives the id that it got.
    async fn refuse(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        refused: Unreadable,
    ) -> String {
        let (state, id) = (&self.state, self.state.next_id());
        // The client may be gone before it is answered.
        let _ =
            timeout(state.limits.span, malformed::answer(stream, refused, &id, state.log.now()))
                .await;
        state.metrics.request("none", "other", refused.status.as_u16(), Duration::ZERO);
        id
    }

    fn refuse_busy(&self, peer: SocketAddr, why: &str, request: Option<String>) {
        let mut fields = vec![("peer", peer.to_string().into()), ("cause", why.into())];
        fields.extend(request.map(|id| ("request", id.into())));
        self.state.log.event("connection", fields);
    }
}

/// Waits until the server stops.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
