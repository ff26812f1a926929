//! A remote store cut at every disk step: an upload, a transaction, edits whose packs become one, upkeep.
//!
//! The fault plan belongs to a process, so the step runs in one of its own: this test binary, asked for `helper`.

use super::Case;
use crate::remote_store::agent::{Client, agent, done, empty, record, stored_head, upload};
use lua_store::internals::error::Result;
use lua_store::internals::history::source;
use lua_store::internals::object::{Id, Sink, Source, Tree, TreeEntry};
use lua_store::internals::pack::PackId;
use lua_store::internals::protocol::{CreateRefs, Refusal, Transaction, TxnId, TxnOutcome};
use lua_store::internals::remote_store::{AgentEdit, EditGround, EditRequest, RemoteStore, Upkeep};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

const STEP: &str = "LUA_STORE_TEST_STEP";

/// The process that a case cuts. In an ordinary run there is no step to take.
#[test]
fn helper() {
    let Ok(step) = std::env::var(STEP) else { return };
    let here = std::env::current_dir().unwrap();
    if let Err(error) = take(&step, &here) {
        panic!("{error}");
    }
}

fn take(step: &str, here: &Path) -> Result<()> {
    let store = RemoteStore::open(&here.join("depot"))?;
    let bytes = std::fs::read(here.join("three.pack")).unwrap();
    let pack = PackId::of(&bytes);
    match step {
        "open" => {}
        "receive" => upload_rest(&store, &pack, &bytes)?,
        "transact" => {
            let ids = std::fs::read_to_string(here.join("three.id")).unwrap();
            let ids: Vec<Id> = ids.split(' ').map(|id| id.parse().unwrap()).collect();
            let after = std::fs::read_to_string(here.join("after")).unwrap().parse().unwrap();
            let count = after as usize + ids.len();
            // The same transaction when it is sent again.
            let source = Some(CreateRefs { after, ids });
            let tx = Transaction { txn: TxnId([3; 16]), pack: Some(pack), source, ..empty() };
            let mut outcome = store.transact(&agent(), &tx)?;
            if outcome == TxnOutcome::Refused(Refusal::NoPack) {
                upload(&store, &agent(), &pack, &bytes)?;
                outcome = store.transact(&agent(), &tx)?;
            }
            assert_eq!(done(outcome).heads.source.len(), count);
        }
        "collect" => collect(&store, 2)?,
        "edit" => edit(&store, LAST)?,
        "edit, collect" => {
            edit(&store, LAST)?;
            // Nothing is compacted: only what the edit left goes.
            collect(&store, 100)?;
        }
        _ => panic!("no step {step:?}"),
    }
    Ok(())
}

fn collect(store: &RemoteStore, many: usize) -> Result<()> {
    let now = SystemTime::now() + Duration::from_secs(10);
    let upkeep = Upkeep { now, spare: Duration::ZERO, many, whole: false };
    store.collect(&agent(), &upkeep).map(drop)
}

/// Number of the edit that makes a source version, so that the packs of all become one.
const LAST: u8 = 3;

/// An edit as a request of the stock command makes it: a book, and at the end a source version.
fn edit(store: &RemoteStore, number: u8) -> Result<()> {
    let (txn, request) = (TxnId([number; 16]), [number; 16]);
    let asked = EditRequest { txn, request, by: None, now_ms: u64::from(number) };
    let edited = store.edit(&agent(), &asked, &mut |ground, batch| {
        let mut entries = match ground.book {
            Some(book) => ground.objects.tree(&book)?.entries().to_vec(),
            None => Vec::new(),
        };
        let blob = batch.put_blob(format!("book {number}").into_bytes(), None)?;
        entries.push(TreeEntry::file(&format!("note-{number}"), blob));
        let book = Some(batch.put_tree(&Tree::new(entries)?, None)?);
        let mut new = AgentEdit { book, ..AgentEdit::default() };
        if number == LAST {
            let newest = ground.heads.source.last().unwrap();
            let state = ground.objects.tree(newest)?.require("state")?;
            let files = batch.put_tree(&Tree::new(vec![TreeEntry::file("a.ts", blob)])?, None)?;
            new.source.push(source::put(batch, &record(), state, files, None)?);
        }
        Ok((Some(new), ()))
    });
    edited.map(drop)
}

