//! `version promote`: make a version the live one, with a preview of the change for users.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::deploy_args::DeployArgs;
use crate::cli::deploy_output::{self, DeployPlanView, DeployedView};
use crate::cli::follower_output::{self, FollowerView};
use crate::cli::promotion_abort::abort;
use crate::cli::remote::RemoteArgs;
use crate::cli::terminal::{Terminal, print_git};
use crate::cli::{Exit, complete, print};
use crate::compare;
use crate::deploy::ReadScope;
use crate::error::Result;
use crate::flow;
use crate::flow::git::GitOutcome;
use crate::flow::pointer::{Authority, PointerRequest};
use crate::flow::promote::{PreparedPromotion, Promoted};
use crate::history::any_version::AnyVersion;
use crate::history::record;
use crate::history::record::LedgerRecord;
use crate::history::revision::Revision;
use crate::merge::incoming::LedgerChange;
use crate::operations::promote::{PointerState, PromoteRequest, Promotion};
use crate::operations::stock;
use crate::report::{self, ChangeView, LedgerChangeView};
use crate::store::Store;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Number of changed lines that are shown; `version diff` has the rest.
const LINES: usize = 3;

/// Make a version active
///
/// One atomic swap, recorded in the ledger. To roll back, promote an older version. With a remote, the remote's
/// active version decides: its pointer is swapped first, and only if nobody else moved it.
#[derive(Debug, clap::Args)]
pub struct Promote {
    /// The version to make active
    #[arg(allow_negative_numbers = true, required_unless_present = "abort", add = ArgValueCompleter::new(complete::versions))]
    version: Option<Revision>,
    /// The reason to record in the ledger
    #[arg(short = 'm', long, visible_alias = "message", value_name = "TEXT")]
    reason: Option<String>,
    /// Promote only if this version is active now
    #[arg(long, value_name = "VERSION", allow_negative_numbers = true, add = ArgValueCompleter::new(complete::versions))]
    expect: Option<Revision>,
    /// Show what would change for users, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Ask no questions
    #[arg(long)]
    force: bool,
    /// If both sides promoted or deleted, continue from the ledger of the remote and leave yours out
    #[arg(long, conflicts_with = "offline")]
    theirs: bool,
    /// Take back a promotion on the Lua platform that was interrupted
    #[arg(long, conflicts_with_all = ["version", "reason", "expect", "dry_run", "offline", "theirs"])]
    abort: bool,
    /// Delete this primitive on the Lua platform, which the version does not contain
    #[arg(long, value_name = "NAME")]
    retire: Vec<String>,
    #[command(flatten)]
    deploy: DeployArgs,
    #[command(flatten)]
    at: RemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    promoted: u64,
    previous_active: Option<u64>,
    changed: bool,
    dry_run: bool,
    /// With `--dry-run`: whether another version would be active afterwards; else null.
    would_change: Option<bool>,
    /// With `--dry-run`: the changes for users, as in `version diff`; else null.
    diff: Option<ChangeView<'a>>,
    remote: Option<&'a str>,
    /// Records of the remote that were not known here.
    brought: Vec<LedgerChangeView<'a>>,
    undoes: Option<UndoneStep<'a>>,
    /// True if a version comes back that was replaced before.
    again: bool,
    undo: Option<String>,
    git: Option<&'a GitOutcome>,
    /// Requests that changed the agent on the Lua platform.
    deployed: Option<DeployedView<'a>>,
    /// With `--dry-run`: the requests that would be sent there.
    plan: Option<DeployPlanView<'a>>,
    /// Other remotes of an agent on the platform, whose pointers follow.
    followers: Vec<FollowerView<'a>>,
}

answer!(promotion: Answer<'_>);

/// The promotion that this one takes back.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UndoneStep<'a> {
    version: Option<u64>,
    by: &'a str,
    at: String,
    reason: Option<&'a str>,
}

