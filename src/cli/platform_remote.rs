//! The remote of a project that is on the Lua platform.

use super::remote;
use crate::client::Address;
use crate::error::{Error, Hint, Result};
use crate::flow::remote::choose;
use crate::history::project::Project;
use crate::platform::PlatformAddress;

/// Name and address of the remote that is meant, as a promotion chooses it: the one that is named, the only one on the platform,
/// or the default one. Another kind of remote is refused.
pub fn choose_platform(project: &Project, name: Option<&str>) -> Result<(String, PlatformAddress)> {
    let config = project.store().config()?;
    let only = Address::only_platform(&config.remotes(), project.root())?;
    let name = name.or(only);
    let (name, address) = choose(project, &config, name)?.ok_or_else(remote::no_remote)?;
    match address {
        Address::Platform(address) => Ok((name, address)),
        address => {
            Err(Error::usage(format!("the remote \"{name}\" ({address}) is not on the platform"))
                .hint(Hint::AddPlatform))
        }
    }
}

/// Names of the remotes that are on the platform.
pub fn names(project: &Project) -> Result<Vec<String>> {
    let config = project.store().config()?;
    let names = Address::platforms(&config.remotes(), project.root())?;
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// Error where nothing runs that could be compared.
pub fn none_active(address: &PlatformAddress) -> Error {
    Error::not_found(format!("no version is active on the platform ({address})"))
        .hint(Hint::FetchPlatform)
}
