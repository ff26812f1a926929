//! `remote verify`: what runs on the platform, compared with what its active version says.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::live_check_output::{self, LiveCheckView};
use crate::cli::progress::{self, Unit};
use crate::cli::{platform_remote, remote};
use crate::error::Result;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Check that the Lua platform runs exactly what its active version says
///
/// Compares the live number of each primitive, the persona as it is served, the model, the settings and the MCP
/// servers. They differ where somebody deployed one primitive alone, or edited the agent: no version is made of that.
/// Changes nothing. Code is compared if the platform shows its hash and this store pushed it.
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// The remote [default: the only one, or origin]
    #[arg(add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    remote: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    name: &'a str,
    url: String,
    #[serde(flatten)]
    check: LiveCheckView<'a>,
}

answer!(remoteVerification: Answer<'_>);

impl Verify {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let (name, address) = platform_remote::choose_platform(&project, self.remote.as_deref())?;
        let there = remote::require(cx, &project, Some(&name))?;
        let term = *cx.out.term();
        let check = progress::show(&term, "Importing", Unit::Item, |_| {
            there.remote.head(None)?;
            there.remote.live_check_with_code()
        })?;
        let check = check.ok_or_else(|| platform_remote::none_active(&address))?;
        if cx.out.is_json() {
            let url = address.to_string();
            cx.out.json(&Answer { name: &name, url, check: LiveCheckView::new(&check) })?;
        } else {
            for line in live_check_output::lines(&check) {
                cx.out.line(line)?;
            }
        }
        Ok(live_check_output::exit(&check))
    }
}
