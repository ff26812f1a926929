//! Operation: what one command changed in the refs and in the files. One line of the operation log.

use super::refs::log::RefTips;
use super::{Active, Heads, common};
use crate::object::Id;
use serde::{Deserialize, Serialize};

/// Hexadecimal digits of the BLAKE3 of a line, at its start.
const SUM: usize = 16;

/// Change of one series: how many refs stayed, and the ids behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesChange {
    pub kept: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Id>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Id>,
}

/// Change of both series and of the pointer. A part that stayed is named too, so that a state proves that nothing else
/// happened since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadsChange {
    pub source: SeriesChange,
    pub versions: SeriesChange,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_before: Option<Active>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_after: Option<Active>,
}

/// Change of the project's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesChange {
    /// Tree of all files before.
    pub before: Id,
    /// Files that changed, in order.
    pub paths: Vec<String>,
    /// Folder of the files, where it is a linked work tree of git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_tree: Option<String>,
}

/// One command that changed the store or the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    pub number: u64,
    pub command: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heads: Option<HeadsChange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<FilesChange>,
    /// Number of the operation that this one took back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
    /// Reason why it cannot be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cannot_undo: Option<String>,
}

impl SeriesChange {
    fn between(before: &[Id], after: &[Id]) -> SeriesChange {
        let kept = common(before, after);
        SeriesChange { kept, before: before[kept..].to_vec(), after: after[kept..].to_vec() }
    }

    fn none_at(newest: Option<(u64, Id)>) -> SeriesChange {
        let kept = newest.map_or(0, |(number, _)| number as usize);
        SeriesChange { kept, ..SeriesChange::default() }
    }

    /// Both changes as one; `None` unless the second one began where this one ended.
    fn then(&self, next: &SeriesChange) -> Option<SeriesChange> {
        if self.kept + self.after.len() != next.kept + next.before.len() {
            return None;
        }
        let (kept, before, after) = match next.kept.checked_sub(self.kept) {
            Some(stays) => {
                let (stays, gone) = self.after.split_at(stays);
                let after = [stays, &next.after].concat();
                (gone == next.before).then(|| (self.kept, self.before.clone(), after))?
            }
            None => {
                let (older, gone) = next.before.split_at(self.kept - next.kept);
                let before = [older, &self.before].concat();
                (gone == self.after).then(|| (next.kept, before, next.after.clone()))?
            }
        };
        Some(SeriesChange { kept, before, after })
    }

    fn is_none(&self) -> bool {
        self.before == self.after
    }

    fn is_end(&self, ids: &[Id], tail: &[Id]) -> bool {
        ids.len() == self.kept + tail.len() && ids.ends_with(tail)
    }

    fn undone(&self, now: &[Id]) -> Vec<Id> {
        now[..self.kept.min(now.len())].iter().chain(&self.before).copied().collect()
    }
}

impl HeadsChange {
    pub(super) fn between(before: &Heads, after: &Heads) -> HeadsChange {
        HeadsChange {
            source: SeriesChange::between(&before.source, &after.source),
            versions: SeriesChange::between(&before.versions, &after.versions),
            active_before: before.active,
            active_after: after.active,
        }
    }

    /// No change, in a store with these refs.
    pub(super) fn none_at(tips: &RefTips) -> HeadsChange {
        HeadsChange {
            source: SeriesChange::none_at(tips.source),
            versions: SeriesChange::none_at(tips.versions),
            active_before: tips.active,
            active_after: tips.active,
        }
    }

    /// Both changes as one; `None` unless the second one began where this one ended.
    pub(super) fn then(&self, next: &HeadsChange) -> Option<HeadsChange> {
        let active_before =
            (self.active_after == next.active_before).then_some(self.active_before)?;
        Some(HeadsChange {
            source: self.source.then(&next.source)?,
            versions: self.versions.then(&next.versions)?,
            active_before,
            active_after: next.active_after,
        })
    }

    /// True if the refs are the same before and after.
    pub fn is_none(&self) -> bool {
        self.source.is_none() && self.versions.is_none() && self.active_before == self.active_after
    }

    /// True if the refs are as this change left them.
    pub fn led_to(&self, heads: &Heads) -> bool {
        self.source.is_end(&heads.source, &self.source.after)
            && self.versions.is_end(&heads.versions, &self.versions.after)
            && self.active_after == heads.active
    }

    /// The refs before it, where it led to these.
    pub fn heads_before(&self, now: &Heads) -> Heads {
        Heads {
            source: self.source.undone(&now.source),
            versions: self.versions.undone(&now.versions),
            active: self.active_before,
        }
    }

    fn ids(&self) -> impl Iterator<Item = Id> + '_ {
        let series = [&self.source, &self.versions].into_iter();
        let refs = series.flat_map(|one| one.before.iter().chain(&one.after)).copied();
        let ledgers = [self.active_before, self.active_after].into_iter().flatten();
        refs.chain(ledgers.map(|active| active.ledger))
    }
}

impl Operation {
    /// Everything that it names.
    pub(super) fn ids(&self) -> Vec<Id> {
        let files = self.files.iter().map(|files| files.before);
        self.heads.iter().flat_map(HeadsChange::ids).chain(files).collect()
    }

    pub(super) fn encode(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        format!("{} {text}\n", &blake3::hash(text.as_bytes()).to_hex()[..SUM])
    }

    /// Reads a line; `None` for one that is damaged, torn, or of a later program.
    pub(super) fn decode(line: &[u8]) -> Option<Operation> {
        let (sum, text) = std::str::from_utf8(line).ok()?.split_once(' ')?;
        let is_whole = blake3::hash(text.as_bytes()).to_hex()[..SUM] == *sum;
        is_whole.then(|| serde_json::from_str(text).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Heads whose series often begin alike.
    fn heads() -> impl Strategy<Value = Heads> {
        let ids = || {
            proptest::collection::vec(0..3u8, 0..5)
                .prop_map(|list| list.into_iter().map(|n| Id::from_bytes([n; 32])).collect())
        };
        let active = proptest::option::of(0..3u8).prop_map(|ledger| {
            ledger.map(|n| Active { version: None, ledger: Id::from_bytes([n; 32]) })
        });
        (ids(), ids(), active).prop_map(|(source, versions, active)| Heads {
            source,
            versions,
            active,
        })
    }

    proptest! {
        #[test]
        fn two_changes_in_a_row_are_one_that_can_be_taken_back(a in heads(), b in heads(), c in heads()) {
            let (first, second) = (HeadsChange::between(&a, &b), HeadsChange::between(&b, &c));
            let both = first.then(&second).unwrap();
            prop_assert!(both.led_to(&c));
            prop_assert_eq!(both.heads_before(&c), a);
        }

        #[test]
        fn changes_that_are_not_in_a_row_are_not_one(a in heads(), b in heads(), other in heads(), c in heads()) {
            prop_assume!(b.source.len() != other.source.len() || b.active != other.active);
            let (first, second) = (HeadsChange::between(&a, &b), HeadsChange::between(&other, &c));
            prop_assert_eq!(first.then(&second), None);
        }
    }
}
