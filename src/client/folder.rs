//! Folder remote: the same heads, packs and transactions, in this process.

use super::Remote;
use crate::client::counted_reader::CountedReader;
use crate::error::{At, Error, Result};
use crate::fs::Spool;
use crate::progress::{ByteProgress, Progress};
use crate::protocol::{AgentId, FetchRequest, Head, Transaction, TxnOutcome};
use crate::remote_store::{RemoteLayout, RemoteStore, Sender, TxnRequest, Upkeep};
use crate::store::Mapped;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

const PIECE: usize = 1 << 20;

pub struct FolderRemote {
    /// Opened once: what was read of it is not read again, nor made durable again.
    store: OnceLock<RemoteStore>,
    root: PathBuf,
    agent: AgentId,
    now: SystemTime,
}

impl FolderRemote {
    /// Nothing is read or made before it is asked for.
    pub fn new(root: &Path, agent: &AgentId, now: SystemTime) -> FolderRemote {
        FolderRemote { store: OnceLock::new(), root: root.to_owned(), agent: agent.clone(), now }
    }

    /// Makes the folder where it is missing: only what writes comes by here.
    fn open_store(&self) -> Result<&RemoteStore> {
        if let Some(store) = self.store.get().filter(|_| RemoteLayout::exists(&self.root)) {
            return Ok(store);
        }
        let store = RemoteStore::open(&self.root)?;
        Ok(self.store.get_or_init(|| store))
    }

    /// `None` where there is no remote store yet: whoever reads makes none.
    fn existing(&self) -> Result<Option<&RemoteStore>> {
        if RemoteLayout::exists(&self.root) {
            return self.open_store().map(Some);
        }
        if self.root.exists() {
            RemoteLayout::check_new(&self.root)?;
        }
        Ok(None)
    }
}

impl Remote for FolderRemote {
    fn agent(&self) -> &AgentId {
        &self.agent
    }

    fn head(&self, known: Option<&Head>) -> Result<Head> {
        let head = match self.existing()? {
            Some(store) => match known {
                Some(known) => store.head_since(&self.agent, known)?,
                None => store.head(&self.agent)?,
            },
            // A disk that is not there now is not an agent that was never pushed.
            None if known.is_some_and(|known| !known.heads.is_empty()) => {
                return Err(Error::unavailable(format!(
                    "the folder \"{}\" does not exist",
                    self.root.display()
                )));
            }
            None => None,
        };
        Ok(head.unwrap_or_else(|| Head::empty(self.agent.clone())))
    }

    /// A process that may write to the folder may write as anybody.
    fn author(&self) -> Option<String> {
        None
    }

    fn send(&self, pack: &Mapped, progress: &Progress) -> Result<()> {
        let store = self.open_store()?;
        let (id, total) = (pack.id(), pack.bytes().len() as u64);
        let at = store.offset(&self.agent, &id)?;
        let mut bytes = ByteProgress::expect(progress, total);
        let mut body = CountedReader { inner: pack.reader(at..total), at, bytes: &mut bytes };
        let sender = Sender { token: None, now: self.now };
        store.receive_from(&sender, &self.agent, &id, at, total, &mut body).map(drop)
    }

    fn transact(&self, transaction: &Transaction, _: &Head) -> Result<TxnOutcome> {
        let store = self.open_store()?;
        let since = self.now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let asked = TxnRequest { by: None, now_ms: u64::try_from(since.as_millis()).unwrap_or(0) };
        let outcome = store.transact_for(&self.agent, transaction, asked)?.outcome;
        // A folder has no server for its upkeep. A failure is repaired after the next push.
        if let TxnOutcome::Done(_) = outcome
            && store.needs_upkeep(&self.agent).unwrap_or(false)
        {
            drop(store.collect(&self.agent, &Upkeep::at(self.now)));
        }
        Ok(outcome.map(|head| head.to_head()))
    }

    fn fetch(&self, what: &FetchRequest, into: &mut Spool, progress: &Progress) -> Result<()> {
        let missing = || Error::not_found(format!("there is no agent \"{}\"", self.agent));
        let store = self.existing()?.ok_or_else(missing)?;
        // A folder has no server to go on with it. Who may only read leaves it to others.
        drop(store.finish_purge(&self.agent, self.now));
        let thin_pack = store.fetch(&self.agent, what)?;
        let name = thin_pack.id().to_string();
        if into.name() != Some(&name) || into.len() > thin_pack.len() {
            into.restart(Some(&name))?;
        }
        let mut bytes = ByteProgress::expect(progress, thin_pack.len());
        let mut reader = thin_pack.reader(into.len());
        let mut piece = vec![0; PIECE];
        loop {
            match reader.read(&mut piece).at("read", &self.root)? {
                0 => return Ok(()),
                len => into.write(&piece[..len])?,
            }
            bytes.reached(into.len());
        }
    }
}
