//! Deployment: one command that changes an agent on the platform.

use super::backup_body;
use super::journal::{DeployJournal, JournalRequest, PushedContent};
use super::options::DeployOptions;
use crate::client::{DeployRequest, Deployed};
use crate::error::{Error, Kind, Result};
use crate::history::imported::ImportRecord;
use crate::object::Id;
use crate::platform::{
    CompileRequest, CompiledCopy, IdempotencyKey, Listing, PlatformClient, PushBodies,
};
use crate::store::{DeployLock, Store};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Instant;

/// Most lines of the compiler that are shown after it failed.
const LINES: usize = 40;

/// A deployment under way. It alone deploys this store.
pub struct Deployment<'a> {
    pub client: &'a PlatformClient,
    pub store: &'a Store,
    pub name: &'a str,
    pub options: &'a DeployOptions,
    pub record: ImportRecord,
    pub journal: DeployJournal,
    pub listing: Listing,
    /// Bodies that the compiler made, by the tree of the files.
    pub bodies: BTreeMap<Id, PushBodies>,
    /// Ids of primitives that this command created, by their keys.
    pub ids: BTreeMap<String, String>,
    /// The series of source versions and of versions here.
    pub series: Vec<Id>,
    pub versions: Vec<Id>,
    pub now_ms: i64,
    /// Hash of the project that was backed up.
    pub project_hash: Option<String>,
    /// Number and content of the persona that this command set.
    pub persona_made: Option<(u64, Value)>,
    /// Number of a persona that somebody else made meanwhile, and that ours went over.
    pub put_persona: Option<u64>,
    /// The version of somebody else that runs instead of the one before, in a sentence.
    pub theirs: Option<String>,
    /// True once a part is live that belongs to a version which is not.
    pub is_half_live: bool,
    /// True once the code was set that computes the model.
    pub is_model_set: bool,
    /// Primitives that were deleted there, and do not come back.
    pub retired: Vec<String>,
    /// Number of the version that is promoted.
    pub last_number: u64,
    pub done: Deployed,
    pub _lock: DeployLock,
}

