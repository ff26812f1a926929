//! The log: one JSON object a line, written by a thread of its own, so that a slow reader of the log
//! makes no request slow. What does not fit into the queue is counted and gone.

use jiff::Timestamp;
use serde_json::{Map, Value};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

const QUEUE: usize = 4096;
/// Time for the last lines when the server ends.
const LAST_LINES: Duration = Duration::from_secs(2);

type LogSink = Box<dyn FnMut(&str) + Send>;
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Log level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Failures of the server, and damage.
    Error,
    /// Also what was refused.
    Warn,
    /// Everything.
    #[default]
    Info,
}

/// Refusal of a word that is no log level.
#[derive(Debug)]
pub struct UnknownLevel;

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("use error, warn or info")
    }
}

impl std::error::Error for UnknownLevel {}

impl FromStr for LogLevel {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<LogLevel, UnknownLevel> {
        match text {
            "error" => Ok(LogLevel::Error),
            "warn" => Ok(LogLevel::Warn),
            "info" => Ok(LogLevel::Info),
            _ => Err(UnknownLevel),
        }
    }
}

/// Level of an event. A request does by its status.
fn level(event: &str, status: Option<u64>) -> LogLevel {
    match (event, status) {
        ("damage" | "disk" | "panic" | "upkeep_failed" | "accept" | "certificate kept", _) => {
            LogLevel::Error
        }
        ("request", Some(500..)) => LogLevel::Error,
        ("request", Some(400..)) | ("grace is over" | "connection", _) => LogLevel::Warn,
        _ => LogLevel::Info,
    }
}

/// Logger: the sending end of the log.
pub struct Logger {
    lines: SyncSender<String>,
    dropped: AtomicU64,
    clock: Clock,
    level: LogLevel,
}

impl Logger {
    pub fn new(sink: LogSink, clock: Clock) -> (Logger, LogWriter) {
        let (lines, queue) = sync_channel(QUEUE);
        let (done, ended) = sync_channel(1);
        std::thread::spawn(move || write_all(&queue, sink, &done));
        (
            Logger { lines, dropped: AtomicU64::new(0), clock, level: LogLevel::Info },
            LogWriter { ended },
        )
    }

    /// The same with less in it.
    pub fn from(self, level: LogLevel) -> Logger {
        Logger { level, ..self }
    }

    /// Something that happened, with what belongs to it.
    pub fn event(&self, event: &str, fields: impl IntoIterator<Item = (&'static str, Value)>) {
        let mut line = Map::new();
        line.insert(
            "at".into(),
            (self.clock)().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string().into(),
        );
        line.insert("event".into(), event.into());
        line.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        if level(event, line.get("status").and_then(Value::as_u64)) > self.level {
            return;
        }
        if self.lines.try_send(format!("{}\n", Value::Object(line))).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The present, by the clock that the lines have.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// The thread that writes.
pub struct LogWriter {
    ended: Receiver<()>,
}

impl LogWriter {
    /// Waits for the last lines, once every [`Logger`] is gone.
    pub fn finish(self) {
        let _ = self.ended.recv_timeout(LAST_LINES);
    }
}

fn write_all(queue: &Receiver<String>, mut sink: LogSink, done: &SyncSender<()>) {
    while let Ok(line) = queue.recv() {
        sink(&line);
    }
    let _ = done.send(());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn a_line_is_one_object_whatever_is_in_it() {
        let written = Arc::new(Mutex::new(String::new()));
        let text = written.clone();
        let clock: Clock = Arc::new(|| Timestamp::from_millisecond(1_500).unwrap());
        let (log, writer) =
            Logger::new(Box::new(move |line| text.lock().unwrap().push_str(line)), clock);
        log.event("x", [("path", "a\n\"b\"".into()), ("status", 200.into())]);
        drop(log);
        writer.finish();
        assert_eq!(
            *written.lock().unwrap(),
            "{\"at\":\"1970-01-01T00:00:01.500Z\",\"event\":\"x\",\"path\":\"a\\n\\\"b\\\"\",\"status\":200}\n"
        );
    }

    #[test]
    fn a_reader_that_does_not_read_holds_nobody() {
        let (hold, held) = sync_channel::<()>(0);
        let clock: Clock = Arc::new(|| Timestamp::UNIX_EPOCH);
        let (log, _writer) = Logger::new(Box::new(move |_| held.recv().unwrap_or_default()), clock);
        (0..QUEUE + 100).for_each(|_| log.event("x", []));
        assert!(log.dropped() >= 99, "{}", log.dropped());
        drop(hold);
    }
}
