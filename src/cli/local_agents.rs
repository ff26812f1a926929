//! Local agents: the agent of a project as its pages read it and act on it, with the rights and the name of the person who
//! started them.

use super::args::Global;
use super::context::Context;
use super::output::Output;
use super::remote::{self, RemoteArgs};
use super::term::Term;
use super::{hints, recorder};
use crate::client::{Address, RetryPolicy};
use crate::error::{Error, Kind, Result};
use crate::flow::decided::DecidedHistory;
use crate::flow::follower::StepRemotes;
use crate::flow::pointer::PointerRequest;
use crate::flow::remote::choose;
use crate::flow::{self, Quiet};
use crate::history::project::Project;
use crate::history::record::{Author, Event};
use crate::history::revision::Revision;
use crate::object::Id;
use crate::operations::deletion::DeletionChange;
use crate::operations::promote::{PointerState, PromoteRequest};
use crate::protocol::AgentId;
use crate::server::{AskedPage, LedgerStep, LookAt, PagedAgents, StepOutcome};
use crate::stock::{StockHistory, VersionsLook};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time to wait for the remote at each page.
const PATIENCE: Duration = Duration::from_secs(2);
/// Time for which an answer of the remote serves. The platform is asked by several requests over the internet.
const FRESH: Duration = Duration::from_secs(2);
const FRESH_PLATFORM: Duration = Duration::from_secs(30);

/// The agent of a project.
pub struct LocalAgents {
    root: PathBuf,
    global: Global,
    term: Term,
    at: RemoteArgs,
    asked: Mutex<Option<AskedRemote>>,
    known: Mutex<Option<Arc<StockHistory>>>,
}

/// Answer of the remote, or what was here instead.
#[derive(Clone)]
struct AskedRemote {
    until: Instant,
    history: Arc<DecidedHistory>,
    note: Option<String>,
}

