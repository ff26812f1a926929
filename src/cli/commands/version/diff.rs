//! `version diff`: what differs between two versions, by content.

use crate::cli::context::Context;
use crate::cli::diff_output::{FileView, print_section};
use crate::cli::live::LiveRemoteArgs;
use crate::cli::{Exit, complete, print};
use crate::compare;
use crate::diff;
use crate::error::Result;
use crate::history::resolve;
use crate::history::revision::Revision;
use crate::operations::stock;
use crate::report::{self, BuiltView, ChangeView, UnreadSides};
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Say what differs between two versions
///
/// Compares contents, not numbers: a skill that was pushed again unchanged is no change, and a
/// changed one names its tools, sentences, parameters and values that differ. The options show the
/// files as well.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// The older version
    #[arg(allow_hyphen_values = true, add = ArgValueCompleter::new(complete::versions))]
    from: Revision,
    /// The newer version
    #[arg(allow_hyphen_values = true, add = ArgValueCompleter::new(complete::versions))]
    to: Revision,
    #[command(flatten)]
    view: FileView,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(flatten)]
    change: ChangeView<'a>,
    as_compiled: BuiltView<'a>,
    unread: UnreadSides<'a>,
    from: u64,
    to: u64,
}

impl Diff {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let view = self.whom.open_for(cx, &[&self.from, &self.to])?;
        let catalog = view.catalog()?;
        let from = catalog.get(resolve::number(&catalog, &self.from)?)?;
        let to = catalog.get(resolve::number(&catalog, &self.to)?)?;
        let objects = view.store().objects();
        let change = compare::between(objects, Some(&from.state), Some(&to.state))?;
        let built = stock::between(view.project.root(), objects, &from, &to)?;
        if cx.out.is_json() {
            cx.out.json(&Answer {
                change: ChangeView::new(&change),
                as_compiled: BuiltView::new(&built),
                unread: UnreadSides {
                    from: from.meta.unread.as_deref(),
                    to: to.meta.unread.as_deref(),
                },
                from: from.number,
                to: to.number,
            })?;
            return Ok(Exit::Done);
        }
        cx.page();
        if self.view.in_words() {
            cx.out.line(format!("Diff v{} → v{}", from.number, to.number))?;
            print::print(cx.out, &change, self.view.patch())?;
            print::lines(cx.out, report::built_lines(&built))?;
            print::unread(cx.out, [&from, &to])?;
        }
        if self.view.is_wanted() {
            let files =
                diff::find_renames(diff::trees(objects, Some(from.source), Some(to.source))?);
            print_section(cx, objects, &files, &self.view)?;
        }
        Ok(Exit::Done)
    }
}
