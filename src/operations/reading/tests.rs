//! Changes of a project between its reads.

use super::*;
use crate::progress::Progress;
use crate::store::Store;

/// Previews, with something that happens before and after each of them.
struct Hooked<'a, B, A> {
    previews: Previews<'a>,
    taken: usize,
    before: B,
    after: A,
}

impl<B: FnMut(usize), A: FnMut(usize, &mut Snapshot)> Snapshots for Hooked<'_, B, A> {
    fn take(&mut self, tracked: &Tracked) -> Result<Snapshot> {
        self.taken += 1;
        (self.before)(self.taken);
        let mut snapshot = self.previews.take(tracked)?;
        (self.after)(self.taken, &mut snapshot);
        Ok(snapshot)
    }

    fn objects(&self) -> &dyn Source {
        self.previews.objects()
    }
}

struct Fixture {
    directory: tempfile::TempDir,
    project: Project,
}

impl Fixture {
    fn new() -> Fixture {
        let directory = tempfile::tempdir().unwrap();
        Store::init(&directory.path().join(".lua")).unwrap();
        let project = Project::open(directory.path()).unwrap();
        Fixture { directory, project }
    }

    /// Writes an agent of this name into a file.
    fn save(&self, file: &str, name: &str) {
        let text =
            format!("import {{ LuaAgent }} from 'lua-cli';\nnew LuaAgent({{ name: '{name}' }});\n");
        #[allow(clippy::disallowed_methods, reason = "a test writes the project of its own")]
        std::fs::write(self.directory.path().join(file), &text).unwrap();
    }

    /// Reads the project, and returns the number of snapshots too.
    fn read(
        &self,
        before: impl FnMut(usize),
        after: impl FnMut(usize, &mut Snapshot),
    ) -> (Result<Reading>, usize) {
        let request = PushRequest::all(Progress::default());
        let previews =
            Previews::new(&self.project, self.project.store().objects(), &request.progress);
        let mut hooked = Hooked { previews, taken: 0, before, after };
        let mut reading = read(&self.project, &request, None, &mut hooked);
        if let Ok(reading) = &mut reading {
            let leaks = reading.clean(&self.project, &request, hooked.objects()).unwrap();
            assert_eq!(leaks, []);
        }
        (reading, hooked.taken)
    }

    fn tree(&self) -> Id {
        let view = self.project.preview(&Tracked::default(), &Progress::default()).unwrap();
        view.0.tree
    }
}

fn nothing(_: usize) {}

fn unchanged(_: usize, _: &mut Snapshot) {}

#[test]
fn a_project_that_does_not_come_to_rest_is_unavailable() {
    let fixture = Fixture::new();
    // Searched for, so that only two equal snapshots prove that nothing changed.
    fixture.save("shop.ts", "a");
    let restless = |taken: usize, _: &mut Snapshot| {
        fixture.save("README.md", &format!("a{taken}"));
    };
    let (read, taken) = fixture.read(nothing, restless);
    let error = read.err().unwrap();
    assert_eq!((error.kind(), error.kind().exit_code()), (Kind::Unavailable, 11), "{error}");
    assert_eq!(error.message(), "the project keeps changing while it is read");
    assert_eq!(taken, 10);
}

/// The bytes that the agent was read from prove that they are those of the snapshot.
#[test]
fn each_file_is_looked_at_once() {
    let fixture = Fixture::new();
    fixture.save("index.ts", "one");
    let (read, taken) = fixture.read(nothing, unchanged);
    assert_eq!((read.unwrap().agent.unwrap().name, taken), ("one".to_owned(), 1));
    fixture.save("index.ts", "two");
    let (read, taken) = fixture.read(nothing, unchanged);
    assert_eq!((read.unwrap().agent.unwrap().name, taken), ("two".to_owned(), 1));
    // A file that the agent was not read from: the cached one is taken.
    fixture.save("README.md", "more");
    let (read, taken) = fixture.read(nothing, unchanged);
    let read = read.unwrap();
    assert_eq!((read.is_kept, read.agent.unwrap().name, taken), (true, "two".to_owned(), 1));
    assert_eq!(read.snapshot.tree, fixture.tree());
}

/// The agent was read from another file than the snapshot contains: both are taken once more.
#[test]
fn a_file_that_changes_after_the_snapshot_is_read_again() {
    let fixture = Fixture::new();
    fixture.save("index.ts", "first");
    assert!(fixture.read(nothing, unchanged).0.is_ok());
    // With a cached agent of other files the snapshot comes before the reading, and not beside it.
    fixture.save("index.ts", "old");
    let save = |taken, _: &mut Snapshot| {
        if taken == 1 {
            fixture.save("index.ts", "new");
        }
    };
    let (read, taken) = fixture.read(nothing, save);
    let read = read.unwrap();
    assert_eq!((read.agent.unwrap().name, taken), ("new".to_owned(), 2));
    assert_eq!(read.snapshot.tree, fixture.tree());
}

