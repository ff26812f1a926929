//! A listener on loopback that keeps the heads of all requests, and gives one answer to all of them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub struct Recorder {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    /// Answers every request with this status and these header lines.
    pub fn answering(status: &str, headers: &str) -> Recorder {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let answer =
            format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n");
        let kept = heads.clone();
        // Ends with the test: a listener that nobody connects to waits, and holds nothing.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                record(client, &answer, &kept);
            }
        });
        Recorder { address, heads }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of the requests since this was last asked.
    pub fn heads(&self) -> Vec<String> {
        std::mem::take(&mut self.heads.lock().unwrap())
    }
}

/// One connection. As a proxy it answers for every server that it is asked to connect with.
fn record(mut client: TcpStream, answer: &str, kept: &Mutex<Vec<String>>) {
    client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    loop {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match client.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                _ => return,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let connects = head.starts_with("CONNECT ");
        kept.lock().unwrap().push(head);
        let answer = if connects { "HTTP/1.1 200 OK\r\n\r\n" } else { answer };
        if client.write_all(answer.as_bytes()).is_err() || !connects {
            return;
        }
    }
}
