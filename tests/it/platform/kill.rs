//! A command that is killed at one of its requests.

use super::stub::{At, Dashboard, Fault, Platform};
use crate::common::Project;
use rustix::process::{Pid, Signal, kill_process};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// The moment of the kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The platform does nothing.
    Before,
    /// The platform did everything but answer.
    After,
    /// The request is still on its way: the platform does it when the command is dead.
    Late,
}

/// A command on its way: its process, and then its end.
#[derive(Default)]
struct Doomed {
    state: Mutex<(Option<i32>, bool)>,
    changed: Condvar,
    is_killed: AtomicBool,
}

impl Doomed {
    fn set(&self, change: impl FnOnce(&mut (Option<i32>, bool))) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    fn wait(&self, is_it: impl Fn(&(Option<i32>, bool)) -> bool) -> Option<i32> {
        let state = self.state.lock().unwrap();
        let longest = Duration::from_secs(60);
        let (state, timeout) =
            self.changed.wait_timeout_while(state, longest, |state| !is_it(state)).unwrap();
        assert!(!timeout.timed_out(), "the command was started, and ends when it is killed");
        state.0
    }

    /// Kills it, and waits until it is dead: no answer may be there before.
    fn kill(&self) {
        let pid = self.wait(|(pid, _)| pid.is_some());
        let pid = pid.and_then(Pid::from_raw).expect("it was started");
        self.is_killed.store(true, Ordering::SeqCst);
        kill_process(pid, Signal::KILL).expect("it runs, and waits for an answer");
        self.wait(|(_, is_dead)| *is_dead);
    }
}

/// Runs a command that is killed when its request arrives, and gets no answer. `false` if it ended before.
pub fn killed_at(
    (platform, project): (&Platform, &Project),
    line: &str,
    number: usize,
    when: When,
) -> bool {
    let doomed = Arc::new(Doomed::default());
    let known = doomed.clone();
    platform.reset_requests();
    let kill = move |_: &Dashboard| known.kill();
    let fault = match when {
        When::Before | When::Late => Fault::before(kill),
        When::After => Fault::after(kill),
    };
    platform.on(At::request(number), fault);
    if when == When::Before {
        platform.on(At::request(number), Fault::CutBefore);
    }
    let mut command = project.lua_store(line);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    doomed.set(|state| state.0 = i32::try_from(child.id()).ok());
    child.wait().unwrap();
    doomed.set(|state| state.1 = true);
    platform.reset_faults();
    doomed.is_killed.load(Ordering::SeqCst)
}
