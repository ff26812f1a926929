//! One connection: TLS where it is spoken, then HTTP/1.1 until it ends or the server stops.

use super::io::Guarded;
use super::limits::{Connection, Connections};
use super::record::Peer;
use super::state::State;
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// What is read at once: also the size of the pieces of an upload.
const BUFFER: usize = 128 << 10;

/// What all connections have in common.
#[derive(Clone)]
pub struct Line {
    pub state: Arc<State>,
    pub router: Router,
    pub tls: Option<TlsAcceptor>,
    pub stop: watch::Receiver<bool>,
    pub connections: Arc<Connections>,
}

impl Line {
    pub async fn serve(self, stream: TcpStream, peer: SocketAddr, connection: Arc<Connection>) {
        // Answers are small or sent in large pieces: waiting to fill packets only makes them late.
        let _ = stream.set_nodelay(true);
        let limits = &self.state.limits;
        let stream = Guarded::new(stream, limits.span);
        let Some(tls) = self.tls.clone() else { return self.speak(stream, peer, connection).await };
        match timeout(limits.head, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.speak(stream, peer, connection).await,
            Ok(Err(error)) => self.tell(peer, &format!("no TLS: {error}")),
            Err(_) => self.tell(peer, "no TLS in time"),
        }
    }

    async fn speak(
        mut self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        peer: SocketAddr,
        connection: Arc<Connection>,
    ) {
        let router = self.router.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            request.extensions_mut().insert(connection.clone());
            router.clone().oneshot(request)
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.state.limits.head).max_buf_size(BUFFER);
        // A client that closes after its last byte still gets its request done: what arrived is kept.
        http.half_close(true);
        let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped(&mut self.stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            self.tell(peer, &error.to_string());
        }
    }

    fn tell(&self, peer: SocketAddr, why: &str) {
        self.state.log.event("connection", [("peer", peer.to_string().into()), ("cause", why.into())]);
    }
}

/// Waits until the server is told to stop.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
