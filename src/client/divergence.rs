//! Divergence of the local history from that of a remote.

use crate::error::Result;
use crate::history::ledger;
use crate::object::{Id, Source};
use crate::protocol::Head;
use crate::store::{Active, Heads};

/// One thing here, compared with the same thing there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AheadBehind {
    Equal,
    /// Here is everything that is there, and more.
    Ahead,
    /// There is everything that is here, and more.
    Behind,
    /// Both have something that the other has not.
    Diverged,
}

impl AheadBehind {
    pub fn word(self) -> &'static str {
        match self {
            AheadBehind::Equal => "equal",
            AheadBehind::Ahead => "ahead",
            AheadBehind::Behind => "behind",
            AheadBehind::Diverged => "diverged",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divergence {
    pub source: AheadBehind,
    pub versions: AheadBehind,
    pub ledger: AheadBehind,
}

impl Divergence {
    /// `objects` must have the ledger of the remote, or it counts as one that is not seen yet.
    pub fn of<S: Source + ?Sized>(local: &Heads, head: &Head, objects: &S) -> Result<Divergence> {
        Ok(Divergence {
            source: series(&local.source, &head.heads.source),
            versions: series(&local.versions, &head.heads.versions),
            ledger: chains(local.active, head.heads.active, objects)?,
        })
    }

    /// True if the remote has nothing new.
    pub fn can_push(&self) -> bool {
        [self.source, self.versions, self.ledger]
            .iter()
            .all(|order| matches!(order, AheadBehind::Equal | AheadBehind::Ahead))
    }
}

fn series(here: &[Id], there: &[Id]) -> AheadBehind {
    match (here.starts_with(there), there.starts_with(here)) {
        (true, true) => AheadBehind::Equal,
        (true, false) => AheadBehind::Ahead,
        (false, true) => AheadBehind::Behind,
        (false, false) => AheadBehind::Diverged,
    }
}

fn chains<S: Source + ?Sized>(
    here: Option<Active>,
    there: Option<Active>,
    objects: &S,
) -> Result<AheadBehind> {
    let (here, there) = match (here, there) {
        (None, None) => return Ok(AheadBehind::Equal),
        (Some(_), None) => return Ok(AheadBehind::Ahead),
        (None, Some(_)) => return Ok(AheadBehind::Behind),
        (Some(here), Some(there)) if here == there => return Ok(AheadBehind::Equal),
        (Some(here), Some(there)) => (here.ledger, there.ledger),
    };
    if leads_to(objects, here, there)? {
        Ok(AheadBehind::Ahead)
    } else if !objects.contains(&there)? || leads_to(objects, there, here)? {
        Ok(AheadBehind::Behind)
    } else {
        Ok(AheadBehind::Diverged)
    }
}

/// True if the chain that ends in `from` goes back to `to`.
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
        assert_eq!(series(&[a, b], &[a, b]), AheadBehind::Equal);
        assert_eq!(series(&[a, b], &[a]), AheadBehind::Ahead);
        assert_eq!(series(&[], &[a]), AheadBehind::Behind);
        assert_eq!(series(&[a, b], &[a, c]), AheadBehind::Diverged);
        assert_eq!(series(&[a, b, c], &[a, c]), AheadBehind::Diverged);
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
        assert_eq!(order(None, None), AheadBehind::Equal);
        assert_eq!(order(active(second), active(second)), AheadBehind::Equal);
        assert_eq!(order(active(second), active(first)), AheadBehind::Ahead);
        assert_eq!(order(active(first), active(second)), AheadBehind::Behind);
        assert_eq!(order(active(second), active(other)), AheadBehind::Diverged);
        assert_eq!(
            order(active(second), active(id(7))),
            AheadBehind::Behind,
            "what is not seen yet"
        );
        assert_eq!(order(None, active(first)), AheadBehind::Behind);
        assert_eq!(order(active(first), None), AheadBehind::Ahead);
    }
}
