//! The platform as a remote: its history is imported and read as that of any other remote, and what is sent to any other
//! remote as objects and refs is deployed to it.

use super::adoption::{adopt, track};
use super::code;
use super::deployment::Deployment;
use super::journal::DeployJournal;
use super::options::DeployOptions;
use super::{parts, plan, unversioned};
use crate::client::{DeployPlan, Deployed, LiveCheck, PlanRequest, Remote};
use crate::error::{Error, Hint, Result};
use crate::fs::{self, Spool};
use crate::history::imported::ImportRecord;
use crate::import;
use crate::object::Id;
use crate::platform::{Listing, PlatformClient, PushBodies, VersionStatus};
use crate::progress::Progress;
use crate::protocol::{AgentId, FetchRequest, Head, Refusal, Transaction, TxnOutcome};
use crate::store::{Mapped, Receipts, Store};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// An older answer is asked for again before something is changed.
const FRESH: Duration = Duration::from_secs(5);

/// An agent on the platform, imported into the store that asks.
pub struct PlatformRemote {
    pub client: PlatformClient,
    pub name: String,
    /// Folder of the store.
    pub dir: PathBuf,
    pub options: DeployOptions,
    /// The time of this command.
    now_ms: i64,
    seen: Mutex<RemoteMemory>,
}

#[derive(Default)]
pub struct RemoteMemory {
    /// The last answers, for a comparison with what they made.
    last: Option<LastAnswer>,
    deployed: Option<Deployed>,
    /// Bodies that the compiler made for this command.
    bodies: BTreeMap<Id, PushBodies>,
    /// True once the deployment was compared with the plan that was promised.
    pub is_promised: bool,
}

impl RemoteMemory {
    /// Everything that was done so far.
    pub fn deployed(&mut self) -> &mut Deployed {
        self.deployed.get_or_insert_default()
    }
}

struct LastAnswer {
    record: ImportRecord,
    listing: Listing,
    at: Instant,
}

impl PlatformRemote {
    pub fn new(
        client: PlatformClient,
        name: &str,
        dir: PathBuf,
        (options, now_ms): (DeployOptions, i64),
    ) -> PlatformRemote {
        let (name, seen) = (name.to_owned(), Mutex::default());
        PlatformRemote { client, name, dir, options, now_ms, seen }
    }

