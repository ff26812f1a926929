//! `serve check-store`: does an engine keep what a server relies on?

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::data_folder::DataFolder;
use crate::cli::output::RED;
use crate::cli::table::{Cell, Table};
use crate::error::Result;
use crate::remote_store::ProbeReport;
use serde::Serialize;

/// Check that a database, a bucket or a folder meets the requirements of a server
///
/// A server does the same when it starts. Creates the tables, the folder or an object that names the format, writes data of its own and removes it; the
/// agents are not touched.
#[derive(Debug, clap::Args)]
pub struct CheckStore {
    /// The database, the bucket or the folder: `postgres://db.example.com/agents`, `s3://bucket/prefix`, `file:///var/lib/lua-store`
    #[arg(value_name = "URL")]
    url: String,
    /// The bucket with the packs of the database: `s3://bucket/prefix`
    #[arg(long, value_name = "URL")]
    packs: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    /// The folder or the URL.
    store: &'a str,
    ok: bool,
    checks: Vec<CheckView<'a>>,
}

answer!(storeCheck: Answer<'_>);

/// A requirement.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CheckView<'a> {
    what: &'a str,
    /// Number of attempts, and of those that failed.
    tried: usize,
    failed: usize,
}

/// One line for each requirement, in the order in which they were tried.
fn views(report: &ProbeReport) -> Vec<CheckView<'_>> {
    let mut views: Vec<CheckView<'_>> = Vec::new();
    for check in &report.checks {
        let failed = usize::from(!check.holds);
        match views.iter_mut().find(|view| view.what == check.what) {
            Some(view) => {
                view.tried += 1;
                view.failed += failed;
            }
            None => views.push(CheckView { what: &check.what, tried: 1, failed }),
        }
    }
    views
}

impl CheckStore {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let data = DataFolder::at(&self.url, self.packs).made(cx)?;
        let report = data.store.probe()?;
        let (checks, ok) = (views(&report), report.passed());
        let exit = if ok { Exit::Done } else { Exit::Found };
        if cx.out.is_json() {
            cx.out.json(&Answer { store: &data.name, ok, checks })?;
            return Ok(exit);
        }
        let mut table = Table::new(["RESULT", "TRIED", "REQUIREMENT"]);
        for check in &checks {
            let result = match check.failed {
                0 => Cell::from("ok"),
                _ => Cell::styled(RED, "failed"),
            };
            table.row([result, Cell::from(check.tried.to_string()), Cell::from(check.what)]);
        }
        table.print(cx.out)?;
        cx.out.line(match ok {
            true => format!("✓ \"{}\" meets the requirements of a server.", data.name),
            false => format!("\"{}\" does not meet the requirements of a server.", data.name),
        })?;
        Ok(exit)
    }
}
