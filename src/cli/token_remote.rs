//! Remote that a token is for: one of the project, or any address. `login` and `logout` name it.

use super::context::Context;
use crate::client::Address;
use crate::error::Result;
use crate::flow::remote;
use crate::history::project::Project;

/// A remote that a token is for.
pub struct TokenRemote {
    pub name: String,
    pub address: Address,
    pub insecure: bool,
}

/// The remote of this project, or any address, which then is its own name.
pub fn find(cx: &Context<'_>, text: Option<String>) -> Result<TokenRemote> {
    if let Some(url) = text.as_ref().filter(|text| text.contains("://")) {
        let address = Address::parse(url, &cx.directory()?)?;
        return Ok(TokenRemote { name: address.to_string(), address, insecure: cx.insecure() });
    }
    let project = match (cx.project(), &text) {
        (Err(error), None) => {
            return Err(
                error.hint("run `lua-store login https://host/AGENT`, which needs no project")
            );
        }
        (project, _) => project?,
    };
    of_project(cx, &project, text.as_deref())
}

fn of_project(cx: &Context<'_>, project: &Project, name: Option<&str>) -> Result<TokenRemote> {
    let config = project.store().config()?;
    let (name, address) = remote::choose(project, &config, name)?
        .ok_or_else(|| remote::unknown(remote::DEFAULT, &config))?;
    let insecure = cx.insecure() || config.is_insecure(&name);
    Ok(TokenRemote { name, address, insecure })
}

/// A remote with its address, which may be all that it is called.
pub fn shown(name: &str, address: &Address) -> String {
    let address = address.to_string();
    if name == address { address } else { format!("{name} ({address})") }
}
