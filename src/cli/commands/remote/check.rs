//! `remote check`: what the platform answers, beside what this program expects.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::platform_remote;
use crate::cli::remote::platform_key;
use crate::cli::table::{Cell, Table};
use crate::error::{Error, Hint, Result};
use crate::flow::remote::is_address;
use crate::fs::{self, Published};
use crate::platform::{self, PlatformAddress, PlatformClient, RouteCheck};
use clap_complete::ArgValueCompleter;
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;

/// Check that the Lua platform answers as this program expects
///
/// Asks each route that an import of an agent reads once, and changes nothing there. Writes the status, the time and the
/// shape of each answer to a file: keys and types, no values. The key is that of LUA_API_KEY, the one
/// that `remote login` stored, or the one that the `lua` command stored. An address needs no project and no store.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// The remote [default: the only one, or origin], or an address: `lua://AGENT`, `lua+https://host/AGENT`
    #[arg(value_name = "REMOTE", add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    remote: Option<String>,
    /// The report; it must not exist
    #[arg(long, value_name = "FILE", default_value = "platform-check.json")]
    output: PathBuf,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Row {
    /// Number of the route in `docs/stock-client.md`.
    route: String,
    path: String,
    status: u16,
    milliseconds: u64,
    /// Keys and types of the answer; null where it is not JSON.
    shape: Value,
    /// Difference from what an import needs.
    problem: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer {
    address: String,
    program: &'static str,
    /// Routes that answered as expected.
    expected: usize,
    routes: Vec<Row>,
}

answer!(platformCheck: Answer);

impl Check {
    fn address(&self, cx: &mut Context<'_>) -> Result<PlatformAddress> {
        if let Some(address) = self.remote.as_deref().filter(|name| is_address(name)) {
            return PlatformAddress::parse(address);
        }
        let project = cx.project()?;
        Ok(platform_remote::choose_platform(&project, self.remote.as_deref())?.1)
    }

    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let address = self.address(cx)?;
        let file = cx.directory()?.join(&self.output);
        if file.exists() {
            return Err(exists(&self.output));
        }
        let key = platform_key(&address)?;
        let client = PlatformClient::new(address, key);
        let rows: Vec<Row> = platform::check(&client)?.into_iter().map(Row::from).collect();
        let answer = Answer {
            address: client.address().to_string(),
            program: concat!("lua-store ", env!("CARGO_PKG_VERSION")),
            expected: rows.iter().filter(|row| row.problem.is_none()).count(),
            routes: rows,
        };
        let text = serde_json::to_string_pretty(&answer)
            .map_err(|error| Error::failed(format!("cannot write the report: {error}")))?;
        if let Published::Exists = fs::create(&file, text.as_bytes())? {
            return Err(exists(&self.output));
        }
        let is_expected = answer.expected == answer.routes.len();
        match cx.out.is_json() {
            true => cx.out.json(&answer)?,
            false => self.print(cx, &answer)?,
        }
        Ok(if is_expected { Exit::Done } else { Exit::Found })
    }

    fn print(&self, cx: &mut Context<'_>, answer: &Answer) -> Result<()> {
        let mut table = Table::new(["ROUTE", "STATUS", "TIME", "REQUEST", "PROBLEM"]);
        for row in &answer.routes {
            table.row([
                Cell::from(row.route.clone()),
                Cell::from(row.status.to_string()),
                Cell::from(format!("{} ms", row.milliseconds)),
                Cell::from(row.path.clone()),
                Cell::from(row.problem.clone().unwrap_or_default()),
            ]);
        }
        table.print(cx.out)?;
        let (expected, all) = (answer.expected, answer.routes.len());
        cx.out.line(format!("{expected} of {all} routes answered as expected."))?;
        let shown = self.output.display();
        cx.out.note(format!("The report is in {shown}: keys and types of each answer, no values."));
        Ok(())
    }
}

impl From<RouteCheck> for Row {
    fn from(check: RouteCheck) -> Row {
        let RouteCheck { route, path, status, took, shape, problem } = check;
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Row { route, path, status, milliseconds, shape, problem }
    }
}

fn exists(output: &std::path::Path) -> Error {
    Error::conflict(format!("\"{}\" exists", output.display()))
        .hint(Hint::Text("name another file with `--output FILE`".to_owned()))
}
