//! A bad network: a proxy on loopback that cuts connections at a byte, delays, and sends requests twice.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Fault of one connection.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Both sides are cut off when so many bytes went to the server.
    CutUp(u64),
    /// The same, and the client is cut off when the server has read them all and has let go of the connection.
    CutUpRead(u64),
    /// Both sides are cut off when so many bytes came back.
    CutDown(u64),
    /// Each piece is held back for so many milliseconds.
    Delay(u64),
    /// After the end of the connection, all that the client sent is sent to the server once more.
    Twice,
}

pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    server: SocketAddr,
    faults: Mutex<VecDeque<Fault>>,
    up: AtomicU64,
    down: AtomicU64,
    connections: AtomicU64,
}

impl Proxy {
    pub fn before(server: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            server,
            faults: Mutex::default(),
            up: AtomicU64::new(0),
            down: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        });
        let serving = shared.clone();
        // Ends with the test: a listener that nobody connects to waits, and holds nothing.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = serving.clone();
                thread::spawn(move || shared.carry(client));
            }
        });
        Proxy { address, shared }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets the faults of the next connections, one after the other; those after them are left
    /// alone.
    pub fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        *self.shared.faults.lock().unwrap() = faults.into_iter().collect();
    }

    /// Bytes to the server and back, and connections, since this was last asked.
    pub fn traffic(&self) -> (u64, u64, u64) {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::SeqCst);
        (take(&self.shared.up), take(&self.shared.down), take(&self.shared.connections))
    }
}

impl Shared {
    fn carry(self: Arc<Shared>, client: TcpStream) {
        self.connections.fetch_add(1, Ordering::SeqCst);
        let fault = self.faults.lock().unwrap().pop_front();
        let Ok(server) = TcpStream::connect(self.server) else { return };
        let said = Arc::new(Mutex::new(Vec::new()));
        let is_cut = Arc::new(AtomicBool::new(false));
        let back = {
            let (from, to, shared) =
                (server.try_clone().unwrap(), client.try_clone().unwrap(), self.clone());
            let is_cut = is_cut.clone();
            thread::spawn(move || shared.pump(from, to, fault, None, &is_cut))
        };
        let end = client.try_clone().unwrap();
        self.pump(client, server, fault, Some(&said), &is_cut);
        back.join().unwrap();
        if is_cut.load(Ordering::SeqCst) {
            let _ = end.shutdown(Shutdown::Both);
        }
        if let Some(Fault::Twice) = fault {
            self.say_again(&said.lock().unwrap());
        }
    }

    /// Carries what one side says to the other; with `said`, what the client says.
    fn pump(
        &self,
        mut from: TcpStream,
        mut to: TcpStream,
        fault: Option<Fault>,
        said: Option<&Mutex<Vec<u8>>>,
        is_cut: &AtomicBool,
    ) {
        let mut left = match (fault, said) {
            (Some(Fault::CutUp(bytes) | Fault::CutUpRead(bytes)), Some(_)) => bytes,
            (Some(Fault::CutDown(bytes)), None) => bytes,
            _ => u64::MAX,
        };
        let counter = if said.is_some() { &self.up } else { &self.down };
        let mut piece = [0; 16 << 10];
        while let Ok(len @ 1..) = from.read(&mut piece) {
            if let Some(Fault::Delay(wait)) = fault {
                thread::sleep(Duration::from_millis(wait));
            }
            if is_cut.load(Ordering::SeqCst) {
                // The server's answer to half a request does not arrive.
                continue;
            }
            let len = len.min(usize::try_from(left).unwrap_or(usize::MAX));
            counter.fetch_add(len as u64, Ordering::SeqCst);
            if let Some(said) = said {
                said.lock().unwrap().extend_from_slice(&piece[..len]);
            }
            left -= len as u64;
            let is_sent = to.write_all(&piece[..len]).is_ok();
            if left == 0 && is_sent && matches!(fault, Some(Fault::CutUpRead(_))) {
                is_cut.store(true, Ordering::SeqCst);
                break;
            }
            if !is_sent || left == 0 {
                // A cut takes both directions with it.
                let _ = from.shutdown(Shutdown::Both);
                let _ = to.shutdown(Shutdown::Both);
                return;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    }

    fn say_again(&self, said: &[u8]) {
        let Ok(mut server) = TcpStream::connect(self.server) else { return };
        let _ = server.set_read_timeout(Some(Duration::from_secs(5)));
        let _ = server.write_all(said).and_then(|()| server.shutdown(Shutdown::Write));
        let _ = server.read_to_end(&mut Vec::new());
    }
}
