//! Choices of a person between two sides: for everything, for a path, for a primitive.

use super::conflict::Conflict;
use super::file::Side;
use crate::model::item::Item;
use crate::model::kind::KINDS;

/// Side that wins conflicts. A choice for a primitive counts before one for a path, and that before one for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    all: Option<Side>,
    of: Vec<(ChoiceTarget, Side)>,
}

/// Part of a project that a choice is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChoiceTarget {
    /// A file, or a folder with all in it.
    Path(String),
    Item(Item),
}

impl ChoiceTarget {
    /// The target that somebody wrote: `skill orders`, `persona`, `setting model`, or a path.
    pub fn parse(text: &str) -> ChoiceTarget {
        let (word, name) = text.split_once(' ').unwrap_or((text, ""));
        let item = |kind, name: &str| ChoiceTarget::Item(Item { kind, name: name.to_owned() });
        match (word, name) {
            ("persona", "") => return item("persona", "persona"),
            ("setting" | "agent", name) if !name.is_empty() => return item("agent", name),
            _ => {}
        }
        match KINDS.iter().find(|kind| kind.word == word && !name.is_empty()) {
            Some(kind) => item(kind.word, name),
            None => {
                let path = text.strip_prefix("./").unwrap_or(text);
                ChoiceTarget::Path(path.trim_end_matches('/').to_owned())
            }
        }
    }

    fn is_of(&self, conflict: &Conflict) -> bool {
        let below = |path: &str, folder: &str| {
            path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match self {
            ChoiceTarget::Item(item) => conflict.item.as_ref() == Some(item),
            ChoiceTarget::Path(path) => {
                conflict.path.as_ref().is_some_and(|other| below(other, path))
            }
        }
    }
}

impl Choices {
    /// One side for everything.
    pub fn all(side: Option<Side>) -> Choices {
        Choices { all: side, of: Vec::new() }
    }

    pub fn add(&mut self, target: ChoiceTarget, side: Side) {
        self.of.push((target, side));
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_none() && self.of.is_empty()
    }

    /// Side chosen for everything, where no single choice says otherwise.
    pub fn side_of_all(&self) -> Option<Side> {
        self.all
    }

    /// Side that wins a conflict.
    pub fn winner(&self, conflict: &Conflict) -> Option<Side> {
        let of = |is_item: bool| {
            let mut found = self.of.iter().filter(move |(target, _)| {
                matches!(target, ChoiceTarget::Item(_)) == is_item && target.is_of(conflict)
            });
            found.next().map(|(_, side)| *side)
        };
        of(true).or_else(|| of(false)).or(self.all)
    }

    /// Choices that decided none of these conflicts.
    pub fn unused(&self, conflicts: &[Conflict]) -> Vec<&ChoiceTarget> {
        let is_unused = |target: &&ChoiceTarget| !conflicts.iter().any(|one| target.is_of(one));
        self.of.iter().map(|(target, _)| target).filter(is_unused).collect()
    }
}
