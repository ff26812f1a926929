//! Downloads of a client: they do not grow with the history of the agent.

use super::served::{AGENT, aim, head, heads};
use crate::common::proxy::Proxy;
use crate::common::server::{Server, data};
use crate::common::shop::edit;
use crate::common::stub::Stub;
use crate::common::{Project, shop};
use crate::remote_store::agent::{Client, done, empty, record, upload};
use lua_store::internals::history::record::{SourceRecord, VersionMeta};
use lua_store::internals::history::{source, version};
use lua_store::internals::object::{Id, Source};
use lua_store::internals::protocol::{AgentId, CreateRefs, KnownHead, Transaction};
use lua_store::internals::remote_store::{
    Expect, FileHeads, FilePacks, HeadStore, RemoteStore, StoredHead,
};
use lua_store::internals::store::{Receipt, Store, TokenName};
use serde_json::json;

fn agent() -> AgentId {
    AGENT.parse().unwrap()
}

/// The shop, with so many source versions and a tenth as many versions at its server, each brought by a transaction
/// of its own, and all of them here.
fn grown(count: usize) -> (Project, Server, Proxy) {
    let project = shop::project();
    project.ok(&format!("remote add origin ../data/{AGENT}"));
    project.ok("push");
    project.ok("version create -m first");
    project.ok("version promote 1");
    grow(&project, count);
    note(&project);
    let server = Server::start(&project, "--no-auth");
    let proxy = Proxy::before(server.url.strip_prefix("http://").unwrap().parse().unwrap());
    aim(&project, &proxy.url());
    project.ok("pull");
    assert_eq!(heads(&project.root()).source.len(), count);
    (project, server, proxy)
}

/// More versions of the same files, as others would have made them.
fn grow(project: &Project, count: usize) {
    let remote_store = RemoteStore::open(&data(project)).unwrap();
    let store = Store::open(&project.path(".lua")).unwrap();
    let (first, client) = (store.heads().unwrap().source[0], Client::new());
    let tree = store.objects().tree(&first).unwrap();
    let (state, files) = (tree.require("state").unwrap(), tree.require("source").unwrap());
    for start in (1..count).step_by(500) {
        let numbers = start..count.min(start + 500);
        let mut made = client.make();
        let mut push = |n: usize| {
            let record =
                SourceRecord { at_ms: n as i64, message: Some(format!("{n}")), ..record() };
            source::put(&mut made.batch, &record, state, files, None).unwrap()
        };
        let sources: Vec<Id> = numbers.clone().map(&mut push).collect();
        let mut create = |n: usize| {
            let (by, message) = ("ana".to_owned(), Some(format!("{n}")));
            let meta = VersionMeta {
                by,
                at_ms: n as i64,
                message,
                commit: None,
                source_version: 1,
                unread: None,
            };
            version::put(&mut made.batch, &meta, state, files, None).unwrap()
        };
        let versions: Vec<Id> = numbers.step_by(10).map(&mut create).collect();
        let (pack, bytes) = client.pack(made);
        upload(&remote_store, &agent(), &pack, &bytes).unwrap();
        let now = remote_store.head(&agent()).unwrap().unwrap();
        let tx = Transaction {
            pack: Some(pack),
            source: Some(CreateRefs { after: now.heads.source.len() as u64, ids: sources }),
            versions: Some(CreateRefs { after: now.heads.versions.len() as u64, ids: versions }),
            ..empty()
        };
        done(remote_store.transact(&agent(), &tx).unwrap());
    }
}

/// Writes a receipt for each source version, as if each had come by itself.
fn note(project: &Project) {
    let heads = FileHeads::new(&data(project));
    let (bytes, token) = heads.load(&agent()).unwrap().unwrap();
    let packs = FilePacks::new(&data(project));
    let mut head = StoredHead::read(&agent(), &bytes, None, &mut |page| page.load(&packs)).unwrap();
    let by = TokenName { id: "511ff332a7a8".to_owned(), name: "laptop-2".to_owned() };
    for at in 0..head.heads.source.len() as u64 {
        let receipt =
            Receipt { token: 0, at_ms: 1_795_253_400_000 + at, source: 1, versions: 0, ledger: 0 };
        head.receipts.add(Some(&by), receipt);
    }
    heads.swap(&agent(), Expect::Match(&token), &head.encode()).unwrap();
}

/// Bytes that a command receives from the server.
fn received(project: &Project, proxy: &Proxy, line: &str) -> u64 {
    proxy.traffic();
    project.ok(line);
    proxy.traffic().1
}

#[test]
fn a_push_of_one_file_receives_the_same_at_10_and_at_5000_versions() {
    for count in [10, 5000] {
        let (project, _server, proxy) = grown(count);
        edit(&project, "src/index.ts", "You help customers shop.", "You help.");
        let pushed = received(&project, &proxy, "push");
        assert!(pushed < 4 << 10, "a push received {pushed} bytes at {count} versions");
        let promoted = received(&project, &proxy, "version promote 2");
        assert!(promoted < 4 << 10, "a promotion received {promoted} bytes at {count} versions");
        let looked = received(&project, &proxy, "status");
        assert!(looked < 1 << 10, "a look received {looked} bytes at {count} versions");
        assert_eq!(heads(&project.root()).source.len(), count + 1);
    }
}

#[test]
fn who_knows_something_else_is_shown_all_of_it() {
    let (project, server, proxy) = grown(10);
    let whole = server.ask("GET", &format!("/{AGENT}/refs"), "", b"");
    let now = head(&data(&project));
    let asked = |known: &KnownHead| {
        let reply = server.ask("GET", &format!("/{AGENT}/refs?{known}"), "", b"");
        assert_eq!(reply.header("etag"), whole.header("etag"));
        reply.json()
    };
    let newer = asked(&KnownHead::of(&now));
    assert_eq!((&newer["after"], &newer["source"]), (&json!([10, 2, 10]), &json!([])));
    assert_eq!(newer["active"], whole.json()["active"]);
    let mut other = now.clone();
    other.heads.source[3] = other.heads.source[4];
    let mut all = asked(&KnownHead::of(&other));
    assert_eq!(all.as_object_mut().unwrap().remove("after"), Some(json!([0, 0, 0])));
    assert_eq!(all, whole.json(), "all of it, so that the client sees what differs");
    for bad in ["after=1,2,3", "digest=00", "after=x&digest=00"] {
        let reply = server.ask("GET", &format!("/{AGENT}/refs?{bad}"), "", b"");
        assert_eq!((reply.status, &reply.json()["error"]["kind"]), (400, &json!("usage")), "{bad}");
    }
    // A server that does not know the question answers as it always did.
    drop(server);
    let old = Stub::with_refs(whole.text());
    aim(&project, &old.url);
    project.ok("status");
    assert!(received(&project, &proxy, "status") == 0 && old.requests().len() == 2);
    assert_eq!(heard(&project), now.heads.source);
}

/// Heads of the remote that the project remembers.
fn heard(project: &Project) -> Vec<Id> {
    Store::open(&project.path(".lua")).unwrap().last_known("origin").unwrap().refs.heads.source
}
