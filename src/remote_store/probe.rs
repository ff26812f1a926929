//! Probe: the guarantees that every engine must hold, tried before anything is served on it, and by the tests on
//! every engine.
//!
//! Sequential checks are not enough: engines are known that pass all of them and lose a third of the
//! updates that race.

use super::engine::{Cas, CasToken, Expect, HeadStore, PackKey, PackStore};
use crate::error::{Error, Result};
use crate::pack::PackId;
use crate::protocol::AgentId;
use std::sync::Barrier;

/// Writers that race, and their rounds.
const RACERS: usize = 16;
const ROUNDS: usize = 3;

/// Result of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    pub engine: &'static str,
    pub checks: Vec<ProbeCheck>,
}

/// A guarantee that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeCheck {
    pub what: String,
    pub holds: bool,
}

impl ProbeReport {
    fn new(engine: &'static str) -> ProbeReport {
        ProbeReport { engine, checks: Vec::new() }
    }

    pub fn passed(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Guarantees that the engine does not hold.
    pub fn failures(&self) -> impl Iterator<Item = &str> {
        self.checks.iter().filter(|check| !check.holds).map(|check| &*check.what)
    }

    /// Adds the result of a check.
    pub fn check(&mut self, holds: bool, what: &str) {
        self.checks.push(ProbeCheck { what: what.to_owned(), holds });
    }

    /// One report on two engines.
    pub fn and(mut self, other: ProbeReport) -> ProbeReport {
        self.checks.extend(other.checks);
        self
    }
}

fn won(cas: Cas) -> Option<CasToken> {
    match cas {
        Cas::Won(token) => Some(token),
        Cas::Lost | Cas::Unknown(_) => None,
    }
}

/// Tries an empty head store.
pub fn heads(engine: &'static str, store: &dyn HeadStore) -> Result<ProbeReport> {
    let mut report = ProbeReport::new(engine);
    let agent: AgentId = "probe".parse()?;
    report.check(store.load(&agent)?.is_none(), "what was never stored is absent");
    let first = won(store.swap(&agent, Expect::Absent, b"one")?);
    report.check(first.is_some(), "a head can be created");
    let is_refused = |cas| matches!(cas, Cas::Lost);
    report.check(
        is_refused(store.swap(&agent, Expect::Absent, b"two")?),
        "a head that exists is not created again",
    );
    let Some((bytes, token)) = store.load(&agent)? else {
        report.check(false, "a head that was stored can be loaded");
        return Ok(report);
    };
    report.check(&bytes[..] == b"one", "a head is loaded as it was stored");
    report.check(first.as_ref() == Some(&token), "a swap and a load give the same token");
    let second = won(store.swap(&agent, Expect::Match(&token), b"three")?);
    report.check(second.is_some(), "a head can be updated");
    report.check(second.is_some_and(|second| second != token), "a new value has a new token");
    report.check(
        is_refused(store.swap(&agent, Expect::Match(&token), b"four")?),
        "a stale update is refused",
    );
    let other: AgentId = "probe-absent".parse()?;
    report.check(
        is_refused(store.swap(&other, Expect::Match(&token), b"x")?),
        "an absent head is not updated",
    );
    let read = store.load(&agent)?.map(|(bytes, _)| bytes);
    report.check(read.as_deref() == Some(b"three"), "what was refused changed nothing");
    report.check(store.agents(None)? == [agent.clone()], "the agents are listed");
    report.check(store.agents(Some(&agent))?.is_empty(), "the list goes on after an agent");
    for round in 0..ROUNDS {
        race(&mut report, store, &agent, "updates", round)?;
        race(&mut report, store, &format!("probe-{round}").parse()?, "creations", round)?;
    }
    Ok(report)
}

/// Many swaps that expect the same: one must win, and its value must be there. No two values are equal,
/// as no two heads are: an engine may compare values by their bytes.
fn race(
    report: &mut ProbeReport,
    store: &dyn HeadStore,
    agent: &AgentId,
    what: &str,
    round: usize,
) -> Result<()> {
    let token = store.load(agent)?.map(|(_, token)| token);
    let expect = token.as_ref().map_or(Expect::Absent, Expect::Match);
    let start = Barrier::new(RACERS);
    let swap = |nth: usize| {
        start.wait();
        store.swap(agent, expect, format!("racer {nth} of round {round}").as_bytes())
    };
    let swap = &swap;
    let ends: Vec<Result<Cas>> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS).map(|nth| scope.spawn(move || swap(nth))).collect();
        let died = |_| Err(Error::failed("a racer died"));
        racers.into_iter().map(|racer| racer.join().unwrap_or_else(died)).collect()
    });
    let mut winners = Vec::new();
    for (nth, end) in ends.into_iter().enumerate() {
        winners.extend(won(end?).map(|token| (nth, token)));
    }
    report.check(winners.len() == 1, &format!("of {RACERS} {what} at once exactly one wins"));
    let found = store.load(agent)?;
    let named = found.map(|(bytes, token)| (String::from_utf8_lossy(&bytes).into_owned(), token));
    let expected =
        winners.pop().map(|(nth, token)| (format!("racer {nth} of round {round}"), token));
    report
        .check(named == expected, &format!("of {RACERS} {what} at once the winner's value stays"));
    Ok(())
}

