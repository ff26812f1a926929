//! The queue of an agent: whoever comes while nobody is at work takes all along who wait, and gives them their answers.
//!
//! A job may have to wait for another round. That begins when somebody new comes, or when nobody does for a moment.

use crate::protocol::AgentId;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most jobs of one round: the wait of a client stays bounded.
const MOST: usize = 64;

/// Time that jobs wait for another round when nobody new comes.
const PATIENCE: Duration = Duration::from_millis(10);

/// Result of a round for one job.
pub enum JobTurn<J, A> {
    Done(A),
    /// It waits for the next one.
    Again(J),
}

/// Jobs of many agents, those of one agent in the order in which they came.
pub struct Queue<J, A> {
    lines: Mutex<HashMap<AgentId, Used<J, A>>>,
}

/// A line, and how many are in it.
type Used<J, A> = (usize, Arc<AgentQueue<J, A>>);

struct AgentQueue<J, A> {
    state: Mutex<QueueState<J, A>>,
    changed: Condvar,
}

struct QueueState<J, A> {
    /// Somebody is at work.
    is_led: bool,
    /// Somebody waits who was in no round yet.
    has_new: bool,
    rounds: u64,
    next: u64,
    waiting: Vec<(u64, J)>,
    /// `None` where whoever was at work panicked.
    done: HashMap<u64, Option<A>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<J, A> Queue<J, A> {
    pub fn new() -> Queue<J, A> {
        Queue { lines: Mutex::default() }
    }

    /// Waits for its turn; `work` does one round, with one turn for each job. `None` where the thread that did it
    /// panicked.
    pub fn run(
        &self,
        agent: &AgentId,
        job: J,
        work: impl Fn(Vec<J>) -> Vec<JobTurn<J, A>>,
    ) -> Option<A> {
        let line = self.enter(agent);
        let answer = line.run(job, work);
        let mut lines = locked(&self.lines);
        if let Some((users, _)) = lines.get_mut(agent) {
            *users -= 1;
            if *users == 0 {
                lines.remove(agent);
            }
        }
        answer
    }

    fn enter(&self, agent: &AgentId) -> Arc<AgentQueue<J, A>> {
        let mut lines = locked(&self.lines);
        let (users, line) =
            lines.entry(agent.clone()).or_insert_with(|| (0, Arc::new(AgentQueue::new())));
        *users += 1;
        line.clone()
    }
}

impl<J, A> AgentQueue<J, A> {
    fn new() -> AgentQueue<J, A> {
        let (waiting, done) = (Vec::new(), HashMap::new());
        let state = QueueState { is_led: false, has_new: false, rounds: 0, next: 0, waiting, done };
        AgentQueue { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn run(&self, job: J, work: impl Fn(Vec<J>) -> Vec<JobTurn<J, A>>) -> Option<A> {
        let mut state = locked(&self.state);
        let mine = state.next;
        state.next += 1;
        state.waiting.push((mine, job));
        state.has_new = true;
        let mut seen = None;
        loop {
            if let Some(answer) = state.done.remove(&mine) {
                return answer;
            }
            if state.is_led {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            if !state.has_new && seen != Some(state.rounds) {
                seen = Some(state.rounds);
                state = self
                    .changed
                    .wait_timeout(state, PATIENCE)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
                continue;
            }
            (state.is_led, seen) = (true, None);
            let count = state.waiting.len().min(MOST);
            let (numbers, jobs): (Vec<u64>, Vec<J>) = state.waiting.drain(..count).unzip();
            state.has_new = !state.waiting.is_empty();
            drop(state);
            let mut lead = QueueLeader { line: self, numbers, turns: Vec::new() };
            lead.turns = work(jobs);
            drop(lead);
            state = locked(&self.state);
        }
    }
}

/// Gives out the answers when it goes, also when the work panicked.
struct QueueLeader<'a, J, A> {
    line: &'a AgentQueue<J, A>,
    numbers: Vec<u64>,
    turns: Vec<JobTurn<J, A>>,
}

impl<J, A> Drop for QueueLeader<'_, J, A> {
    fn drop(&mut self) {
        let mut state = locked(&self.line.state);
        let turns = self.turns.drain(..).map(Some).chain(std::iter::repeat_with(|| None));
        let mut again = Vec::new();
        for (number, turn) in self.numbers.iter().zip(turns) {
            match turn {
                Some(JobTurn::Again(job)) => again.push((*number, job)),
                Some(JobTurn::Done(answer)) => drop(state.done.insert(*number, Some(answer))),
                None => drop(state.done.insert(*number, None)),
            }
        }
        state.waiting.splice(..0, again);
        state.rounds += 1;
        state.is_led = false;
        self.line.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    fn agent(name: &str) -> AgentId {
        name.parse().unwrap()
    }

    #[test]
    fn those_who_wait_are_taken_along_and_each_gets_its_own_answer() {
        let queue: Queue<usize, (usize, usize)> = Queue::new();
        let (first, go) = (AtomicBool::new(true), Barrier::new(2));
        let work = |jobs: Vec<usize>| {
            if first.swap(false, Ordering::SeqCst) {
                go.wait();
                // Until the others wait.
                while locked(&queue.lines)[&agent("a")].0 < 9 {
                    std::thread::yield_now();
                }
                while locked(&locked(&queue.lines)[&agent("a")].1.clone().state).waiting.len() < 8 {
                    std::thread::yield_now();
                }
            }
            let count = jobs.len();
            jobs.into_iter().map(|job| JobTurn::Done((job * 10, count))).collect()
        };
        let run = |job| queue.run(&agent("a"), job, work).unwrap();
        std::thread::scope(|scope| {
            let leader = scope.spawn(|| run(0));
            go.wait();
            let others: Vec<_> = (1..9).map(|job| (job, scope.spawn(move || run(job)))).collect();
            assert_eq!(leader.join().unwrap(), (0, 1));
            for (job, other) in others {
                assert_eq!(other.join().unwrap(), (job * 10, 8), "all of them at once");
            }
        });
        assert!(locked(&queue.lines).is_empty(), "nobody waits, and nothing is kept");
    }

    #[test]
    fn a_job_waits_for_another_round_and_is_not_forgotten_when_nobody_comes() {
        let queue: Queue<usize, usize> = Queue::new();
        let rounds = AtomicUsize::new(0);
        // Each round lets the first one go, of however many there are.
        let work = |jobs: Vec<usize>| {
            rounds.fetch_add(1, Ordering::SeqCst);
            let turn = |(at, job)| if at == 0 { JobTurn::Done(job) } else { JobTurn::Again(job) };
            jobs.into_iter().enumerate().map(turn).collect()
        };
        let run = |job| queue.run(&agent("a"), job, work);
        std::thread::scope(|scope| {
            let run = &run;
            let all: Vec<_> = (0..9).map(|job| (job, scope.spawn(move || run(job)))).collect();
            for (job, thread) in all {
                assert_eq!(thread.join().unwrap(), Some(job));
            }
        });
        assert_eq!(rounds.into_inner(), 9);
        assert!(locked(&queue.lines).is_empty());
    }

    #[test]
    fn a_panic_ends_its_own_work_and_no_other() {
        let queue: Queue<bool, bool> = Queue::new();
        let work = |jobs: Vec<bool>| {
            if jobs[0] {
                panic!("as a bug does")
            } else {
                jobs.into_iter().map(JobTurn::Done).collect()
            }
        };
        std::thread::scope(|scope| {
            let bad = scope.spawn(|| queue.run(&agent("a"), true, work));
            assert!(bad.join().is_err());
        });
        assert_eq!(queue.run(&agent("a"), false, work), Some(false));
    }
}
