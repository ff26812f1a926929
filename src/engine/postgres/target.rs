//! Target of the connections: server, database and user of a `postgres://` URL, completed from the environment as `libpq`
//! does it. <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS>

use crate::engine::environment::EngineEnvironment;
use crate::engine::pgpass::{self, PasswordPlace};
use crate::error::{Error, Result};
use crate::fs;
use std::error::Error as _;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// Folder of the socket on Debian; that of PostgreSQL itself is `/tmp`.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/tmp"];
const PORT: u16 = 5432;
const CONNECT: Duration = Duration::from_secs(5);
/// Time after which a connection whose other end is gone is given up.
const SILENT: Duration = Duration::from_secs(30);

/// A database. It may contain a password, which is never shown.
#[derive(Clone)]
pub struct PostgresUrl {
    pub(super) config: Config,
    /// File with the certificates that are trusted instead of the usual ones, in PEM.
    pub(super) roots: Option<PathBuf>,
}

impl PostgresUrl {
    pub fn parse(text: &str, environment: &EngineEnvironment) -> Result<PostgresUrl> {
        refuse_password(text)?;
        let (plain, own) = split_own_options(text);
        let mut config: Config = with_port(&plain, environment.get("PGPORT")).parse().map_err(
            |error: tokio_postgres::Error| {
                let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                Error::usage(format!("cannot read the URL \"{text}\" of a database: {why}"))
            },
        )?;
        complete(&mut config, environment)?;
        let mode = own.mode.as_deref().or(environment.get("PGSSLMODE"));
        config.ssl_mode(ssl_mode(mode, &config)?);
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.connect_timeout(config.get_connect_timeout().copied().unwrap_or(CONNECT));
        config.tcp_user_timeout(SILENT).keepalives_idle(SILENT);
        if config.get_application_name().is_none() {
            config.application_name("lua-store");
        }
        if config.get_password().is_none()
            && let Some(password) = stored_password(&config, environment)?
        {
            config.password(password);
        }
        let roots = own.roots.as_deref().or(environment.get("PGSSLROOTCERT"));
        let roots = roots.filter(|roots| *roots != "system").or(environment.get("SSL_CERT_FILE"));
        Ok(PostgresUrl { config, roots: roots.map(PathBuf::from) })
    }

    pub fn user(&self) -> Option<&str> {
        self.config.get_user()
    }

    pub fn database(&self) -> &str {
        self.config.get_dbname().or(self.user()).unwrap_or_default()
    }
}

/// A command line is seen by all users of the machine.
fn refuse_password(text: &str) -> Result<()> {
    let (_, rest) = text.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    if user.contains(':') || rest.contains("?password=") || rest.contains("&password=") {
        return Err(Error::usage("the URL of the database contains a password, which other users of this machine can read")
            .hint("remove it from the URL, and set PGPASSWORD or write it to the file ~/.pgpass"));
    }
    Ok(())
}

/// Options that are about certificates.
#[derive(Default)]
struct OwnOptions {
    mode: Option<String>,
    roots: Option<String>,
}

/// The URL without the options about certificates, and these.
fn split_own_options(text: &str) -> (String, OwnOptions) {
    let Some((base, query)) = text.split_once('?') else {
        return (text.to_owned(), OwnOptions::default());
    };
    let mut own = OwnOptions::default();
    let mut kept = Vec::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned();
        match name {
            "sslmode" => own.mode = Some(value),
            "sslrootcert" => own.roots = Some(value),
            _ => kept.push(pair),
        }
    }
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    (format!("{base}{query}"), own)
}

/// The URL with this port for each host that has none: the parser gives them the usual one.
fn with_port(text: &str, port: Option<&str>) -> String {
    let (Some(port), Some((scheme, rest))) = (port, text.split_once("://")) else {
        return text.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let has_port = |host: &str| host.rsplit(']').next().unwrap_or(host).contains(':');
    let complete = |host: &str| match host.is_empty() || has_port(host) {
        true => host.to_owned(),
        false => format!("{host}:{port}"),
    };
    let hosts: Vec<String> = hosts.split(',').map(complete).collect();
    let user = if user.is_empty() { String::new() } else { format!("{user}@") };
    format!("{scheme}://{user}{}{path}", hosts.join(","))
}

/// Takes from the environment what the URL leaves out.
fn complete(config: &mut Config, environment: &EngineEnvironment) -> Result<()> {
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        let socket = SOCKETS.into_iter().find(|folder| cfg!(unix) && Path::new(folder).is_dir());
        let hosts = environment.get("PGHOST").or(socket).unwrap_or("localhost");
        for host in hosts.split(',') {
            config.host(host);
        }
    }
    if config.get_ports().is_empty()
        && let Some(port) = environment.get("PGPORT")
    {
        let wrong =
            |_| Error::usage(format!("the variable PGPORT is \"{port}\": a port is a number"));
        config.port(port.parse().map_err(wrong)?);
    }
    if config.get_user().is_none()
        && let Some(user) = environment.get("PGUSER")
    {
        config.user(user);
    }
    if config.get_dbname().is_none()
        && let Some(database) = environment.get("PGDATABASE")
    {
        config.dbname(database);
    }
    if let Some(password) = environment.get("PGPASSWORD") {
        config.password(password);
    }
    Ok(())
}

