//! Listening policy: anywhere with tokens, without them on this machine only.

use super::ServerConfig;
use super::hints;
use crate::error::{Error, Result};
use crate::protocol::AgentId;

/// Warnings for the operator before the server starts; an error where it must not.
pub fn check_policy(config: &ServerConfig, tokens: usize) -> Result<Vec<String>> {
    let address = config.listen;
    let here = address.ip().is_loopback();
    if config.open && !here {
        return Err(Error::usage(format!(
            "cannot listen on {address} with `--no-auth`: other machines can reach it"
        ))
        .hint(hints::NO_AUTH_IS_LOCAL));
    }
    if !here && tokens == 0 {
        return Err(Error::usage(format!("cannot listen on {address}: there is no token"))
            .hint(hints::CREATE_PUSH_TOKEN));
    }
    let mut warnings = Vec::new();
    if !here && config.tls.is_none() {
        warnings.push(format!(
            "{address} is reached by others, and without TLS they can read tokens and sources on the way: \
             give `--tls-cert` and `--tls-key`, or listen on 127.0.0.1 behind a proxy that has them"
        ));
    }
    if config.pages && !config.public.is_empty() {
        let names: Vec<&str> = config.public.iter().map(AgentId::as_str).collect();
        warnings.push(format!(
            "everybody who reaches {address} may read the pages of {}, with all files and personas",
            names.join(", ")
        ));
    }
    if config.pages
        && let Some(url) = &config.public_url
        && url.split_once("://").is_some_and(|(_, rest)| rest.contains('/'))
    {
        warnings.push(format!("there are no pages for browsers: {url} has a path"));
    }
    if config.open {
        warnings.push(
            "without tokens every user and program of this machine may read and push".to_owned(),
        );
    } else if tokens == 0 {
        warnings.push(format!(
            "there is no token yet, so nothing can be read or pushed: {}",
            hints::CREATE_PUSH_TOKEN
        ));
    }
    Ok(warnings)
}

#[cfg(test)]
mod tests {
    use super::super::config::TlsFiles;
    use super::super::limits::ServerLimits;
    use super::super::proxies::Proxies;
    use super::*;

    fn config(listen: &str, tls: bool, open: bool) -> ServerConfig {
        let tls = tls.then(|| TlsFiles { certificate: "c".into(), key: "k".into() });
        let data = std::path::PathBuf::new();
        let (limits, proxies) = (ServerLimits::default(), Proxies::default());
        ServerConfig {
            listen: listen.parse().unwrap(),
            admin: None,
            data,
            engine: None,
            tls,
            open,
            limits,
            proxies,
            public_url: None,
            pages: true,
            public: Vec::new(),
            refuses_secrets: false,
        }
    }

    #[test]
    fn what_is_refused_what_is_warned_of_and_what_is_fine() {
        let exit_code = |listen, tls, open, tokens| {
            check_policy(&config(listen, tls, open), tokens)
                .map_or(usize::MAX, |warnings| warnings.len())
        };
        let refused = usize::MAX;
        for here in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1"] {
            assert_eq!(exit_code(here, false, false, 1), 0);
            assert_eq!(exit_code(here, false, false, 0), 1);
            assert_eq!(exit_code(here, false, true, 0), 1);
        }
        for anywhere in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1"] {
            assert_eq!(exit_code(anywhere, true, false, 1), 0);
            assert_eq!(exit_code(anywhere, false, false, 1), 1);
            assert_eq!(exit_code(anywhere, true, false, 0), refused);
            assert_eq!(exit_code(anywhere, true, true, 1), refused);
        }
    }
}
