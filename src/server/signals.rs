//! Signals: stop, or reload the certificate.

use crate::error::{At, Result};
use std::path::Path;

/// Request that a signal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalEvent {
    Stop,
    /// By somebody at a terminal.
    Interrupt,
    /// Nothing sends it on Windows.
    #[cfg_attr(windows, allow(dead_code, reason = "only Unix has a signal for it"))]
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

/// Windows has no signal that reloads: there a new certificate counts from the next start.
#[cfg(windows)]
pub struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    terminate: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    /// From here on signals are reported and end nothing by themselves.
    pub fn install() -> Result<Signals> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        let console = Path::new("signals");
        Ok(Signals {
            interrupt: ctrl_c().at("listen to", console)?,
            terminate: ctrl_break().at("listen to", console)?,
            close: ctrl_close().at("listen to", console)?,
            shutdown: ctrl_shutdown().at("listen to", console)?,
        })
    }

    pub async fn next(&mut self) -> SignalEvent {
        tokio::select! {
            _ = self.interrupt.recv() => SignalEvent::Interrupt,
            _ = self.terminate.recv() => SignalEvent::Stop,
            _ = self.close.recv() => SignalEvent::Stop,
            _ = self.shutdown.recv() => SignalEvent::Stop,
        }
    }
}

impl Signals {
    /// Waits for the signal to stop.
    pub async fn stop(&mut self) {
        while self.next().await == SignalEvent::Reload {}
    }
}