impl Promote {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        self.deploy.apply(cx, self.force, &self.retire)?;
        cx.deploy.is_dry_run = self.dry_run;
        cx.deploy.scope = ReadScope::Versioned;
        let Some(version) = &self.version else { return abort(cx, &project, &self.at) };
        let step = PointerRequest {
            action: &format!("promote {version}"),
            remote: self.at.remote.as_deref(),
            dry_run: self.dry_run,
            theirs: self.theirs,
        };
        let mut remotes = self.at.reach_all(cx, &project)?;
        let who = cx.who_at(&project, remotes.authority.as_mut())?;
        let at = (&project, &who);
        let mut terminal = Terminal::new(cx);
        let expect = self.expect.as_ref();
        let prepared = flow::promote::prepare(&mut terminal, at, remotes, &step, version, expect)?;
        let changes = {
            let promotion = &prepared.promotion;
            print_history(cx, promotion);
            if self.dry_run {
                let pointer_state = prepared.pointer_state(project.store())?;
                return self.preview(cx, project.store(), &pointer_state, &prepared);
            }
            // The live version may be damaged, and replacing it is the more urgent then.
            self.changes(cx, project.store(), &prepared).unwrap_or_default()
        };
        if !self.is_meant(cx, &prepared.promotion)? {
            return Ok(Exit::Done);
        }
        let asked = Asked::of(&prepared.authority);
        let request = PromoteRequest { reason: self.reason.clone(), expect: self.expect.clone() };
        let done = prepared.apply(&mut Terminal::new(cx), at, &request)?;
        let Promoted { promotion, git, step } = &done;
        if cx.out.is_json() {
            self.hint_undo(cx, promotion);
            let deployed = step.deployed.as_ref().map(DeployedView::new);
            let followers = follower_output::views(&step.followers);
            let answer = self.answer(&asked, promotion, git.as_ref());
            cx.out.json(&Answer { deployed, followers, ..answer })?;
        } else {
            self.print(cx, promotion, changes)?;
        }
        git.iter().for_each(|git| print_git(cx, git));
        let exit = match &step.deployed {
            Some(deployed) => deploy_output::print(cx, deployed)?,
            None => Exit::Done,
        };
        Ok(follower_output::print(cx, promotion.number, &step.followers)?.unwrap_or(exit))
    }

    /// A second `promote previous` would bring back the version that the first one replaced: a
    /// person is asked, if there is one.
    fn is_meant(&self, cx: &mut Context<'_>, promotion: &Promotion) -> Result<bool> {
        let again =
            promotion.taken_back.is_some() && matches!(self.version, Some(Revision::Previous));
        if self.force || promotion.settled || !again || !cx.can_ask() {
            return Ok(true);
        }
        cx.confirm(&format!("Promote v{} again?", promotion.number), false)
    }

    fn answer<'a>(
        &self,
        asked: &'a Asked,
        promotion: &'a Promotion,
        git: Option<&'a GitOutcome>,
    ) -> Answer<'a> {
        let undoes = promotion.undoes.as_ref().map(|step| {
            let LedgerRecord { by, at_ms, reason, .. } = &step.record;
            let (at, reason) = (record::iso(*at_ms), reason.as_deref());
            UndoneStep { version: promotion.previous, by, at, reason }
        });
        Answer {
            promoted: promotion.number,
            previous_active: promotion.previous,
            changed: !(promotion.settled || self.dry_run),
            dry_run: self.dry_run,
            would_change: self.dry_run.then_some(!promotion.settled),
            diff: None,
            remote: asked.name.as_deref(),
            brought: report::ledger_views(&asked.incoming),
            undoes,
            again: promotion.taken_back.is_some(),
            undo: self.undo(promotion),
            git,
            deployed: None,
            plan: None,
            followers: Vec::new(),
        }
    }

    /// The command that takes it back.
    fn undo(&self, promotion: &Promotion) -> Option<String> {
        let previous = promotion.previous.filter(|previous| *previous != promotion.number)?;
        Some(format!("lua-store version promote v{previous}{}", self.at.options()))
    }

    /// The first lines of what changes, for a person.
    fn changes(
        &self,
        cx: &Context<'_>,
        store: &Store,
        prepared: &PreparedPromotion,
    ) -> Result<Vec<report::Line>> {
        let promotion = &prepared.promotion;
        let shown = cx.out.term().stdout && !cx.out.is_json();
        let Some(previous) = promotion.previous.filter(|_| shown && !promotion.settled) else {
            return Ok(Vec::new());
        };
        let change = between(&prepared.pointer_state(store)?, promotion)?;
        let mut lines = report::brief(&change);
        if lines.len() > LINES {
            let more = lines.len() - LINES;
            lines.truncate(LINES);
            let diff = format!("`lua-store version diff v{previous} v{}`", promotion.number);
            lines.push(report::Line::plain(format!("… and {more} more: {diff}")));
        }
        Ok(lines.into_iter().map(|line| line.indented(2)).collect())
    }

    fn print(
        &self,
        cx: &mut Context<'_>,
        promotion: &Promotion,
        changes: Vec<report::Line>,
    ) -> Result<()> {
        let number = promotion.number;
        if promotion.settled {
            return cx.out.line(format!("v{number} is already active. No change."));
        }
        cx.out.line(match promotion.previous {
            Some(previous) => format!("✓ Promoted v{number}. Previous active: v{previous}."),
            None => format!("✓ Promoted v{number}. (No previous active version.)"),
        })?;
        print::lines(cx.out, changes)?;
        self.hint_undo(cx, promotion);
        Ok(())
    }

    fn hint_undo(&self, cx: &mut Context<'_>, promotion: &Promotion) {
        if let Some(undo) = self.undo(promotion).filter(|_| !promotion.settled) {
            cx.out.hint(format!("run `{undo}` to take it back"));
        }
    }

    /// The same command without `--dry-run`.
    fn command(&self, number: u64) -> String {
        format!("lua-store version promote v{number}{}", self.at.options())
    }

    /// Changes that a promotion would bring to users.
    fn preview(
        &self,
        cx: &mut Context<'_>,
        store: &Store,
        pointer_state: &PointerState,
        prepared: &PreparedPromotion,
    ) -> Result<Exit> {
        let promotion = &prepared.promotion;
        let number = promotion.number;
        let plan = match promotion.settled {
            true => None,
            false => prepared.authority.plan(number)?,
        };
        if cx.out.is_json() {
            let asked = Asked::of(&prepared.authority);
            let change = between(pointer_state, promotion)?;
            if !promotion.settled {
                cx.out.suggest(&self.command(number));
            }
            let diff = Some(ChangeView::new(&change));
            let plan = plan.as_ref().map(DeployPlanView::new);
            let followers = follower_output::planned(prepared.authority.followers());
            cx.out.json(&Answer {
                diff,
                plan,
                followers,
                ..self.answer(&asked, promotion, None)
            })?;
        } else if promotion.settled {
            cx.out.line(format!("v{number} is already active. No change."))?;
        } else {
            let from =
                promotion.previous.map_or("nothing".to_owned(), |previous| format!("v{previous}"));
            cx.out.line(format!("Would promote v{number}. Active now: {from}."))?;
            print::print(cx.out, &between(pointer_state, promotion)?, false)?;
            preview_built(cx, store, pointer_state, promotion)?;
            plan.iter().try_for_each(|plan| deploy_output::print_plan(cx, plan))?;
            for name in prepared.authority.followers() {
                cx.out.line(format!("Would then promote v{number} on {name}."))?;
            }
        }
        Ok(Exit::Done)
    }
}

