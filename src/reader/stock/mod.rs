//! Model of the stock compiler: which primitives and tools it finds in a project, and which values.
//!
//! It looks at words, not at what code gives, so it leaves out what is written in another way than it knows,
//! mostly without an error. What is deployed is what it makes. These are the rules of lua-cli 3.37.0:
//! `lists` is its reference resolver, `found` its plugins, `values` its evaluator; `view` puts them
//! together, `losses` holds what we read against that, and `enums` knows one thing that it makes otherwise. A note is given only where the compiler is known to lose
//! something: what is not known of it counts as read.

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
