//! `serve` itself: checks, the address on stdout, and then requests until the process is stopped.

use super::{config_file, limits, sockets};
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::data_folder::DataFolder;
use crate::cli::{Exit, panic, time};
use crate::error::{At, Error, Result};
use crate::protocol::AgentId;
use crate::server::{
    LogLevel, Network, Proxies, Server, ServerConfig, ServerEnv, ServerLimits, TlsFiles,
    address_note, expiry, policy,
};
use crate::text;
use serde::Serialize;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct Start {
    /// A TOML file with any of these options: `listen = "127.0.0.1:7420"`. Options of the command line take
    /// precedence
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The address to listen on; port 0 means any free port [default: 127.0.0.1:7420]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The address for `/healthz`, `/readyz` and `/metrics`, instead of that of `--listen`
    #[arg(long, value_name = "ADDR")]
    admin_listen: Option<String>,
    #[command(flatten)]
    place: DataFolder,
    /// The URL that clients use, if it is not the address of `--listen`
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The certificate chain, in PEM; enables TLS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The time in which all stored data is read and checked once: `30d`, `12h`, `8w`, or `never` [default: 30d]
    #[arg(long, value_name = "TIME")]
    scrub_every: Option<String>,
    /// The most bytes that one agent may store, unfinished uploads included [default: 64G]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    agent_bytes: Option<u64>,
    /// The most versions that one agent may have [default: 100000]
    #[arg(long, value_name = "COUNT")]
    agent_refs: Option<u64>,
    /// The most bytes to cache for answers that are being sent, per agent [default: 2G]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    agent_cache: Option<u64>,
    /// The most bytes of packs in `--scratch`; those of one agent are always there while it is used [default: 16G]
    #[arg(long, value_name = "SIZE", value_parser = size, requires = "store")]
    scratch_bytes: Option<u64>,
    /// The time after SIGTERM in which `/readyz` fails and requests are still accepted [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    drain: Option<Duration>,
    /// The events to log: `error`, `warn` (also refusals) or `info` (everything) [default: info]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<LogLevel>,
    /// Proxies whose `X-Forwarded-For` or `Forwarded` header is trusted: addresses or networks
    #[arg(long, value_name = "ADDR", value_delimiter = ',')]
    trust_proxy: Vec<Network>,
    /// Refuse pushes of the `lua` command with files that look like secrets, instead of recording their names
    #[arg(long)]
    refuse_secrets: bool,
    /// Serve no pages for browsers
    #[arg(long, conflicts_with = "public")]
    no_pages: bool,
    /// Show the pages of this agent, with files and personas, to everybody, without a token
    #[arg(long, value_name = "AGENT")]
    public: Vec<AgentId>,
    /// Require no token; only for an address of this machine
    #[arg(long)]
    no_auth: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    url: &'a str,
    admin_url: Option<&'a str>,
    public_url: Option<&'a str>,
    /// The folder or the URL of the engine.
    data: &'a str,
}

answer!(server: Answer<'_>);

impl Answer<'_> {
    fn print(&self, cx: &mut Context<'_>) -> Result<()> {
        if cx.out.is_json() {
            // One line, so that a script can wait for it.
            cx.out.json_line(self)?;
        } else {
            cx.out.line(self.url)?;
        }
        cx.out.finish()
    }
}

impl Start {
    /// With what the file of `--config` says where nothing was given.
    pub fn with_file(self, cx: &Context<'_>) -> Result<Start> {
        let Some(config) = &self.config else { return Ok(self) };
        let file = config_file::read(&cx.directory()?.join(config))?;
        Ok(Start {
            config: None,
            listen: self.listen.or(file.listen),
            admin_listen: self.admin_listen.or(file.admin_listen),
            place: self.place.or(file.place),
            public_url: self.public_url.or(file.public_url),
            tls_cert: self.tls_cert.or(file.tls_cert),
            tls_key: self.tls_key.or(file.tls_key),
            scrub_every: self.scrub_every.or(file.scrub_every),
            agent_bytes: self.agent_bytes.or(file.agent_bytes),
            agent_refs: self.agent_refs.or(file.agent_refs),
            agent_cache: self.agent_cache.or(file.agent_cache),
            scratch_bytes: self.scratch_bytes.or(file.scratch_bytes),
            drain: self.drain.or(file.drain),
            log_level: self.log_level.or(file.log_level),
            trust_proxy: if self.trust_proxy.is_empty() {
                file.trust_proxy
            } else {
                self.trust_proxy
            },
            refuse_secrets: self.refuse_secrets || file.refuse_secrets,
            no_pages: self.no_pages || file.no_pages,
            public: if self.public.is_empty() { file.public } else { self.public },
            no_auth: self.no_auth || file.no_auth,
        })
    }

