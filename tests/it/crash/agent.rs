//! The main job cut at every disk step: push, versions, promote, delete, rollback, compaction.
//!
//! After each cut the store is clean, all that was in it can still be read, `ACTIVE` and every ref
//! are old or new; the command run again ends where a run that nothing disturbed ends.

use super::{Case, commands, copy_folder, state};
use crate::common::shop::{self, edit};
use crate::common::{Project, faults};
use lua_store::internals::object::Id;
use lua_store::internals::store::{Store, refs};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn files(project: &Path) -> Files {
    state(project).into_iter().filter(|(path, _)| !is_leftover(path)).collect()
}

/// Temporary files may remain of a process that was killed.
fn is_leftover(path: &Path) -> bool {
    path.file_name().unwrap().to_string_lossy().starts_with("tmp-")
}

fn stored(project: &Path) -> Vec<Id> {
    Store::open(&project.join(".lua")).unwrap().objects().ids().unwrap()
}

fn packs(project: &Path) -> usize {
    std::fs::read_dir(project.join(".lua/objects")).unwrap().count()
}

/// A command with its state before and after.
struct Cut {
    project: Project,
    line: &'static str,
    before: Files,
    after: Files,
    objects: Vec<Id>,
    packs: usize,
    packs_after: usize,
}

impl Cut {
    fn new(project: Project, line: &'static str) -> Cut {
        let dir = tempfile::tempdir().unwrap();
        let copy = dir.path().join("copy");
        copy_folder(&project.root(), &copy);
        let output = commands::command(&project, line)(&copy).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let (before, after) = (files(&project.root()), files(&copy));
        let objects = stored(&project.root());
        let (packs, packs_after) = (packs(&project.root()), packs(&copy));
        Cut { project, line, before, after, objects, packs, packs_after }
    }

    /// Every file of the store is the old or the new one, nothing that was stored is lost.
    fn check(&self, copy: &Path) {
        faults::assert_clean(copy);
        let now = stored(copy);
        assert!(self.objects.iter().all(|id| now.binary_search(id).is_ok()), "an object is lost");
        let found = files(copy);
        for path in found.keys().chain(self.before.keys()) {
            let (now, old, new) = (found.get(path), self.before.get(path), self.after.get(path));
            assert!(now == old || now == new, "{}: {now:?}", path.display());
        }
    }

    fn run(&self, atomic: bool) {
        let finished = |copy: &Path| {
            self.check(copy);
            assert_eq!(files(copy), self.after);
        };
        let case = Case {
            atomic,
            prepared: &self.project.root(),
            command: &commands::command(&self.project, self.line),
            old_or_new: &|copy| self.check(copy),
            new: &finished,
        };
        case.run();
    }
}

/// Pushed twice with v1 and v2 made, v1 active.
fn promoted() -> Project {
    let project = shop::versioned();
    project.ok("version promote 1");
    edit(&project, "src/index.ts", "You are Ava.", "You are Eve.");
    project.ok("version create --auto-push -m second");
    project
}

#[test]
fn the_first_push() {
    Cut::new(shop::project(), "push").run(true);
}

#[test]
fn a_later_push() {
    let project = promoted();
    edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds what we sell");
    project.write("notes.md", "new");
    Cut::new(project, "push").run(true);
}

#[test]
fn a_push_of_a_file_that_is_streamed() {
    let project = promoted();
    project.write("zeros.bin", vec![0; 8_500_000]);
    Cut::new(project, "push").run(true);
}

#[test]
fn version_create() {
    let project = promoted();
    edit(&project, "src/index.ts", "You are Eve.", "You are Ida.");
    project.ok("push");
    Cut::new(project, "version create -m third").run(true);
}

#[test]
fn version_create_with_its_push() {
    let project = promoted();
    edit(&project, "src/index.ts", "You are Eve.", "You are Ida.");
    // Both refs in one step.
    Cut::new(project, "version create --auto-push -m third").run(true);
}

#[test]
fn version_promote() {
    Cut::new(promoted(), "version promote 2 -m better").run(true);
}

