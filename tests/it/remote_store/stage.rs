//! An engine in which a script decides whose turn it is, which removal comes late, and which swap goes unanswered.
//!
//! Every call of an actor waits for its turn. A script is a list of choices; running all scripts of a
//! bounded number of surprises tries all orders that have so few.

use bytes::Bytes;
use lua_store::internals::error::{Error, Result};
use lua_store::internals::protocol::AgentId;
use lua_store::internals::remote_store::{
    Cas, CasToken, Expect, HeadStore, PackKey, PackStore, ProbeReport, StoredHead,
};
use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::SystemTime;

/// Part that is left out, to prove that it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    Nothing,
    /// A pack is named by its content: a removal hits whoever stored the same bytes since.
    FreshKeys,
    /// Writers do not see what is retired.
    RetiredPack,
    /// A stored pack is always taken to be there.
    ExistenceCheck,
    /// A removal is acknowledged before it happened.
    Acknowledgement,
    /// A head is written without comparing.
    Comparison,
}

/// Content of the engine.
#[derive(Clone, Default)]
pub struct Kept {
    pub head: Option<(Bytes, u64)>,
    pub packs: BTreeMap<PackKey, Bytes>,
}

/// Choices that were made, each of how many.
type Taken = Vec<(usize, usize)>;

struct World {
    kept: Kept,
    without: Without,
    /// Removals that are still to come.
    late: Vec<PackKey>,
    waiting: Vec<bool>,
    done: Vec<bool>,
    turn: Option<usize>,
    last: usize,
    script: Vec<usize>,
    taken: Taken,
    surprises: usize,
}

pub struct Stage {
    world: Mutex<World>,
    changed: Condvar,
}

impl World {
    /// The first option is what is expected; each other one is a surprise, of which there are few.
    fn choose(&mut self, options: usize) -> usize {
        let options = if self.surprises == 0 { 1 } else { options };
        let choice = self.script.get(self.taken.len()).copied().unwrap_or(0);
        self.taken.push((choice, options));
        self.surprises -= usize::from(choice > 0);
        choice
    }

    fn remove(&mut self, key: &PackKey) {
        let content = self.without == Without::FreshKeys;
        self.kept.packs.retain(|other, _| other != key && !(content && other.pack == key.pack));
    }

    fn holds(&self, key: &PackKey) -> Option<&Bytes> {
        let content = self.without == Without::FreshKeys;
        self.kept
            .packs
            .iter()
            .find(|(other, _)| *other == key || (content && other.pack == key.pack))
            .map(|(_, b)| b)
    }
}

impl Stage {
    pub fn new(
        kept: Kept,
        without: Without,
        actors: usize,
        script: Vec<usize>,
        surprises: usize,
    ) -> Arc<Stage> {
        let (waiting, done) = (vec![false; actors], vec![false; actors]);
        let (late, taken, turn, last) = (Vec::new(), Vec::new(), None, 0);
        let world =
            World { kept, without, late, waiting, done, turn, last, script, taken, surprises };
        Arc::new(Stage { world: Mutex::new(world), changed: Condvar::new() })
    }

    /// Gives turns until all actors are done, and lets happen what is late.
    pub fn direct(&self) -> (Kept, Taken) {
        let mut world = self.world.lock().unwrap();
        loop {
            let settled = |world: &World| {
                world.turn.is_none() && world.waiting.iter().zip(&world.done).all(|(w, d)| *w || *d)
            };
            while !settled(&world) {
                world = self.changed.wait(world).unwrap();
            }
            let last = world.last;
            let mut actors: Vec<usize> =
                (0..world.waiting.len()).filter(|at| world.waiting[*at]).collect();
            if actors.is_empty() {
                for key in std::mem::take(&mut world.late) {
                    world.remove(&key);
                }
                return (world.kept.clone(), world.taken.clone());
            }
            actors.sort_by_key(|at| (*at != last, *at));
            let late = world.late.len();
            let choice = world.choose(actors.len() + late);
            match choice.checked_sub(actors.len()) {
                Some(at) => {
                    let key = world.late.remove(at);
                    world.remove(&key);
                }
                None => {
                    world.turn = Some(actors[choice]);
                    world.last = actors[choice];
                    self.changed.notify_all();
                }
            }
        }
    }

    pub fn leave(&self, actor: usize) {
        self.world.lock().unwrap().done[actor] = true;
        self.changed.notify_all();
    }
}

