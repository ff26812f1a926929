//! HTTP/1.1 by hand, so that a test knows every byte that it sends.

use std::io::{Read, Write};

/// One end of a connection.
pub struct Wire<S> {
    stream: S,
    read: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// Names are in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl<S: Read + Write> Wire<S> {
    pub fn new(stream: S) -> Wire<S> {
        Wire { stream, read: Vec::new() }
    }

    /// Sends bytes as they are. `false` when the other end does not take them any more.
    pub fn raw(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush()).is_ok()
    }

    /// Sends a request whose body has the length that it says.
    pub fn send(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) {
        self.head(method, path, headers, body.len() as u64);
        self.raw(body);
    }

    /// Sends a head only, with the length of a body that comes later or never.
    pub fn head(&mut self, method: &str, path: &str, headers: &str, length: u64) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {length}\r\n\r\n"
        );
        self.raw(head.as_bytes());
    }

    /// The next answer.
    pub fn reply(&mut self) -> Reply {
        self.try_reply("GET").expect("an answer")
    }

    /// The next answer; `None` when the connection ends without one. The answer to `HEAD` has no body.
    pub fn try_reply(&mut self, method: &str) -> Option<Reply> {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            self.more()?;
        };
        let head = String::from_utf8(self.read.drain(..end + 4).collect()).unwrap();
        let mut lines = head.trim_end().lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_lowercase(), value.to_owned()))
        };
        let headers: Vec<(String, String)> = lines.filter_map(header).collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
        let length = if method == "HEAD" { 0 } else { length };
        while self.read.len() < length {
            self.more()?;
        }
        Some(Reply { status, headers, body: self.read.drain(..length).collect() })
    }

    fn more(&mut self) -> Option<()> {
        let mut piece = [0; 65536];
        let count = self.stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        self.read.extend_from_slice(&piece[..count]);
        Some(())
    }
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Status, telling headers and body, as a snapshot shows them.
    pub fn shown(&self) -> String {
        let mut text = format!("{}\n", self.status);
        for (name, value) in &self.headers {
            if !matches!(name.as_str(), "date" | "content-length" | "x-request-id") {
                text.push_str(&format!("{name}: {value}\n"));
            }
        }
        text + "\n" + &self.text()
    }
}
