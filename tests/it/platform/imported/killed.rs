//! `kill -9` at every request of a clone and of a pull: the store is clean, and run again it ends as undisturbed.

use super::{AGENT, There};
use crate::platform::stub::{At, Fault};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Runs a command that is killed when its request arrives, before the platform answers it. `false` if it ended before.
fn killed_at(there: &There, line: &str, number: usize) -> bool {
    let (pid, reached) =
        (Arc::new((Mutex::new(None), Condvar::new())), Arc::new(AtomicU32::new(0)));
    let (known, seen) = (pid.clone(), reached.clone());
    there.platform.reset_requests();
    there.platform.on(
        At::request(number),
        Fault::before(move |_| {
            let (lock, told) = &*known;
            let guard = told
                .wait_timeout_while(lock.lock().unwrap(), Duration::from_secs(60), |pid| {
                    pid.is_none()
                })
                .unwrap()
                .0;
            let pid: u32 = guard.expect("the command was started");
            seen.store(pid, Ordering::SeqCst);
            let killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
            assert!(killed.unwrap().success());
            // The answer must not be there before the signal.
            std::thread::sleep(Duration::from_millis(20));
        }),
    );
    let mut command = there.project.lua_store(line);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    *pid.0.lock().unwrap() = Some(child.id());
    pid.1.notify_all();
    child.wait().unwrap();
    there.platform.reset_faults();
    reached.load(Ordering::SeqCst) != 0
}

#[test]
fn a_clone_that_is_killed_at_any_request_goes_on() {
    let whole = There::new();
    whole.platform.reset_requests();
    whole.cloned("mine");
    let (expected, count) = (whole.refs("mine"), whole.platform.requests().len());
    for number in 1..=count {
        let there = There::new();
        assert!(killed_at(&there, &there.clone_line("mine"), number), "request {number}");
        there.cloned("mine");
        assert_eq!(there.refs("mine"), expected, "killed at request {number}");
        let checked = there.in_clone("mine", "fsck");
        assert!(checked.contains("nothing is damaged"), "{number}: {checked}");
    }
}

#[test]
fn a_pull_that_is_killed_at_any_request_changes_nothing_and_goes_on() {
    let prepared = || {
        let there = There::new();
        there.cloned("mine");
        there.edit("src/lib/store.ts", "the door", "the gate");
        there.push("skills", "orders", "1.0.4");
        there.version("fourth");
        there.platform.dashboard(AGENT).promote(4);
        there
    };
    let whole = prepared();
    let before = whole.refs("mine");
    whole.platform.reset_requests();
    whole.in_clone("mine", "pull");
    let (expected, count) = (whole.refs("mine"), whole.platform.requests().len());
    for number in 1..=count {
        let there = prepared();
        assert!(killed_at(&there, "-C ../mine pull", number), "request {number}");
        assert_eq!(there.refs("mine"), before, "killed at request {number}");
        assert!(there.read("mine", "src/lib/store.ts").contains("the door"));
        let checked = there.in_clone("mine", "fsck");
        assert!(checked.contains("nothing is damaged"), "{number}: {checked}");
        there.in_clone("mine", "pull");
        assert_eq!(there.refs("mine"), expected, "killed at request {number}");
        assert!(there.read("mine", "src/lib/store.ts").contains("the gate"));
    }
}