/// Goes on from what arrived, in small pieces.
fn upload_rest(store: &RemoteStore, pack: &PackId, bytes: &[u8]) -> Result<()> {
    let len = bytes.len();
    let mut at = store.offset(&agent(), pack)? as usize;
    while at < len || at == 0 {
        let end = (at + len / 3).min(len);
        let total = len as u64;
        // An incomplete upload is continued.
        at = store.receive(&agent(), pack, at as u64, total, &mut &bytes[at..end])? as usize;
    }
    // Whole, or all there and not yet looked at: then a last empty piece makes it whole.
    store.receive(&agent(), pack, len as u64, len as u64, &mut &b""[..]).map(drop)
}

fn command(step: &'static str) -> impl Fn(&Path) -> Command {
    move |project| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "crash::remote_store::helper", "--nocapture"]);
        command.current_dir(project).env(STEP, step);
        command
    }
}

/// v1 and v2 in two packs; a third source version that is uploaded, or on its way.
fn prepared(is_uploaded: bool) -> tempfile::TempDir {
    filled(2, 1, is_uploaded)
}

/// So many pushes, and one more that is uploaded, or on its way, each of so many source versions.
fn filled(pushes: u64, each: u64, is_uploaded: bool) -> tempfile::TempDir {
    let project = tempfile::tempdir().unwrap();
    let store = RemoteStore::open(&project.path().join("depot")).unwrap();
    let client = Client::new();
    let make = |push: u64| {
        let mut made = client.make();
        let ids: Vec<Id> = (0..each).map(|n| made.source(&format!("push {push}, {n}"))).collect();
        (ids, client.pack(made))
    };
    for push in 0..pushes {
        let (ids, (pack, bytes)) = make(push);
        upload(&store, &agent(), &pack, &bytes).unwrap();
        let source = Some(CreateRefs { after: push * each, ids });
        done(
            store.transact(&agent(), &Transaction { pack: Some(pack), source, ..empty() }).unwrap(),
        );
    }
    let (ids, (pack, bytes)) = make(pushes);
    if is_uploaded {
        upload(&store, &agent(), &pack, &bytes).unwrap();
    }
    std::fs::write(project.path().join("three.pack"), bytes).unwrap();
    let ids: Vec<String> = ids.iter().map(Id::to_string).collect();
    std::fs::write(project.path().join("three.id"), ids.join(" ")).unwrap();
    std::fs::write(project.path().join("after"), (pushes * each).to_string()).unwrap();
    project
}

/// Number of source versions, after a check that all is whole.
fn count(project: &Path) -> usize {
    let store = RemoteStore::open(&project.join("depot")).unwrap();
    assert_eq!(store.check(&agent()).unwrap(), Vec::<String>::new());
    store.head(&agent()).unwrap().map_or(0, |head| head.heads.source.len())
}

fn packs(project: &Path) -> usize {
    let files =
        walkdir::WalkDir::new(project.join("depot")).into_iter().filter_map(|entry| entry.ok());
    files.filter(|entry| entry.path().parent().unwrap().ends_with("pack")).count()
}

#[test]
fn making_a_remote_store() {
    let project = tempfile::tempdir().unwrap();
    std::fs::write(project.path().join("three.pack"), "").unwrap();
    let case = Case {
        atomic: true,
        prepared: project.path(),
        command: &command("open"),
        old_or_new: &|_| {},
        new: &|project| assert_eq!(count(project), 0),
    };
    case.run();
}

#[test]
fn an_upload() {
    let project = prepared(false);
    let whole = |project: &Path| {
        let store = RemoteStore::open(&project.join("depot")).unwrap();
        let bytes = std::fs::read(project.join("three.pack")).unwrap();
        assert_eq!(store.offset(&agent(), &PackId::of(&bytes)).unwrap(), bytes.len() as u64);
        assert_eq!(count(project), 2);
    };
    let case = Case {
        atomic: true,
        prepared: project.path(),
        command: &command("receive"),
        old_or_new: &|project| assert_eq!(count(project), 2),
        new: &whole,
    };
    case.run();
}