    pub fn seen(&self) -> MutexGuard<'_, RemoteMemory> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn store(&self) -> Result<Store> {
        Store::open(&self.dir)
    }

    pub fn address(&self) -> String {
        self.client.address().to_string()
    }

    /// Imports, unless there is nothing, or another process deploys: it alone writes the record then, and everything is new at
    /// its end.
    fn import_if_free(&self, store: &Store, listing: &Listing) -> Result<ImportRecord> {
        match store.share_deploys()? {
            Some(_lock) if !listing.is_history => self.import(store, listing),
            _ => ImportRecord::load(store, &self.name, &self.address()),
        }
    }

    /// Brings everything that is new into the store, whose refs stay as they are. What an interrupted deployment did counts
    /// as ours.
    fn import(&self, store: &Store, listing: &Listing) -> Result<ImportRecord> {
        let mut journal = DeployJournal::load(store, &self.name, &self.address())?;
        let mut record = ImportRecord::load(store, &self.name, &self.address())?;
        let is_adopted = journal.adopt(&mut record, listing, &store.heads()?);
        let pointer = record.heads.active;
        let is_here = adopt(&self.client, store, &mut record, listing)?;
        if pointer.is_some() && record.heads.active != pointer {
            track(store, &self.name, &self.head_of(&record))?;
        }
        if is_adopted || is_here {
            record.save(&store.lock()?, store, &self.name)?;
        }
        if is_adopted {
            journal.save(store, &self.name)?;
        }
        // The addresses of its files are asked for with a POST.
        if self.options.is_dry_run && plan::new_backup(&record, listing).is_some() {
            return Ok(record);
        }
        let mut record =
            import::import(&self.client, store, &self.name, listing, &Progress::default())?;
        if record.seen.is_none() {
            record.seen = Some(parts::of_listing(listing));
            record.save(&store.lock()?, store, &self.name)?;
        }
        Ok(record)
    }

    fn head_of(&self, record: &ImportRecord) -> Head {
        let (heads, receipts) = (record.heads.clone(), Receipts::default());
        Head { agent: self.agent().clone(), heads, receipts }
    }

    /// A deployment, begun with the answers of this moment.
    pub fn deployment<'a>(&'a self, store: &'a Store) -> Result<Deployment<'a>> {
        let lock = store.lock_deploys()?;
        let last = self.seen().last.take();
        // Another process may have deployed before this one had the lock.
        let stored = ImportRecord::load(store, &self.name, &self.address())?;
        let is_fresh = |look: &LastAnswer| look.at.elapsed() < FRESH && look.record == stored;
        let (record, listing) = match last.filter(is_fresh) {
            Some(look) => (look.record, look.listing),
            None => {
                let listing = Listing::read(&self.client)?;
                (self.import(store, &listing)?, listing)
            }
        };
        let heads = store.heads()?;
        Ok(Deployment {
            client: &self.client,
            store,
            name: &self.name,
            options: &self.options,
            journal: DeployJournal::load(store, &self.name, &self.address())?,
            record,
            listing,
            bodies: std::mem::take(&mut self.seen().bodies),
            ids: BTreeMap::new(),
            series: heads.source,
            versions: heads.versions,
            now_ms: self.now_ms,
            project_hash: None,
            persona_made: None,
            put_persona: None,
            theirs: None,
            is_half_live: false,
            is_model_set: false,
            retired: Vec::new(),
            last_number: 0,
            done: Deployed::default(),
            _lock: lock,
        })
    }

    /// Takes the results of a deployment, also of one that failed.
    pub fn keep(&self, deployment: Deployment<'_>) -> Head {
        let head = self.head_of(&deployment.record);
        let Deployment { record, listing, done, bodies, .. } = deployment;
        let mut seen = self.seen();
        seen.last = Some(LastAnswer { record, listing, at: Instant::now() });
        seen.bodies = bodies;
        let before = seen.deployed.take().unwrap_or_default();
        seen.deployed = Some(before.then(done));
        head
    }

    /// The version is active already. Something else than it contains can run, where somebody edited the agent.
    fn compare_active(&self, number: u64) -> Result<()> {
        let Some(check) = self.live_check()? else { return Ok(()) };
        let mut seen = self.seen();
        let rows = seen.last.as_ref().map(|last| &last.listing.versions);
        let others =
            rows.into_iter().flatten().filter(|row| row.status == VersionStatus::Superseded);
        let hint = match others.count() {
            0 => Hint::CompareLive,
            _ => Hint::PromoteAgain(number),
        };
        let done = seen.deployed();
        if !check.is_equal() {
            let problem = format!("v{number} is active, and something else runs than it contains");
            done.problem = Some((problem, hint));
        }
        done.check = Some(check);
        Ok(())
    }
}

impl Remote for PlatformRemote {
    fn agent(&self) -> &AgentId {
        &self.client.address().agent
    }

    fn head(&self, _: Option<&Head>) -> Result<Head> {
        let listing = self.read_listing()?;
        if !self.dir.exists() {
            if listing.is_empty() {
                return Ok(Head::empty(self.agent().clone()));
            }
            // A clone asks before it makes anything, and there is something.
            fs::create_dir_all(&self.dir)?;
            Store::init(&self.dir)?;
        }
        let record = self.import_if_free(&self.store()?, &listing)?;
        let head = self.head_of(&record);
        self.seen().last = Some(LastAnswer { record, listing, at: Instant::now() });
        Ok(head)
    }

