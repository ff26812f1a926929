//! A server that somebody else wrote: it says one thing about refs, refuses everything else, or never answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub struct Stub {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    /// Answers each request for refs with this JSON, and 503 to everything else.
    pub fn with_refs(json: String) -> Stub {
        Stub::start(move |request| {
            match request.starts_with("GET ") && request.ends_with("/refs") {
                true => Some(format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
                    json.len()
                )),
                false => Some("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".to_owned()),
            }
        })
    }

    /// Answers each request with this status and JSON; a body that it has is read before.
    pub fn with_answers(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> Stub {
        Stub::with_header("", answer)
    }

    /// The same with a line more in the head of each answer.
    pub fn with_header(
        header: &'static str,
        answer: impl Fn(&str) -> (u16, String) + Send + 'static,
    ) -> Stub {
        Stub::start(move |request| {
            let (status, json) = answer(request);
            let length = json.len();
            Some(format!(
                "HTTP/1.1 {status} X\r\n{header}Connection: close\r\nContent-Length: {length}\r\n\r\n{json}"
            ))
        })
    }

    /// Takes connections and requests, and never answers.
    pub fn silent() -> Stub {
        Stub::start(|_| None)
    }

    fn start(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> Stub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        // Ends with the test.
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for mut stream in listener.incoming().map_while(Result::ok) {
                let Some(line) = request_line(&mut stream) else { continue };
                seen.lock().unwrap().push(line.clone());
                match answer(&line) {
                    Some(text) => drop(stream.write_all(text.as_bytes())),
                    None => held.push(stream),
                }
            }
        });
        Stub { url, requests }
    }

    /// Requests since the last call: methods and paths.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

/// `GET /agent/refs`, once the head of a request is there; without a query.
fn request_line(stream: &mut TcpStream) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    let line = head.lines().next()?.rsplit_once(' ')?.0;
    Some(line.split_once('?').map_or(line, |(path, _)| path).to_owned())
}
