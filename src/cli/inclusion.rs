//! Options of a push that name kinds which are live at once on the Lua platform, and the values that they take along.

use super::context::Context;
use super::remote::RemoteArgs;
use crate::error::{Error, Result};
use crate::fs;
use crate::history::project::Project;
use crate::platform::EnvValues;
use std::path::{Path, PathBuf};

/// A kind that no version of the platform contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum IncludedKind {
    /// Live with the push
    Workflows,
    /// Live with the next turn
    Devices,
    /// Live with the push
    DeviceTriggers,
}

impl IncludedKind {
    /// The folder of the kind in a state.
    fn folder(self) -> &'static str {
        match self {
            IncludedKind::Workflows => "workflows",
            IncludedKind::Devices => "devices",
            IncludedKind::DeviceTriggers => "device-triggers",
        }
    }
}

#[derive(Clone, Debug, Default, clap::Args)]
pub struct InclusionArgs {
    /// Send these kinds to the Lua platform too: they are live at once, and in no version
    #[arg(long, value_name = "KINDS", value_enum, value_delimiter = ',', conflicts_with_all = ["offline", "create"])]
    include: Vec<IncludedKind>,
    /// The file with the values of the environment that workflows take along, as the `.env` of the `lua` command
    #[arg(long, value_name = "FILE", requires = "include")]
    env_from: Option<PathBuf>,
}

impl InclusionArgs {
    /// Reads the values, and makes all of it options of the remote that the command opens next.
    pub fn apply(&self, cx: &mut Context<'_>) -> Result<()> {
        cx.deploy.include = self.include.iter().map(|kind| kind.folder()).collect();
        let Some(file) = &self.env_from else { return Ok(()) };
        if !self.include.contains(&IncludedKind::Workflows) {
            return Err(Error::usage("only workflows take values of the environment")
                .hint("add `--include workflows`, or leave `--env-from` out"));
        }
        let path = cx.directory()?.join(file);
        cx.deploy.values = Some(values(&path)?);
        Ok(())
    }

    /// Refuses them for a remote that is not on the platform, and for a push that is not of everything.
    pub fn check(&self, project: &Project, (to, is_all): (&RemoteArgs, bool)) -> Result<()> {
        if self.include.is_empty() {
            return Ok(());
        }
        if !is_all {
            return Err(Error::usage("`--include` needs a push of everything")
                .hint("leave the kind out: a push sends only primitives that changed"));
        }
        match to.is_platform(project)? {
            true => Ok(()),
            false => Err(Error::usage(
                "`--include` and `--env-from` are for a remote on the Lua platform, and this push goes to none",
            )
            .hint("leave them out: every other remote gets primitives of all kinds")),
        }
    }

    /// The warning about them, before anything is sent.
    pub fn warning(&self) -> Option<String> {
        let names: Vec<&str> = self.include.iter().map(|kind| kind.folder()).collect();
        (!names.is_empty()).then(|| {
            format!(
                "What changed of {} will be live at once. It is in no version: a promotion neither makes it live nor reverts it.",
                names.join(", ")
            )
        })
    }
}

fn values(path: &Path) -> Result<EnvValues> {
    match fs::read_if_exists(path)? {
        Some(bytes) => Ok(EnvValues::parse(&bytes)),
        None => Err(Error::not_found(format!("there is no file \"{}\"", path.display()))),
    }
}
