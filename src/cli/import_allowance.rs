//! Permission to import files that look like secrets.

use crate::client::Address;
use crate::error::{Error, Result};
use crate::history::project::Project;
use crate::operations::allowed;

/// Files that an import takes although they look like secrets.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ImportAllowance {
    /// Import this file of an agent on the Lua platform even if it looks like a secret. The permission is saved
    #[arg(long, value_name = "PATH")]
    allow: Vec<String>,
}

impl ImportAllowance {
    /// Saves the permissions in a project, before its remote is asked.
    pub fn save(&self, project: &Project, address: Option<&Address>) -> Result<()> {
        allowed::change(project, &self.patterns(address)?, &[])
    }

    /// Patterns of the files. Other remotes, and bundles, have what somebody pushed, and are read whole.
    pub fn patterns(&self, address: Option<&Address>) -> Result<Vec<String>> {
        match address {
            _ if self.allow.is_empty() => Ok(Vec::new()),
            Some(Address::Platform(_)) => Ok(self.allow.iter().map(|path| pattern(path)).collect()),
            _ => Err(Error::usage(
                "`--allow` of this command is only for agents on the Lua platform",
            )
            .hint("run `lua-store push --allow PATH` to push a file that looks like a secret")),
        }
    }
}

/// Pattern of a path as an import names it, from the folder of the project: a name alone would be found in every folder.
fn pattern(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    match path.contains(['/', '*', '?', '[']) {
        true => path.to_owned(),
        false => format!("/{path}"),
    }
}
