//! Sockets that whoever started the program opened for it, as systemd does: `LISTEN_FDS`, `LISTEN_PID`.

use crate::error::Result;
use std::net::TcpListener;

/// The first is for clients, a second one for those who watch over the server.
#[cfg(unix)]
pub fn passed() -> Result<Vec<TcpListener>> {
    use crate::error::Error;
    let mut passed = listenfd::ListenFd::from_env();
    let count = passed.len();
    if count > 2 {
        return Err(Error::usage(format!("{count} sockets were passed to this program")).hint(
            "pass one for clients, and at most one more for `/healthz`, `/readyz` and `/metrics`",
        ));
    }
    let take = |at| {
        let wrong =
            || Error::usage(format!("socket {} that was passed does not listen for TCP", at + 1));
        passed.take_tcp_listener(at).ok().flatten().ok_or_else(wrong)
    };
    (0..count).map(take).collect()
}

#[cfg(not(unix))]
pub fn passed() -> Result<Vec<TcpListener>> {
    Ok(Vec::new())
}
