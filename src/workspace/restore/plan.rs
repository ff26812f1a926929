//! Restore plan: the steps from one tree to another, from the trees alone.

use crate::error::{Error, Result};
use crate::fs;
use crate::object::{self, Id, Leaf, Source, TreeDifference};

/// The way from the files a project has to those it shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestorePlan {
    /// Tree of the project now, by its snapshot.
    pub current: Id,
    pub target: Id,
    /// Sorted by path.
    pub steps: Vec<RestoreStep>,
}

/// Step of a restore: the action for one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreStep {
    pub path: String,
    pub action: RestoreAction,
    pub old: Option<Leaf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreAction {
    Create(Leaf),
    Replace(Leaf),
    /// The bytes stay, it becomes executable or no longer is.
    SetMode(Leaf),
    Remove,
}

impl RestoreAction {
    pub fn word(self) -> &'static str {
        match self {
            RestoreAction::Create(_) => "create",
            RestoreAction::Replace(_) => "replace",
            RestoreAction::SetMode(_) => "set mode",
            RestoreAction::Remove => "remove",
        }
    }

    /// Entry at the path after the step.
    pub fn leaf(self) -> Option<Leaf> {
        match self {
            RestoreAction::Create(leaf)
            | RestoreAction::Replace(leaf)
            | RestoreAction::SetMode(leaf) => Some(leaf),
            RestoreAction::Remove => None,
        }
    }
}

impl RestorePlan {
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Steps that write, with their content.
    pub fn writes(&self) -> impl Iterator<Item = (&RestoreStep, Leaf)> {
        self.steps.iter().filter_map(|step| step.action.leaf().map(|leaf| (step, leaf)))
    }

    pub fn removes(&self) -> impl Iterator<Item = &RestoreStep> {
        self.steps.iter().filter(|step| step.action == RestoreAction::Remove)
    }
}

/// Plans the way from `current`, the tree of the project's snapshot, to `target`.
pub fn plan(source: &dyn Source, current: Id, target: Id) -> Result<RestorePlan> {
    let found = object::compare(source, Some(current), Some(target))?;
    let steps = found.into_iter().map(step).collect::<Result<Vec<_>>>()?;
    Ok(RestorePlan { current, target, steps })
}

fn step(found: TreeDifference) -> Result<RestoreStep> {
    let TreeDifference { path, old, new } = found;
    if new.is_some() {
        check_path(&path)?;
    }
    let action = match (old, new) {
        (_, None) => RestoreAction::Remove,
        (None, Some(leaf)) => RestoreAction::Create(leaf),
        (Some((a, old)), Some((b, new))) if old == new && a.is_file() && b.is_file() => {
            RestoreAction::SetMode((b, new))
        }
        (Some(_), Some(leaf)) => RestoreAction::Replace(leaf),
    };
    Ok(RestoreStep { path, action, old })
}

/// No snapshot holds such a path, but a tree that somebody made could.
fn check_path(path: &str) -> Result<()> {
    for name in path.split('/') {
        if let Some(reason) = fs::untrackable(name) {
            return Err(Error::failed(format!(
                "cannot restore \"{path}\": \"{name}\" is never part of a project: {reason}"
            )));
        }
        if cfg!(windows) {
            fs::check_windows_name(name)
                .map_err(|error| error.context(format!("cannot restore \"{path}\"")))?;
        }
    }
    Ok(())
}
