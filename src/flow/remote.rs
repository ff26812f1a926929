//! Remote of a project: the one that is meant, and the connection to it under its name.

use crate::client::fetch;
use crate::client::remembered::RememberedRemote;
use crate::client::{Address, Remote};
use crate::error::{Error, Hint, Result};
use crate::history::project::Project;
use crate::protocol::Head;
use crate::store::{Store, StoreConfig};

pub use crate::store::DEFAULT_REMOTE as DEFAULT;

/// A remote under the name that the project has for it, ready to be asked.
pub struct NamedRemote {
    pub name: String,
    pub address: Address,
    pub remote: Box<dyn Remote>,
    /// Its answer, where it was asked already.
    pub asked: Option<Result<Head>>,
}

impl NamedRemote {
    /// Asks the remote for its head, which the flow that follows takes from here.
    pub fn ask(&mut self, store: &Store) {
        if self.asked.is_none() {
            self.asked = Some(fetch::read_head(store, &self.name, &*self.remote));
        }
    }

    /// Remembers each answer of the remote in a store, with the time.
    pub fn remembering(self, store: &Store, at_ms: i64) -> NamedRemote {
        let NamedRemote { name, address, remote, asked } = self;
        let remembered =
            RememberedRemote { remote, store: store.clone(), name: name.clone(), at_ms };
        NamedRemote { name, address, remote: Box::new(remembered), asked }
    }
}

/// Name and address of the remote that is meant: the one that is named, the only one, or `origin`.
/// `None` where the project has none and none is named.
pub fn choose(
    project: &Project,
    config: &StoreConfig,
    name: Option<&str>,
) -> Result<Option<(String, Address)>> {
    let remotes = config.remotes();
    let name = match (name.or_else(|| config.default_remote()), &remotes[..]) {
        (Some(url), _) if is_address(url) => at_address(project, config, url)?,
        (Some(name), _) => name,
        (None, []) => return Ok(None),
        (None, many) => {
            let names: Vec<&str> = many.iter().map(|(name, _)| *name).collect();
            return Err(Error::usage(format!("there are several remotes: {}", names.join(", ")))
                .hint(format!("add `--remote {}` to choose one", names[0])));
        }
    };
    let url = config.remote(name).ok_or_else(|| unknown(name, config))?;
    Ok(Some((name.to_owned(), Address::parse(url, project.root())?)))
}

/// True if the name of a remote is an address: a URL, or a path.
pub fn is_address(remote: &str) -> bool {
    remote.contains(['/', ':'])
}

/// Name of the remote with this address.
fn at_address<'a>(project: &Project, config: &'a StoreConfig, url: &str) -> Result<&'a str> {
    let address = Address::parse(url, project.root())?;
    let is_same = |known: &str| Address::parse(known, project.root()).is_ok_and(|a| a == address);
    let found = config.remotes().into_iter().find(|(_, known)| is_same(known));
    found.map(|(name, _)| name).ok_or_else(|| unknown(url, config))
}

pub fn unknown(name: &str, config: &StoreConfig) -> Error {
    let error = Error::not_found(format!("there is no remote \"{name}\""));
    let names: Vec<&str> = config.remotes().into_iter().map(|(name, _)| name).collect();
    match names.is_empty() {
        true => error.hint(Hint::AddRemote),
        false => error.hint(format!("there is: {}", names.join(", "))),
    }
}
