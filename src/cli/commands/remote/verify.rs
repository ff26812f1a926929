//! `remote verify`: what runs on the platform, compared with what its active version says.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::live_check_output::{self, PartView};
use crate::cli::progress::{self, Unit};
use crate::cli::remote;
use crate::client::Address;
use crate::error::{Error, Hint, Result};
use crate::flow::remote::choose;
use crate::import::PlatformRemote;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Check that the Lua platform runs exactly what its active version says
///
/// Compares the live number of each primitive, the persona as it is served, the model, the settings and the MCP
/// servers. They differ where somebody deployed one primitive alone, or edited the agent: no version is made of that.
/// Changes nothing. The platform does not show the code that runs.
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// The remote [default: the only one, or origin]
    #[arg(add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    remote: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    name: &'a str,
    url: String,
    /// Active version: its number here, and there.
    version: u64,
    platform: u64,
    /// True if every part is as the version says; null if the platform does not show all parts, and the others are.
    equal: Option<bool>,
    parts: Vec<PartView<'a>>,
}

answer!(remoteVerification: Answer<'_>);

impl Verify {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let config = project.store().config()?;
        let (name, address) =
            choose(&project, &config, self.remote.as_deref())?.ok_or_else(remote::no_remote)?;
        let Address::Platform(at) = &address else {
            return Err(Error::usage(format!(
                "the remote \"{name}\" ({address}) is not on the platform"
            ))
            .hint(Hint::AddPlatform));
        };
        let client = remote::platform_client(at, remote::patience()?)?;
        let there = PlatformRemote::new(client, &name, project.store().dir().to_owned());
        let term = *cx.out.term();
        let checked =
            progress::show(&term, "Importing", Unit::Item, |progress| there.live(progress))?;
        let (check, pushed) = checked.ok_or_else(|| {
            Error::not_found(format!("no version is active on the platform ({address})"))
                .hint(Hint::FetchPlatform)
        })?;
        let is_equal = check.is_equal();
        if cx.out.is_json() {
            let equal = Some(is_equal).filter(|is_equal| !is_equal || !check.has_unknown());
            cx.out.json(&Answer {
                name: &name,
                url: address.to_string(),
                version: check.here,
                platform: check.there,
                equal,
                parts: PartView::all(&check, &pushed),
            })?;
        } else {
            for line in live_check_output::lines(&check, &pushed) {
                cx.out.line(line)?;
            }
        }
        Ok(match (is_equal, check.has_unknown()) {
            (false, _) => Exit::Found,
            (true, true) => Exit::Unread,
            (true, false) => Exit::Done,
        })
    }
}
