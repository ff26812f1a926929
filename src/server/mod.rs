//! The server of remotes: HTTP over a remote store, and who may do what there.
//!
//! The runtime lives and dies with a [`Server`]; nothing else in the program has one. Handlers wait
//! for the network only: what waits for the disk runs on threads of its own, so many and no more.

mod access;
pub mod address_note;
mod admin;
mod agents;
mod body;
mod config;
mod connection;
mod disk;
mod download;
pub mod expiry;
mod health;
pub mod hints;
pub mod inventory;
pub mod inventory_view;
mod io;
pub mod last_used;
mod limits;
pub mod local;
mod log;
mod malformed;
mod metrics;
mod pages;
pub mod pattern;
pub mod policy;
mod proxies;
mod range;
mod request_log;
mod response;
mod routes;
mod scrub;
mod signals;
mod state;
mod stock;
mod tls;
pub mod token;
pub mod tokens;
mod upkeep;

pub use config::{ServerConfig, TlsFiles};
#[cfg(all(debug_assertions, feature = "cli"))]
pub use limits::PoolSize;
pub use limits::ServerLimits;
pub use log::{Clock, LogLevel};
pub use pages::{AskedPage, LedgerStep, LookAt, PagedAgents, StepOutcome};
pub use proxies::{Network, Proxies};

use crate::error::{At, Error, Kind, Result};
use crate::parallel;
use crate::remote_store::Settings;
use access::Access;
use connection::ConnectionContext;
use disk::Disk;
use limits::{ConnectionGuard, Connections};
use log::Logger;
use pages::PageSettings;
use signals::{SignalEvent, Signals};
use state::{ServerParts, ServerState};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use stock::StockSettings;
use tls::Certificate;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Threads beside those that answer: the log's, and those of the probe.
const THREADS: usize = 17;
/// Pause after a connection could not be accepted for lack of file descriptors: an immediate retry
/// helps nobody.
const AFTER_FAILURE: Duration = Duration::from_millis(50);
/// Connections of those who watch over the server.
const WATCHERS: usize = 32;
/// Work on the disk that is still going on when the time of grace is over.
const LAST_WORK: Duration = Duration::from_secs(2);

/// Interval at which the last use of tokens is written.
const NOTE_USED: Duration = Duration::from_secs(60);

/// Environment of a server: clock, output, log level.
pub struct ServerEnv {
    pub log: Box<dyn FnMut(&str) + Send>,
    pub clock: Clock,
    /// The least level that is logged.
    pub level: LogLevel,
    /// Sockets that listen already, instead of those that would be made: for clients, and for those who watch.
    pub passed: Vec<std::net::TcpListener>,
}

/// A server that has its address, and answers as soon as it runs.
pub struct Server {
    runtime: Runtime,
    listener: TcpListener,
    admin: Option<TcpListener>,
    signals: Signals,
    state: Arc<ServerState>,
    certificate: Option<Arc<Certificate>>,
    tls: Option<TlsAcceptor>,
    writer: log::LogWriter,
}

impl Server {
    /// Opens the remote store, tries whether its engine holds what it must, and takes the address.
    pub fn start(config: &ServerConfig, surroundings: ServerEnv) -> Result<Server> {
        limits::heap::share();
        let workers = parallel::processors();
        parallel::require(workers + THREADS, "serve")?;
        let certificate = config.tls.as_ref().map(Certificate::load).transpose()?.map(Arc::new);
        let tls = certificate.clone().map(tls::config).transpose()?.map(TlsAcceptor::from);
        let mut limits = config.limits.clone();
        let heads = limits::files::fit_file_limit(&mut limits, limits::files::raised())?;
        let (proof_floor, proof_ratio) = limits.proof;
        let settings = Settings {
            heads,
            proof_floor,
            proof_ratio,
            cache: limits.agent_cache,
            copies: limits.scratch_bytes,
            ..Settings::default()
        };
        let store = config.open_store(&settings)?;
        let disk = Disk::probe(&config.data, &store)?;
        let access = Access::new(config.tokens(), config.open, surroundings.clock.clone())?;
        let (log, writer) = Logger::new(surroundings.log, surroundings.clock);
        let log = log.from(surroundings.level);
        let _ = limits::Quotas::of(&limits).note(&**store.notes());
        let runtime = runtime(&limits)?;
        let mut passed = surroundings.passed.into_iter();
        let mut listen = |address| listener(&runtime, address, passed.next());
        let (listener, admin) = (listen(config.listen)?, config.admin.map(listen).transpose()?);
        let signals = {
            let _inside = runtime.enter();
            Signals::install()?
        };
        let (store, proxies) = (Arc::new(store), config.proxies.clone());
        let stock = StockSettings::new(config);
        let state = Arc::new(ServerState::new(ServerParts {
            store,
            access,
            log,
            limits,
            disk,
            proxies,
            stock,
            pages: PageSettings::new(config),
            local: None,
        })?);
        let refusal = state.disk.check(&state.store).0.err();
        refusal.inspect(|refusal| state.report_disk(Some(refusal)));
        Ok(Server { runtime, listener, admin, signals, state, certificate, tls, writer })
    }

    /// Listening address, with the port that was given or the free one that was found.
    pub fn address(&self) -> Result<SocketAddr> {
        self.listener.local_addr().at("read the address of", Path::new("the listener"))
    }

    /// Address for health and metrics, if it is another one.
    pub fn admin_address(&self) -> Result<Option<SocketAddr>> {
        let address = self.admin.as_ref().map(TcpListener::local_addr).transpose();
        address.at("read the address of", Path::new("the listener"))
    }