    fn acknowledge(&self) -> Result<()> {
        let mut seen = self.seen();
        let Some(look) = seen.last.as_mut().filter(|look| !look.listing.is_history) else {
            return Ok(());
        };
        let now = Some(parts::of_listing(&look.listing));
        let store = self.store()?;
        // A deployment that is under way looks by itself.
        let Some(_lock) = store.share_deploys()? else { return Ok(()) };
        let mut record = ImportRecord::load(&store, &self.name, &self.address())?;
        let is_moved = unversioned::note_seen(&mut record, &look.listing);
        if record.seen != now || is_moved {
            record.seen = now;
            record.save(&store.lock()?, &store, &self.name)?;
        }
        look.record = record;
        Ok(())
    }

    fn live_check(&self) -> Result<Option<LiveCheck>> {
        let seen = self.seen();
        let Some(LastAnswer { record, listing, .. }) = &seen.last else { return Ok(None) };
        let store = self.store()?;
        let Some(mut check) = import::check_live(store.objects(), record, listing)? else {
            return Ok(None);
        };
        check.pushed = code::pushed_by(&self.client, listing, &check)?;
        Ok(Some(check))
    }

    fn live_check_with_code(&self) -> Result<Option<LiveCheck>> {
        let Some(mut check) = self.live_check()? else { return Ok(None) };
        if let Some(LastAnswer { record, listing, .. }) = &mut self.seen().last {
            code::compare(&self.client, record, listing, (&mut check, usize::MAX))?;
        }
        Ok(Some(check))
    }

    fn author(&self) -> Option<String> {
        None
    }

    fn is_deployed_to(&self) -> bool {
        true
    }

    /// Objects are not sent: a transaction reads them from the store.
    fn send(&self, _: &Mapped, _: &Progress) -> Result<()> {
        Ok(())
    }

    fn transact(&self, transaction: &Transaction, known: &Head) -> Result<TxnOutcome> {
        if transaction.purge.is_some() {
            return Err(self.not_sent("a purge"));
        }
        let store = self.store()?;
        let mut deployment = self.deployment(&store)?;
        if deployment.record.heads != known.heads {
            let head = self.keep(deployment);
            return Ok(TxnOutcome::Refused(Refusal::Moved(head)));
        }
        self.seen().is_promised = true;
        let done = plan::check_promise(&deployment, transaction)
            .and_then(|()| self.deploy(&mut deployment, transaction));
        if done.is_err() {
            // A number that was pushed before the error is not pushed again.
            deployment.record.save(&store.lock()?, &store, &self.name)?;
        }
        let head = self.keep(deployment);
        done.map(|()| TxnOutcome::Done(head))
    }

    fn push_unversioned(&self) -> Result<()> {
        self.send_unversioned()?;
        self.note_voices()
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<Option<DeployPlan>> {
        let store = self.store()?;
        let deployment = self.deployment(&store)?;
        let plan = plan::of(&deployment, request);
        self.keep(deployment);
        plan.map(Some)
    }

    fn finish(&self, number: u64) -> Result<()> {
        let store = self.store()?;
        let mut deployment = self.deployment(&store)?;
        let Some(open) = deployment.journal.promotion.clone() else {
            self.keep(deployment);
            return self.compare_active(number);
        };
        if open.number != number {
            let error = deployment.open_promotion(open.number, Some(number));
            self.keep(deployment);
            return Err(error);
        }
        let target = deployment.target((open.number, open.version), (open.expected, open.new))?;
        let done = deployment.promote(target);
        self.keep(deployment);
        done
    }

    fn abort(&self) -> Result<u64> {
        let store = self.store()?;
        let mut deployment = self.deployment(&store)?;
        if deployment.journal.promotion.is_none() {
            return Err(Error::not_found(format!("no promotion of \"{}\" is open", self.name)));
        }
        let done = deployment.abort();
        self.keep(deployment);
        done
    }

    fn deployed(&self) -> Option<Deployed> {
        self.seen().deployed.take()
    }

    /// Everything was stored when the platform was asked. What is missing now was lost since.
    fn fetch(&self, _: &FetchRequest, _: &mut Spool, _: &Progress) -> Result<()> {
        Err(Error::corrupt(format!(
            "objects of \"{}\" are missing, which were imported into this store",
            self.name
        ))
        .hint(Hint::FsckAffected))
    }
}