impl Deployment<'_> {
    /// Sends one request that changes something. It is in the journal before, and its answer after it. A request that was sent
    /// before and not answered is sent again with its key.
    pub fn send<T: Serialize>(
        &mut self,
        request: DeployRequest,
        send: impl FnOnce(&PlatformClient, &IdempotencyKey) -> Result<T>,
    ) -> Result<T> {
        self.send_content(request, None, send)
    }

    /// The same for the number of a primitive.
    pub fn send_content<T: Serialize>(
        &mut self,
        request: DeployRequest,
        pushes: Option<PushedContent>,
        send: impl FnOnce(&PlatformClient, &IdempotencyKey) -> Result<T>,
    ) -> Result<T> {
        let DeployRequest { route, subject, .. } = &request;
        // Other content is another request.
        let tree = |content: &Option<PushedContent>| content.as_ref().map(|content| content.tree);
        let known = self.journal.unanswered(route, subject);
        let known = known.filter(|known| tree(&known.pushes) == tree(&pushes));
        let key = match known.map(|known| known.key.clone()) {
            Some(key) => key,
            None => IdempotencyKey::new()?,
        };
        self.journal.requests.retain(|one| one.key != key);
        self.journal.requests.push(JournalRequest {
            route: (*route).to_owned(),
            subject: subject.clone(),
            key: key.clone(),
            answer: None,
            pushes,
        });
        self.save_journal()?;
        let answer = match send(self.client, &key) {
            // Perhaps it was done.
            Err(error) if error.kind() == Kind::Unavailable => return Err(error),
            Err(error) => {
                self.journal.requests.retain(|one| one.key != key);
                self.save_journal()?;
                return Err(error);
            }
            Ok(answer) => answer,
        };
        if let Some(sent) = self.journal.requests.iter_mut().find(|one| one.key == key) {
            sent.set_answer(&answer)?;
        }
        self.save_journal()?;
        self.done.requests.push(request);
        Ok(answer)
    }

    /// A number that the platform gave. None is given twice: one that is not above the highest is an answer to something else,
    /// and the request may have been done.
    pub fn given(route: &str, field: &str, (number, highest): (u64, u64)) -> Result<u64> {
        match number > highest {
            true => Ok(number),
            false => Err(Error::unavailable(format!(
                "{route}: the field \"{field}\" goes back: {number} was given before, and the highest is {highest}"
            ))),
        }
    }

    pub fn save_journal(&self) -> Result<()> {
        self.journal.save(self.store, self.name)
    }

    /// Saves the record, and ends the journal where nothing is open.
    pub fn save(&mut self) -> Result<()> {
        self.record.save(&self.store.lock()?, self.store, self.name)?;
        if self.journal.promotion.is_some() {
            return self.save_journal();
        }
        self.journal.keep_lost_pushes(&self.record);
        if !self.journal.requests.is_empty() {
            return self.save_journal();
        }
        self.store.end_deploy_journal(&self.store.lock()?, self.name)
    }

    /// Looks again at everything.
    pub fn read_again(&mut self) -> Result<()> {
        self.listing = Listing::read(self.client)?;
        Ok(())
    }

    /// Looks again at everything that a version contains or that is live.
    pub fn read_versions_again(&mut self) -> Result<()> {
        self.listing = Listing::read_versioned(self.client)?;
        Ok(())
    }

    /// Bodies of the files of a version, by the stock compiler.
    pub fn compile(&mut self, tree: Id) -> Result<&PushBodies> {
        if !self.bodies.contains_key(&tree) {
            let bodies = self.compiled(tree)?;
            self.bodies.insert(tree, bodies);
        }
        Ok(&self.bodies[&tree])
    }

    fn compiled(&mut self, tree: Id) -> Result<PushBodies> {
        let files = &backup_body::sent_files(self.store.objects(), &tree)?;
        if let Some(folder) = &self.options.compiled {
            return CompiledCopy::given(files, folder)?.bodies();
        }
        let locks = &backup_body::lock_files(self.store.objects(), &tree)?;
        let (root, since) = (self.store.project(), Instant::now());
        let environment = &self.options.environment;
        let request = CompileRequest { root, files, locks, environment };
        let mut lines: Vec<String> = Vec::new();
        // The compiler repeats an error for each tool of a file.
        let mut say = |line: &str| {
            if !lines.iter().any(|said| said == line) {
                lines.push(line.to_owned());
            }
        };
        let copy = request.compile(&mut say).map_err(|error| {
            let last = lines[lines.len().saturating_sub(LINES)..].join("\n  ");
            Error::new(error.kind(), format!("{}\n  {last}", error.message()))
                .hint("correct the errors above; it sees only the files that a push sends")
        })?;
        self.done.compiled_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.check_machine(&copy)?;
        copy.bodies()
    }

    /// Refuses code that another machine would not make of the same files.
    fn check_machine(&mut self, copy: &CompiledCopy<'_>) -> Result<()> {
        let baked = copy.baked.iter().map(|one| {
            format!(
                "{} {}: {} is the value of the variable {} on this machine",
                one.kind, one.name, one.field, one.variable
            )
        });
        let packages = copy.other_packages.iter().map(|one| match &one.installed {
            Some(installed) => {
                format!("{} {installed} is installed, and {} is locked", one.name, one.locked)
            }
            None => format!("{} {} is locked, and not installed", one.name, one.locked),
        });
        let all: Vec<String> = baked.chain(packages).collect();
        match all.is_empty() || self.options.force {
            true => {
                self.done.warnings.extend(all);
                Ok(())
            }
            false => Err(Error::failed(format!(
                "the code depends on this machine:\n  {}",
                all.join("\n  ")
            ))
            .hint("run `npm ci` for packages; add `--force` to send it as it is")),
        }
    }
}
