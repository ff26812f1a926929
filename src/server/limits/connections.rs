//! The open connections. Where there are too many, one that does nothing makes room: first of those that never
//! showed a token, and there of the address that has most of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::{Notify, watch};

pub struct Connections {
    most: usize,
    /// Connections of one address that have shown no token.
    strangers: usize,
    open: Mutex<HashMap<u64, Arc<Connection>>>,
    /// Counts up with each connection and request, to order them by age.
    turn: Arc<AtomicU64>,
    closed: AtomicU64,
    count: watch::Sender<usize>,
}

/// One connection, as far as it matters whether it may be closed.
#[derive(Debug)]
pub struct Connection {
    peer: IpAddr,
    token: OnceLock<String>,
    /// Requests on it that are not answered to their end.
    busy: AtomicUsize,
    used: AtomicU64,
    turn: Arc<AtomicU64>,
    closing: Notify,
}

/// A connection in the table, until it is dropped.
pub struct ConnectionGuard {
    connections: Arc<Connections>,
    number: u64,
    pub connection: Arc<Connection>,
}

/// A request that is underway.
pub struct Busy(Arc<Connection>);

impl Connection {
    /// Takes note of a request: its connection is not closed before the answer's end.
    pub fn begin(self: &Arc<Connection>) -> Busy {
        self.busy.fetch_add(1, Ordering::SeqCst);
        Busy(self.clone())
    }

    /// It showed a token that is good.
    pub fn is_of(&self, token: &str) {
        let _ = self.token.set(token.to_owned());
    }

    /// Waits until it has to make room.
    pub async fn must_close(&self) {
        self.closing.notified().await;
    }

    /// True if it has no unfinished request.
    pub fn is_idle(&self) -> bool {
        self.busy.load(Ordering::SeqCst) == 0
    }

    fn touch(&self) {
        self.used.store(self.turn.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.touch();
        self.0.busy.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Connections {
    pub fn new(most: usize, strangers: usize) -> Arc<Connections> {
        Arc::new(Connections {
            most,
            strangers,
            open: Mutex::default(),
            turn: Arc::default(),
            closed: AtomicU64::new(0),
            count: watch::channel(0).0,
        })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a connection in. `None`: all have a request underway, so that none can make room.
    pub fn take(self: &Arc<Connections>, peer: IpAddr) -> Option<ConnectionGuard> {
        let peer = network(peer);
        let mut open = self.open();
        let of_peer: Vec<_> =
            open.iter().filter(|(_, one)| is_stranger(one) && one.peer == peer).collect();
        if of_peer.len() >= self.strangers {
            let oldest = oldest(of_peer.into_iter());
            self.close(&mut open, oldest);
        }
        if open.len() >= self.most {
            let weakest = weakest(&open)?;
            self.close(&mut open, Some(weakest));
        }
        let number = self.turn.fetch_add(1, Ordering::Relaxed);
        let connection = Arc::new(Connection {
            peer,
            token: OnceLock::new(),
            busy: AtomicUsize::new(0),
            used: AtomicU64::new(number),
            turn: self.turn.clone(),
            closing: Notify::new(),
        });
        open.insert(number, connection.clone());
        self.count.send_replace(open.len());
        Some(ConnectionGuard { connections: self.clone(), number, connection })
    }

    /// Closes one that does nothing, where the system gives no more files.
    pub fn make_room(&self) {
        let mut open = self.open();
        let weakest = weakest(&open);
        self.close(&mut open, weakest);
    }

    fn close(&self, open: &mut HashMap<u64, Arc<Connection>>, number: Option<u64>) {
        if let Some(connection) = number.and_then(|number| open.remove(&number)) {
            connection.closing.notify_one();
            self.closed.fetch_add(1, Ordering::Relaxed);
            self.count.send_replace(open.len());
        }
    }

    /// Waits until none is left.
    pub async fn none_left(&self) {
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }

    pub fn most(&self) -> usize {
        self.most
    }

    /// Number of connections that were closed to make room.
    pub fn closed(&self) -> u64 {
        self.closed.load(Ordering::Relaxed)
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        if open.remove(&self.number).is_some() {
            self.connections.count.send_replace(open.len());
        }
    }
}

fn is_stranger(connection: &Connection) -> bool {
    connection.token.get().is_none()
}

/// The one that can best be missed.
fn weakest(open: &HashMap<u64, Arc<Connection>>) -> Option<u64> {
    let idle = || open.iter().filter(|(_, one)| one.is_idle());
    let strangers = idle().filter(|(_, one)| is_stranger(one));
    oldest_of_most(strangers, |one| one.peer)
        .or_else(|| oldest_of_most(idle(), |one| one.token.get().cloned()))
}

fn oldest_of_most<'a, K: Hash + Eq>(
    connections: impl Iterator<Item = (&'a u64, &'a Arc<Connection>)>,
    owner: impl Fn(&Connection) -> K,
) -> Option<u64> {
    let mut owners: HashMap<K, Vec<_>> = HashMap::new();
    for one in connections {
        owners.entry(owner(one.1)).or_default().push(one);
    }
    // Of several who have as many it is the one with the oldest.
    let oldest = |owned: Vec<_>| Some((owned.len(), oldest(owned.into_iter())?));
    let last = owners.into_values().filter_map(oldest);
    last.max_by_key(|(count, number)| (*count, std::cmp::Reverse(*number)))
        .map(|(_, number)| number)
}

/// The one that was not used for longest, of those that do nothing.
fn oldest<'a>(connections: impl Iterator<Item = (&'a u64, &'a Arc<Connection>)>) -> Option<u64> {
    let idle = connections.filter(|(_, one)| one.is_idle());
    idle.min_by_key(|(_, one)| one.used.load(Ordering::Relaxed)).map(|(number, _)| *number)
}

/// An address, as one owner has it: of IPv6 he has at least half of the bits.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn is_closed(connections: &Connections, one: &ConnectionGuard) -> bool {
        !connections.open().contains_key(&one.number)
    }

