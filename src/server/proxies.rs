//! Trusted proxies, which report the address of the client.

use axum::http::HeaderMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// The addresses of `--trust-proxy`; by default none.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<Network>);

/// An address, or all that begin with the same bits. Those of IPv4 are held in the form of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: u128,
    /// Number of low bits that may differ.
    free: u32,
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// Refusal of a text that is neither an address nor a network.
#[derive(Debug)]
pub struct NotANetwork;

impl fmt::Display for NotANetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("use an address or a network: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`")
    }
}

impl std::error::Error for NotANetwork {}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Network, NotANetwork> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().map_err(|_| NotANetwork)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let most: u32 = if address.is_ipv4() { 32 } else { 128 };
        let free = most.checked_sub(bits.unwrap_or(most)).ok_or(NotANetwork)?;
        Ok(Network { first: number(address), free })
    }
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        let kept = |address: u128| address.checked_shr(self.free).unwrap_or(0);
        kept(number(address)) == kept(self.first)
    }
}

impl Proxies {
    pub fn new(networks: Vec<Network>) -> Proxies {
        Proxies(networks)
    }

    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(peer))
    }

    /// Client address that a trusted proxy reports. `None` if no trusted proxy does.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        if !self.trusts(peer) {
            return None;
        }
        let forwarded_for = chain(headers, "x-forwarded-for", |text| Some(text));
        let chain = match (forwarded_for, chain(headers, "forwarded", for_of)) {
            (one, other) if one == other => one,
            (chain, None) | (None, chain) => chain,
            // A proxy writes one of them, and may hand on the other as its client made it up.
            _ => None,
        }?;
        // Each proxy appends the address that connected to it: everything before the last untrusted one is only claimed.
        for address in chain.iter().rev() {
            let address = (*address)?;
            if !self.trusts(address) {
                return Some(address);
            }
        }
        *chain.first()?
    }
}

/// The addresses in a header, in the order in which they were added; `None` for one that cannot be read.
fn chain(
    headers: &HeaderMap,
    name: &str,
    address: impl for<'t> Fn(&'t str) -> Option<&'t str>,
) -> Option<Vec<Option<IpAddr>>> {
    let mut all = Vec::new();
    for value in headers.get_all(name) {
        let Ok(text) = value.to_str() else { return Some(vec![None]) };
        all.extend(text.split(',').map(|one| address(one.trim()).and_then(read)));
    }
    (!all.is_empty()).then_some(all)
}

/// The `for=` of one element of `Forwarded` (RFC 7239).
fn for_of(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    })
}

/// An address, with or without a port.
fn read(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, headers: &[(&'static str, &str)]) -> Option<String> {
        let proxies = Proxies::new(trusted.split(' ').map(|text| text.parse().unwrap()).collect());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        proxies.client(peer.parse().unwrap(), &map).map(|address| address.to_string())
    }

    #[test]
    fn networks_and_addresses() {
        let holds = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(address.parse().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.9.8.7") && !holds("10.0.0.0/8", "11.0.0.0"));
        assert!(holds("127.0.0.1", "127.0.0.1") && !holds("127.0.0.1", "127.0.0.2"));
        assert!(holds("127.0.0.1", "::ffff:127.0.0.1") && holds("0.0.0.0/0", "1.2.3.4"));
        assert!(!holds("0.0.0.0/0", "2001:db8::1") && holds("::/0", "2001:db8::1"));
        for wrong in ["", "x", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "127.0.0.1:80"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_last_that_no_trusted_proxy_is_sent_it() {
        let of = |headers: &[(&'static str, &str)]| client("10.0.0.0/8", "10.0.0.1", headers);
        let four = "192.0.2.7".to_owned();
        assert_eq!(
            of(&[("x-forwarded-for", "127.0.0.1, 192.0.2.7, 10.0.0.2")]),
            Some(four.clone())
        );
        assert_eq!(
            of(&[("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "192.0.2.7:80")]),
            Some(four.clone())
        );
        assert_eq!(
            of(&[("forwarded", "for=127.0.0.1, For=\"192.0.2.7:99\";proto=https")]),
            Some(four.clone())
        );
        assert_eq!(
            of(&[("forwarded", "proto=http;for=\"[2001:db8::7]:1\"")]).as_deref(),
            Some("2001:db8::7")
        );
        assert_eq!(
            of(&[("forwarded", "for=192.0.2.7"), ("x-forwarded-for", "192.0.2.7")]),
            Some(four)
        );
        assert_eq!(of(&[("forwarded", "for=127.0.0.1"), ("x-forwarded-for", "192.0.2.7")]), None);
        assert_eq!(of(&[("x-forwarded-for", "127.0.0.1, unknown")]), None);
        assert_eq!(of(&[("forwarded", "for=_hidden")]), None);
        assert_eq!(of(&[]), None);
        assert_eq!(client("10.0.0.0/8", "192.0.2.1", &[("x-forwarded-for", "127.0.0.1")]), None);
    }
}
