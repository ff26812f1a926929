//! `serve` itself: checks, the address on stdout, and then requests until the process is stopped.

use super::place::Place;
use super::{expiry, limits};
use crate::cli::context::Context;
use crate::cli::{Exit, panic};
use crate::error::{Error, Result};
use crate::server::tokens::Tokens;
use crate::server::{Config, Server, Surroundings, Tls, policy};
use crate::text;
use jiff::Timestamp;
use serde_json::json;
use std::io::Write;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct Start {
    /// Where to listen; port 0 is any free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7420")]
    listen: String,
    #[command(flatten)]
    place: Place,
    /// What clients call this server, where that is not the address it listens on
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The chain of certificates, in PEM: speak TLS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// In how long everything that is stored is read again: `30d`, `12h`, `8w`, or `never`
    #[arg(long, value_name = "TIME", default_value = "30d")]
    scrub_every: String,
    /// Ask nobody for a token; only for an address of this machine
    #[arg(long)]
    no_auth: bool,
}

impl Start {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let public_url = self.public_url.as_deref().map(plain_url).transpose()?;
        let listen = address(&self.listen)?;
        let directory = cx.directory()?;
        let files = self.tls_cert.as_ref().zip(self.tls_key.as_ref());
        let tls = files.map(|(certificate, key)| Tls {
            certificate: directory.join(certificate),
            key: directory.join(key),
        });
        let data = self.place.made(cx)?;
        let mut limits = limits::limits()?;
        limits.scrub = scrub_every(&self.scrub_every)?;
        let config = Config { listen, data, tls, open: self.no_auth, limits };
        let warnings = policy::judge(&config, Tokens::of(&config.data).list()?.len())?;
        let surroundings = Surroundings { log: Box::new(to_stderr), clock: Arc::new(clock(cx)?) };
        let server = Server::start(&config, surroundings)?;
        panic::install_for_logs();
        warnings.into_iter().for_each(|warning| cx.out.warn(warning));
        let scheme = if server.is_tls() { "https" } else { "http" };
        let url = format!("{scheme}://{}", server.address()?);
        if cx.out.is_json() {
            // One line, so that a script can wait for it.
            cx.out.json_line(&json!({"url": url, "publicUrl": public_url, "data": config.data}))?;
        } else {
            cx.out.line(&url)?;
        }
        cx.out.finish()?;
        let known_as = public_url.as_ref().unwrap_or(&url);
        cx.out.note(format!(
            "Serving \"{}\". The address of a remote is {known_as}/AGENT",
            config.data.display()
        ));
        server.run()?;
        Ok(Exit::Done)
    }
}

/// The first address that a `HOST:PORT` stands for.
fn address(text: &str) -> Result<SocketAddr> {
    let found = text.to_socket_addrs().ok().and_then(|mut found| found.next());
    found.ok_or_else(|| {
        Error::usage(format!("cannot listen on \"{text}\": that is no address"))
            .hint("an address is a host and a port: `127.0.0.1:7420`, `localhost:0`, `[::]:7420`")
    })
}

/// A URL without anything at its end, so that an agent's id can follow.
fn plain_url(text: &str) -> Result<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_plain = rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']));
    if is_plain {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(Error::usage(format!("\"{text}\" is no URL of a server"))
        .hint("it looks like `https://agents.example.com`"))
}

/// The time of one scrub; `None` for none at all.
fn scrub_every(text: &str) -> Result<Option<Duration>> {
    if text == "never" {
        return Ok(None);
    }
    let hours = expiry::hours(text).filter(|hours| *hours > 0);
    let hours = hours.ok_or_else(|| {
        Error::usage(format!("\"{text}\" is no time for a scrub")).hint("use `30d`, `12h`, `8w` or `never`")
    })?;
    Ok(Some(Duration::from_secs(hours * 60 * 60)))
}

fn to_stderr(line: &str) {
    // A log may be read on a terminal.
    let _ = std::io::stderr().write_all(text::json(line).as_bytes());
}

/// The clock that tokens and log lines go by. A claimed time stands still, as everywhere.
fn clock(cx: &Context<'_>) -> Result<impl Fn() -> Timestamp + Send + Sync + 'static> {
    let start = cx.now()?;
    let stands_still = std::env::var_os("LUA_STORE_NOW").is_some();
    Ok(move || if stands_still { start } else { Timestamp::now() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrub_takes_hours_at_least_or_never_happens() {
        let seconds = |text: &str| scrub_every(text).unwrap().map(|time| time.as_secs());
        assert_eq!(seconds("30d"), Some(2_592_000));
        assert_eq!((seconds("1h"), seconds("8w"), seconds("never")), (Some(3600), Some(4_838_400), None));
        for wrong in ["", "0d", "30", "soon", "-1d", "1m"] {
            assert!(scrub_every(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_and_urls() {
        assert_eq!(address("127.0.0.1:7420").unwrap().to_string(), "127.0.0.1:7420");
        assert_eq!(address("[::1]:0").unwrap().to_string(), "[::1]:0");
        for wrong in ["", "127.0.0.1", ":80", "127.0.0.1:x", "127.0.0.1:70000"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
        assert_eq!(plain_url("https://a.example/x/").unwrap(), "https://a.example/x");
        for wrong in ["", "a.example", "https://", "ftp://a", "https://a?b", "https://u:p@a"] {
            assert!(plain_url(wrong).is_err(), "{wrong}");
        }
    }
}