    #[test]
    fn who_has_most_and_showed_no_token_makes_room() {
        let connections = Connections::new(6, 6);
        let known = connections.take(at(1)).unwrap();
        known.connection.is_of("token");
        let other = connections.take(at(2)).unwrap();
        let [first, second, third, fourth] = [(); 4].map(|()| connections.take(at(3)).unwrap());
        let _new = connections.take(at(4)).unwrap();
        assert!(is_closed(&connections, &first) && !is_closed(&connections, &second));
        let busy = second.connection.begin();
        let _newer = connections.take(at(4)).unwrap();
        assert!(!is_closed(&connections, &second), "it has a request");
        assert!(is_closed(&connections, &third) && !is_closed(&connections, &fourth));
        assert!(!is_closed(&connections, &known) && !is_closed(&connections, &other));
        drop(busy);
        assert_eq!((connections.closed(), connections.open().len()), (2, 6));
        // Two addresses with two each: what was not used for longest of all of them.
        let _newest = connections.take(at(5)).unwrap();
        assert!(is_closed(&connections, &fourth) && !is_closed(&connections, &second));
    }

    #[test]
    fn an_address_has_so_many_without_a_token() {
        let connections = Connections::new(100, 2);
        let open: Vec<_> = (0..5).map(|_| connections.take(at(1)).unwrap()).collect();
        assert_eq!(open.iter().filter(|one| is_closed(&connections, one)).count(), 3);
        let six = |text: &str| connections.take(text.parse().unwrap()).unwrap();
        let _six =
            [six("2001:db8::1"), six("2001:db8::2"), six("2001:db8::3"), six("2001:db8:0:1::1")];
        assert_eq!(connections.closed(), 4, "one network is one owner");
        let _mapped = six("::ffff:192.0.2.1");
        assert_eq!(
            connections.closed(),
            5,
            "an address of IPv4 in the form of IPv6 is the same one"
        );
    }

    #[test]
    fn where_all_are_at_work_none_is_closed() {
        let connections = Connections::new(2, 2);
        let open = [connections.take(at(1)).unwrap(), connections.take(at(1)).unwrap()];
        let busy = open.each_ref().map(|one| one.connection.begin());
        assert!(connections.take(at(2)).is_none());
        drop(busy);
        let _room = connections.take(at(2)).unwrap();
        assert!(is_closed(&connections, &open[0]) && !is_closed(&connections, &open[1]));
    }

    #[test]
    fn of_those_with_tokens_the_one_with_most_gives_way() {
        let connections = Connections::new(3, 3);
        let open = ["a", "b", "b"].map(|token| {
            let one = connections.take(at(1)).unwrap();
            one.connection.is_of(token);
            one
        });
        let _new = connections.take(at(2)).unwrap();
        assert!(is_closed(&connections, &open[1]) && !is_closed(&connections, &open[0]));
    }
}
