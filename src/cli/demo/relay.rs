//! Connection between a client and the server of the demo, which breaks at a promotion.

use super::DemoServer;
use crate::error::{At, Result};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

const WHOLE: u8 = 0;
/// It breaks when a promotion is asked for.
const FRAIL: u8 = 1;
const BROKEN: u8 = 2;

/// Part of the request that makes a version active, and of no other.
const PROMOTION: &[u8] = b"/promote HTTP/1.1\r\n";

/// A relay on a free port. It ends with the demo.
pub struct DemoRelay {
    /// Address of the relay: host and port.
    pub address: String,
    state: Arc<AtomicU8>,
}

impl DemoRelay {
    pub fn before(server: &DemoServer) -> Result<DemoRelay> {
        let place = Path::new("127.0.0.1");
        let listener = TcpListener::bind("127.0.0.1:0").at("listen on", place)?;
        let address = listener.local_addr().at("listen on", place)?.to_string();
        let state = Arc::new(AtomicU8::new(WHOLE));
        let (seen, target) = (state.clone(), server.url.trim_start_matches("http://").to_owned());
        let accept = move || {
            for client in listener.incoming().map_while(std::io::Result::ok) {
                let (seen, target) = (seen.clone(), target.clone());
                // A client without a thread waits in vain, and says so.
                drop(thread::Builder::new().spawn(move || carry(&client, &target, &seen)));
            }
        };
        thread::Builder::new().spawn(accept).at("listen on", place)?;
        Ok(DemoRelay { address, state })
    }

    /// From now on the next promotion breaks the connection, before the server gets it.
    pub fn break_at_promotion(&self) {
        self.state.store(FRAIL, Ordering::SeqCst);
    }

    pub fn mend(&self) {
        self.state.store(WHOLE, Ordering::SeqCst);
    }
}

/// Carries one connection.
fn carry(client: &TcpStream, target: &str, state: &Arc<AtomicU8>) {
    if state.load(Ordering::SeqCst) == BROKEN {
        return;
    }
    let Ok(server) = TcpStream::connect(target) else { return };
    let (Ok(from), Ok(to)) = (server.try_clone(), client.try_clone()) else { return };
    let seen = state.clone();
    let back = thread::Builder::new().spawn(move || pump(&from, &to, None, &seen));
    pump(client, &server, Some(PROMOTION), state);
    drop(back.map(thread::JoinHandle::join));
}

/// Carries one direction of a connection to its end. `watched` is what breaks a frail connection.
fn pump(mut from: &TcpStream, mut to: &TcpStream, watched: Option<&[u8]>, state: &AtomicU8) {
    let (mut piece, mut tail) = ([0; 16 << 10], Vec::new());
    while let Ok(length @ 1..) = from.read(&mut piece) {
        if let (Some(watched), FRAIL) = (watched, state.load(Ordering::SeqCst)) {
            // The text may be in two pieces.
            tail.extend_from_slice(&piece[..length]);
            if tail.windows(watched.len()).any(|part| part == watched) {
                state.store(BROKEN, Ordering::SeqCst);
            }
            tail.drain(..tail.len().saturating_sub(watched.len()));
        }
        if state.load(Ordering::SeqCst) == BROKEN || to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    // Both sides learn that nothing more comes.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
