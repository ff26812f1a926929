//! The remote of a project that is on the Lua platform.

use super::remote;
use crate::client::Address;
use crate::error::{Error, Hint, Result};
use crate::flow::remote::choose;
use crate::history::project::Project;

/// Name and address of the remote that is meant; another kind of remote is refused.
pub fn choose_platform(project: &Project, name: Option<&str>) -> Result<(String, Address)> {
    let config = project.store().config()?;
    let (name, address) = choose(project, &config, name)?.ok_or_else(remote::no_remote)?;
    match &address {
        Address::Platform(_) => Ok((name, address)),
        _ => Err(Error::usage(format!("the remote \"{name}\" ({address}) is not on the platform"))
            .hint(Hint::AddPlatform)),
    }
}

/// Error where nothing runs that could be compared.
pub fn none_active(address: &Address) -> Error {
    Error::not_found(format!("no version is active on the platform ({address})"))
        .hint(Hint::FetchPlatform)
}