/// Tries an empty pack store.
pub fn packs(engine: &'static str, store: &dyn PackStore) -> Result<ProbeReport> {
    let mut report = ProbeReport::new(engine);
    let agent: AgentId = "probe".parse()?;
    let bytes = b"0123456789";
    let key = PackKey::fresh(&agent, PackId::of(bytes))?;
    report.check(
        store.stat(&key)?.is_none() && store.get(&key, None)?.is_none(),
        "what was never stored is absent",
    );
    store.put_new(&key, &mut &bytes[..], bytes.len() as u64)?;
    report.check(store.put_new(&key, &mut &b"x"[..], 1).is_err(), "a pack is never stored twice");
    report.check(store.stat(&key)? == Some(10), "a pack has its length");
    report.check(store.get(&key, None)?.as_deref() == Some(bytes), "a pack comes back");
    report.check(
        store.get(&key, Some(3..5))?.as_deref() == Some(b"34"),
        "a part of a pack comes back",
    );
    report.check(store.get(&key, Some(8..20))?.as_deref() == Some(b"89"), "a pack has an end");
    let short = PackKey::fresh(&agent, PackId::of(b"short"))?;
    report.check(
        store.put_new(&short, &mut &b"short"[..], 9).is_err(),
        "a pack cut short is refused",
    );
    report.check(store.stat(&short)?.is_none(), "a pack cut short leaves nothing");
    let listed: Vec<PackKey> = store.list(&agent, None)?.into_iter().map(|(key, ..)| key).collect();
    report.check(listed == [key.clone()], "the packs are listed");
    report.check(store.list(&agent, Some(&key))?.is_empty(), "the list goes on after a pack");
    report.check(store.list(&"other".parse()?, None)?.is_empty(), "an agent's packs are its own");
    store.delete(&key)?;
    store.delete(&key)?;
    report.check(store.stat(&key)?.is_none(), "a removed pack is gone");
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::super::files::{FileHeads, FilePacks};
    use super::super::memory::{MemHeads, MemPacks};
    use super::*;
    use bytes::Bytes;
    use std::sync::Mutex;

    #[test]
    fn the_engines_pass() {
        let dir = tempfile::tempdir().unwrap();
        let stores: [Box<dyn HeadStore>; 2] =
            [Box::new(MemHeads::default()), Box::new(FileHeads::new(dir.path()))];
        for store in stores {
            let report = store.probe().unwrap();
            assert!(report.passed() && report.checks.len() == 24, "{report:?}");
        }
        let stores: [Box<dyn PackStore>; 2] =
            [Box::new(MemPacks::default()), Box::new(FilePacks::new(dir.path()))];
        for store in stores {
            let report = store.probe().unwrap();
            assert!(report.passed() && report.checks.len() == 12, "{report:?}");
        }
        let left = walkdir::WalkDir::new(dir.path()).into_iter().filter_map(Result::ok);
        assert_eq!(
            left.filter(|entry| entry.file_type().is_file()).count(),
            0,
            "a probe leaves nothing"
        );
    }

    /// Looks and writes in two steps: passes whatever is tried one after the other.
    #[derive(Default)]
    struct Careless(MemHeads, Mutex<()>);

    impl HeadStore for Careless {
        fn load(&self, agent: &AgentId) -> Result<Option<(Bytes, CasToken)>> {
            self.0.load(agent)
        }

        fn swap(&self, agent: &AgentId, expect: Expect<'_>, new: &[u8]) -> Result<Cas> {
            let found = self.load(agent)?.map(|(_, token)| token);
            let holds = match expect {
                Expect::Absent => found.is_none(),
                Expect::Match(token) => found.as_ref() == Some(token),
            };
            if !holds {
                return Ok(Cas::Lost);
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
            let _one = self.1.lock().unwrap();
            let found = self.load(agent)?.map(|(_, token)| token);
            self.0.swap(agent, found.as_ref().map_or(Expect::Absent, Expect::Match), new)
        }

        fn agents(&self, after: Option<&AgentId>) -> Result<Vec<AgentId>> {
            self.0.agents(after)
        }

        fn probe(&self) -> Result<ProbeReport> {
            heads("careless", &Careless::default())
        }
    }

    #[test]
    fn an_engine_that_compares_and_writes_in_two_steps_does_not_pass() {
        let report = Careless::default().probe().unwrap();
        assert!(report.failures().any(|what| what.contains("exactly one wins")), "{report:?}");
        assert!(report.failures().all(|what| what.contains("at once")), "{report:?}");
    }
}
