//! Disturbances at every request of a `fetch` and of a `clone`: the store is sound, and run again the command ends as
//! undisturbed.

use super::There;
use crate::common::Project;
use crate::platform::kill::{When, killed_at};
use crate::platform::stub::{At, Fault, SavedPlatform};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
enum Disturbance {
    CutBefore,
    CutAfter,
    Status(u16),
    Slow,
    Killed(When),
}

use Disturbance::{CutAfter, CutBefore, Killed, Slow, Status};

/// A command that imports, undisturbed, and everything that it begins with.
struct Prepared {
    there: There,
    project: Project,
    saved: SavedPlatform,
    line: String,
    /// Refs of the clone before the command and after it.
    before: BTreeMap<String, String>,
    after: BTreeMap<String, String>,
    requests: usize,
}

impl Prepared {
    /// A clone that lacks a version with its backup.
    fn fetch() -> Prepared {
        let there = There::new();
        there.cloned("mine");
        there.fourth();
        Prepared::of(there, "-C ../mine fetch")
    }

    fn clone() -> Prepared {
        let there = There::new();
        let line = there.clone_line("mine");
        Prepared::of(there, &line)
    }

    fn of(there: There, line: &str) -> Prepared {
        let (saved, project) = (there.platform.save(), there.project.copy());
        let before = refs(&project);
        let (line, after) = (line.to_owned(), BTreeMap::new());
        let mut prepared = Prepared { there, project, saved, line, before, after, requests: 0 };
        prepared.put_back();
        prepared.there.project.ok(&prepared.line);
        prepared.requests = prepared.there.platform.requests().len();
        prepared.after = refs(&prepared.there.project);
        assert_ne!(prepared.after, prepared.before);
        prepared
    }

    fn put_back(&mut self) {
        self.there.platform.put_back(&self.saved);
        self.there.project = self.project.copy();
    }

    fn at_each_request(&mut self, what: Disturbance) {
        for number in 1..=self.requests {
            self.put_back();
            let at = format!("{}: {what:?} at request {number}", self.line);
            let is_done = self.disturb(what, number, &at);
            let project = &self.there.project;
            let is_there = project.path("../mine/.lua/format").exists();
            if is_there {
                check_sound(project, &at);
            }
            // Nothing of ours is anything but what it was or will be; the record of the import may be of a part of it.
            for (name, text) in refs(project) {
                let is_known =
                    [self.before.get(&name), self.after.get(&name)].contains(&Some(&text));
                assert!(is_known || name.contains("platform"), "{at}: {name}: {text}");
            }
            // A clone that is done is there, and fetches.
            let again = match is_done && self.line.starts_with("clone") {
                true => project.run("-C ../mine fetch"),
                false => project.run(&self.line),
            };
            assert_eq!(again.code, 0, "{at}: {again}");
            assert_eq!(refs(project), self.after, "{at}: {again}");
            check_sound(project, &at);
        }
    }

    /// True if the command ended well all the same: kinds that not every platform has may fail.
    fn disturb(&self, what: Disturbance, number: usize, at: &str) -> bool {
        let There { platform, project } = &self.there;
        let fault = match what {
            CutBefore => Fault::CutBefore,
            CutAfter => Fault::CutAfter,
            Status(status) => Fault::Status(status),
            Slow => Fault::Delay(Duration::from_millis(200)),
            Killed(when) => {
                assert!(killed_at((platform, project), &self.line, number, when), "{at}");
                return false;
            }
        };
        platform.on(At::request(number), fault);
        let outcome = project.run(&self.line);
        let is_expected = outcome.code == 0 || outcome.code == 11 && !matches!(what, Slow);
        assert!(is_expected, "{at}: {outcome}");
        platform.reset_faults();
        outcome.code == 0
    }
}

fn check_sound(project: &Project, at: &str) {
    let checked = project.run("-C ../mine fsck");
    assert!(checked.stdout.contains("nothing is damaged"), "{at}: {checked}");
}

/// Every file of the refs of the clone, and its pointer.
fn refs(project: &Project) -> BTreeMap<String, String> {
    let store = project.path("../mine/.lua");
    let mut all = BTreeMap::new();
    let mut open = vec![store.join("refs"), store.join("ACTIVE")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(bytes) = std::fs::read(&path) {
            all.insert(name(&store, &path), String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    all
}

fn name(store: &Path, path: &Path) -> String {
    path.strip_prefix(store).unwrap().to_string_lossy().into_owned()
}

macro_rules! each {
    ($($name:ident: $command:ident, $what:expr;)*) => {$(
        #[test]
        fn $name() {
            Prepared::$command().at_each_request($what);
        }
    )*};
}

each! {
    fetch_cut_before: fetch, CutBefore;
    fetch_cut_after: fetch, CutAfter;
    fetch_refused_with_500: fetch, Status(500);
    fetch_refused_with_503: fetch, Status(503);
    fetch_refused_with_429: fetch, Status(429);
    fetch_slow: fetch, Slow;
    fetch_killed_before: fetch, Killed(When::Before);
    fetch_killed_after: fetch, Killed(When::After);
    clone_cut_after: clone, CutAfter;
    clone_refused_with_500: clone, Status(500);
    clone_refused_with_503: clone, Status(503);
    clone_refused_with_429: clone, Status(429);
    clone_slow: clone, Slow;
    clone_killed_after: clone, Killed(When::After);
}
