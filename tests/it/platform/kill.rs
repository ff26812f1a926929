//! A command that is killed at one of its requests.

use super::stub::{At, Fault, Platform};
use crate::common::Project;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// The moment of the kill: before the platform does anything, or after it did everything but answer.
#[derive(Clone, Copy, Debug)]
pub enum When {
    Before,
    After,
}

/// Runs a command that is killed when its request arrives, and gets no answer. `false` if it ended before.
pub fn killed_at(
    (platform, project): (&Platform, &Project),
    line: &str,
    number: usize,
    when: When,
) -> bool {
    let (pid, reached) =
        (Arc::new((Mutex::new(None), Condvar::new())), Arc::new(AtomicU32::new(0)));
    let (known, seen) = (pid.clone(), reached.clone());
    platform.reset_requests();
    let kill = move |_: &super::stub::Dashboard| {
        let (lock, told) = &*known;
        let guard = told
            .wait_timeout_while(lock.lock().unwrap(), Duration::from_secs(60), |pid| pid.is_none())
            .unwrap()
            .0;
        let pid: u32 = guard.expect("the command was started");
        seen.store(pid, Ordering::SeqCst);
        let killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
        assert!(killed.unwrap().success());
        // The answer must not be there before the signal.
        std::thread::sleep(Duration::from_millis(20));
    };
    let fault = match when {
        When::Before => Fault::before(kill),
        When::After => Fault::after(kill),
    };
    platform.on(At::request(number), fault);
    let mut command = project.lua_store(line);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    *pid.0.lock().unwrap() = Some(child.id());
    pid.1.notify_all();
    child.wait().unwrap();
    platform.reset_faults();
    reached.load(Ordering::SeqCst) != 0
}
