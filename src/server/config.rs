//! What a server is told when it starts.

use super::limits::Limits;
use super::proxies::Proxies;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    /// Where those ask who watch over the server; `None`: where everybody does.
    pub admin: Option<SocketAddr>,
    /// The folder with heads, packs and tokens.
    pub data: PathBuf,
    pub tls: Option<Tls>,
    /// Nobody is asked for a token: whoever reaches the address may do everything.
    pub open: bool,
    pub limits: Limits,
    pub proxies: Proxies,
}

/// The files of a certificate, in PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
}