    fn limits(&self) -> Result<ServerLimits> {
        let default = ServerLimits::default();
        limits::changed(ServerLimits {
            agent_bytes: self.agent_bytes.unwrap_or(default.agent_bytes),
            agent_refs: self.agent_refs.unwrap_or(default.agent_refs),
            agent_cache: self.agent_cache.unwrap_or(default.agent_cache),
            scratch_bytes: self.scratch_bytes.unwrap_or(default.scratch_bytes),
            drain: self.drain.unwrap_or(default.drain),
            ..default
        })
    }

    /// Addresses to listen on: those of the passed sockets, or the named ones.
    fn addresses(&self, passed: &[TcpListener]) -> Result<(SocketAddr, Option<SocketAddr>)> {
        let of = |socket: &TcpListener| {
            socket.local_addr().at("read the address of", Path::new("a socket"))
        };
        let Some(first) = passed.first() else {
            let listen = address(self.listen.as_deref().unwrap_or("127.0.0.1:7420"))?;
            return Ok((listen, self.admin_listen.as_deref().map(address).transpose()?));
        };
        let [listen, admin] = ["--listen", "--admin-listen"].map(|option| {
            Err(Error::usage(format!(
                "`{option}` names an address, and a socket was passed for it"
            ))
            .hint("leave the option out, on the command line and in the file of `--config`"))
        });
        let named = self.admin_listen.as_deref();
        match (&self.listen, named, passed.get(1)) {
            (Some(_), ..) => listen,
            (_, Some(_), Some(_)) => admin,
            (_, named, socket) => {
                Ok((of(first)?, socket.map(of).or(named.map(address)).transpose()?))
            }
        }
    }

    fn tls_files(&self, directory: &Path) -> Option<TlsFiles> {
        let (certificate, key) = self.tls_cert.as_ref().zip(self.tls_key.as_ref())?;
        Some(TlsFiles { certificate: directory.join(certificate), key: directory.join(key) })
    }

    pub fn serve(self, cx: &mut Context<'_>) -> Result<Exit> {
        let public_url = self.public_url.as_deref().map(plain_url).transpose()?;
        let passed = sockets::passed()?;
        let (listen, admin) = self.addresses(&passed)?;
        let directory = cx.directory()?;
        let tls = self.tls_files(&directory);
        let data = self.place.made(cx)?;
        let mut limits = self.limits()?;
        if let Some(time) = &self.scrub_every {
            limits.scrub = scrub_every(time)?;
        }
        let proxies = Proxies::new(self.trust_proxy.clone());
        let config = ServerConfig {
            listen,
            admin,
            data: data.folder,
            engine: data.engine,
            tls,
            open: self.no_auth,
            limits,
            proxies,
            public_url: public_url.clone(),
            pages: !self.no_pages,
            public: self.public.clone(),
            refuses_secrets: self.refuse_secrets,
        };
        let warnings = policy::check_policy(&config, data.tokens.list()?.len())?;
        let surroundings = ServerEnv {
            log: Box::new(to_stderr),
            clock: Arc::new(time::clock(cx.now()?)),
            level: self.log_level.unwrap_or_default(),
            passed,
        };
        let server = Server::start(&config, surroundings)?;
        panic::install_for_logs();
        warnings.into_iter().chain(server.warnings()).for_each(|warning| cx.out.warn(warning));
        let scheme = if server.is_tls() { "https" } else { "http" };
        let url = format!("{scheme}://{}", server.address()?);
        let admin_url = server.admin_address()?.map(|address| format!("{scheme}://{address}"));
        let known_as = public_url.as_ref().unwrap_or(&url);
        // Before anybody knows that the server runs.
        let _ = address_note::write(&**data.store.notes(), known_as);
        let answer = Answer {
            url: &url,
            admin_url: admin_url.as_deref(),
            public_url: public_url.as_deref(),
            data: &data.name,
        };
        answer.print(cx)?;
        cx.out.note(format!(
            "Serving \"{}\". The address of a remote is {known_as}/AGENT",
            data.name
        ));
        if let Some(url) = admin_url {
            cx.out.note(format!("Monitoring: {url}"));
        }
        server.run()?;
        Ok(Exit::Done)
    }
}

