//! The steps of the store by itself, cut: making it, refs, packing refs, `ACTIVE`, the configuration.
//!
//! The fault plan belongs to a process, so the step runs in one of its own: this test binary, asked for `helper`.

use super::Case;
use lua_store::internals::object::{Id, Sink};
use lua_store::internals::pack::PackId;
use lua_store::internals::progress::Progress;
use lua_store::internals::store::{
    Active, Heads, PackCheck, RemoteTracking, Store, VerifyLimits, refs,
};
use std::path::Path;
use std::process::Command;

const STEP: &str = "LUA_STORE_TEST_STEP";

/// The process that a case cuts. In an ordinary run there is no step to take.
#[test]
fn helper() {
    let Ok(step) = std::env::var(STEP) else { return };
    let dir = std::env::current_dir().unwrap().join(".lua");
    if let Err(error) = take(&step, &dir) {
        panic!("{error}");
    }
}

fn take(step: &str, dir: &Path) -> lua_store::internals::error::Result<()> {
    if step == "init" {
        return Store::init(dir).map(drop);
    }
    let store = Store::open(dir)?;
    if step == "receive" {
        return receive(&store);
    }
    let lock = store.lock()?;
    match step {
        "create" => {
            let next = store.refs().list(refs::SOURCE)?.len() as u8 + 1;
            store.refs().append(&lock, refs::SOURCE, nth(next)).map(drop)
        }
        "pack" => store.refs().pack_refs(&lock),
        "swap" => store.swap_active(
            &lock,
            store.active()?.as_ref(),
            &Active { version: Some(2), ledger: id() },
        ),
        "swap from v1" => {
            let before = Active { version: Some(1), ledger: id() };
            store.swap_active(&lock, Some(&before), &Active { version: Some(2), ledger: id() })
        }
        "remote" => store.set_remote(
            &lock,
            "origin",
            &RemoteTracking { etag: "new".into(), ..RemoteTracking::default() },
        ),
        "rewrite" => store.replace_refs(&lock, &store.heads()?, &rewritten()),
        "config" => {
            let mut config = store.config()?;
            config.set_agent("new");
            config.save(&lock)
        }
        "hold" => {
            std::fs::write("held", "").unwrap();
            loop {
                std::thread::park();
            }
        }
        _ => panic!("no step {step:?}"),
    }
}

/// New refs: one more source version, another second version, and that active.
fn rewritten() -> Heads {
    let other = Id::of_blob(b"y");
    let source = vec![nth(1), other, nth(2), nth(3)];
    Heads {
        source,
        versions: vec![nth(4), other],
        active: Some(Active { version: Some(2), ledger: other }),
    }
}

/// Takes in the pack that lies beside the project.
fn receive(store: &Store) -> lua_store::internals::error::Result<()> {
    let bytes = std::fs::read("arrived").unwrap();
    let file = store.incoming()?.join("pack");
    std::fs::write(&file, &bytes).unwrap();
    let limits = VerifyLimits { decoded: 1 << 30 };
    match store.receive(&file, PackId::of(&bytes), &limits, &Progress::default())? {
        PackCheck::Sound { .. } => Ok(()),
        other => panic!("{other:?}"),
    }
}

fn id() -> Id {
    Id::of_blob(b"x")
}

/// No two refs of a series name the same object.
fn nth(number: u8) -> Id {
    Id::of_blob(&[number])
}

fn command(step: &'static str) -> impl Fn(&Path) -> Command {
    move |project| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "crash::store::helper", "--nocapture"]);
        command.current_dir(project).env(STEP, step);
        command
    }
}

fn open(project: &Path) -> Store {
    let store = Store::open(&project.join(".lua")).unwrap();
    let survey = store.refs().check();
    assert!(survey.problems.is_empty(), "{:?}", survey.problems);
    store
}

