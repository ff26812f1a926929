//! Faults at a request: of the platform, of the network, or something that somebody else does at that moment.

use super::answer::{Reply, refusal};
use super::dashboard::Dashboard;
use super::request::Request;
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Act = Box<dyn Fn(&Dashboard) + Send + Sync>;
type Matches = Box<dyn Fn(&Request) -> bool + Send + Sync>;

pub enum Fault {
    /// Answers with a status, and does nothing.
    Status(u16),
    /// The same with `Retry-After` in seconds.
    Busy(u16, u64),
    /// Does it, and answers with a status as if it had not.
    StatusAfter(u16),
    /// The same with `Retry-After` in seconds.
    BusyAfter(u16, u64),
    /// Cuts the connection, and does nothing.
    CutBefore,
    /// Does it, and cuts the connection.
    CutAfter,
    /// Waits before it does anything.
    Delay(Duration),
    /// Answers 200 with these bytes, and does nothing.
    Bytes(Vec<u8>),
    /// Answers with a status and these bytes, and does nothing.
    StatusBytes(u16, Vec<u8>),
    /// Answers with a redirect to a URL.
    Redirect(String),
    /// Somebody else does something before the request is done. The request is answered as ever.
    Before(Act),
    /// The same after it, before the answer is sent.
    After(Act),
}

/// The rest of a request that was done.
pub enum Response {
    Done,
    Instead(Reply),
    Nothing,
}

impl Fault {
    pub fn before(act: impl Fn(&Dashboard) + Send + Sync + 'static) -> Fault {
        Fault::Before(Box::new(act))
    }

    pub fn after(act: impl Fn(&Dashboard) + Send + Sync + 'static) -> Fault {
        Fault::After(Box::new(act))
    }

    pub(super) fn status(status: u16) -> Reply {
        refusal(status, "The platform is busy", "UPSTREAM_UNAVAILABLE")
    }

    pub(super) fn busy(status: u16, seconds: u64) -> Reply {
        let mut reply = Fault::status(status);
        reply.headers.push(("retry-after".into(), seconds.to_string()));
        reply
    }
}

/// The requests at which a fault happens.
pub struct At {
    /// Number of the first of the matching requests, from 1.
    first: usize,
    times: usize,
    matches: Matches,
    number: Option<usize>,
}

impl At {
    /// The request with this number since the log was reset, from 1.
    pub fn request(number: usize) -> At {
        At { number: Some(number), ..At::matching(|_| true) }
    }

    /// The first request of a route: `#27`, or `#3 skills` for one kind.
    pub fn route(route: &'static str) -> At {
        At::matching(move |request| request.number == route || request.route() == route)
    }

    /// The first request that matches.
    pub fn matching(matches: impl Fn(&Request) -> bool + Send + Sync + 'static) -> At {
        At { first: 1, times: 1, matches: Box::new(matches), number: None }
    }

    /// Every request.
    pub fn all() -> At {
        At::matching(|_| true).always()
    }

    /// Not the first that matches from now on but the n-th.
    pub fn nth(self, n: usize) -> At {
        At { first: n, ..self }
    }

    /// So many of the matching requests, one after the other.
    pub fn times(self, times: usize) -> At {
        At { times, ..self }
    }

    /// All matching requests from that one on.
    pub fn always(self) -> At {
        self.times(usize::MAX)
    }
}

/// The faults that wait for their requests.
#[derive(Default)]
pub struct Faults(Mutex<Vec<Waiting>>);

struct Waiting {
    at: At,
    seen: usize,
    fault: Arc<Fault>,
}

impl Faults {
    pub fn add(&self, at: At, fault: Fault) {
        self.0.lock().unwrap().push(Waiting { at, seen: 0, fault: Arc::new(fault) });
    }

    pub fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    pub fn waiting(&self) -> usize {
        let all = self.0.lock().unwrap();
        let is_reached = |one: &Waiting| match one.at.number {
            Some(_) => one.seen > 0,
            None => one.seen >= one.at.first,
        };
        all.iter().filter(|one| !is_reached(one)).count()
    }

    /// The faults of one request.
    pub fn at(&self, number: usize, request: &Request) -> Vec<Arc<Fault>> {
        let mut found = Vec::new();
        for one in self.0.lock().unwrap().iter_mut() {
            if one.at.number.is_some_and(|wanted| wanted != number) || !(one.at.matches)(request) {
                continue;
            }
            one.seen += 1;
            let (first, times) = (one.at.first, one.at.times);
            if one.seen >= first && one.seen - first < times {
                found.push(one.fault.clone());
            }
        }
        found
    }
}
