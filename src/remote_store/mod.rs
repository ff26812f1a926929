//! Remote store: agents, each one head that is swapped and packs that never change.
//!
//! A `lua-store serve` works on a remote store, and so does a client whose remote is a folder. All calls block;
//! a remote store may be used from many threads, and its folder from many processes.

mod agents;
mod backup;
mod bearer;
mod book_numbers;
mod check;
mod codec;
mod collect;
mod compact;
mod copy;
mod damage;
mod edit;
mod engine;
mod fetch;
mod file_notes;
mod files;
mod group_commit;
mod head;
mod head_position;
mod incoming;
mod layout;
mod lru;
mod memory;
mod open_agent;
mod page;
mod presence;
mod probe;
mod purge;
mod purged;
mod queue;
mod rules;
mod scrub;
mod shared_uploads;
mod stock_uploads;
mod swap;
mod thin_packs;
mod transact;
mod upload_checks;
mod uploads;
mod usage;

pub use agents::{Freed, Overview};
pub use bearer::{Bearer, TxnEffects};
pub use collect::{AgentGarbage, Collected, Upkeep};
pub use compact::MANY_PACKS;
pub use copy::CopySummary;
pub use edit::{AgentEdit, EditGround, EditRequest, Edited};
pub use engine::{Cas, CasToken, Expect, HeadStore, NoteStore, PackKey, PackStore, SharedNote};
pub use fetch::{ServedPack, ServedPackReader};
pub use file_notes::FileNotes;
pub use files::{FileHeads, FilePacks};
pub use head::{AppliedTransaction, PackRef, StoredHead};
pub use head_position::HeadAt;
pub use memory::{MemHeads, MemPacks};
pub use probe::ProbeReport;
#[cfg(feature = "server")]
pub use probe::{heads as probe_heads, packs as probe_packs};
pub use scrub::{Pace, ScrubState};
pub use stock_uploads::StockUpload;
pub use transact::{TxnAnswer, TxnRequest};
pub use uploads::{IDLE as UPLOAD_IDLE, MOST_UPLOADS, Sender};
pub use usage::Usage;

use crate::error::Result;
use crate::object::Id;
use crate::pack::PackId;
use crate::parallel;
use crate::protocol::{AgentId, Head};
use crate::remote_store::open_agent::OpenAgent;
use crate::remote_store::purged::PurgedObjects;
use crate::remote_store::thin_packs::ThinPacks;
use crate::store::GroupCache;
use damage::DamageLog;
use group_commit::PendingTxn;
use head::LoadedHead;
pub use layout::{FORMAT_LINE as NEWEST_FORMAT, RemoteLayout};
pub use lru::LruCache;
use presence::Complete;
use queue::Queue;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use upload_checks::UploadChecks;

/// Most heads that are kept decoded. A head of a thousand versions has about 70 KB.
const MOST_HEADS: usize = 256;

/// Most agents that are kept open with their packs: maps of files, and no memory of their own.
const MOST_OPEN: usize = 64;

/// Most bytes of decompressed groups that all agents together keep.
const MOST_GROUPS: usize = 32 << 20;

/// More than processors, so that different agents rarely wait for each other.
const GATES: usize = 64;

/// Settings that depend on the machine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Most heads that are kept as open files.
    pub heads: usize,
    /// Most packs that are verified at once; half of them for one agent.
    pub upload_checks: usize,
    /// A proof may decompress so many bytes, and …
    pub proof_floor: u64,
    /// … so many for each byte of the pack.
    pub proof_ratio: u64,
    /// Most bytes of answers that one agent may have on the disk.
    pub cache: u64,
    /// Most bytes of packs that are copied to this machine for later requests; those of one agent always are.
    pub copies: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        let upload_checks = parallel::processors().clamp(2, 8);
        Settings {
            heads: MOST_HEADS,
            upload_checks,
            proof_floor: 1 << 30,
            proof_ratio: 1000,
            cache: 2 << 30,
            copies: 16 << 30,
        }
    }
}

/// Engines of one remote store.
#[derive(Clone)]
pub struct Engines {
    pub heads: Arc<dyn HeadStore>,
    pub packs: Arc<dyn PackStore>,
    pub notes: Arc<dyn NoteStore>,
}

/// Agents with their packs.
pub struct RemoteStore {
    heads: Arc<dyn HeadStore>,
    packs: Arc<dyn PackStore>,
    notes: Arc<dyn NoteStore>,
    /// Uploads, copies and answers on their way lie on this machine whatever the engine is.
    layout: RemoteLayout,
    seen: LruCache<AgentId, Arc<LoadedHead>>,
    open_agents: LruCache<AgentId, Arc<OpenAgent>>,
    /// Most bytes of packs that open agents may have copied to this machine.
    most_copied: u64,
    groups: GroupCache,
    thin_packs: ThinPacks,
    /// Heads of which every pack exists.
    present: LruCache<AgentId, Complete>,
    purged: LruCache<AgentId, PurgedObjects>,
    /// Bytes of uploads of the stock command, as far as this process knows.
    stock_uploads: LruCache<AgentId, Arc<AtomicU64>>,
    /// Keys of uploads that this process stored for all servers.
    shared_uploads: LruCache<(AgentId, PackId), PackKey>,
    /// One swap of an agent at a time in this process: waiting is cheaper than losing a race.
    gates: Vec<Mutex<()>>,
    upload_checks: UploadChecks,
    damages: DamageLog,
    /// Transactions that wait for the next swap of their agent.
    queue: Queue<PendingTxn, Result<TxnAnswer>>,
    /// True once this process removed what killed ones left in the folder for temporary files.
    swept: AtomicBool,
}