/// A number of bytes: `500M`, `64G`.
fn size(text: &str) -> Result<u64> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => (&text[..at], unit.to_ascii_uppercase()),
        _ => (text, 'B'),
    };
    let shift = match unit {
        'B' => 0,
        'K' => 10,
        'M' => 20,
        'G' => 30,
        'T' => 40,
        _ => return Err(Error::usage("use bytes, or `500M`, `64G`, `1T`")),
    };
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    bytes.ok_or_else(|| Error::usage("use bytes, or `500M`, `64G`, `1T`"))
}

/// A while: `10s`, `2m`.
fn seconds(text: &str) -> Result<Duration> {
    let wrong = || Error::usage("use `10s`, `2m` or `0s`");
    let unit = if text.ends_with('m') { 60 } else { 1 };
    let number = text
        .strip_suffix(['s', 'm'])
        .and_then(|number| number.parse::<u64>().ok())
        .ok_or_else(wrong)?;
    number.checked_mul(unit).map(Duration::from_secs).ok_or_else(wrong)
}

/// First address of a `HOST:PORT`.
fn address(text: &str) -> Result<SocketAddr> {
    let found = text.to_socket_addrs().ok().and_then(|mut found| found.next());
    found.ok_or_else(|| {
        Error::usage(format!("cannot listen on \"{text}\": it is not an address"))
            .hint("use a host and a port: `127.0.0.1:7420`, `localhost:0`, `[::]:7420`")
    })
}

/// A URL without anything at its end, so that an agent's id can follow.
pub fn plain_url(text: &str) -> Result<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_plain =
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']));
    if is_plain {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(Error::usage(format!("\"{text}\" is not the URL of a server"))
        .hint("use a URL such as `https://agents.example.com`"))
}

/// The time of one scrub; `None` for none at all.
fn scrub_every(text: &str) -> Result<Option<Duration>> {
    if text == "never" {
        return Ok(None);
    }
    let hours = expiry::hours(text).filter(|hours| *hours > 0);
    let hours = hours.ok_or_else(|| {
        Error::usage(format!("\"{text}\" is not a period for the scrub"))
            .hint("use `30d`, `12h`, `8w` or `never`")
    })?;
    Ok(Some(Duration::from_secs(hours * 60 * 60)))
}

fn to_stderr(line: &str) {
    // A log may be read on a terminal.
    let _ = std::io::stderr().write_all(text::json(line).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrub_takes_hours_at_least_or_never_happens() {
        let seconds = |text: &str| scrub_every(text).unwrap().map(|time| time.as_secs());
        assert_eq!(seconds("30d"), Some(2_592_000));
        assert_eq!(
            (seconds("1h"), seconds("8w"), seconds("never")),
            (Some(3600), Some(4_838_400), None)
        );
        for wrong in ["", "0d", "30", "soon", "-1d", "1m"] {
            assert!(scrub_every(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_and_whiles() {
        assert_eq!(
            ["7", "7b", "2K", "500M", "64G", "1t"].map(|text| size(text).unwrap()),
            [7, 7, 2048, 524_288_000, 68_719_476_736, 1_099_511_627_776]
        );
        for wrong in ["", "G", "-1", "1.5G", "1X", "99999999999T"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        assert_eq!(["10s", "0s", "2m"].map(|text| seconds(text).unwrap().as_secs()), [10, 0, 120]);
        for wrong in ["", "s", "10", "-1s", "1h", "99999999999999999999m"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
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