/// Other machines are asked for a certificate that is valid for their name, unless that is switched off.
fn ssl_mode(mode: Option<&str>, config: &Config) -> Result<SslMode> {
    match mode {
        Some("disable") => Ok(SslMode::Disable),
        Some("require" | "verify-ca" | "verify-full") => Ok(SslMode::Require),
        None if config.get_hosts().iter().all(is_here) => Ok(SslMode::Disable),
        None => Ok(SslMode::Require),
        Some(mode) => Err(Error::usage(format!("cannot use sslmode \"{mode}\" for a database"))
            .hint(
                "use sslmode=verify-full, or sslmode=disable in a network that nobody else reaches",
            )),
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// The password from the file. One that others may read is ignored, as `libpq` ignores it.
fn stored_password(config: &Config, environment: &EngineEnvironment) -> Result<Option<String>> {
    let Some(file) = environment.password_file().filter(|file| file.is_file()) else {
        return Ok(None);
    };
    if fs::is_open_to_others(&file)? {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&fs::read(&file)?).into_owned();
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.as_str(),
        _ => "localhost",
    };
    let user = config.get_user().unwrap_or_default();
    let database = config.get_dbname().unwrap_or(user);
    let port = config.get_ports().first().copied().unwrap_or(PORT);
    Ok(pgpass::find(&text, &PasswordPlace { host, port, database, user }))
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user().map_or_else(String::new, |user| format!("{user}@"));
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        });
        let hosts: Vec<String> = hosts.collect();
        let ports = self.config.get_ports().iter().filter(|port| **port != PORT);
        let ports: Vec<String> = ports.map(u16::to_string).collect();
        let ports = if ports.is_empty() { String::new() } else { format!(":{}", ports.join(",")) };
        write!(out, "postgres://{user}{}{ports}/{}", hosts.join(","), self.database())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &'static [(&str, &str)]) -> EngineEnvironment {
        EngineEnvironment::new(None, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string())
        })
    }

    fn parse(text: &str) -> Result<PostgresUrl> {
        PostgresUrl::parse(text, &environment(&[]))
    }

    #[test]
    fn the_environment_completes_the_url() {
        let variables = environment(&[
            ("PGHOST", "db.example"),
            ("PGPORT", "5433"),
            ("PGUSER", "lua"),
            ("PGDATABASE", "agents"),
            ("PGPASSWORD", "secret"),
        ]);
        let url = PostgresUrl::parse("postgres://", &variables).unwrap();
        assert_eq!(url.to_string(), "postgres://lua@db.example:5433/agents");
        assert_eq!(url.config.get_password(), Some(&b"secret"[..]));
        let url = PostgresUrl::parse("postgresql://ana@other/shop", &variables).unwrap();
        assert_eq!(format!("{url:?}"), "postgres://ana@other:5433/shop");
        let url = PostgresUrl::parse("postgres://one:1,two,[::1]/shop", &variables).unwrap();
        assert_eq!(url.config.get_ports(), [1, 5433, 5433]);
    }

    #[test]
    fn other_machines_are_asked_for_a_certificate() {
        let mode = |text: &str| parse(text).unwrap().config.get_ssl_mode();
        assert_eq!(mode("postgres://db.example/a"), SslMode::Require);
        assert_eq!(mode("postgres://db.example/a?sslmode=verify-ca"), SslMode::Require);
        assert_eq!(mode("postgres://db.example/a?sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("postgres://127.0.0.1/a"), SslMode::Disable);
        assert_eq!(mode("postgres://localhost/a?sslmode=require"), SslMode::Require);
        let url = parse("postgres://a@h/d?sslrootcert=%2Fca.pem&application_name=x").unwrap();
        assert_eq!(url.roots.as_deref(), Some(Path::new("/ca.pem")));
        assert_eq!(url.config.get_application_name(), Some("x"));
    }

    #[test]
    fn mistakes_are_named_and_a_password_is_refused() {
        let message = |text: &str| parse(text).unwrap_err().message().to_owned();
        assert!(message("postgres://h/d?sslmod=disable").contains("unknown option `sslmod`"));
        assert!(message("postgres://h:x/d").contains("invalid value for option `port`"));
        assert!(message("postgres://h/d?sslmode=prefer").contains("sslmode \"prefer\""));
        for text in ["postgres://a:secret@h/d", "postgres://h/d?user=a&password=secret"] {
            let message = message(text);
            assert!(message.contains("contains a password") && !message.contains("secret"));
        }
    }
}
