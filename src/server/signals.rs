//! What the operating system tells a server: to stop, or to read its certificate again.

use crate::error::{At, Result};
use std::path::Path;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
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
    /// From here on signals are told and end nothing by themselves.
    pub fn install() -> Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).at("listen to", Path::new("signals"));
        Ok(Signals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    pub async fn next(&mut self) -> Event {
        tokio::select! {
            _ = self.interrupt.recv() => Event::Interrupt,
            _ = self.terminate.recv() => Event::Stop,
            _ = self.hang_up.recv() => Event::Reload,
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

    pub async fn next(&mut self) -> Event {
        let _ = tokio::signal::ctrl_c().await;
        Event::Interrupt
    }
}

impl Signals {
    /// Waits until it is told to stop.
    pub async fn stop(&mut self) {
        while self.next().await == Event::Reload {}
    }
}
