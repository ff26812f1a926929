//! `op log`: the recorded operations, newest first.

use crate::cli::Exit;
use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::cli::op_view::OperationView;
use crate::cli::table::parse_limit;
use crate::cli::time;
use crate::error::Result;
use jiff::Timestamp;
use serde::Serialize;

/// List the commands that changed the store or the files, newest first
#[derive(Debug, clap::Args)]
pub struct Log {
    /// List at most this many
    #[arg(
        short = 'n',
        long,
        value_name = "N",
        default_value = "50",
        allow_negative_numbers = true
    )]
    limit: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    operations: Vec<OperationView<'a>>,
    /// `total` is the number of the newest operation.
    #[serde(flatten)]
    length: ListLength,
}

answer!(operationList: Answer<'_>);

impl Log {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let limit = parse_limit(&self.limit)?;
        // An undo is newer than the operation that it took back, and so among these too.
        let shown = cx.project()?.store().operations(limit)?;
        let undone_by =
            |number: u64| shown.iter().find(|one| one.undoes == Some(number)).map(|one| one.number);
        let views = shown.iter().rev().map(|one| OperationView::new(one, undone_by(one.number)));
        let views: Vec<OperationView<'_>> = views.collect();
        if cx.out.is_json() {
            let total = shown.last().map_or(0, |newest| newest.number as usize);
            let length = ListLength::of(views.len(), total);
            cx.out.json(&Answer { operations: views, length })?;
            return Ok(Exit::Done);
        }
        if views.is_empty() {
            cx.out.line("No operation is recorded.")?;
        }
        for view in views {
            let at = Timestamp::from_millisecond(view.operation.at_ms).map(time::minute);
            let (by, at) = (view.operation.by.as_deref().unwrap_or("-"), at.unwrap_or_default());
            let state = view.state();
            let number = view.operation.number;
            let command = &view.operation.command;
            cx.out.line(format!("{number:>4}  {at}  {by}  {command}{state}"))?;
            for line in view.lines() {
                cx.out.line(format!("      {line}"))?;
            }
        }
        Ok(Exit::Done)
    }
}