/// Three source versions of which one is packed, two versions, v1 active.
fn prepared() -> tempfile::TempDir {
    let project = tempfile::tempdir().unwrap();
    let store = Store::init(&project.path().join(".lua")).unwrap();
    let lock = store.lock().unwrap();
    let append = |series, number| store.refs().append(&lock, series, nth(number)).unwrap();
    append(refs::SOURCE, 1);
    store.refs().pack_refs(&lock).unwrap();
    for (series, number) in
        [(refs::SOURCE, 2), (refs::SOURCE, 3), (refs::VERSIONS, 4), (refs::VERSIONS, 5)]
    {
        append(series, number);
    }
    store.swap_active(&lock, None, &Active { version: Some(1), ledger: id() }).unwrap();
    store
        .set_remote(
            &lock,
            "origin",
            &RemoteTracking { etag: "old".into(), ..RemoteTracking::default() },
        )
        .unwrap();
    let mut config = store.config().unwrap();
    config.set_agent("old");
    config.save(&lock).unwrap();
    project
}

fn counts(store: &Store) -> (usize, usize) {
    (
        store.refs().list(refs::SOURCE).unwrap().len(),
        store.refs().list(refs::VERSIONS).unwrap().len(),
    )
}

#[test]
fn making_a_store() {
    let project = tempfile::tempdir().unwrap();
    std::fs::write(project.path().join(".gitignore"), "node_modules").unwrap();
    let no_store_or_a_whole_one = |project: &Path| {
        if project.join(".lua/format").exists() {
            assert_eq!(counts(&open(project)), (0, 0));
        } else {
            assert!(Store::open(&project.join(".lua")).is_err());
        }
    };
    let whole = |project: &Path| {
        assert_eq!(counts(&open(project)), (0, 0));
        let ignored = std::fs::read_to_string(project.join(".gitignore")).unwrap();
        assert!(
            ignored.starts_with("node_modules\n") && ignored.ends_with("\n/.lua/\n"),
            "{ignored:?}"
        );
    };
    let case = Case {
        atomic: true,
        prepared: project.path(),
        command: &command("init"),
        old_or_new: &no_store_or_a_whole_one,
        new: &whole,
    };
    case.run();
}

#[test]
fn creating_a_ref() {
    let project = prepared();
    // A command that was killed after its commit point takes one more number when it is run again.
    let case = Case {
        atomic: true,
        prepared: project.path(),
        command: &command("create"),
        old_or_new: &|project| assert!((3..=4).contains(&counts(&open(project)).0)),
        new: &|project| assert!((4..=5).contains(&counts(&open(project)).0)),
    };
    case.run();
}

/// A table is packed onto, and the text of an older program becomes a table.
#[test]
fn packing_refs() {
    let project = prepared();
    pack_each_step(&project, true);
    let text = format!("lua-store packed-refs 1\n{} refs/source/v1\n", nth(1));
    let text = format!("{text}checksum {}\n", blake3::hash(text.as_bytes()));
    std::fs::write(project.path().join(".lua/packed-refs"), text).unwrap();
    std::fs::write(project.path().join(".lua/format"), "lua-store 1\n").unwrap();
    // The number of the format is raised first.
    pack_each_step(&project, false);
}

fn pack_each_step(project: &tempfile::TempDir, atomic: bool) {
    let same = |project: &Path| assert_eq!(counts(&open(project)), (3, 2));
    let packed = |project: &Path| {
        same(project);
        assert_eq!(std::fs::read_dir(project.join(".lua/refs/source")).unwrap().count(), 0);
        assert_eq!(std::fs::read_dir(project.join(".lua/refs/versions")).unwrap().count(), 0);
        let format = std::fs::read_to_string(project.join(".lua/format")).unwrap();
        assert_eq!(format, "lua-store 2\n");
    };
    let case = Case {
        atomic,
        prepared: project.path(),
        command: &command("pack"),
        old_or_new: &same,
        new: &packed,
    };
    case.run();
}

#[test]
fn swapping_the_pointer() {
    let project = prepared();
    let active = |project: &Path| open(project).active().unwrap().unwrap().version;
    let case = Case {
        atomic: true,
        prepared: project.path(),
        command: &command("swap"),
        old_or_new: &|project| assert!([Some(1), Some(2)].contains(&active(project))),
        new: &|project| assert_eq!(active(project), Some(2)),
    };
    case.run();
}

