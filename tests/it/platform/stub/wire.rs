//! HTTP/1.1 over a stream: requests in, answers out.

use super::answer::Reply;
use super::request::Request;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

pub struct Wire {
    reader: BufReader<TcpStream>,
}

impl Wire {
    pub fn new(stream: TcpStream) -> Wire {
        Wire { reader: BufReader::new(stream) }
    }

    /// The next request; `None` at the end of the connection.
    pub fn request(&mut self) -> Option<Request> {
        let line = self.line()?;
        let mut words = line.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = vec![0; length.map_or(Some(0), |(_, length)| length.parse().ok())?];
        let is_chunked = headers.iter().any(|(name, _)| name == "transfer-encoding");
        assert!(!is_chunked, "the stub reads no chunked bodies: {method} {path}");
        self.reader.read_exact(&mut body).ok()?;
        Some(Request::new(method, path, headers, body))
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(count) if count > 0 => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
            _ => None,
        }
    }

    pub fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} X\r\n", reply.status);
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", reply.body.len()));
        // One write: a client would wait for the second piece of it.
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&reply.body);
        self.reader.get_mut().write_all(&bytes)
    }
}