/// The records get a pack of their own before the pointer drops them.
#[test]
fn version_promote_when_the_pointer_has_many_records() {
    const LINES: [&str; 2] = ["version promote 2", "version promote 1"];
    let stores = |project: &Project, round: usize| {
        let before = packs(&project.root());
        project.ok(LINES[round % 2]);
        packs(&project.root()) > before
    };
    let probe = promoted();
    let last =
        (0..100).find(|round| stores(&probe, *round)).expect("one of them stores the others");
    let project = promoted();
    assert!(last > 30 && (0..last).all(|round| !stores(&project, round)));
    let cut = Cut::new(project, LINES[last % 2]);
    assert_eq!(cut.packs_after, cut.packs + 1);
    cut.run(true);
}

#[test]
fn version_delete() {
    Cut::new(promoted(), "version delete 2 --force").run(true);
}

#[test]
fn version_undelete() {
    let project = promoted();
    project.ok("version delete 2 --force");
    Cut::new(project, "version undelete 2 -m \"too soon\"").run(true);
}

#[test]
fn compact() {
    let project = promoted();
    project.write("notes.md", "more");
    project.ok("push backup");
    // The refs are packed first, and the packs put together then.
    Cut::new(project, "compact").run(false);
}

#[test]
fn a_push_that_compacts() {
    let push = |project: &Project, round: usize| {
        project.write("notes.md", format!("round {round}"));
        let before = project.json("count-objects")["packs"].as_u64();
        project.ok("push backup");
        project.json("count-objects")["packs"].as_u64() < before
    };
    let probe = promoted();
    let compacting = (0..20).find(|round| push(&probe, *round)).expect("one of them compacts");
    let project = promoted();
    assert!((0..compacting).all(|round| !push(&project, round)));
    project.write("notes.md", format!("round {compacting}"));
    let cut = Cut::new(project, "push backup");
    assert!(
        cut.packs >= 10 && cut.packs_after + 8 <= cut.packs,
        "{} {}",
        cut.packs,
        cut.packs_after
    );
    cut.run(true);
}

/// A cut repair leaves every ref either as it was before the damage or still reported.
#[test]
fn a_repair() {
    let project = promoted();
    let dir = project.path(".lua");
    let open = |root: &Path| Store::open(&root.join(".lua")).unwrap();
    let store = open(&project.root());
    store.refs().pack_refs(&store.lock().unwrap()).unwrap();
    edit(&project, "src/index.ts", "You are Eve.", "You are Ida.");
    project.ok("push");
    project.ok("version create -m third");
    let whole = store.heads().unwrap();
    let mut packed = std::fs::read(dir.join("packed-refs")).unwrap();
    packed[40] ^= 1;
    std::fs::write(dir.join("packed-refs"), packed).unwrap();
    std::fs::remove_file(dir.join("ACTIVE")).unwrap();
    std::fs::remove_file(dir.join("refs/source/v3")).unwrap();
    std::fs::write(dir.join("refs/versions/v3"), "").unwrap();
    let old_or_new = |copy: &Path| {
        let store = open(copy);
        for (series, ids) in [(refs::SOURCE, &whole.source), (refs::VERSIONS, &whole.versions)] {
            let found = store.refs().list_all(series).unwrap();
            assert_eq!(found.len(), 3, "a lost one is no free number");
            assert!(
                found
                    .iter()
                    .zip(ids)
                    .all(|((_, found), id)| found.as_ref().map_or(true, |found| found == id))
            );
        }
        assert!(store.active().map_or(true, |active| active == whole.active));
    };
    let new = |copy: &Path| {
        faults::assert_clean(copy);
        assert_eq!(open(copy).heads().unwrap(), whole);
    };
    let command = commands::command(&project, "fsck --repair");
    let prepared = &project.root();
    Case { atomic: false, prepared, command: &command, old_or_new: &old_or_new, new: &new }.run();
}

#[test]
fn init_with_another_agent() {
    let project = promoted();
    project.ok("init --agent-id agent_old");
    Cut::new(project, "init --agent-id agent_new").run(true);
}
