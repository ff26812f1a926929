//! Options of a command that deploys to the Lua platform. Other remotes take none of them.

use super::context::Context;
use crate::deploy::{DeployOptions, ReadScope};
use crate::error::Result;
use std::path::PathBuf;

#[derive(Clone, Debug, Default, clap::Args)]
pub struct DeployArgs {
    /// Deploy this output of `lua compile`, made elsewhere of the same files, to the Lua platform
    #[arg(long, value_name = "DIR")]
    pub compiled: Option<PathBuf>,
    /// Deploy only if the plan is still this one, which a dry run printed
    #[arg(long, value_name = "ID", conflicts_with = "dry_run")]
    pub plan: Option<String>,
    /// Leave the ids and numbers in `lua.skill.yaml` as they are
    #[arg(long)]
    pub no_yaml: bool,
}

impl DeployArgs {
    /// Makes them the options of the remote that the command opens next.
    pub fn apply(&self, cx: &mut Context<'_>, force: bool, retire: &[String]) -> Result<()> {
        let compiled = match &self.compiled {
            Some(folder) => Some(cx.directory()?.join(folder)),
            None => None,
        };
        cx.deploy = DeployOptions {
            compiled,
            is_dry_run: false,
            no_yaml: self.no_yaml,
            force,
            retire: retire.iter().cloned().collect(),
            plan: self.plan.clone(),
            scope: ReadScope::default(),
            include: Default::default(),
            values: None,
            environment: std::env::vars_os().collect(),
        };
        Ok(())
    }
}
