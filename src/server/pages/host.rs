//! Names of the server: a browser that was led to its address under another name gets nothing, and a form from
//! another site changes nothing.

use crate::error::{Error, Kind, Result};
use crate::server::response::HttpError;
use crate::server::{ServerConfig, hints};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use std::net::IpAddr;

/// Names under which a server answers with pages.
#[derive(Clone, Debug, Default)]
pub struct HostNames {
    public_url: Option<String>,
    is_tls: bool,
    /// The only names, if there are any.
    only: Vec<String>,
}

impl HostNames {
    pub fn new(config: &ServerConfig) -> HostNames {
        HostNames {
            public_url: config.public_url.clone(),
            is_tls: config.tls.is_some(),
            only: Vec::new(),
        }
    }

    /// These names and no other.
    pub fn only(names: Vec<String>) -> HostNames {
        HostNames { only: names, ..HostNames::default() }
    }

    /// True if browsers reach the server by TLS: then its cookies are for TLS alone.
    pub fn is_secure(&self) -> bool {
        match &self.public_url {
            Some(url) => url.starts_with("https://"),
            None => self.is_tls,
        }
    }

    /// True if the URL for clients has a path: the addresses of pages begin at the root of a name.
    pub fn has_path(&self) -> bool {
        let rest = self.public_url.as_deref().and_then(|url| url.split_once("://"));
        rest.is_some_and(|(_, rest)| rest.contains('/'))
    }

    /// True if the URL for clients leads to this machine alone, or there is none.
    pub fn is_local(&self) -> bool {
        let host = self.public_url.as_deref().map(|url| host_of(authority(url)));
        host.is_none_or(|host| {
            is_localhost(host) || address(host).is_some_and(|ip| ip.is_loopback())
        })
    }

    /// Refuses a name that is none of ours: of the addresses that a browser can be led to under a foreign name, none is
    /// a number.
    pub fn check_host(&self, headers: &HeaderMap) -> Result<(), HttpError> {
        let mut values = headers.get_all(HOST).iter();
        let host = values.next().and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name = host_of(host);
        let is_public = || {
            let public = self.public_url.as_deref().map(|url| host_of(authority(url)));
            public.is_some_and(|public| public.eq_ignore_ascii_case(name))
        };
        let is_ours = match &self.only[..] {
            [] => address(name).is_some() || is_localhost(name) || is_public(),
            only => only.iter().any(|ours| ours == name),
        };
        if values.next().is_none() && is_ours {
            return Ok(());
        }
        let error = Error::new(Kind::Usage, "this server has no pages under that name")
            .hint(hints::FOREIGN_NAME);
        Err(HttpError::new(StatusCode::MISDIRECTED_REQUEST, error))
    }

    /// Refuses a form that did not come from a page of ours.
    pub fn check_origin(&self, headers: &HeaderMap) -> Result<()> {
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
        let is_ours = match (header("sec-fetch-site"), header(ORIGIN.as_str())) {
            (Some(site), _) => site == "same-origin",
            (None, Some(origin)) => origin == self.origin(headers),
            (None, None) => false,
        };
        match is_ours {
            true => Ok(()),
            false => Err(Error::new(
                Kind::Forbidden,
                "the form came from another site: nothing was changed",
            )
            .hint("open the page again, and send its form")),
        }
    }

    /// Origin of our pages, as a browser names it.
    fn origin(&self, headers: &HeaderMap) -> String {
        if let Some(url) = &self.public_url {
            let scheme = if url.starts_with("https://") { "https" } else { "http" };
            return format!("{scheme}://{}", authority(url));
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        format!("{}://{host}", if self.is_tls { "https" } else { "http" })
    }
}

/// `agents.example.com:8443` of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

/// A name or an address without the port.
fn host_of(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

fn address(host: &str) -> Option<IpAddr> {
    host.parse().ok()
}

fn is_localhost(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn public(url: &str) -> HostNames {
        HostNames { public_url: Some(url.to_owned()), ..HostNames::default() }
    }

    #[test]
    fn a_foreign_name_is_none_of_ours() {
        let plain = HostNames::default();
        let answers =
            |names: &HostNames, host: &str| names.check_host(&headers(&[("host", host)])).is_ok();
        for host in ["127.0.0.1:7420", "[::1]:7420", "10.0.0.7", "localhost", "LOCALHOST:1"] {
            assert!(answers(&plain, host), "{host}");
        }
        for host in [
            "",
            "attacker.example",
            "localhost.attacker.example",
            "127.0.0.1.nip.io",
            "x.localhost",
        ] {
            assert!(!answers(&plain, host), "{host}");
        }
        assert!(
            public("https://a.example/x").has_path() && !public("https://a.example").has_path()
        );
        let named = public("https://Agents.example.com");
        assert!(answers(&named, "agents.example.com") && !answers(&named, "example.com"));
        let only = HostNames::only(vec!["lua-store-0.localhost".to_owned()]);
        assert!(answers(&only, "lua-store-0.localhost:1"));
        for host in ["localhost", "127.0.0.1", "lua-store-1.localhost", "x.lua-store-0.localhost"] {
            assert!(!answers(&only, host), "{host}");
        }
        let twice = headers(&[("host", "localhost"), ("host", "localhost")]);
        assert!(plain.check_host(&twice).is_err());
    }

    #[test]
    fn a_form_comes_from_our_own_pages() {
        let plain = HostNames::default();
        let ours = |names: &HostNames, list: &[(&'static str, &str)]| {
            names.check_origin(&headers(list)).is_ok()
        };
        let host = ("host", "127.0.0.1:7420");
        assert!(ours(&plain, &[host, ("sec-fetch-site", "same-origin")]));
        assert!(ours(&plain, &[host, ("origin", "http://127.0.0.1:7420")]));
        for list in [
            &[host][..],
            &[host, ("origin", "null")],
            &[host, ("origin", "http://127.0.0.1:7421")],
            &[host, ("origin", "https://127.0.0.1:7420")],
            &[host, ("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:7420")],
            &[host, ("sec-fetch-site", "none")],
        ] {
            assert!(!ours(&plain, list), "{list:?}");
        }
        let named = public("https://agents.example.com");
        assert!(ours(&named, &[host, ("origin", "https://agents.example.com")]));
        assert!(!ours(&named, &[host, ("origin", "http://127.0.0.1:7420")]));
    }

    #[test]
    fn cookies_are_for_tls_where_browsers_use_it() {
        assert!(public("https://a.example").is_secure() && !public("http://a.example").is_secure());
        assert!(HostNames { is_tls: true, ..HostNames::default() }.is_secure());
        assert!(HostNames::default().is_local() && public("http://localhost:1").is_local());
        assert!(!public("http://a.example").is_local());
    }
}
