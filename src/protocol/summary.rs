//! Summary of a transaction and its outcome, in a few words for a log.

use super::{HeadView, Refusal, Transaction, TxnOutcome};
use crate::store::Active;

/// Summary of a step that only its record describes.
pub const RECORD: &str = "record";

impl Transaction {
    /// `push source v3..v5, version v2, promote v2`. What a step that leaves the pointer where it is does, its record
    /// says: such a step is `record`, and the last of the parts.
    pub fn summary(&self) -> String {
        let range = |after: u64, count: u64| match count {
            1 => format!("v{}", after + 1),
            _ => format!("v{}..v{}", after.saturating_add(1), after.saturating_add(count)),
        };
        let source = self
            .source
            .iter()
            .map(|new| format!("source {}", range(new.after, new.ids.len() as u64)));
        let versions = self
            .versions
            .iter()
            .map(|new| format!("version {}", range(new.after, new.ids.len() as u64)));
        let mut parts: Vec<String> = source.chain(versions).collect();
        if let Some(first) = parts.first_mut() {
            first.insert_str(0, "push ");
        }
        if let Some(swap) = &self.active {
            let before = swap.expected.and_then(|active| active.version);
            parts.push(match swap.new.version {
                new if new == before => RECORD.to_owned(),
                Some(new) => format!("promote v{new}"),
                None => "promote nothing".to_owned(),
            });
        }
        if let Some(purge) = &self.purge {
            parts.push(format!("purge {} object(s)", purge.objects.len()));
        }
        parts.join(", ")
    }

    /// Reason why it was refused, in one line; `None` for what landed.
    pub fn refusal(&self, outcome: &TxnOutcome<HeadView<'_>>) -> Option<String> {
        match outcome {
            TxnOutcome::Done(_) => None,
            TxnOutcome::Refused(Refusal::Moved(now)) => Some(self.moved(now)),
            TxnOutcome::Refused(Refusal::Missing { ids, .. }) => {
                Some(format!("{} objects, such as {}", ids.len(), ids.first()?))
            }
            TxnOutcome::Refused(Refusal::Invalid { reason }) => Some(reason.clone()),
            TxnOutcome::Refused(Refusal::NoPack | Refusal::Busy) => None,
        }
    }

    /// Expectation and finding of a transaction that was refused as moved.
    fn moved(&self, now: &HeadView<'_>) -> String {
        let last = |count: u64| if count == 0 { "none".to_owned() } else { format!("v{count}") };
        let series = |name: &str, expected: Option<u64>, found: usize| {
            let expected = expected.filter(|expected| *expected != found as u64)?;
            Some(format!("expected {name} {}, found {}", last(expected), last(found as u64)))
        };
        let source = series("source", self.source.as_ref().map(|new| new.after), now.source.len());
        let versions =
            series("version", self.versions.as_ref().map(|new| new.after), now.versions.len());
        let pointer = |active: Option<Active>| {
            active
                .and_then(|active| active.version)
                .map_or_else(|| "none".to_owned(), |v| format!("v{v}"))
        };
        let active = self.active.as_ref().filter(|swap| swap.expected != now.active).map(|swap| {
            match (pointer(swap.expected), pointer(now.active)) {
                (expected, found) if expected == found => {
                    format!("expected {expected} with an older ledger")
                }
                (expected, found) => format!("expected {expected}, found {found}"),
            }
        });
        source.into_iter().chain(versions).chain(active).collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CreateRefs, Head, SwapActive, TxnId};
    use super::*;
    use crate::object::Id;

    #[test]
    fn what_was_asked_and_why_not() {
        let id = Id::of_blob(b"x");
        let active = |version| Active { version: Some(version), ledger: id };
        let tx = Transaction {
            txn: TxnId([0; 16]),
            pack: None,
            source: Some(CreateRefs { after: 2, ids: vec![id; 3] }),
            versions: Some(CreateRefs { after: 1, ids: vec![id] }),
            active: Some(SwapActive { expected: Some(active(5)), new: active(7) }),
            purge: None,
        };
        assert_eq!(tx.summary(), "push source v3..v5, version v2, promote v7");
        let mut now = Head::empty("a".parse().unwrap());
        now.heads.source = vec![id; 4];
        now.heads.versions = vec![id; 1];
        now.heads.active = Some(active(6));
        let moved = TxnOutcome::Refused(Refusal::Moved(now.view()));
        assert_eq!(
            tx.refusal(&moved).unwrap(),
            "expected source v2, found v4; expected v5, found v6"
        );
        let only = Transaction { source: None, versions: None, ..tx };
        assert_eq!(only.summary(), "promote v7");
        assert_eq!(only.refusal(&moved).unwrap(), "expected v5, found v6");
    }
}
