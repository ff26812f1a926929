//! Configuration of a server.

use super::limits::ServerLimits;
use super::proxies::Proxies;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Clone, Debug)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    /// Address for health and metrics; `None`: the same as for everybody.
    pub admin: Option<SocketAddr>,
    /// The folder with heads, packs and tokens.
    pub data: PathBuf,
    pub tls: Option<TlsFiles>,
    /// Nobody is asked for a token: whoever reaches the address may do everything.
    pub open: bool,
    pub limits: ServerLimits,
    pub proxies: Proxies,
    /// The URL that clients use, without a slash at its end; `None`: the address that each request names.
    pub public_url: Option<String>,
    /// Pushes of the stock command with files that look like secrets are refused.
    pub refuses_secrets: bool,
}

/// The files of a certificate, in PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}
