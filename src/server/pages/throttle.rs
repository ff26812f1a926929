//! TokenThrottle: wrong tokens of one address, so many a minute.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MOST: usize = 5;
const MINUTE: Duration = Duration::from_secs(60);

/// Times of the last wrong tokens of each address.
#[derive(Default)]
pub struct TokenThrottle(Mutex<HashMap<IpAddr, Vec<Instant>>>);

impl TokenThrottle {
    /// Time that an address must wait before its next try.
    pub fn wait(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let times = known.get(&network(from))?;
        let recent: Vec<&Instant> =
            times.iter().filter(|time| now.duration_since(**time) < MINUTE).collect();
        let first = recent.first().filter(|_| recent.len() >= MOST)?;
        Some(MINUTE.saturating_sub(now.duration_since(**first)).max(Duration::from_secs(1)))
    }

    /// Takes note of a wrong token.
    pub fn note(&self, from: IpAddr, now: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .retain(|_, times| times.last().is_some_and(|last| now.duration_since(*last) < MINUTE));
        let times = known.entry(network(from)).or_default();
        times.retain(|time| now.duration_since(*time) < MINUTE);
        times.push(now);
    }
}

/// An address, as one owner has it: of IPv6 half of the bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_in_a_minute_are_all() {
        let (throttle, start) = (TokenThrottle::default(), Instant::now());
        let [one, other] = ["192.0.2.1", "2001:db8::1"].map(|text| text.parse().unwrap());
        let at = |second| start + Duration::from_secs(second);
        for second in 0..5 {
            assert_eq!(throttle.wait(one, at(second)), None);
            throttle.note(one, at(second));
        }
        assert_eq!(throttle.wait(one, at(10)), Some(Duration::from_secs(50)));
        assert_eq!(throttle.wait(other, at(10)), None);
        assert_eq!(throttle.wait(one, at(60)), None, "the first is a minute ago");
        for _ in 0..5 {
            throttle.note(other, at(0));
        }
        let neighbour = "2001:db8::ffff".parse().unwrap();
        assert!(throttle.wait(neighbour, at(1)).is_some(), "one owner has both");
    }
}
