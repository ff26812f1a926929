//! Token for a remote: its sources, its file, and the way a person enters one.

use super::context::Context;
use super::remote;
use crate::client::{Address, credentials};
use crate::error::{At, Error, Result};
use crate::flow::remote::NamedRemote;
use crate::platform::{PlatformAddress, PlatformClient, PlatformKey};
use crate::protocol::TOKEN_PREFIX;
use std::io::BufRead;
use std::path::{Path, PathBuf};

/// The variable that holds a token, and the platform's, which may hold one.
const VARIABLES: [&str; 2] = ["LUA_STORE_TOKEN", "LUA_API_KEY"];

/// The token for a remote.
#[derive(Debug, Default)]
pub struct Token {
    pub value: Option<String>,
    /// Source of the token, or of a text that is none: for errors and hints.
    pub origin: Option<String>,
}

impl Token {
    /// One that a person has just given.
    fn typed(value: String) -> Token {
        Token { value: Some(value), origin: None }
    }

    /// The one that `login` kept for this remote, else one of the environment. What is no token of a
    /// `lua-store serve` is somebody else's secret, and goes nowhere.
    pub fn find(address: &Address) -> Result<Token> {
        let Address::Http { .. } = address else { return Ok(Token::default()) };
        let kept = match credentials_file() {
            Some(file) => {
                credentials::find(&file, address)?.map(|token| (token, "stored by `login`"))
            }
            None => None,
        };
        let variables = VARIABLES.iter().filter_map(|name| Some((environment(name)?, *name)));
        let mut found = Token::default();
        for (value, origin) in kept.into_iter().chain(variables) {
            if value.starts_with(TOKEN_PREFIX) {
                return Ok(Token { value: Some(value), origin: Some(origin.to_owned()) });
            }
            found.origin.get_or_insert_with(|| {
                format!(
                    "{origin} was not sent: a token of `lua-store serve` begins with {TOKEN_PREFIX}"
                )
            });
        }
        Ok(found)
    }

    /// Advice after a refusal: none if a token was sent.
    pub fn advice(&self) -> Option<String> {
        self.origin.clone().filter(|_| self.value.is_none())
    }

    /// Refused where the token could be read on the way, unless that was allowed.
    pub fn check(&self, address: &Address, insecure: bool) -> Result<()> {
        match self.value.is_some() && !insecure {
            true => address.require_private(self.origin.as_deref()),
            false => Ok(()),
        }
    }
}

/// Asks a person, or standard input, for a token, tries it, and keeps it when the remote takes it.
pub fn login(
    cx: &mut Context<'_>,
    name: String,
    address: Address,
    insecure: bool,
) -> Result<NamedRemote> {
    let file = credentials_file().ok_or_else(|| {
        Error::failed("cannot store a token: neither HOME nor XDG_CONFIG_HOME is set")
            .hint("set LUA_STORE_TOKEN for each command instead")
    })?;
    if !insecure {
        // Before anybody types it.
        address.require_private(None)?;
    }
    let token = read(cx, &address)?;
    let reached = remote::open_with(cx, name, address, Token::typed(token.clone()), insecure)?;
    reached.remote.head(None)?;
    credentials::keep(&file, &reached.address, &token)?;
    Ok(reached)
}

/// The same for the key of an agent on the platform, which is tried with one request that changes nothing.
pub fn login_to_platform(cx: &mut Context<'_>, address: &PlatformAddress) -> Result<()> {
    let file = credentials_file().ok_or_else(|| {
        Error::failed("cannot store a key: neither HOME nor XDG_CONFIG_HOME is set")
            .hint("set LUA_API_KEY for each command instead")
    })?;
    let line = ask(cx, &format!("Key for {address}: "))?;
    let typed = line.trim();
    if typed.is_empty() {
        return Err(Error::usage("no key was given")
            .hint("create an API key on the platform, with the permission to read the agent"));
    }
    let client = PlatformClient::new(address.clone(), PlatformKey::typed(typed)?);
    let agent = format!("/admin/agents/{}", address.agent.as_str());
    client.get("#9", &agent)?.data("#9")?;
    credentials::keep(&file, &Address::Platform(address.clone()), typed)
}

/// One line from a person who is not shown it, or from standard input.
fn ask(cx: &mut Context<'_>, question: &str) -> Result<String> {
    let mut line = String::new();
    if cx.can_ask() {
        line = rpassword::prompt_password(question).at("read", Path::new("the terminal"))?;
    } else if !cx.out.term().stdin {
        std::io::stdin().lock().read_line(&mut line).at("read", Path::new("standard input"))?;
    }
    Ok(line)
}

fn read(cx: &mut Context<'_>, address: &Address) -> Result<String> {
    let hint =
        "run `lua-store serve token create --agent A --scope promote` to create one on the server";
    let line = ask(cx, &format!("Token for {address}: "))?;
    match line.trim() {
        "" => Err(Error::usage("no token was given").hint(hint)),
        token if !token.starts_with(TOKEN_PREFIX) => Err(Error::usage(format!(
            "this is not a token of `lua-store serve`, which begins with {TOKEN_PREFIX}"
        ))
        .hint(format!("it was not sent anywhere\n{hint}"))),
        token if token.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            Err(Error::usage("the token has a space or a control character in it").hint(hint))
        }
        token => Ok(token.to_owned()),
    }
}

/// File of tokens: with the user's other settings, outside of every project.
pub fn credentials_file() -> Option<PathBuf> {
    let folder = match environment("XDG_CONFIG_HOME") {
        Some(folder) => PathBuf::from(folder),
        None if cfg!(windows) => PathBuf::from(environment("APPDATA")?),
        None => std::env::home_dir()?.join(".config"),
    };
    Some(folder.join("lua-store").join("credentials.toml"))
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
