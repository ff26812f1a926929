//! The listeners of a platform, and its connections.

use super::answer::{Reply, bytes};
use super::faults::{Fault, Response};
use super::wire::Wire;
use super::{Dashboard, Shared};
use std::collections::HashMap;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// One listener for the API, and one for the blobs, which the platform keeps at another host.
pub struct Listeners {
    api: TcpListener,
    blobs: TcpListener,
    open: Arc<Open>,
}

#[derive(Default)]
struct Open {
    is_closed: AtomicBool,
    /// By a number of their own: those that ended are closed.
    streams: Mutex<HashMap<u64, TcpStream>>,
    ended: Condvar,
    last: AtomicU64,
}

impl Listeners {
    pub fn bind() -> Listeners {
        let bind = || TcpListener::bind("127.0.0.1:0").unwrap();
        Listeners { api: bind(), blobs: bind(), open: Arc::default() }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.api.local_addr().unwrap())
    }

    pub fn blobs_url(&self) -> String {
        format!("http://{}", self.blobs.local_addr().unwrap())
    }

    /// Closes all connections, and waits for the requests that are under way, whose clients may be gone.
    pub fn quiet(&self) {
        self.open.close();
        let streams = self.open.streams.lock().unwrap();
        drop(self.open.ended.wait_while(streams, |streams| !streams.is_empty()).unwrap());
    }

    pub(super) fn serve(&self, shared: &Arc<Shared>) {
        for listener in [&self.api, &self.blobs] {
            let (listener, shared) = (listener.try_clone().unwrap(), shared.clone());
            let open = self.open.clone();
            thread::spawn(move || accept(&listener, &shared, &open));
        }
    }
}

impl Open {
    fn close(&self) {
        for stream in self.streams.lock().unwrap().values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        self.open.is_closed.store(true, Ordering::SeqCst);
        self.open.close();
        for listener in [&self.api, &self.blobs] {
            // Its thread waits for one more connection.
            let address: SocketAddr = listener.local_addr().unwrap();
            let _ = TcpStream::connect(address);
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>, open: &Arc<Open>) {
    for stream in listener.incoming().map_while(Result::ok) {
        if open.is_closed.load(Ordering::SeqCst) {
            return;
        }
        stream.set_nodelay(true).unwrap();
        let number = open.last.fetch_add(1, Ordering::SeqCst);
        open.streams.lock().unwrap().insert(number, stream.try_clone().unwrap());
        let (shared, open) = (shared.clone(), open.clone());
        thread::spawn(move || {
            serve(stream, &shared);
            open.streams.lock().unwrap().remove(&number);
            open.ended.notify_all();
        });
    }
}

/// Answers the requests of one connection until it ends.
fn serve(stream: TcpStream, shared: &Arc<Shared>) {
    let ends = stream.try_clone().unwrap();
    let mut wire = Wire::new(stream);
    while let Some(request) = wire.request() {
        let number = {
            let mut log = shared.log.lock().unwrap();
            log.push(request.clone());
            log.len()
        };
        let faults = shared.faults.at(number, &request);
        let reply = answer(shared, &request, &faults);
        if reply.is_none_or(|reply| wire.reply(&reply).is_err()) {
            break;
        }
    }
    let _ = ends.shutdown(Shutdown::Both);
}

/// The answer with all that happens at it; `None` if the connection is cut.
fn answer(shared: &Arc<Shared>, request: &super::Request, faults: &[Arc<Fault>]) -> Option<Reply> {
    let dashboard = || Dashboard::new(shared, &request.whole_agent());
    let mut response = Response::Done;
    for fault in faults {
        match &**fault {
            Fault::Delay(time) => thread::sleep(*time),
            Fault::Before(act) => act(&dashboard()),
            Fault::After(_) => {}
            Fault::CutBefore => return None,
            Fault::Status(status) => return Some(Fault::status(*status)),
            Fault::Busy(status, seconds) => return Some(Fault::busy(*status, *seconds)),
            Fault::Bytes(body) => return Some(bytes(200, "application/json", body.clone())),
            Fault::StatusBytes(status, body) => {
                return Some(bytes(*status, "application/json", body.clone()));
            }
            Fault::Redirect(place) => {
                let mut reply = bytes(302, "text/html", Vec::new());
                reply.headers.push(("location".into(), place.clone()));
                return Some(reply);
            }
            Fault::StatusAfter(status) => response = Response::Instead(Fault::status(*status)),
            Fault::BusyAfter(status, seconds) => {
                response = Response::Instead(Fault::busy(*status, *seconds));
            }
            Fault::CutAfter => response = Response::Nothing,
        }
    }
    let reply = shared.world().answer(request);
    for fault in faults {
        if let Fault::After(act) = &**fault {
            act(&dashboard());
        }
    }
    match response {
        Response::Done => Some(reply),
        Response::Instead(reply) => Some(reply),
        Response::Nothing => None,
    }
}
