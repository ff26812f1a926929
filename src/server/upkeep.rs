//! Upkeep: packs that pile up are compacted, and garbage is deleted, beside everything else: after pushes, and in
//! rounds over all agents, so that a quiet one is maintained too.

use super::limits::{Pool, Requester};
use super::state::{ServerState, on_thread};
use crate::protocol::AgentId;
use crate::remote_store::{Collected, Upkeep};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Delay of the first round of upkeep after the start.
pub const SOON: Duration = Duration::from_secs(60);

/// Queue of agents that wait for upkeep, with the findings of the last one.
#[derive(Default)]
pub struct UpkeepQueue(Mutex<UpkeepState>);

#[derive(Default)]
struct UpkeepState {
    /// However many pushes come meanwhile, an agent waits once.
    waiting: HashSet<AgentId>,
    /// Bytes of retired packs, of those agents that have some.
    retired: HashMap<AgentId, u64>,
}

impl UpkeepQueue {
    fn notes(&self) -> MutexGuard<'_, UpkeepState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_retired(&self, agent: &AgentId, bytes: u64) {
        let mut notes = self.notes();
        match bytes {
            0 => notes.retired.remove(agent),
            bytes => notes.retired.insert(agent.clone(), bytes),
        };
    }

    /// Bytes of retired packs, of all agents together.
    pub fn retired_bytes(&self) -> u64 {
        self.notes().retired.values().sum()
    }
}

/// Looks after an agent that was just written to, when it is its turn. The answer does not wait for it.
pub fn after_write(state: &Arc<ServerState>, agent: AgentId) {
    if state.upkeep.notes().waiting.insert(agent.clone()) {
        let state = state.clone();
        tokio::spawn(async move { look_after(&state, agent, UpkeepReason::Push).await });
    }
}

/// Looks after all agents, again and again, until the server stops.
pub async fn rounds(state: Arc<ServerState>) {
    let mut pause = state.limits.round.min(SOON);
    loop {
        tokio::time::sleep(std::mem::replace(&mut pause, state.limits.round)).await;
        let shared = state.clone();
        let everyone = on_thread(move || {
            // From a disk that can only be read nothing can be removed either; from a full one it can.
            let _ = shared.check_disk();
            if shared.disk.is_read_only() {
                return Ok(Vec::new());
            }
            shared.store.sweep_scratch()?;
            shared.store.everyone()
        });
        match everyone.await {
            Ok(agents) => {
                for agent in agents {
                    look_after(&state, agent, UpkeepReason::Time).await;
                }
            }
            Err(failure) => failed(&state, "", failure.error.message()),
        }
    }
}

/// Looks once, right after the start, whether every pack exists: the folder may be a bad copy.
pub async fn check_packs(state: Arc<ServerState>) {
    let shared = state.clone();
    let done = on_thread(move || {
        for agent in shared.store.agents()? {
            if shared.stopping.load(Ordering::Relaxed) {
                break;
            }
            // An agent that cannot be read is reported at its next request.
            let _ = shared.store.missing_packs(&agent);
        }
        Ok(())
    });
    if let Err(failure) = done.await {
        failed(&state, "", failure.error.message());
    }
    state.report_damage();
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum UpkeepReason {
    Push,
    Time,
}

/// Maintains one agent; a failure is logged, and the next round tries again.
async fn look_after(state: &Arc<ServerState>, agent: AgentId, why: UpkeepReason) {
    let who = Requester { agent: Some(agent.clone()), token: None };
    // There is no hurry while others are being maintained.
    let place = loop {
        match state.pools.wait(Pool::Upkeep, &who).await {
            Ok(place) => break place,
            Err(_) if state.stopping.load(Ordering::Relaxed) => return,
            Err(_) => {}
        }
    };
    let (shared, id) = (state.clone(), agent.clone());
    let done = on_thread(move || {
        let _place = place;
        // From here on a push asks for another turn: this one may have looked before it.
        shared.upkeep.notes().waiting.remove(&id);
        if why == UpkeepReason::Push && !shared.store.needs_upkeep(&id)? {
            return Ok(None);
        }
        shared.store.missing_packs(&id)?;
        shared.store.collect(&id, &Upkeep::at(shared.log.now().into())).map(Some)
    });
    let done = done.await;
    state.report_damage();
    match done {
        Ok(None) => {}
        Ok(Some(done)) => report(state, &agent, &done),
        Err(failure) => failed(state, agent.as_str(), failure.error.message()),
    }
}

fn report(state: &ServerState, agent: &AgentId, done: &Collected) {
    if !done.busy {
        state.upkeep.note_retired(agent, done.retired_bytes);
    }
    if done.did_something() {
        state.log.event(
            "upkeep",
            [
                ("agent", agent.as_str().into()),
                ("compacted", done.compacted.into()),
                ("deleted", done.deleted.into()),
                ("uploads", done.uploads.into()),
                ("unknown", done.unknown.into()),
                ("condemnedBytes", done.retired_bytes.into()),
            ],
        );
    }
}

fn failed(state: &ServerState, agent: &str, cause: &str) {
    state.log.event("upkeep_failed", [("agent", agent.into()), ("error", cause.into())]);
}
