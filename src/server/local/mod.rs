//! Local pages: those of one agent for the person who started them, on an address of this machine that nobody else reaches.
//! The agent is not in a store of a server, and nothing of it is written by the server itself.

mod nothing;

use super::access::Access;
use super::connection::ConnectionContext;
use super::disk::Disk;
use super::limits::ServerLimits;
use super::log::{Clock, Logger};
use super::pages::{EntryKey, HostNames, PageSettings, PagedAgents};
use super::proxies::Proxies;
use super::signals::Signals;
use super::state::{ServerParts, ServerState};
use super::stock::StockSettings;
use super::tokens::{NewToken, Tokens};
use super::{accept, finish, listener, log, routes, runtime};
use crate::error::{At, Error, Result};
use crate::protocol::{AgentId, TokenScope};
use crate::remote_store::{Engines, MemHeads, MemPacks, RemoteStore};
use nothing::{NoNotes, OneToken};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// Pause between two looks at the time of the last request.
const LOOK: Duration = Duration::from_secs(1);
/// Requests that are going on at the end.
const LAST_REQUESTS: Duration = Duration::from_secs(2);

pub struct LocalConfig {
    /// 0: any free port.
    pub port: u16,
    pub agent: AgentId,
    /// Author of what the pages change.
    pub by: String,
    pub reads_only: bool,
    /// Answers under 127.0.0.1 too, for a browser that does not find the name. Only for pages that change nothing, as a cookie of
    /// that name goes to every port of this machine.
    pub by_number: bool,
    /// Time without a request after which it ends.
    pub idle: Duration,
    /// Any folder that exists.
    pub folder: PathBuf,
}

/// Pages of this machine that have their address.
pub struct LocalServer {
    runtime: Runtime,
    listener: TcpListener,
    signals: Signals,
    state: Arc<ServerState>,
    writer: log::LogWriter,
    idle: Duration,
    /// Addresses with the key, for the person who started it.
    pub addresses: Vec<String>,
}

impl LocalServer {
    pub fn start(
        config: LocalConfig,
        agents: Arc<dyn PagedAgents>,
        clock: Clock,
    ) -> Result<LocalServer> {
        let limits = ServerLimits { grace: LAST_REQUESTS, ..ServerLimits::default() };
        let runtime = runtime(&limits)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, config.port));
        let listener = listener(&runtime, address, None)?;
        let signals = {
            let _inside = runtime.enter();
            Signals::install()?
        };
        let at = listener.local_addr().at("read the address of", Path::new("the listener"))?;
        let random = getrandom::u64()
            .map_err(|error| Error::failed(format!("cannot get random bits: {error}")))?;
        let name = format!("lua-store-{random:016x}.localhost");
        let mut names = vec![name];
        names.extend(config.by_number.then(|| Ipv4Addr::LOCALHOST.to_string()));
        let (tokens, token) = one_token(&config, clock.as_ref()())?;
        let (entry, key) = EntryKey::new(config.agent, token, Instant::now())?;
        let url = |name: &String| format!("http://{name}:{}/-/open?key={key}", at.port());
        let addresses = names.iter().map(url).collect();
        let store = Arc::new(RemoteStore::on(
            Engines {
                heads: Arc::new(MemHeads::default()),
                packs: Arc::new(MemPacks::default()),
                notes: Arc::new(NoNotes),
            },
            config.folder.clone(),
        ));
        let (log, writer) = Logger::new(Box::new(|_| {}), clock.clone());
        let state = ServerState::new(ServerParts {
            disk: Disk::unused(&config.folder),
            store,
            access: Access::new(tokens, false, clock)?,
            log,
            limits,
            proxies: Proxies::default(),
            stock: StockSettings::default(),
            pages: PageSettings::local(HostNames::only(names)),
            local: Some((agents, entry)),
        })?;
        let (state, idle) = (Arc::new(state), config.idle);
        Ok(LocalServer { runtime, listener, signals, state, writer, idle, addresses })
    }

    /// Serves until Ctrl-C, the end of the terminal, or a time without requests.
    pub fn run(self) -> Result<()> {
        let LocalServer { runtime, listener, mut signals, state, writer, idle, .. } = self;
        let (stop, stopping) = watch::channel(false);
        let line = ConnectionContext {
            router: routes::local(state.clone()),
            state: state.clone(),
            tls: None,
            stop: stopping,
            connections: state.connections.clone(),
        };
        runtime.block_on(async {
            let accepting = tokio::spawn(accept(listener, line));
            tokio::select! {
                // The end of its terminal is the signal that makes a server read its certificate again.
                _ = signals.next() => {}
                () = idle_for(&state, idle) => {}
            }
            accepting.abort();
            let _ = stop.send(true);
            finish(&state, &mut signals).await;
        });
        runtime.shutdown_timeout(LAST_REQUESTS);
        drop(state);
        writer.finish();
        Ok(())
    }
}

/// Waits until no request came for so long.
async fn idle_for(state: &ServerState, idle: Duration) {
    while state.pages.unused_for() < idle {
        tokio::time::sleep(LOOK.min(idle)).await;
    }
}

/// Token of the sessions, which nobody ever sees: it says who acts, and what they may do.
fn one_token(config: &LocalConfig, now: jiff::Timestamp) -> Result<(Tokens, blake3::Hash)> {
    let tokens = Tokens::shared(Arc::new(OneToken::default()));
    let scope = if config.reads_only { TokenScope::Read } else { TokenScope::Promote };
    let wanted = NewToken {
        agents: vec![config.agent.as_str().parse()?],
        scope,
        note: None,
        owner: Some(config.by.clone()),
        for_others: false,
        expires_at: None,
    };
    let (_, secret) = tokens.create(wanted, now)?;
    Ok((tokens, secret.hash()))
}