impl LocalAgents {
    pub fn new(cx: &Context<'_>, project: &Project, at: RemoteArgs) -> LocalAgents {
        LocalAgents {
            root: project.root().to_owned(),
            global: cx.global(),
            term: *cx.out.term(),
            at,
            asked: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// Answer of the remote, as of a moment ago. Without an answer it is what is here, with a note that says so.
    fn ask(&self, cx: &mut Context<'_>, project: &Project) -> Result<AskedRemote> {
        // Requests that come together share one answer.
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = asked.as_ref().filter(|known| Instant::now() < known.until) {
            return Ok(known.clone());
        }
        let (history, note, fresh) = match self.ask_remote(cx, project) {
            Ok(Some((history, fresh))) => (history, None, fresh),
            Ok(None) => return Ok(AskedRemote::of(DecidedHistory::here(project)?, None)),
            Err(error) => {
                let hint = hints::of(&error).into_iter().next().unwrap_or_default();
                let note = format!(
                    "The remote could not be asked: {}. The pages show what is known in this project. {hint}",
                    error.message()
                );
                (DecidedHistory::here(project)?, Some(note), FRESH)
            }
        };
        let mut new = AskedRemote::of(history, note);
        new.until = Instant::now() + fresh;
        *asked = Some(new.clone());
        Ok(new)
    }

    /// `None` where no remote is to be asked.
    fn ask_remote(
        &self,
        cx: &mut Context<'_>,
        project: &Project,
    ) -> Result<Option<(DecidedHistory, Duration)>> {
        if self.at.offline {
            return Ok(None);
        }
        let store = project.store();
        let config = store.config()?;
        let platform = Address::only_platform(&config.remotes(), project.root())?;
        let named = self.at.remote.as_deref().or(platform);
        let Some((name, address)) = choose(project, &config, named)? else { return Ok(None) };
        let fresh = if matches!(address, Address::Platform(_)) { FRESH_PLATFORM } else { FRESH };
        let insecure = cx.insecure() || config.is_insecure(&name);
        let patience = (RetryPolicy::short(PATIENCE), Some(store.dir()));
        let reached = remote::open_patiently(cx, name, address, insecure, patience)?;
        self.at.check_agent(config.agent(), &reached)?;
        Ok(Some((DecidedHistory::at(project, &reached)?, fresh)))
    }

    fn view(&self, history: &DecidedHistory) -> Result<Arc<StockHistory>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = known.as_ref().filter(|view| view.heads == history.heads) {
            return Ok(view.clone());
        }
        let view = StockHistory::of(history.objects(), &history.heads, known.as_deref())?;
        Ok(known.insert(Arc::new(view)).clone())
    }

    /// Promotes or deletes as the command does: at the remote first.
    fn take(&self, cx: &mut Context<'_>, who: &Author, step: &LedgerStep) -> Result<StepOutcome> {
        let project = Project::open(&self.root)?.journaled(&cx.journal);
        let remotes = self.at.reach_all(cx, &project)?;
        let action = format!("{} v{}", step.event.word(), step.number);
        let pointer = PointerRequest {
            action: &action,
            remote: self.at.remote.as_deref(),
            dry_run: false,
            theirs: false,
        };
        let (at, version) = ((&project, who), Revision::Number(step.number));
        let taken = match step.event {
            Event::Promote => promote(at, remotes, (&pointer, &version), step),
            Event::Delete => delete(at, remotes, (&pointer, &version), step),
            event => Err(Error::usage(format!("these pages do not {} versions", event.word()))),
        };
        match taken {
            Err(error)
                if error.kind() == Kind::Conflict && self.has_moved(cx, &project, step)? =>
            {
                Ok(StepOutcome::Moved)
            }
            taken => taken,
        }
    }

    /// True if the ledger has another newest record than the step expects. A conflict has other reasons too: a ledger that diverged
    /// from that of the remote, a version that was deleted.
    fn has_moved(
        &self,
        cx: &mut Context<'_>,
        project: &Project,
        step: &LedgerStep,
    ) -> Result<bool> {
        self.forget_answer();
        let newest = self.ask(cx, project)?.history.heads.active;
        Ok(newest.map(|active| active.ledger) != step.expected)
    }

    /// Lets the next page ask the remote again.
    fn forget_answer(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn promote(
    at: (&Project, &Author),
    remotes: StepRemotes,
    (pointer, version): (&PointerRequest<'_>, &Revision),
    step: &LedgerStep,
) -> Result<StepOutcome> {
    let prepared = flow::promote::prepare(&mut Quiet, at, remotes, pointer, version, None)?;
    let settled = prepared.promotion.settled;
    if !settled && newest(&prepared.pointer_state(at.0.store())?) != step.expected {
        return Ok(StepOutcome::Moved);
    }
    let request = PromoteRequest { reason: step.reason.clone(), expect: None };
    prepared.apply(&mut Quiet, at, &request)?;
    Ok(if settled { StepOutcome::Settled } else { StepOutcome::Done })
}

fn delete(
    at: (&Project, &Author),
    remotes: StepRemotes,
    (pointer, version): (&PointerRequest<'_>, &Revision),
    step: &LedgerStep,
) -> Result<StepOutcome> {
    let change = DeletionChange::Delete;
    let remote = remotes.authority;
    let prepared = flow::deletion::prepare(&mut Quiet, at, remote, pointer, version, change)?;
    if newest(&prepared.pointer_state(at.0.store())?) != step.expected {
        return Ok(StepOutcome::Moved);
    }
    prepared.apply(&mut Quiet, at)?;
    Ok(StepOutcome::Done)
}

/// Newest record of the ledger that decides.
fn newest(state: &PointerState<'_>) -> Option<Id> {
    state.pointer.map(|active| active.ledger)
}

impl AskedRemote {
    fn of(history: DecidedHistory, note: Option<String>) -> AskedRemote {
        AskedRemote { until: Instant::now(), history: Arc::new(history), note }
    }
}

impl PagedAgents for LocalAgents {
    fn with_versions(&self, _: &AgentId, look: &mut LookAt<'_>) -> Result<()> {
        let mut out = Output::new(self.term, false);
        let mut cx = Context::new(self.global.clone(), &mut out);
        let project = Project::open(&self.root)?;
        let AskedRemote { history, note, .. } = self.ask(&mut cx, &project)?;
        let (objects, view) = (history.objects(), self.view(&history)?);
        look(&VersionsLook { objects, view, project: Some(project.root()), note })
    }

    fn step(&self, asked: &AskedPage, step: &LedgerStep) -> Result<StepOutcome> {
        let mut out = Output::new(self.term, false);
        let mut cx = Context::new(self.global.clone(), &mut out);
        let who = Author { by: step.by.clone(), at_ms: asked.at_ms() };
        let outcome = self.take(&mut cx, &who, step);
        self.forget_answer();
        cx.by = Some(who.by);
        let words = ["version", step.event.word(), &format!("v{}", step.number)].map(str::to_owned);
        recorder::record(&cx, &words);
        outcome
    }
}
