//! How what is here stands to what a remote has.

use crate::error::Result;
use crate::history::ledger;
use crate::object::{Id, Source};
use crate::protocol::Head;
use crate::store::{Active, Heads};

/// One thing here, compared with the same thing there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Equal,
    /// Here is everything that is there, and more.
    Ahead,
    /// There is everything that is here, and more.
    Behind,
    /// Both have something that the other has not.
    Diverged,
}

impl Order {
    pub fn word(self) -> &'static str {
        match self {
            Order::Equal => "equal",
            Order::Ahead => "ahead",
            Order::Behind => "behind",
            Order::Diverged => "diverged",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub source: Order,
    pub versions: Order,
    pub ledger: Order,
}

impl Standing {
    /// `objects` must have the ledger of the remote, or it counts as one that is not seen yet.
    pub fn of<S: Source + ?Sized>(local: &Heads, head: &Head, objects: &S) -> Result<Standing> {
        Ok(Standing {
            source: series(&local.source, &head.source),
            versions: series(&local.versions, &head.versions),
            ledger: chains(local.active, head.active, objects)?,
        })
    }

    /// Whether the remote has nothing that is not here.
    pub fn can_push(&self) -> bool {
        [self.source, self.versions, self.ledger]
            .iter()
            .all(|order| matches!(order, Order::Equal | Order::Ahead))
    }

    pub fn is_equal(&self) -> bool {
        [self.source, self.versions, self.ledger].iter().all(|order| *order == Order::Equal)
    }
}

fn series(here: &[Id], there: &[Id]) -> Order {
    match (here.starts_with(there), there.starts_with(here)) {
        (true, true) => Order::Equal,
        (true, false) => Order::Ahead,
        (false, true) => Order::Behind,
        (false, false) => Order::Diverged,
    }
}

fn chains<S: Source + ?Sized>(
    here: Option<Active>,
    there: Option<Active>,
    objects: &S,
) -> Result<Order> {
    let (here, there) = match (here, there) {
        (None, None) => return Ok(Order::Equal),
        (Some(_), None) => return Ok(Order::Ahead),
        (None, Some(_)) => return Ok(Order::Behind),
        (Some(here), Some(there)) if here == there => return Ok(Order::Equal),
        (Some(here), Some(there)) => (here.ledger, there.ledger),
    };
    if leads_to(objects, here, there)? {
        Ok(Order::Ahead)
    } else if !objects.contains(&there)? || leads_to(objects, there, here)? {
        Ok(Order::Behind)
    } else {
        Ok(Order::Diverged)
    }
}

/// Whether the chain that ends in `from` goes back to `to`.
pub fn leads_to<S: Source + ?Sized>(objects: &S, from: Id, to: Id) -> Result<bool> {
    for step in ledger::steps(objects, Some(from)) {
        if step?.previous == Some(to) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::record::{Event, LedgerRecord};
    use crate::object::Memory;

    fn id(byte: u8) -> Id {
        Id::from_bytes([byte; 32])
    }

    #[test]
    fn series_are_compared_from_their_beginning() {
        let (a, b, c) = (id(1), id(2), id(3));
        assert_eq!(series(&[a, b], &[a, b]), Order::Equal);
        assert_eq!(series(&[a, b], &[a]), Order::Ahead);
        assert_eq!(series(&[], &[a]), Order::Behind);
        assert_eq!(series(&[a, b], &[a, c]), Order::Diverged);
        assert_eq!(series(&[a, b, c], &[a, c]), Order::Diverged);
    }

    #[test]
    fn chains_are_compared_by_their_records() {
        let mut memory = Memory::default();
        let mut append = |at_ms, previous| {
            let record =
                LedgerRecord { event: Event::Promote, by: "a".into(), at_ms, reason: None };
            ledger::append(&mut memory, &record, id(9), previous).unwrap()
        };
        let first = append(1, None);
        let second = append(2, Some(first));
        let other = append(3, Some(first));
        let active = |ledger| Some(Active { version: Some(1), ledger });
        let order = |here, there| chains(here, there, &memory).unwrap();
        assert_eq!(order(None, None), Order::Equal);
        assert_eq!(order(active(second), active(second)), Order::Equal);
        assert_eq!(order(active(second), active(first)), Order::Ahead);
        assert_eq!(order(active(first), active(second)), Order::Behind);
        assert_eq!(order(active(second), active(other)), Order::Diverged);
        assert_eq!(order(active(second), active(id(7))), Order::Behind, "what is not seen yet");
        assert_eq!(order(None, active(first)), Order::Behind);
        assert_eq!(order(active(first), None), Order::Ahead);
    }
}
