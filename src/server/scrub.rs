//! Scrub: reads everything that is stored again, once in so many days, at no more than a bounded
//! rate.
//!
//! Its progress is kept in the data folder, so that a server that is restarted every day gets to
//! the end as well. It never runs ahead: the next bytes are read when as large a part of the time
//! is over as of the bytes.

use super::state::{ServerState, on_thread};
use super::upkeep::SOON;
use crate::error::Result;
use crate::protocol::AgentId;
use crate::remote_store::{Pace, ScrubState};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Most bytes that are read a second: a disk has more, and others want them.
const MOST_A_SECOND: u64 = 16 << 20;

/// Longest pause until the next look for due work.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// Scrubs on and on, until the server stops.
pub async fn cycles(state: Arc<ServerState>) {
    let Some(period) = state.limits.scrub else { return };
    tokio::time::sleep(state.limits.round.min(SOON)).await;
    loop {
        let shared = state.clone();
        let wait = on_thread(move || step(&shared, period)).await.unwrap_or_else(|failure| {
            state.log.event("scrub_failed", [("error", failure.error.message().into())]);
            LOOK
        });
        state.report_damage();
        tokio::time::sleep(wait).await;
    }
}

/// Next step of the scrub.
#[derive(Debug, PartialEq, Eq)]
enum ScrubStep {
    Read(AgentId, u64),
    Wait(Duration),
    /// A cycle is over and the time of another one has come. One that ended late is not made up for.
    Begin,
}

/// The agent after the last one is due when as large a part of the time is over as was read of the bytes.
fn next(at: &ScrubState, sizes: &[(AgentId, u64)], period_ms: u64, now_ms: u64) -> ScrubStep {
    let wait = |until: u64| ScrubStep::Wait(Duration::from_millis(until - now_ms).min(LOOK));
    let is_next =
        |(agent, _): &&(AgentId, u64)| at.after.as_ref().is_none_or(|after| agent > after);
    let Some((agent, size)) = sizes.iter().find(is_next) else {
        let end = at.began_ms + period_ms;
        return if now_ms < end { wait(end) } else { ScrubStep::Begin };
    };
    let total = sizes.iter().map(|(_, size)| size).sum::<u64>().max(1);
    let part = u128::from(period_ms) * u128::from(at.bytes.min(total)) / u128::from(total);
    let due = at.began_ms + part as u64;
    if now_ms < due { wait(due) } else { ScrubStep::Read(agent.clone(), *size) }
}

/// Scrubs the next agent if it is due. Gives how long to wait before the next step.
fn step(state: &Arc<ServerState>, period: Duration) -> Result<Duration> {
    let store = &state.store;
    let now = u64::try_from(state.log.now().as_millisecond()).unwrap_or(0);
    let known = store.scrub_state()?.filter(|at| at.began_ms <= now);
    let mut at = known.unwrap_or_else(|| ScrubState::begin(now));
    let (agent, size) = match next(&at, &sizes(state, &store.agents()?), millis(period), now) {
        ScrubStep::Wait(time) => return Ok(time),
        ScrubStep::Begin => {
            return store.set_scrub_state(&ScrubState::begin(now)).map(|()| Duration::ZERO);
        }
        ScrubStep::Read(agent, size) => (agent, size),
    };
    let scrubbed = store.scrub(&agent, &mut Throttle { state, owed: Duration::ZERO });
    if let Err(error) = &scrubbed {
        let fields = [("agent", agent.as_str().into()), ("error", error.message().into())];
        state.log.event("scrub_failed", fields);
    }
    if scrubbed.unwrap_or(true) {
        (at.after, at.bytes) = (Some(agent), at.bytes + size);
        store.set_scrub_state(&at)?;
    }
    Ok(Duration::ZERO)
}

/// An agent whose head cannot be read takes no time, and its scrub says why.
fn sizes(state: &ServerState, agents: &[AgentId]) -> Vec<(AgentId, u64)> {
    agents.iter().map(|agent| (agent.clone(), state.store.size(agent).unwrap_or(0))).collect()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Sleeps as long as what was read should have taken. Ends with the server.
struct Throttle<'a> {
    state: &'a ServerState,
    owed: Duration,
}

/// Shorter pauses are put together.
const PAUSE: Duration = Duration::from_millis(20);

impl Pace for Throttle<'_> {
    fn goes_on(&mut self, bytes: u64) -> bool {
        self.owed += Duration::from_micros(bytes.saturating_mul(1_000_000) / MOST_A_SECOND);
        if self.owed >= PAUSE {
            std::thread::sleep(std::mem::take(&mut self.owed));
        }
        !self.state.stopping.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1000;

    fn at(bytes: u64, after: &str) -> ScrubState {
        ScrubState { began_ms: 1000, bytes, after: after.parse().ok() }
    }

    #[test]
    fn what_is_read_keeps_step_with_the_time() {
        let sizes = [("a", 100), ("b", 500), ("c", 400)]
            .map(|(agent, size)| (agent.parse().unwrap(), size));
        let next = |at: &ScrubState, now| next(at, &sizes, 30 * DAY, now);
        let read = |nth: usize| ScrubStep::Read(sizes[nth].0.clone(), sizes[nth].1);
        assert_eq!(next(&at(0, ""), 1000), read(0));
        // A tenth of the bytes was read: the next are due after three days.
        assert_eq!(
            next(&at(100, "a"), 1000 + 3 * DAY - 5),
            ScrubStep::Wait(Duration::from_millis(5))
        );
        assert_eq!(
            next(&at(100, "a"), 1000),
            ScrubStep::Wait(LOOK),
            "it is looked again whether there is more"
        );
        assert_eq!(next(&at(100, "a"), 1000 + 3 * DAY), read(1));
        assert_eq!(
            next(&at(600, "b"), 1000 + 20 * DAY),
            read(2),
            "a server that was off goes on at once"
        );
        assert_eq!(next(&at(1000, "c"), 1000 + 29 * DAY), ScrubStep::Wait(LOOK));
        assert_eq!(next(&at(1000, "c"), 1000 + 30 * DAY), ScrubStep::Begin);
        assert_eq!(next(&at(9000, "b"), 1000 + 30 * DAY), read(2), "sizes may have been others");
    }
}
