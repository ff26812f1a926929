//! `version diff`: what differs between two versions, by content.

use crate::agent::revision::Revision;
use crate::agent::version::Catalog;
use crate::agent::words::{self, Sign};
use crate::agent::{change, resolve};
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::output::{GREEN, RED, YELLOW};
use crate::error::Result;
use anstyle::Style;
use serde_json::json;

/// Say what differs between two versions
///
/// Compares contents, not numbers: a skill that was pushed again unchanged is no change, and a
/// changed one names its tools and the parts of its definition that differ.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// The older version
    #[arg(allow_hyphen_values = true)]
    from: Revision,
    /// The newer version
    #[arg(allow_hyphen_values = true)]
    to: Revision,
}

impl Diff {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let catalog = Catalog::load(project.store())?;
        let from = catalog.get(resolve::number(&catalog, &self.from)?)?;
        let to = catalog.get(resolve::number(&catalog, &self.to)?)?;
        let change = change::between(project.store().objects(), Some(&from.state), Some(&to.state))?;
        if cx.out.is_json() {
            let mut answer = words::to_json(&change);
            answer["from"] = json!(from.number);
            answer["to"] = json!(to.number);
            cx.out.json(&answer)?;
            return Ok(Exit::Done);
        }
        cx.page();
        cx.out.line(format!("Diff v{} → v{}", from.number, to.number))?;
        print(cx, &change)?;
        Ok(Exit::Done)
    }
}

/// The report of a change, coloured on a terminal.
pub fn print(cx: &mut Context<'_>, change: &change::StateChange) -> Result<()> {
    for line in words::lines(change) {
        let style = match line.sign {
            Sign::Plain => Style::new(),
            Sign::Added => GREEN,
            Sign::Removed => RED,
            Sign::Changed => YELLOW,
        };
        let text = if line.sign == Sign::Plain { line.text } else { cx.out.paint(style, line.text) };
        cx.out.line(text)?;
    }
    Ok(())
}