#[test]
fn a_transaction() {
    let project = prepared(true);
    let case = Case {
        atomic: true,
        prepared: project.path(),
        command: &command("transact"),
        old_or_new: &|project| assert!((2..=3).contains(&count(project))),
        new: &|project| assert_eq!(count(project), 3),
    };
    case.run();
}

/// Each of the pushes fills a page; the fourth one makes one page of all.
#[test]
fn a_transaction_that_makes_a_page() {
    for (pushes, pages) in [(0, 1), (3, 1)] {
        let (project, each) = (filled(pushes, 130, true), 130);
        let (before, after) = (pushes as usize * each, (pushes as usize + 1) * each);
        let new = |project: &Path| {
            assert_eq!(count(project), after);
            let head = stored_head(&project.join("depot"));
            assert_eq!((head.pages.len(), head.retired.len()), (pages, pushes as usize));
        };
        let case = Case {
            atomic: true,
            prepared: project.path(),
            command: &command("transact"),
            old_or_new: &|project| assert!([before, after].contains(&count(project))),
            new: &new,
        };
        case.run();
    }
}

/// Pages that became one go, and what a swap that was cut off left.
#[test]
fn upkeep_of_pages() {
    let project = filled(4, 130, true);
    let new = |project: &Path| {
        let head = stored_head(&project.join("depot"));
        assert_eq!((count(project), packs(project)), (520, head.files().count()));
        assert_eq!((head.pages.len(), head.packs.len()), (1, 1));
    };
    let case = Case {
        atomic: false,
        prepared: project.path(),
        command: &command("collect"),
        old_or_new: &|project| assert_eq!(count(project), 520),
        new: &new,
    };
    case.run();
}

#[test]
fn upkeep() {
    let project = prepared(true);
    let case = Case {
        atomic: false,
        prepared: project.path(),
        command: &command("collect"),
        old_or_new: &|project| assert_eq!(count(project), 2),
        new: &|project| assert_eq!((count(project), packs(project)), (2, 1)),
    };
    case.run();
}

/// v1 and v2 in two packs, and two edits.
fn edited() -> tempfile::TempDir {
    let project = prepared(true);
    let store = RemoteStore::open(&project.path().join("depot")).unwrap();
    (1..LAST).for_each(|number| edit(&store, number).unwrap());
    assert_eq!(stored_head(&project.path().join("depot")).packs.len(), 4);
    project
}

/// Texts that the book has, each in a pack of its own before.
fn noted(project: &Path) -> usize {
    let store = RemoteStore::open(&project.join("depot")).unwrap();
    let read = |ground: EditGround<'_>| {
        let entries = ground.objects.tree(&ground.book.unwrap())?.entries().to_vec();
        entries.iter().try_for_each(|entry| ground.objects.blob(&entry.id).map(drop))?;
        Ok(entries.len())
    };
    store.with_ground(&agent(), read).unwrap()
}

#[test]
fn an_edit_that_puts_the_packs_of_others_together() {
    let project = edited();
    let case = Case {
        atomic: true,
        prepared: project.path(),
        command: &command("edit"),
        old_or_new: &|project| {
            let seen = (count(project), noted(project));
            assert!([(2, 2), (3, 3)].contains(&seen), "{seen:?}");
        },
        new: &|project| assert_eq!((count(project), noted(project)), (3, 3)),
    };
    case.run();
}

/// The packs that became one are gone, and so is what a cut left.
#[test]
fn an_edit_and_upkeep() {
    let project = edited();
    let new = |project: &Path| {
        assert_eq!((count(project), noted(project)), (3, 3));
        let head = stored_head(&project.join("depot"));
        assert_eq!((packs(project), head.retired.len()), (head.packs.len(), 0));
    };
    let case = Case {
        atomic: false,
        prepared: project.path(),
        command: &command("edit, collect"),
        old_or_new: &|project| assert!([2, 3].contains(&noted(project))),
        new: &new,
    };
    case.run();
}
