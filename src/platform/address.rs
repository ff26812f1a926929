//! Address of an agent on the platform.

use crate::error::{Error, Result};
use crate::protocol::AgentId;
use http::Uri;
use std::fmt;
use std::net::IpAddr;

/// The API that the stock command uses.
const DEFAULT: &str = "https://api.heylua.ai";

const FORMS: &str = "use `lua://AGENT`, or `lua+https://host/AGENT` for an API that is elsewhere";

/// `lua://AGENT`, `lua+https://host[/path]/AGENT`, or `lua+http://` on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformAddress {
    /// URL of the API, without a slash at its end.
    pub base: String,
    /// Id of the agent: letters, digits, `-` and `_`, as it is a part of paths unescaped.
    pub agent: AgentId,
}

impl PlatformAddress {
    pub fn parse(text: &str) -> Result<PlatformAddress> {
        let wrong = |why: &str| {
            Error::usage(format!(
                "\"{text}\" is not the address of an agent on the platform: {why}"
            ))
            .hint(FORMS)
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("it has no scheme"))?;
        if rest.contains('@') {
            // Not shown again: it may be a secret.
            return Err(Error::usage("the address of an agent on the platform contains a key")
                .hint("set LUA_API_KEY instead"));
        }
        let rest = rest.trim_end_matches('/');
        let (base, agent) = match scheme {
            "lua" => (DEFAULT.to_owned(), rest),
            "lua+https" | "lua+http" => {
                let (place, agent) =
                    rest.rsplit_once('/').ok_or_else(|| wrong("it names no agent"))?;
                (format!("{}://{}", &scheme[4..], place.trim_end_matches('/')), agent)
            }
            _ => return Err(wrong("its scheme is none of `lua`, `lua+https` and `lua+http`")),
        };
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        if agent.is_empty() || !agent.chars().all(is_part) {
            return Err(wrong("the id of an agent has letters, digits, `-` and `_`"));
        }
        let uri: Uri = base.parse().map_err(|_| wrong("it is not a URL"))?;
        let host = uri.host().ok_or_else(|| wrong("it has no host"))?;
        if uri.query().is_some() || base.contains('#') {
            return Err(wrong("it has a query or a fragment"));
        }
        if scheme == "lua+http" && !is_this_machine(host) {
            return Err(wrong("a key is sent without TLS only to this machine"));
        }
        let agent = agent.parse().map_err(|_| wrong("no agent has this id"))?;
        Ok(PlatformAddress { base, agent })
    }

    /// True for the API that the stock command uses, the only one that its stored key is for.
    pub fn is_default(&self) -> bool {
        self.base == DEFAULT
    }

    /// True if no proxy may be between.
    pub fn is_at_home(&self) -> bool {
        self.base.starts_with("http://")
    }

    /// True for a URL without TLS that leads to this machine.
    pub fn is_local_url(url: &str) -> bool {
        let uri: Option<Uri> = url.parse().ok();
        url.starts_with("http://") && uri.is_some_and(|uri| uri.host().is_some_and(is_this_machine))
    }
}

impl fmt::Display for PlatformAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_default() {
            true => write!(f, "lua://{}", self.agent.as_str()),
            false => write!(f, "lua+{}/{}", self.base, self.agent.as_str()),
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_names_an_api_and_an_agent() {
        for (text, base, agent, shown) in [
            ("lua://base_agent_1", DEFAULT, "base_agent_1", "lua://base_agent_1"),
            ("lua+https://api.heylua.ai/a-1/", DEFAULT, "a-1", "lua://a-1"),
            ("lua+https://h:8443/x/y/a", "https://h:8443/x/y", "a", "lua+https://h:8443/x/y/a"),
            ("lua+http://127.0.0.1:80/a", "http://127.0.0.1:80", "a", "lua+http://127.0.0.1:80/a"),
            ("lua+http://[::1]:80/a", "http://[::1]:80", "a", "lua+http://[::1]:80/a"),
        ] {
            let address = PlatformAddress::parse(text).unwrap();
            assert_eq!((&*address.base, address.agent.as_str()), (base, agent));
            assert_eq!(address.to_string(), shown);
            assert_eq!(PlatformAddress::parse(shown).unwrap(), address);
        }
    }

    #[test]
    fn another_address_is_refused_with_the_reason() {
        for (text, part) in [
            ("agent_1", "no scheme"),
            ("https://host/a", "scheme"),
            ("lua://", "letters"),
            ("lua://a/b", "letters"),
            ("lua://a%2eb", "letters"),
            ("lua+https://host", "no agent"),
            ("lua+https:///a", "not a URL"),
            ("lua+https://host?x=1/a", "query"),
            ("lua+http://10.0.0.1/a", "TLS"),
            ("lua+http://localhost.example.com/a", "TLS"),
        ] {
            let error = PlatformAddress::parse(text).unwrap_err();
            assert!(error.message().contains(part), "{text}: {}", error.message());
        }
        let error = PlatformAddress::parse("lua+https://me:secret@host/a").unwrap_err();
        assert!(!error.message().contains("secret"), "{}", error.message());
    }
}