/// A file of an agent in an unusual place changes between two snapshots.
#[test]
fn a_file_that_changes_before_the_second_snapshot_is_read_again() {
    let fixture = Fixture::new();
    fixture.save("shop.ts", "old");
    let save = |taken| {
        if taken == 2 {
            fixture.save("shop.ts", "new");
        }
    };
    let (read, taken) = fixture.read(save, unchanged);
    let read = read.unwrap();
    assert_eq!((read.agent.unwrap().name, taken), ("new".to_owned(), 4));
    assert_eq!(read.snapshot.tree, fixture.tree());
}

/// A module that would have been taken first appears after the snapshot, or goes before the agent is read.
#[test]
fn a_file_that_comes_or_goes_after_the_snapshot_is_noticed() {
    let fixture = Fixture::new();
    fixture.save("src.ts", "x");
    fixture.save("main.ts", "last");
    assert!(fixture.read(nothing, unchanged).0.is_ok());
    fixture.save("main.ts", "other");
    let come = |taken, _: &mut Snapshot| {
        if taken == 1 {
            fixture.save("index.ts", "came");
        }
    };
    let (read, taken) = fixture.read(nothing, come);
    let read = read.unwrap();
    assert_eq!((read.agent.unwrap().name, taken), ("came".to_owned(), 3));
    assert_eq!(read.snapshot.tree, fixture.tree());
    fixture.save("main.ts", "third");
    fixture.save("index.ts", "changed");
    let go = |taken, _: &mut Snapshot| {
        if taken == 1 {
            #[allow(clippy::disallowed_methods, reason = "a test removes a file of its own")]
            std::fs::remove_file(fixture.directory.path().join("index.ts")).unwrap();
        }
    };
    let (read, taken) = fixture.read(nothing, go);
    let read = read.unwrap();
    assert_eq!((read.agent.unwrap().name, taken), ("third".to_owned(), 2));
    assert_eq!(read.snapshot.tree, fixture.tree());
}

/// The ids of a cached primitive are taken for one that is the same, and for no other.
#[test]
fn ids_of_primitives_are_those_of_their_bytes() {
    let fixture = Fixture::new();
    let save = |contexts: &[&str]| {
        let skill =
            |(at, context)| format!("new LuaSkill({{ name: 's{at}', context: '{context}' }}),");
        let skills: String = contexts.iter().enumerate().map(skill).collect();
        let text = format!(
            "import {{ LuaAgent, LuaSkill }} from 'lua-cli';\nnew LuaAgent({{ name: 'a', skills: [{skills}] }});\n"
        );
        #[allow(clippy::disallowed_methods, reason = "a test writes the project of its own")]
        std::fs::write(fixture.directory.path().join("index.ts"), &text).unwrap();
    };
    let cases = [
        &["one", "two"][..],
        &["one", "other"],
        &["first", "one", "other"],
        &["other"],
        &["other"],
    ];
    for (number, contexts) in cases.into_iter().enumerate() {
        save(contexts);
        let read = fixture.read(nothing, unchanged).0.unwrap();
        assert!(read.is_kept, "{contexts:?}");
        let primitives = read.agent.unwrap().primitives;
        let found: Vec<_> =
            primitives.iter().map(|one| one.definition["context"].as_str()).collect();
        assert_eq!(found, contexts.iter().map(|one| Some(*one)).collect::<Vec<_>>(), "{number}");
        let ids = primitives.iter().map(|one| PrimitiveIds::of(one).unwrap());
        assert_eq!(read.ids, ids.collect::<Vec<_>>(), "{contexts:?}");
    }
}

/// A secret in a primitive that changed is found beside one that did not.
#[test]
fn a_changed_primitive_is_looked_through_for_secrets() {
    let fixture = Fixture::new();
    let save = |context: &str| {
        let text = format!(
            "import {{ LuaAgent, LuaSkill }} from 'lua-cli';\nnew LuaAgent({{ name: 'a', skills: [
            new LuaSkill({{ name: 's', context: 'one' }}), new LuaSkill({{ name: 't', context: '{context}' }})] }});\n"
        );
        #[allow(clippy::disallowed_methods, reason = "a test writes the project of its own")]
        std::fs::write(fixture.directory.path().join("index.ts"), &text).unwrap();
    };
    save("two");
    assert!(fixture.read(nothing, unchanged).0.unwrap().is_kept);
    save(&format!("sk_live_{}", "a1B2c3D4e5F6g7H8i9J0k1L2"));
    let request = PushRequest::all(Progress::default());
    let objects = fixture.project.store().objects();
    let mut previews = Previews::new(&fixture.project, objects, &request.progress);
    let mut reading = read(&fixture.project, &request, None, &mut previews).unwrap();
    let leaks = reading.clean(&fixture.project, &request, previews.objects()).unwrap();
    let found: Vec<&str> = leaks.iter().map(|leak| &*leak.allow).collect();
    assert_eq!(found, ["index.ts", "skill/t"]);
    assert!(!reading.is_kept);
}
