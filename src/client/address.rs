//! Address of a remote: a URL or a folder, and the agent there. Secrets in a URL are refused,
//! because addresses are stored in `config.toml` and shown in messages.

use crate::error::{Error, Hint, Result};
use crate::platform::PlatformAddress;
use crate::protocol::AgentId;
use http::Uri;
use std::fmt;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `http(s)://host/AGENT`, without a slash at its end.
    Http { base: String, agent: AgentId },
    /// A folder with the data of many agents, as `lua-store serve --data` has it.
    Folder { root: PathBuf, agent: AgentId },
    /// An agent on the Lua platform.
    Platform(PlatformAddress),
}

impl Address {
    /// Reads what a person or `config.toml` says. A path is relative to `from`.
    pub fn parse(text: &str, from: &Path) -> Result<Address> {
        match text.split_once("://") {
            Some(("http" | "https", _)) => http(text),
            Some(("file", path)) => folder(Path::new(path), text),
            Some(("lua" | "lua+https" | "lua+http", _)) => {
                PlatformAddress::parse(text).map(Address::Platform)
            }
            Some((scheme, _)) => Err(Error::usage(format!(
                "\"{text}\" begins with \"{scheme}://\", which is not supported"
            ))
            .hint("use `https://host/AGENT`, or the path of a folder")),
            None if text.is_empty() => folder(Path::new(""), text),
            None => folder(&from.join(text), text),
        }
    }

    pub fn agent(&self) -> &AgentId {
        match self {
            Address::Http { agent, .. } | Address::Folder { agent, .. } => agent,
            Address::Platform(address) => &address.agent,
        }
    }

    /// Names of those remotes that are on the platform.
    pub fn platforms<'r>(remotes: &[(&'r str, &str)], from: &Path) -> Result<Vec<&'r str>> {
        let mut names = Vec::new();
        for (name, url) in remotes {
            if let Address::Platform(_) = Address::parse(url, from)? {
                names.push(*name);
            }
        }
        Ok(names)
    }

    /// The only remote of these that is on the platform; `None` where there is none, or several.
    pub fn only_platform<'r>(remotes: &[(&'r str, &str)], from: &Path) -> Result<Option<&'r str>> {
        Ok(match Address::platforms(remotes, from)?[..] {
            [only] => Some(only),
            _ => None,
        })
    }

    /// True if the traffic can be read on the way.
    pub fn is_in_the_clear(&self) -> bool {
        matches!(self, Address::Http { base, .. } if base.starts_with("http://"))
            && !self.is_at_home()
    }

    /// Refuses an address where a token could be read on the way. `origin` is where the token was found.
    pub fn require_private(&self, origin: Option<&str>) -> Result<()> {
        if !self.is_in_the_clear() {
            return Ok(());
        }
        let which = origin.map_or(String::new(), |origin| format!(" ({origin})"));
        Err(Error::usage(format!("the token{which} for \"{self}\" would be sent in plain text"))
            .hint(Hint::Insecure))
    }

    /// True if the traffic stays on this machine.
    pub fn is_at_home(&self) -> bool {
        let base = match self {
            Address::Http { base, .. } => base,
            Address::Folder { .. } => return true,
            Address::Platform(address) => return address.is_at_home(),
        };
        let host = base
            .parse::<Uri>()
            .ok()
            .and_then(|uri| uri.host().map(str::to_owned))
            .unwrap_or_default();
        let host = host.trim_matches(['[', ']']);
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

fn http(text: &str) -> Result<Address> {
    let wrong = |what: &str| {
        Error::usage(format!("\"{text}\" is not the address of a remote: {what}"))
            .hint("use `https://host/AGENT`, or the path of a folder")
    };
    let base = text.trim_end_matches('/');
    let uri: Uri = base.parse().map_err(|_| wrong("it is not a URL"))?;
    let authority = uri.authority().ok_or_else(|| wrong("it has no host"))?;
    if let Some((_, host)) = authority.as_str().rsplit_once('@') {
        // Not shown again: it may be a secret.
        return Err(Error::usage(format!(
            "the address of a remote at \"{host}\" contains a token"
        ))
        .hint(Hint::LoginWithUrl));
    }
    if uri.query().is_some() || text.contains('#') {
        return Err(wrong("it has a query or a fragment"));
    }
    let agent = uri.path().rsplit('/').next().unwrap_or_default();
    let agent = agent.parse().map_err(|_| wrong("its last part is not the id of an agent"))?;
    Ok(Address::Http { base: base.to_owned(), agent })
}

fn folder(path: &Path, text: &str) -> Result<Address> {
    let wrong = || {
        Error::usage(format!(
            "\"{text}\" is not the address of a remote: the last part of the path must be the id of an agent"
        ))
        .hint("for example `/srv/agents/agent_1234`: the folder `/srv/agents` contains many agents")
    };
    let agent = path.file_name().and_then(|name| name.to_str()).ok_or_else(wrong)?;
    let agent = agent.parse().map_err(|_| wrong())?;
    let root = path.parent().ok_or_else(wrong)?;
    // Only so that it reads well: one that is not there yet stays as it was typed.
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    Ok(Address::Folder { root, agent })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Http { base, .. } => f.write_str(base),
            Address::Folder { root, agent } => write!(f, "{}", root.join(agent.as_str()).display()),
            Address::Platform(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address> {
        Address::parse(text, Path::new("/projects/shop"))
    }

    #[test]
    fn the_last_part_is_the_agent() {
        for (text, shown, agent) in [
            ("https://store.example.com/agent_1", "https://store.example.com/agent_1", "agent_1"),
            ("http://127.0.0.1:8080/base/a.b/", "http://127.0.0.1:8080/base/a.b", "a.b"),
            ("file:///srv/agents/agent_1", "/srv/agents/agent_1", "agent_1"),
            ("/srv/agents/agent_1", "/srv/agents/agent_1", "agent_1"),
            ("../agents/agent_1", "/projects/shop/../agents/agent_1", "agent_1"),
            ("lua://agent_1", "lua://agent_1", "agent_1"),
            ("lua+https://host/x/agent_1/", "lua+https://host/x/agent_1", "agent_1"),
        ] {
            let address = parse(text).unwrap();
            assert_eq!((address.to_string().as_str(), address.agent().as_str()), (shown, agent));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_by_name() {
        for (text, part) in [
            ("ssh://host/a", "ssh://"),
            ("lua://agent.1", "letters"),
            ("https://host", "id of an agent"),
            ("https://host/a b", "not a URL"),
            ("https://host/a?x=1", "a query"),
            ("https://host/a#x", "a fragment"),
            ("https://me:secret@host/a", "contains a token"),
            ("/srv/..", "id of an agent"),
            ("", "id of an agent"),
        ] {
            let error = parse(text);
            assert!(
                error.as_ref().is_err_and(|error| error.message().contains(part)),
                "{text}: {error:?}"
            );
        }
    }

    #[test]
    fn only_other_machines_without_tls_are_in_the_clear() {
        for (text, clear) in [
            ("http://127.0.0.1:8080/a", false),
            ("http://[::1]:8080/a", false),
            ("http://localhost/a", false),
            ("http://10.0.0.1/a", true),
            ("http://store.example.com/a", true),
            ("https://store.example.com/a", false),
            ("/srv/a", false),
        ] {
            assert_eq!(parse(text).unwrap().is_in_the_clear(), clear, "{text}");
        }
    }
}
