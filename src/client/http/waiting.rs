//! Wait notice: tells a person that a server does not answer.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Notice that a server does not answer, at most once for each remote.
#[derive(Clone)]
pub struct WaitNotice {
    tell: Arc<dyn Fn(&str) + Send + Sync>,
    told: Arc<AtomicBool>,
}

impl fmt::Debug for WaitNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}

impl WaitNotice {
    pub fn new(tell: impl Fn(&str) + Send + Sync + 'static) -> WaitNotice {
        WaitNotice { tell: Arc::new(tell), told: Arc::default() }
    }

    /// Gives the notice unless the guard was dropped before. Without a thread there is no notice.
    pub fn begin(&self, base: &str, after: Duration) -> Option<Sender<()>> {
        let (answered, wait) = channel::<()>();
        let (waiting, base) = (self.clone(), base.to_owned());
        let watch = move || {
            let is_silent = wait.recv_timeout(after) == Err(RecvTimeoutError::Timeout);
            if is_silent && !waiting.told.swap(true, Ordering::Relaxed) {
                (waiting.tell)(&format!("waiting for \"{base}\", which has not answered yet"));
            }
        };
        std::thread::Builder::new().spawn(watch).ok().map(|_| answered)
    }
}
