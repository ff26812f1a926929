//! Output about the remotes whose pointers follow that of the Lua platform.

use super::Exit;
use super::context::Context;
use super::hints;
use crate::error::{Hint, Result};
use crate::flow::follower::FollowerOutcome;
use serde::Serialize;

/// A remote that follows, as JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FollowerView<'a> {
    name: &'a str,
    /// True if its pointer is the same now; null in a dry run.
    promoted: Option<bool>,
    /// The reason why it is not.
    error: Option<String>,
}

pub fn views(outcomes: &[FollowerOutcome]) -> Vec<FollowerView<'_>> {
    let view =
        |one: &'_ FollowerOutcome| (one.open.is_none(), one.open.as_ref().map(ToString::to_string));
    outcomes
        .iter()
        .map(|one| {
            let (promoted, error) = view(one);
            FollowerView { name: &one.name, promoted: Some(promoted), error }
        })
        .collect()
}

/// Remotes that would follow.
pub fn planned(names: Vec<&str>) -> Vec<FollowerView<'_>> {
    names.into_iter().map(|name| FollowerView { name, promoted: None, error: None }).collect()
}

/// Prints each remote. `None`: all of them follow.
pub fn print(
    cx: &mut Context<'_>,
    number: u64,
    outcomes: &[FollowerOutcome],
) -> Result<Option<Exit>> {
    let mut exit = None;
    for FollowerOutcome { name, open } in outcomes {
        let Some(error) = open else {
            cx.out.note(format!("v{number} is active on {name} too."));
            continue;
        };
        cx.out.warn(format!("v{number} runs, and is not active on {name} yet: {error}"));
        let hint = Hint::StepFollower { remote: name.clone() };
        hints::text(&hint).lines().for_each(|line| cx.out.hint(line));
        exit = Some(Exit::Found);
    }
    Ok(exit)
}
