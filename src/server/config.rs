//! What a server is told when it starts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    /// The folder with heads, packs and tokens.
    pub data: PathBuf,
    pub tls: Option<Tls>,
    /// Nobody is asked for a token: whoever reaches the address may do everything.
    pub open: bool,
    pub limits: Limits,
}

/// The files of a certificate, in PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// How much of everything one server bears.
#[derive(Clone, Debug)]
pub struct Limits {
    /// For the head of a request, counted from the connection or the answer before: so also how long
    /// an idle connection is kept.
    pub head: Duration,
    /// For a JSON body, from its first byte to its last.
    pub json: Duration,
    /// In each span of this length …
    pub span: Duration,
    /// … an upload must bring this many bytes, and a download must be taken from at all.
    pub bytes_per_span: u64,
    /// Open connections; who comes later waits in the operating system's queue.
    pub connections: usize,
    /// Requests at once; who comes later is told to come again.
    pub requests: usize,
    /// Uploads at once: each of them holds a thread.
    pub uploads: usize,
    /// Other work on the disk at once: each holds a thread while it lasts.
    pub work: usize,
    /// What running requests have to finish, when the server is told to stop.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            head: Duration::from_secs(30),
            json: Duration::from_secs(30),
            // 1 KiB/s: less is no network that a push could end on.
            span: Duration::from_secs(30),
            bytes_per_span: 30 << 10,
            connections: 1024,
            requests: 512,
            uploads: 64,
            work: 16,
            grace: Duration::from_secs(20),
        }
    }
}
