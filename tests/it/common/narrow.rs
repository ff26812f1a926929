//! A proxy like an unconfigured `nginx`: it refuses bodies of more than 1 MB with a page of its
//! own, and passes everything else on to the server. A client that waits for `100 Continue` gets
//! the refusal before it sends such a body.

use super::http::Wire;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The most that it lets through.
pub const MOST: usize = 1_000_000;

const PAGE: &str = "<html><head><title>413 Request Entity Too Large</title></head></html>\r\n";

pub struct Narrow {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    requests: Arc<Mutex<Vec<Asked>>>,
}

/// A request: its method, the length of its body as it says, and what came of it.
pub type Asked = (String, usize, usize);

impl Narrow {
    pub fn before(server: SocketAddr) -> Narrow {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        // Ends with the test.
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let seen = seen.clone();
                std::thread::spawn(move || carry(client, server, &seen));
            }
        });
        Narrow { url, requests }
    }

    /// The requests since this was called last.
    pub fn requests(&self) -> Vec<Asked> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

fn carry(mut client: TcpStream, server: SocketAddr, seen: &Mutex<Vec<Asked>>) -> Option<()> {
    let mut wire = Wire::new(TcpStream::connect(server).ok()?);
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        let text = String::from_utf8(head.clone()).ok()?;
        let method = text.split(' ').next()?.to_owned();
        let length =
            |line: &str| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok();
        let length: usize = text.lines().find_map(length).unwrap_or(0);
        let waits = text.to_lowercase().contains("\r\nexpect: 100-continue\r\n");
        let mut body = vec![0; if waits && length > MOST { 0 } else { length }];
        client.read_exact(&mut body).ok()?;
        seen.lock().unwrap().push((method.clone(), length, body.len()));
        if length > MOST {
            let head = format!(
                "HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: {}\r\n\r\n",
                PAGE.len()
            );
            client.write_all(format!("{head}{PAGE}").as_bytes()).ok()?;
            continue;
        }
        wire.raw(&[head, body].concat());
        let reply = wire.try_reply(&method)?;
        let headers: String =
            reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("HTTP/1.1 {} X\r\n{headers}\r\n", reply.status);
        client.write_all(&[head.as_bytes(), &reply.body].concat()).ok()?;
    }
}