#[test]
fn taking_in_a_pack() {
    let project = prepared();
    let other = tempfile::tempdir().unwrap();
    let pack = {
        let store = Store::init(&other.path().join(".lua")).unwrap();
        let mut batch = store.batch();
        batch.put_blob(b"from elsewhere".to_vec(), None).unwrap();
        batch.commit().unwrap().unwrap()
    };
    let from = other.path().join(".lua/objects").join(pack.file_name());
    std::fs::copy(from, project.path().join("arrived")).unwrap();
    let packs = |project: &Path| {
        let store = open(project);
        assert!(store.objects().check(&Progress::default()).unwrap().damage.is_empty());
        store.objects().counts().unwrap().packs
    };
    let case = Case {
        atomic: true,
        prepared: project.path(),
        command: &command("receive"),
        old_or_new: &|project| assert!(packs(project) <= 1),
        new: &|project| {
            assert_eq!(packs(project), 1);
            assert_eq!(std::fs::read_dir(project.join(".lua/incoming")).unwrap().count(), 0);
        },
    };
    case.run();
}

#[test]
fn rewriting_the_refs() {
    let project = prepared();
    let heads = |project: &Path| open(project).heads().unwrap();
    let before = heads(project.path());
    let case = Case {
        atomic: false,
        prepared: project.path(),
        command: &command("rewrite"),
        old_or_new: &|project| assert!([&before, &rewritten()].contains(&&heads(project))),
        new: &|project| {
            assert_eq!(heads(project), rewritten());
            let table = std::fs::read(project.join(".lua/packed-refs")).unwrap();
            assert_eq!(table[40..48], [0; 8], "no pointer precedes the refs");
        },
    };
    case.run();
}

#[test]
fn keeping_what_a_remote_has() {
    let project = prepared();
    let etag = |project: &Path| open(project).remote("origin").unwrap().unwrap().etag;
    let case = Case {
        atomic: true,
        prepared: project.path(),
        command: &command("remote"),
        old_or_new: &|project| assert!(["old", "new"].contains(&etag(project).as_str())),
        new: &|project| {
            assert_eq!(etag(project), "new");
            assert_eq!(std::fs::read_dir(project.join(".lua/refs/remotes")).unwrap().count(), 1);
        },
    };
    case.run();
}

#[test]
fn saving_the_configuration() {
    let project = prepared();
    let agent = |project: &Path| open(project).config().unwrap().agent().unwrap().to_owned();
    let case = Case {
        atomic: true,
        prepared: project.path(),
        command: &command("config"),
        old_or_new: &|project| assert!(["old", "new"].contains(&agent(project).as_str())),
        new: &|project| assert_eq!(agent(project), "new"),
    };
    case.run();
}

/// Runs one step in eight processes at once, and tells how many of them succeeded.
fn eight_at_once(project: &Path, step: &'static str) -> usize {
    let start = |_| {
        let mut command = command(step)(project);
        command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut started: Vec<_> = (0..8).map(start).collect();
    started.iter_mut().filter_map(|child| child.wait().unwrap().success().then_some(())).count()
}

#[test]
fn eight_processes_leave_no_gap_and_no_double() {
    let project = prepared();
    assert_eq!(eight_at_once(project.path(), "create"), 8);
    assert_eq!(counts(&open(project.path())), (3 + 8, 2));
}

#[test]
fn of_eight_processes_that_expect_the_same_one_swaps() {
    let project = prepared();
    assert_eq!(eight_at_once(project.path(), "swap from v1"), 1);
}

#[test]
fn a_killed_writer_blocks_nobody() {
    let project = prepared();
    let mut holder = command("hold")(project.path());
    let mut holder = holder.stdout(std::process::Stdio::null()).spawn().unwrap();
    let store = open(project.path());
    while !project.path().join("held").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
    drop(store.lock().unwrap());
}