/// Remote that was asked, and its records that were not known here.
struct Asked {
    name: Option<String>,
    incoming: Vec<LedgerChange>,
}

impl Asked {
    fn of(authority: &Authority) -> Asked {
        Asked { name: authority.name().map(str::to_owned), incoming: authority.incoming().to_vec() }
    }
}

/// Compiled form of the change by the stock compiler, and a note on a version whose agent was never
/// read.
fn preview_built(
    cx: &mut Context<'_>,
    store: &Store,
    pointer_state: &PointerState,
    promotion: &Promotion,
) -> Result<()> {
    let version = |number| pointer_state.live.get(number).map(AnyVersion::from);
    let to = version(promotion.number)?;
    if let Some(previous) = promotion.previous {
        let from = version(previous)?;
        print::lines(
            cx.out,
            report::built_lines(&stock::between(store, pointer_state.objects, &from, &to)?),
        )?;
    }
    print::unread(cx.out, [&to])
}

/// Differences between the live version and the promoted one.
fn between(pointer_state: &PointerState, promotion: &Promotion) -> Result<compare::StateChange> {
    let state = |number: u64| pointer_state.live.get(number).map(|version| version.state);
    let from = promotion.previous.map(state).transpose()?;
    compare::between(pointer_state.objects, from.as_ref(), Some(&state(promotion.number)?))
}

/// Author of the promotion that this one undoes.
fn print_history(cx: &mut Context<'_>, promotion: &Promotion) {
    let by = |record: &LedgerRecord| {
        let reason = record.reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
        format!("by {}, {}{reason}", record.by, report::local_time(record.at_ms))
    };
    let number = promotion.number;
    match (&promotion.taken_back, &promotion.undoes, promotion.previous) {
        (Some(step), ..) => {
            cx.out.warn(format!(
                "this undoes a rollback: v{number} was taken back {}",
                by(&step.record)
            ));
        }
        (None, Some(step), Some(previous)) if promotion.is_return => {
            cx.out.note(format!("This takes back v{previous}, promoted {}", by(&step.record)));
        }
        _ => {}
    }
}
