//! A client by hand: it makes versions in a store of its own, a pack for each transaction.

use lua_store::internals::error::Result;
use lua_store::internals::history::record::{
    Event, LedgerRecord, SourceRecord, VersionMeta, encode,
};
use lua_store::internals::history::state::{PersonaId, State};
use lua_store::internals::history::{ledger, source, version};
use lua_store::internals::object::{Id, Sink, Source, Tree, TreeEntry};
use lua_store::internals::pack::PackId;
use lua_store::internals::protocol::{
    AgentId, CreateRefs, Head, SwapActive, Transaction, TxnId, TxnOutcome,
};
use lua_store::internals::remote_store::{
    FileHeads, FilePacks, HeadAt, HeadStore, PackStore, RemoteStore, StoredHead,
};
use lua_store::internals::store::{Active, Batch, Store};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

pub fn agent() -> AgentId {
    "agent_1".parse().unwrap()
}

/// A name that no other transaction has.
pub fn txn() -> TxnId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    TxnId(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes())
}

pub fn record() -> SourceRecord {
    let (by, triggered_by) = ("ana@example.com".to_owned(), "push".to_owned());
    SourceRecord {
        by,
        at_ms: 1,
        triggered_by,
        message: None,
        highest: Default::default(),
        unread: None,
    }
}

/// The objects of one transaction, in the making.
pub struct Making {
    pub batch: Batch,
}

impl Making {
    pub fn file(&mut self, name: &str, text: &str) -> Id {
        let blob = self.batch.put_blob(text.as_bytes().to_vec(), None).unwrap();
        self.tree(vec![TreeEntry::file(name, blob)])
    }

    pub fn tree(&mut self, entries: Vec<TreeEntry>) -> Id {
        self.batch.put_tree(&Tree::new(entries).unwrap(), None).unwrap()
    }

    pub fn blob(&mut self, text: &str) -> Id {
        self.batch.put_blob(text.as_bytes().to_vec(), None).unwrap()
    }

    /// The blob of a push's record.
    pub fn batch_record(&mut self) -> Id {
        self.batch.put_blob(encode(&record()), None).unwrap()
    }

    pub fn entries_of(&self, tree: Id) -> Vec<TreeEntry> {
        self.batch.tree(&tree).unwrap().entries().to_vec()
    }

    /// A state with a persona and one skill. It is the same for all: a number means one content.
    pub fn state(&mut self) -> Id {
        self.state_at("You help.", 1)
    }

