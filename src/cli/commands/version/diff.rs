//! `version diff`: what differs between two versions, by content.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::diff_output::{FileView, print_section};
use crate::cli::live::LiveRemoteArgs;
use crate::cli::markdown::MarkdownDiff;
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

/// Show what differs between two versions
///
/// Compares content, not numbers: a skill that was pushed again unchanged is no change. For a changed one it
/// lists the tools, sentences, parameters and values that differ. The options show the files as well.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// The older version
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(complete::any_versions))]
    from: Revision,
    /// The newer version
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(complete::any_versions))]
    to: Revision,
    #[command(flatten)]
    view: FileView,
    /// Print Markdown for a comment of a pull request
    #[arg(long, conflicts_with_all = ["patch", "stat", "name_only", "raw"])]
    markdown: bool,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    /// Left out where a side is a safety snapshot, of which no agent was read.
    #[serde(flatten)]
    change: Option<ChangeView<'a>>,
    as_compiled: BuiltView<'a>,
    unread: UnreadSides<'a>,
    /// The number of an agent version; null for any other.
    from: Option<u64>,
    to: Option<u64>,
    from_name: &'a str,
    to_name: &'a str,
}

answer!(versionDiff: Answer<'_>);

impl Diff {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let view = self.whom.open_for(cx, &[&self.from, &self.to])?;
        let (store, catalog) = (view.store(), view.catalog()?);
        let version = |revision| resolve::version_in(&catalog, revision);
        let (from, to) = (version(&self.from)?, version(&self.to)?);
        let objects = store.objects();
        let change = from.state().zip(to.state());
        let change = change
            .map(|(from, to)| compare::between(objects, Some(&from), Some(&to)))
            .transpose()?;
        let built = stock::between(store, objects, &from, &to)?;
        if cx.out.is_json() {
            cx.out.json(&Answer {
                change: change.as_ref().map(ChangeView::new),
                as_compiled: BuiltView::new(&built),
                unread: UnreadSides { from: from.unread(), to: to.unread() },
                from: from.number_in(&catalog),
                to: to.number_in(&catalog),
                from_name: &from.name,
                to_name: &to.name,
            })?;
            return Ok(Exit::Done);
        }
        let files = || -> Result<_> {
            let (from, to) = (Some(from.files()), Some(to.files()));
            Ok(diff::find_renames(diff::trees(objects, from, to)?))
        };
        if self.markdown {
            let markdown = MarkdownDiff {
                from: &from.name,
                to: &to.name,
                change: change.as_ref(),
                built: report::built_lines(&built),
                files: &files()?,
            };
            return markdown.print(cx.out).map(|()| Exit::Done);
        }
        cx.page();
        if self.view.in_words() {
            cx.out.line(format!("Diff {} → {}", from.name, to.name))?;
            if let Some(change) = &change {
                print::print(cx.out, change, self.view.patch())?;
            }
            print::lines(cx.out, report::built_lines(&built))?;
            print::unread(cx.out, [&from, &to])?;
        }
        print_section(cx, objects, &files()?, &self.view)?;
        Ok(Exit::Done)
    }
}