impl RemoteStore {
    /// Opens the remote store in a folder, which is made when the one above it exists.
    pub fn open(root: &Path) -> Result<RemoteStore> {
        RemoteStore::open_with(root, &Settings::default())
    }

    /// The same with other settings.
    pub fn open_with(root: &Path, settings: &Settings) -> Result<RemoteStore> {
        let layout = RemoteLayout::make(root)?;
        let heads = Arc::new(FileHeads::keeping(layout.root(), settings.heads));
        let packs = Arc::new(FilePacks::new(layout.root()));
        let remote_store = RemoteStore::with(heads, packs, layout.root().to_owned());
        Ok(remote_store.set(settings))
    }

    /// The same store with other settings.
    pub fn set(self, settings: &Settings) -> RemoteStore {
        RemoteStore {
            upload_checks: UploadChecks::new(settings),
            thin_packs: ThinPacks::new(settings.cache),
            most_copied: settings.copies,
            ..self
        }
    }

    /// A remote store on other engines. `scratch` is a folder on this machine.
    pub fn with(
        heads: Arc<dyn HeadStore>,
        packs: Arc<dyn PackStore>,
        scratch: PathBuf,
    ) -> RemoteStore {
        let notes = Arc::new(FileNotes::new(&scratch));
        RemoteStore::on(Engines { heads, packs, notes }, scratch)
    }

    /// The same for engines that share their notes as well.
    pub fn on(engines: Engines, scratch: PathBuf) -> RemoteStore {
        let Engines { heads, packs, notes } = engines;
        let gates = (0..GATES).map(|_| Mutex::default()).collect();
        let (seen, open_agents) = (LruCache::new(MOST_HEADS), LruCache::new(MOST_OPEN));
        let thin_packs = ThinPacks::new(Settings::default().cache);
        let upload_checks = UploadChecks::new(&Settings::default());
        let most_copied = Settings::default().copies;
        let (layout, queue, damages) =
            (RemoteLayout::new(&scratch), Queue::new(), DamageLog::default());
        let (present, groups) = (LruCache::new(MOST_HEADS), GroupCache::bounded(MOST_GROUPS));
        RemoteStore {
            heads,
            packs,
            notes,
            layout,
            seen,
            open_agents,
            most_copied,
            groups,
            present,
            purged: LruCache::new(MOST_HEADS),
            stock_uploads: LruCache::new(MOST_HEADS),
            shared_uploads: LruCache::new(MOST_HEADS),
            thin_packs,
            gates,
            upload_checks,
            damages,
            queue,
            swept: AtomicBool::new(false),
        }
    }

    /// Folder on this machine, for files on their way.
    pub fn folder(&self) -> &Path {
        self.layout.root()
    }

    /// Notes that all servers on the engine share.
    pub fn notes(&self) -> &Arc<dyn NoteStore> {
        &self.notes
    }

    /// An error while the engine is out of reach, or accepts no writes.
    pub fn ping(&self) -> Result<()> {
        self.heads.ping()
    }

    /// Tries whether the engines hold what they promise. Nothing may be served before they do.
    pub fn probe(&self) -> Result<ProbeReport> {
        Ok(self.heads.probe()?.and(self.packs.probe()?))
    }

    /// Head of an agent; `None` when nobody ever pushed it, an error where packs are gone.
    pub fn head(&self, agent: &AgentId) -> Result<Option<Head>> {
        Ok(self.current(agent)?.map(|head| head.to_head()))
    }

    /// The same for who got `known` earlier. A head that says what it said then is not made durable again: it was at that
    /// time, and each one after it says more.
    pub fn head_since(&self, agent: &AgentId, known: &Head) -> Result<Option<Head>> {
        self.load_known(agent, known)?;
        self.head(agent)
    }

    /// The same without a copy of all of it.
    pub fn current(&self, agent: &AgentId) -> Result<Option<HeadAt>> {
        let seen = self.look_whole(agent)?;
        let position = seen.head.now();
        Ok((!seen.head.heads.is_empty()).then(|| HeadAt::new(seen, position)))
    }

    /// Number of packs that were verified, and of those that were known from before.
    pub fn verify_counts(&self) -> (u64, u64) {
        self.upload_checks.counts()
    }

    /// The bytes of all answers that are on the disk.
    pub fn cached(&self) -> u64 {
        self.thin_packs.bytes(None)
    }

    /// The bytes of an agent's answers that are on the disk.
    pub fn cached_of(&self, agent: &AgentId) -> u64 {
        self.thin_packs.bytes(Some(agent))
    }

    /// All agents, ascending.
    pub fn agents(&self) -> Result<Vec<AgentId>> {
        let mut all: Vec<AgentId> = Vec::new();
        loop {
            let more = self.heads.agents(all.last())?;
            if more.is_empty() {
                return Ok(all);
            }
            all.extend(more);
        }
    }

    /// Ids of stored agents that no agent can have any more.
    pub fn reserved_agents(&self) -> Vec<&'static str> {
        self.layout.reserved_agents()
    }

    /// All agents, and those of which there are only uploads so far.
    pub fn everyone(&self) -> Result<Vec<AgentId>> {
        let mut all = self.agents()?;
        all.extend(self.layout.list_agents()?);
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    fn lock_shard(&self, agent: &AgentId) -> MutexGuard<'_, ()> {
        let at = Id::of_blob(agent.as_str().as_bytes()).as_bytes()[0] as usize % GATES;
        self.gates[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
