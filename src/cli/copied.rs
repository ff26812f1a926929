//! Copied agents: what `serve backup` and `serve restore` say at their end.

use crate::cli::context::Context;
use crate::cli::output::RED;
use crate::error::Result;
use crate::protocol::AgentId;
use crate::remote_store::CopySummary;
use serde::Serialize;

/// A number of bytes as people read it.
pub fn size(bytes: u64) -> String {
    let units = [(1u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = units.iter().find(|(unit, _)| bytes >= *unit);
    unit.map_or_else(
        || format!("{bytes} bytes"),
        |(unit, name)| format!("{:.1} {name}", bytes as f64 / *unit as f64),
    )
}

/// Summary of a copy, as JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CopiedView<'a> {
    agents: usize,
    unchanged: usize,
    packs: usize,
    bytes: u64,
    kept: &'a [AgentId],
    problems: Vec<ProblemView<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ProblemView<'a> {
    agent: &'a AgentId,
    what: &'a str,
}

impl CopiedView<'_> {
    pub fn new(copied: &CopySummary) -> CopiedView<'_> {
        let problems = copied.problems.iter().map(|(agent, what)| ProblemView { agent, what });
        CopiedView {
            agents: copied.agents,
            unchanged: copied.unchanged,
            packs: copied.packs,
            bytes: copied.bytes,
            kept: &copied.kept,
            problems: problems.collect(),
        }
    }
}

/// Problems of a copy, one per line.
pub fn print_problems(cx: &mut Context<'_>, copied: &CopySummary) -> Result<()> {
    for (agent, what) in &copied.problems {
        let word = cx.out.paint(RED, "problem:");
        cx.out.line(format!("{word} {agent}: {what}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!((size(0), size(1023)), ("0 bytes".to_owned(), "1023 bytes".to_owned()));
        assert_eq!((size(1536), size(300 << 20)), ("1.5 KiB".to_owned(), "300.0 MiB".to_owned()));
        assert_eq!(size(5 << 30), "5.0 GiB");
    }
}
