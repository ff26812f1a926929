//! Signals: stop, or reload the certificate.

use crate::error::{At, Result};
use std::path::Path;

/// Request that a signal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalEvent {
    Stop,
    /// By somebody at a terminal.
    Interrupt,
    Reload,
}

#[cfg(unix)]
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// From here on signals are reported and end nothing by themselves.
    pub fn install() -> Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).at("listen to", Path::new("signals"));
        Ok(Signals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    pub async fn next(&mut self) -> SignalEvent {
        tokio::select! {
            _ = self.interrupt.recv() => SignalEvent::Interrupt,
            _ = self.terminate.recv() => SignalEvent::Stop,
            _ = self.hang_up.recv() => SignalEvent::Reload,
        }
    }
}

#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub fn install() -> Result<Signals> {
        Ok(Signals)
    }

    pub async fn next(&mut self) -> SignalEvent {
        let _ = tokio::signal::ctrl_c().await;
        SignalEvent::Interrupt
    }
}

impl Signals {
    /// Waits for the signal to stop.
    pub async fn stop(&mut self) {
        while self.next().await == SignalEvent::Reload {}
    }
}