    /// Warnings for the operator before it runs.
    pub fn warnings(&self) -> Vec<String> {
        let disk = self.state.disk.warning();
        disk.into_iter().chain(inventory::reserved_warnings(&self.state.store)).collect()
    }

    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Serves until a signal says to stop, then finishes the running requests.
    pub fn run(self) -> Result<()> {
        let Server { runtime, listener, admin, mut signals, state, certificate, tls, writer } =
            self;
        let (stop, stopping) = watch::channel(false);
        let (router, connections) =
            (routes::router(state.clone(), admin.is_none()), state.connections.clone());
        let line =
            ConnectionContext { router, state: state.clone(), tls, stop: stopping, connections };
        let (router, connections) =
            (routes::watched(state.clone()), Connections::new(WATCHERS, WATCHERS));
        let watch = ConnectionContext { router, connections, ..line.clone() };
        runtime.block_on(async {
            let accepting = tokio::spawn(accept(listener, line));
            tokio::spawn(upkeep::check_packs(state.clone()));
            tokio::spawn(upkeep::rounds(state.clone()));
            tokio::spawn(scrub::cycles(state.clone()));
            tokio::spawn(note_used(state.clone()));
            let watched = admin.map(|admin| tokio::spawn(accept(admin, watch)));
            let told = loop {
                match signals.next().await {
                    SignalEvent::Reload => reload(&state.log, certificate.as_deref()),
                    told => break told,
                }
            };
            state.log.event("stopping", []);
            state.stopping.store(true, Ordering::Relaxed);
            // A load balancer sees first that it is not ready, and sends requests elsewhere.
            let drained = told == SignalEvent::Interrupt || drain(&state, &mut signals).await;
            accepting.abort();
            let _ = stop.send(true);
            if drained {
                finish(&state, &mut signals).await;
            }
            watched.inspect(|watched| watched.abort());
        });
        let _ = state.access.note_used();
        runtime.shutdown_timeout(LAST_WORK);
        state.log.event("stopped", []);
        drop(state);
        writer.finish();
        Ok(())
    }
}

fn runtime(limits: &ServerLimits) -> Result<Runtime> {
    // Each pool has its own bound; downloads and the rest share what is left.
    let threads = limits::Pools::threads(limits) + 16;
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let built = builder.enable_all().max_blocking_threads(threads).thread_name("serve").build();
    built.at("start threads for", Path::new("the server"))
}

/// A socket that listens: the one that was passed, or a new one.
fn listener(
    runtime: &Runtime,
    address: SocketAddr,
    passed: Option<std::net::TcpListener>,
) -> Result<TcpListener> {
    let _inside = runtime.enter();
    let listener = match passed {
        Some(socket) => socket.set_nonblocking(true).and_then(|()| TcpListener::from_std(socket)),
        None => runtime.block_on(TcpListener::bind(address)),
    };
    listener.map_err(|error| cannot_listen(address, &error))
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Error {
    let error = Error::new(Kind::Unavailable, format!("cannot listen on {address}: {error}"));
    error.hint("use `--listen 127.0.0.1:0` for any free port")
}

/// Takes connections, as many at once as there may be.
async fn accept(listener: TcpListener, line: ConnectionContext) {
    let connections = line.connections.clone();
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(taken) => taken,
            Err(error) => {
                line.state.log.event("accept", [("cause", error.to_string().into())]);
                connections.make_room();
                tokio::time::sleep(AFTER_FAILURE).await;
                continue;
            }
        };
        let open = loop {
            match connections.take(peer.ip()) {
                Some(open) => break open,
                None => tokio::time::sleep(AFTER_FAILURE).await,
            }
        };
        if line.state.proxies.trusts(peer.ip()) {
            // It brings the requests of many, and bounds them itself.
            open.connection.is_of("proxy");
        }
        drop(tokio::spawn(serve(line.clone(), stream, peer, open)));
    }
}

async fn serve(
    line: ConnectionContext,
    stream: TcpStream,
    peer: SocketAddr,
    open: ConnectionGuard,
) {
    let state = line.state.clone();
    let _one = metrics::GaugeGuard::more(&state.metrics.connections);
    let connection = open.connection.clone();
    tokio::select! {
        () = line.serve(stream, peer, connection.clone()) => {}
        () = connection.must_close() => {}
    }
}

/// Waits while others notice. `false`: a second signal came.
async fn drain(state: &ServerState, signals: &mut Signals) -> bool {
    tokio::select! {
        () = tokio::time::sleep(state.limits.drain) => true,
        () = signals.stop() => {
            state.log.event("stopped at once", []);
            false
        }
    }
}

/// Writes down now and then when tokens were used. What a crash loses of that is a minute.
async fn note_used(state: Arc<ServerState>) {
    loop {
        tokio::time::sleep(NOTE_USED).await;
        let shared = state.clone();
        // A full disk is reported elsewhere.
        let _ = state::on_thread(move || shared.access.note_used()).await;
    }
}

/// Waits for the running requests: until their end, the end of the time of grace, or a second signal.
async fn finish(state: &ServerState, signals: &mut Signals) {
    let ended = timeout(state.limits.grace, state.connections.none_left());
    tokio::select! {
        ended = ended => if ended.is_err() {
            state.log.event("grace is over", []);
        },
        () = signals.stop() => state.log.event("stopped at once", []),
    }
}

fn reload(log: &Logger, certificate: Option<&Certificate>) {
    match certificate.map(Certificate::reload) {
        Some(Ok(())) => log.event("certificate reloaded", []),
        Some(Err(error)) => log.event("certificate kept", [("cause", error.message().into())]),
        None => {}
    }
}