/// The script that comes after the one that was run; `None` after the last one.
pub fn following(mut taken: Taken) -> Option<Vec<usize>> {
    while let Some((choice, options)) = taken.pop() {
        if choice + 1 < options {
            return Some(taken.into_iter().map(|(choice, _)| choice).chain([choice + 1]).collect());
        }
    }
    None
}

/// The engine as one actor has it.
pub struct Seat {
    pub stage: Arc<Stage>,
    pub actor: usize,
    pub writes: bool,
}

impl Seat {
    fn turn(&self) -> MutexGuard<'_, World> {
        let mut world = self.stage.world.lock().unwrap();
        world.waiting[self.actor] = true;
        self.stage.changed.notify_all();
        while world.turn != Some(self.actor) {
            world = self.stage.changed.wait(world).unwrap();
        }
        world.waiting[self.actor] = false;
        world.turn = None;
        world
    }
}

fn token(generation: u64) -> CasToken {
    CasToken::new(&generation.to_le_bytes())
}

fn lost(what: &str) -> Error {
    Error::unavailable(format!("no answer to {what}"))
}

impl HeadStore for Seat {
    fn load(&self, agent: &AgentId) -> Result<Option<(Bytes, CasToken)>> {
        let world = self.turn();
        let Some((bytes, generation)) = &world.kept.head else { return Ok(None) };
        if world.without == Without::RetiredPack && self.writes {
            let mut head = StoredHead::read(agent, bytes, None, &mut |page| panic!("{page:?}"))?;
            head.retired.clear();
            return Ok(Some((head.encode().into(), token(*generation))));
        }
        Ok(Some((bytes.clone(), token(*generation))))
    }

    fn swap(&self, _: &AgentId, expect: Expect<'_>, new: &[u8]) -> Result<Cas> {
        let mut world = self.turn();
        let generation = world.kept.head.as_ref().map(|(_, generation)| *generation);
        let holds = match expect {
            Expect::Absent => generation.is_none(),
            Expect::Match(expected) => generation.map(token).as_ref() == Some(expected),
        };
        if !holds && world.without != Without::Comparison {
            return Ok(Cas::Lost);
        }
        let end = world.choose(3);
        if end == 2 {
            return Ok(Cas::Unknown(lost("a swap that did not land")));
        }
        let next = generation.unwrap_or(0) + 1;
        world.kept.head = Some((Bytes::copy_from_slice(new), next));
        Ok(if end == 0 { Cas::Won(token(next)) } else { Cas::Unknown(lost("a swap that landed")) })
    }

    fn agents(&self, _: Option<&AgentId>) -> Result<Vec<AgentId>> {
        Ok(Vec::new())
    }

    fn probe(&self) -> Result<ProbeReport> {
        Err(lost("a probe"))
    }
}

impl PackStore for Seat {
    fn put_new(&self, key: &PackKey, source: &mut dyn Read, _: u64) -> Result<()> {
        let mut bytes = Vec::new();
        source.read_to_end(&mut bytes).unwrap();
        self.turn().kept.packs.insert(key.clone(), bytes.into());
        Ok(())
    }

    /// Packs do not change: whose turn it is makes no difference.
    fn get(&self, key: &PackKey, range: Option<Range<u64>>) -> Result<Option<Bytes>> {
        let world = self.stage.world.lock().unwrap();
        let range = range.map(|range| range.start as usize..range.end as usize);
        Ok(world.holds(key).map(|bytes| range.map_or(bytes.clone(), |range| bytes.slice(range))))
    }

    fn stat(&self, key: &PackKey) -> Result<Option<u64>> {
        let world = self.turn();
        let found = world.holds(key).map(|bytes| bytes.len() as u64);
        Ok(if world.without == Without::ExistenceCheck { Some(found.unwrap_or(1)) } else { found })
    }

    fn list(
        &self,
        _: &AgentId,
        after: Option<&PackKey>,
    ) -> Result<Vec<(PackKey, u64, SystemTime)>> {
        if after.is_some() {
            return Ok(Vec::new());
        }
        let world = self.turn();
        Ok(world.kept.packs.keys().map(|key| (key.clone(), 1, SystemTime::UNIX_EPOCH)).collect())
    }

    fn delete(&self, key: &PackKey) -> Result<()> {
        let mut world = self.turn();
        if world.without == Without::Acknowledgement {
            world.late.push(key.clone());
            return Ok(());
        }
        if world.choose(2) == 1 {
            world.late.push(key.clone());
            return Err(lost("a removal"));
        }
        world.remove(key);
        Ok(())
    }

    fn probe(&self) -> Result<ProbeReport> {
        Err(lost("a probe"))
    }
}
