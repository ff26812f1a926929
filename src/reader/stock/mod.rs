//! Model of the stock compiler: the primitives, tools and values that it finds in a project.
//!
//! It looks at words, not at results of code, so it leaves out forms that it does not know, mostly
//! without an error; and its output is what gets deployed. These are the rules of lua-cli 3.37.0:
//! `lists` is its reference resolver, `found` its plugins, `values` its evaluator; `view` combines
//! them, `losses` compares the result with our reading, and `enums` has one case that it builds
//! otherwise. A note is given only for a known loss: a doubtful case counts as read.

mod added_tools;
mod enums;
mod found;
mod lists;
mod losses;
mod names;
mod no_agent;
mod runtime_names;
mod unassigned;
mod values;
mod view;

use super::eval::Evaluator;
use crate::model::agent::{Agent, Dropped};
use std::path::Path;

/// Parts of an agent that `lua compile` leaves out or leaves empty, in source order.
pub fn dropped(root: &Path, evaluator: &Evaluator<'_>, agent: &Agent) -> Vec<Dropped> {
    let lookup = names::Lookup { evaluator };
    let view = view::StockView::of(root, lookup);
    losses::losses(lookup, agent, &view)
}
