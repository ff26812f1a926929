//! The queue of an agent: whoever comes while nobody is at work takes all along who wait, and gives them their answers.

use crate::protocol::AgentId;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// How many are taken along at once: what a client waits for stays bounded.
const MOST: usize = 64;

/// Jobs of many agents, those of one agent in the order in which they came.
pub struct Queue<J, A> {
    lines: Mutex<HashMap<AgentId, Used<J, A>>>,
}

/// A line, and how many are in it.
type Used<J, A> = (usize, Arc<Line<J, A>>);

struct Line<J, A> {
    state: Mutex<State<J, A>>,
    changed: Condvar,
}

struct State<J, A> {
    /// Somebody is at work.
    is_led: bool,
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

    /// Waits for its turn; `work` gives one answer for each job. `None` where the thread that did it panicked.
    pub fn run(&self, agent: &AgentId, job: J, work: impl Fn(Vec<J>) -> Vec<A>) -> Option<A> {
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

    fn enter(&self, agent: &AgentId) -> Arc<Line<J, A>> {
        let mut lines = locked(&self.lines);
        let (users, line) = lines.entry(agent.clone()).or_insert_with(|| (0, Arc::new(Line::new())));
        *users += 1;
        line.clone()
    }
}

impl<J, A> Line<J, A> {
    fn new() -> Line<J, A> {
        let state = State { is_led: false, next: 0, waiting: Vec::new(), done: HashMap::new() };
        Line { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn run(&self, job: J, work: impl Fn(Vec<J>) -> Vec<A>) -> Option<A> {
        let mut state = locked(&self.state);
        let mine = state.next;
        state.next += 1;
        state.waiting.push((mine, job));
        loop {
            if let Some(answer) = state.done.remove(&mine) {
                return answer;
            }
            if state.is_led {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.is_led = true;
            let count = state.waiting.len().min(MOST);
            let (numbers, jobs): (Vec<u64>, Vec<J>) = state.waiting.drain(..count).unzip();
            drop(state);
            let mut lead = Lead { line: self, numbers, answers: Vec::new() };
            lead.answers = work(jobs);
            drop(lead);
            state = locked(&self.state);
        }
    }
}

/// Gives out the answers when it goes, also when the work panicked.
struct Lead<'a, J, A> {
    line: &'a Line<J, A>,
    numbers: Vec<u64>,
    answers: Vec<A>,
}

impl<J, A> Drop for Lead<'_, J, A> {
    fn drop(&mut self) {
        let mut state = locked(&self.line.state);
        let answers = self.answers.drain(..).map(Some).chain(std::iter::repeat_with(|| None));
        for (number, answer) in self.numbers.iter().zip(answers) {
            state.done.insert(*number, answer);
        }
        state.is_led = false;
        self.line.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, Ordering};

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
            jobs.into_iter().map(|job| (job * 10, count)).collect()
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
    fn a_panic_ends_its_own_work_and_no_other() {
        let queue: Queue<bool, bool> = Queue::new();
        let work = |jobs: Vec<bool>| if jobs[0] { panic!("as a bug does") } else { jobs };
        std::thread::scope(|scope| {
            let bad = scope.spawn(|| queue.run(&agent("a"), true, work));
            assert!(bad.join().is_err());
        });
        assert_eq!(queue.run(&agent("a"), false, work), Some(false));
    }
}
