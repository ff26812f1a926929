//! Order in which transactions that lost are answered.

use super::super::queue::JobTurn;
use super::super::{MemHeads, MemPacks};
use super::*;
use crate::protocol::{CreateRefs, TxnId};

/// Ten that expect what is not so; the one that came last began to ask first.
fn losers() -> Vec<PendingTxn> {
    let one = |n: u8| PendingTxn {
        tx: Transaction {
            txn: TxnId([n; 16]),
            pack: None,
            source: Some(CreateRefs { after: 7, ids: vec![Id::of_blob(b"x")] }),
            versions: None,
            active: None,
            purge: None,
        },
        by: None,
        now_ms: 0,
        pack: None,
        since_ms: 100 - u64::from(n),
        is_held: false,
        is_late: false,
        is_unknown: false,
        answer: None,
    };
    (0..10).map(one).collect()
}

/// Positions of the answered ones.
fn answered(all: Vec<PendingTxn>) -> Vec<usize> {
    let dir = tempfile::tempdir().unwrap();
    let (heads, packs) = (Arc::new(MemHeads::default()), Arc::new(MemPacks::default()));
    let remote_store = RemoteStore::with(heads, packs, dir.path().to_owned());
    let turns = remote_store.run_round(&"agent_1".parse().unwrap(), all);
    let is_done = |turn: &JobTurn<PendingTxn, Result<TxnAnswer>>| match turn {
        JobTurn::Done(answer) => {
            let answer = answer.as_ref().unwrap();
            assert!(matches!(answer.outcome, TxnOutcome::Refused(Refusal::Moved(_))));
            true
        }
        JobTurn::Again(one) => {
            assert!(one.is_held && one.answer.is_none());
            false
        }
    };
    turns.iter().enumerate().filter(|(_, turn)| is_done(turn)).map(|(at, _)| at).collect()
}

#[test]
fn of_many_that_lost_those_are_told_who_began_to_ask_first() {
    assert_eq!(answered(losers()), [6, 7, 8, 9]);
}

#[test]
fn a_few_that_lost_are_told_at_once() {
    assert_eq!(answered(losers().split_off(6)), [0, 1, 2, 3]);
}

#[test]
fn one_that_had_lost_when_it_came_lands_nowhere() {
    let mut late = losers().split_off(9);
    late[0].is_late = true;
    late[0].tx.source = None;
    assert_eq!(answered(late), [0]);
}
