//! Configuration of a server.

use super::limits::ServerLimits;
use super::proxies::Proxies;
use crate::engine::SharedEngine;
use crate::error::Result;
use crate::protocol::AgentId;
use crate::remote_store::{Engines, RemoteStore, Settings};
use crate::server::tokens::Tokens;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Clone, Debug)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    /// Address for health and metrics; `None`: the same as for everybody.
    pub admin: Option<SocketAddr>,
    /// The folder with heads, packs and tokens; with another engine, the folder for files on their way.
    pub data: PathBuf,
    /// The engine, if it is not the folder.
    pub engine: Option<SharedEngine>,
    pub tls: Option<TlsFiles>,
    /// Nobody is asked for a token: whoever reaches the address may do everything.
    pub open: bool,
    pub limits: ServerLimits,
    pub proxies: Proxies,
    /// The URL that clients use, without a slash at its end; `None`: the address that each request names.
    pub public_url: Option<String>,
    /// True if people with a browser get pages.
    pub pages: bool,
    /// Agents whose pages everybody may read.
    pub public: Vec<AgentId>,
    /// Pushes of the stock command with files that look like secrets are refused.
    pub refuses_secrets: bool,
}

impl ServerConfig {
    /// The remote store that is served.
    pub fn open_store(&self, settings: &Settings) -> Result<RemoteStore> {
        let Some(engine) = &self.engine else {
            return RemoteStore::open_with(&self.data, settings);
        };
        let engines: Engines = engine.engines.clone();
        Ok(RemoteStore::on(engines, self.data.clone()).set(settings))
    }

    pub fn tokens(&self) -> Tokens {
        match &self.engine {
            Some(engine) => Tokens::shared(engine.tokens.clone()),
            None => Tokens::of(&self.data),
        }
    }
}

/// The files of a certificate, in PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}
