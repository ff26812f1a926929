//! Flows called by another front end than the command line: no terminal, no printing, a remote that it opened.

use crate::common::shop;
use crate::remote::shared;
use lua_store::internals::client::{Address, FolderRemote};
use lua_store::internals::error::Result;
use lua_store::internals::flow::destination::Destination;
use lua_store::internals::flow::pointer::PointerRequest;
use lua_store::internals::flow::remote::NamedRemote;
use lua_store::internals::flow::{Notice, Phase, Quiet, Reporter, deletion, promote, push};
use lua_store::internals::history::project::Project;
use lua_store::internals::history::record::Author;
use lua_store::internals::history::revision::Revision;
use lua_store::internals::operations::deletion::DeletionChange;
use lua_store::internals::operations::promote::PromoteRequest;
use lua_store::internals::operations::{create, stage};
use lua_store::internals::progress::Progress;
use std::time::SystemTime;

fn origin(project: &Project) -> NamedRemote {
    let address = Address::parse("../data/agent_shop", project.root()).unwrap();
    let folder = project.root().parent().unwrap().join("data");
    let remote = FolderRemote::new(&folder, address.agent(), SystemTime::now());
    NamedRemote { name: "origin".to_owned(), address, remote: Box::new(remote), asked: None }
}

/// Versions that function calls push and promote arrive at a clone of the remote.
#[test]
fn another_front_end_pushes_promotes_and_deletes() {
    let shop = shared();
    let project = Project::open(&shop.root()).unwrap();
    let who = Author { by: "page@example.com".to_owned(), at_ms: 1_700_000_000_000 };
    let at = (&project, &who);

    let destination = Destination::for_push(&mut Quiet, &project, origin(&project), &who).unwrap();
    let request = stage::PushRequest::all(Progress::default());
    let words = push::Push { message: Some("from a page"), ..push::Push::default() };
    let done = push::push(&mut Quiet, at, Some(destination), &words, &request, |_| Ok(())).unwrap();
    assert_eq!((done.pushed.number, done.delivery.unwrap().source_versions), (Some(1), vec![1]));

    create::create(project.store(), &create::CreateRequest::default(), &who).unwrap();
    let step = PointerRequest { action: "promote v1", remote: None, dry_run: false, theirs: false };
    let version = Revision::Number(1);
    let prepared =
        promote::prepare(&mut Quiet, at, Some(origin(&project)), &step, &version, None).unwrap();
    assert_eq!(prepared.authority.name(), Some("origin"));
    let promoted = prepared.apply(&mut Quiet, at, &PromoteRequest::default()).unwrap();
    assert_eq!((promoted.promotion.number, promoted.promotion.previous), (1, None));

    shop.ok("clone ../data/agent_shop ../copy");
    let log = shop.list("-C ../copy log --ledger");
    assert_eq!((&log[0]["by"], &log[0]["version"]), (&"page@example.com".into(), &1.into()));
    let status = shop.json("-C ../copy status");
    assert_eq!((&status["active"], &status["sourceVersion"]), (&1.into(), &1.into()));

    let step = PointerRequest { action: "delete v1", remote: None, dry_run: false, theirs: false };
    let refused = deletion::prepare(
        &mut Quiet,
        at,
        Some(origin(&project)),
        &step,
        &version,
        DeletionChange::Delete,
    );
    let refused = refused.err().unwrap();
    assert_eq!(
        refused.message(),
        "Cannot delete v1: it is the active version. Promote a different version first."
    );
}

/// A remote that has what was not seen here is an error before anything is made here.
#[test]
fn a_push_that_is_behind_makes_nothing() {
    let shop = shared();
    shop.ok("push");
    shop.ok("clone ../data/agent_shop ../copy");
    shop::edit(&shop, "src/skills/catalog.skill.ts", "Finds products", "Finds products by name");
    shop.ok("push");
    let project = Project::open(&shop.root().join("../copy")).unwrap();
    let who = Author { by: "page@example.com".to_owned(), at_ms: 1_700_000_000_000 };
    let refused =
        Destination::for_push(&mut Quiet, &project, origin(&project), &who).err().unwrap();
    assert_eq!(
        refused.message(),
        "cannot push: \"origin\" has 1 source version that is missing here"
    );
    assert_eq!(shop.list("-C ../copy source list").as_array().unwrap().len(), 1);
}

/// Remembers the versions that somebody else promoted meanwhile.
#[derive(Default)]
struct Overtaken(Vec<Option<u64>>);

impl Reporter for Overtaken {
    fn phase<T: Send>(&mut self, _: Phase, work: impl FnOnce(&Progress) -> Result<T>) -> Result<T> {
        work(&Progress::default())
    }

    fn notice(&mut self, notice: Notice<'_>) -> Result<()> {
        if let Notice::Overtaken(changes) = notice {
            self.0.extend(changes.iter().map(|change| change.number));
        }
        Ok(())
    }
}

/// Between what was judged and the step somebody else promoted: the step is refused, and says what came.
#[test]
fn a_promotion_that_was_overtaken_says_by_what() {
    let shop = shared();
    shop.ok("push");
    shop.ok("version create");
    shop::edit(&shop, "src/skills/catalog.skill.ts", "Finds products", "Finds products by name");
    shop.ok("version create --auto-push");
    shop.ok("push");
    shop.ok("clone ../data/agent_shop ../copy");
    let project = Project::open(&shop.root()).unwrap();
    let who = Author { by: "page@example.com".to_owned(), at_ms: 1_700_000_000_000 };
    let at = (&project, &who);
    let step = PointerRequest { action: "promote v1", remote: None, dry_run: false, theirs: false };
    let version = Revision::Number(1);
    let prepared =
        promote::prepare(&mut Quiet, at, Some(origin(&project)), &step, &version, None).unwrap();
    shop.ok("-C ../copy version promote 2");
    let mut overtaken = Overtaken::default();
    let refused = prepared.apply(&mut overtaken, at, &PromoteRequest::default()).err().unwrap();
    assert_eq!(
        refused.message(),
        "cannot promote v1: somebody else moved the pointer of \"origin\" meanwhile"
    );
    assert_eq!(overtaken.0, [Some(2)]);
    assert_eq!(shop.json("-C ../copy status")["active"], 2);
    assert_eq!(shop.list("log --ledger --offline"), serde_json::json!([]));
}