    /// The same of a content of its own, for the source version of this number.
    fn state_at(&mut self, text: &str, number: u64) -> Id {
        let settings = Some(self.blob(r#"{"name":"shop"}"#));
        let persona = Some(PersonaId { id: self.blob(text), is_object: false });
        let definition = self.blob(&format!(r#"{{"context":"{text}"}}"#));
        let reach = self.blob("{}");
        let skill = vec![
            TreeEntry::file("definition.json", definition),
            TreeEntry::file("reach.json", reach),
        ];
        let skill = self.tree(skill);
        let (skill_number, persona_number) = (format!("1.0.{}", number - 1), number.to_string());
        let numbers = [("skills/a", skill_number), ("persona", persona_number)]
            .map(|(k, v)| (k.to_owned(), v));
        let primitives = [("skills/a".to_owned(), skill)].into();
        let state = State { settings, persona, primitives, numbers: numbers.into() };
        state.store(&mut self.batch, None).unwrap()
    }

    /// A source version with one file.
    pub fn source(&mut self, text: &str) -> Id {
        let (state, files) = (self.state(), self.file("index.ts", text));
        source::put(&mut self.batch, &record(), state, files, None).unwrap()
    }

    /// The source version of this number, with a state that no other one has.
    pub fn source_at(&mut self, number: u64, text: &str, file: &str) -> Id {
        let (state, files) = (self.state_at(text, number), self.file("index.ts", file));
        source::put(&mut self.batch, &record(), state, files, None).unwrap()
    }

    /// An agent version of a source version.
    pub fn version(&mut self, number: u64, source: Id, message: &str) -> Id {
        let tree = self.batch.tree(&source).unwrap();
        let message = Some(message.to_owned());
        let meta = VersionMeta {
            by: "ana".into(),
            at_ms: 2,
            message,
            commit: None,
            source_version: number,
            unread: None,
        };
        let (state, files) = (tree.require("state").unwrap(), tree.require("source").unwrap());
        version::put(&mut self.batch, &meta, state, files, None).unwrap()
    }

    pub fn ledger(&mut self, event: Event, version: Id, previous: Option<Id>) -> Id {
        static NOW: AtomicI64 = AtomicI64::new(3);
        let at_ms = NOW.fetch_add(1, Ordering::Relaxed);
        let record = LedgerRecord { event, by: "ana".into(), at_ms, reason: None };
        ledger::append(&mut self.batch, &record, version, previous).unwrap()
    }
}

pub struct Client {
    _dir: tempfile::TempDir,
    pub store: Store,
}

impl Client {
    pub fn new() -> Client {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::init(&dir.path().join(".lua")).unwrap();
        Client { _dir: dir, store }
    }

    pub fn make(&self) -> Making {
        Making { batch: self.store.batch() }
    }

    pub fn pack_path(&self, pack: &PackId) -> PathBuf {
        self.store.dir().join("objects").join(pack.file_name())
    }

    pub fn pack(&self, made: Making) -> (PackId, Vec<u8>) {
        let pack = made.batch.commit().unwrap().expect("something new");
        (pack, std::fs::read(self.pack_path(&pack)).unwrap())
    }

    /// A transaction that creates the next source version, and its uploaded pack.
    pub fn push(
        &self,
        remote_store: &RemoteStore,
        agent: &AgentId,
        text: &str,
    ) -> Result<Transaction> {
        let after = remote_store.head(agent)?.map_or(0, |head| head.heads.source.len() as u64);
        let mut made = self.make();
        let id = made.source(text);
        let (pack, bytes) = self.pack(made);
        upload(remote_store, agent, &pack, &bytes)?;
        Ok(Transaction { pack: Some(pack), ..create_source(after, id) })
    }
}

pub fn empty() -> Transaction {
    Transaction { txn: txn(), pack: None, source: None, versions: None, active: None, purge: None }
}

pub fn create_source(after: u64, id: Id) -> Transaction {
    Transaction { source: Some(CreateRefs { after, ids: vec![id] }), ..empty() }
}

pub fn swap(expected: Option<Active>, version: Option<u64>, ledger: Id) -> Option<SwapActive> {
    Some(SwapActive { expected, new: Active { version, ledger } })
}

/// In one piece, unless it is there already.
pub fn upload(
    remote_store: &RemoteStore,
    agent: &AgentId,
    pack: &PackId,
    bytes: &[u8],
) -> Result<()> {
    if remote_store.offset(agent, pack)? == bytes.len() as u64 {
        return Ok(());
    }
    let len = bytes.len() as u64;
    assert_eq!(remote_store.receive(agent, pack, 0, len, &mut &bytes[..])?, len);
    Ok(())
}

/// With a head of its own.
pub fn owned(outcome: TxnOutcome<HeadAt>) -> TxnOutcome {
    outcome.map(|head| head.to_head())
}

pub fn done(outcome: TxnOutcome) -> Head {
    match outcome {
        TxnOutcome::Done(head) => head,
        TxnOutcome::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

/// Everything that the head of an agent reaches can be read.
pub fn assert_whole(remote_store: &RemoteStore, agent: &AgentId) {
    let checked = remote_store.check(agent).unwrap();
    assert_eq!(checked, Vec::<String>::new());
}

/// Parsed head, with its pages.
pub fn read_head(bytes: &[u8], packs: &dyn PackStore) -> StoredHead {
    StoredHead::read(&agent(), bytes, None, &mut |page| page.load(packs)).unwrap()
}

/// The head of an agent in a folder.
pub fn stored_head(root: &Path) -> StoredHead {
    let (bytes, _) = FileHeads::new(root).load(&agent()).unwrap().unwrap();
    read_head(&bytes, &FilePacks::new(root))
}
