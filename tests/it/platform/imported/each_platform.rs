//! Clones and pulls that are disturbed, on each platform that may be the real one: the store is clean, and the same command
//! again ends as undisturbed. Each platform has each disturbance at some of the requests, and `LUA_STORE_EVERY=request` has each
//! at every one.

use super::{AGENT, There};
use crate::common::Project;
use crate::platform::kill::{When, killed_at};
use crate::platform::stub::{Assumptions, At, Fault, Platform, SavedPlatform};

#[derive(Clone, Copy, Debug)]
enum Disturbance {
    CutBefore,
    CutAfter,
    Refused(u16),
    FailedAfter(u16),
    Killed(When),
}

use Disturbance::{CutAfter, CutBefore, FailedAfter, Killed, Refused};

const ALL: [Disturbance; 7] = [
    CutBefore,
    Killed(When::Before),
    Refused(500),
    CutAfter,
    Refused(429),
    Killed(When::After),
    FailedAfter(503),
];

/// A machine that is about to run a command.
struct Ready {
    name: &'static str,
    line: String,
    there: There,
    saved: SavedPlatform,
    project: Project,
    /// Everything that the history there is, after the command.
    expected: String,
    count: usize,
}

impl Ready {
    fn new(name: &'static str, there: There, line: String) -> Ready {
        let (saved, project) = (there.platform.save(), there.project.copy());
        there.platform.reset_requests();
        there.project.ok(&line);
        let (expected, count) = (there.refs("mine"), there.platform.requests().len());
        Ready { name, line, there, saved, project, expected, count }
    }

    fn case(&mut self, what: Disturbance, number: usize) {
        let at = format!("{}: {}, {what:?} at request {number}", self.name, self.line);
        self.there.platform.put_back(&self.saved);
        self.there.project = self.project.copy();
        let (platform, project): (&Platform, &Project) =
            (&self.there.platform, &self.there.project);
        let fault = match what {
            CutBefore => Some(Fault::CutBefore),
            CutAfter => Some(Fault::CutAfter),
            Refused(status) => Some(Fault::Status(status)),
            FailedAfter(status) => Some(Fault::StatusAfter(status)),
            Killed(when) => {
                // A request that is not needed any more may come too late to be waited for.
                killed_at((platform, project), &self.line, number, when);
                None
            }
        };
        let mut is_done = false;
        if let Some(fault) = fault {
            platform.on(At::request(number), fault);
            let outcome = project.run(&self.line);
            assert!(matches!(outcome.code, 0 | 1 | 11), "{at}: {outcome}");
            is_done = outcome.code == 0;
            platform.reset_faults();
        }
        if !is_done {
            let again = project.run(&self.line);
            assert_eq!(again.code, 0, "{at}: {again}");
        }
        assert_eq!(self.there.refs("mine"), self.expected, "{at}");
        let checked = self.there.in_clone("mine", "fsck");
        assert!(checked.contains("nothing is damaged"), "{at}: {checked}");
        let changes = self.there.platform.changes();
        assert!(changes.is_empty(), "{at}: {:?}", changes[0].line());
    }

    /// Each disturbance, spread over the requests.
    fn cases(&mut self, platform: usize) {
        let is_everything = std::env::var_os("LUA_STORE_EVERY").is_some();
        for (turn, what) in ALL.into_iter().enumerate() {
            if is_everything {
                (1..=self.count).for_each(|number| self.case(what, number));
                continue;
            }
            let number = (turn * self.count / ALL.len() + platform) % self.count + 1;
            self.case(what, number);
        }
    }
}

#[test]
fn a_clone_is_disturbed() {
    for (platform, (name, assumptions)) in Assumptions::each().into_iter().enumerate() {
        let there = There::with(assumptions);
        let line = there.clone_line("mine");
        Ready::new(name, there, line).cases(platform);
    }
}

#[test]
fn a_pull_is_disturbed() {
    for (platform, (name, assumptions)) in Assumptions::each().into_iter().enumerate() {
        let there = There::with(assumptions);
        there.cloned("mine");
        there.edit("src/lib/store.ts", "the door", "the gate");
        there.push("skills", "orders", "1.0.4");
        there.version("fourth");
        there.platform.dashboard(AGENT).promote(4);
        Ready::new(name, there, "-C ../mine pull".to_owned()).cases(platform);
    }
}
