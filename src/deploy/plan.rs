//! Plan: the requests of a deployment, in their order, before any of them is sent.

use super::deployment::Deployment;
use super::parts;
use super::preconditions;
use super::primitives::{self, NumberToPush};
use super::promotion::DeployTarget;
use super::{settings, switch, unversioned};
use crate::client::{DeployPlan, DeployRequest, Effect, PlanRequest};
use crate::error::{Error, Result};
use crate::history::imported::ImportRecord;
use crate::history::source::SourceVersion;
use crate::history::state::State;
use crate::import::key_of;
use crate::object::{Id, Source};
use crate::platform::Listing;
use crate::protocol::Transaction;
use crate::store::Active;

/// Digits of the id of a plan.
const DIGITS: usize = 12;

/// The plan of a push or of a promotion. Only questions are sent.
pub fn of(deployment: &Deployment<'_>, request: &PlanRequest<'_>) -> Result<DeployPlan> {
    let mut plan = DeployPlan::default();
    match request {
        PlanRequest::Push { objects, state, is_new } => {
            let state = State::load(*objects, state)?;
            if *is_new || deployment.series.len() > deployment.record.heads.source.len() {
                push(deployment, *objects, &state, &mut plan)?;
                let backup = DeployRequest::new("#19", Effect::Staged, "backup of the files");
                plan.requests.push(backup);
            }
            unversioned::plan(deployment, *objects, &state, &mut plan)?;
            plan.not_sent.voices = state.voices().collect();
        }
        PlanRequest::Promote { number } => {
            plan.is_first = deployment.listing.versions.is_empty();
            promote(deployment, *number, &mut plan)?;
        }
    }
    if let Some(number) = new_backup(&deployment.record, &deployment.listing) {
        plan.refusals.push(format!("backup {number} of the platform is not imported yet"));
    }
    plan.id = id_of(deployment, &plan);
    Ok(plan)
}

/// Number of a backup that is not imported.
pub fn new_backup(record: &ImportRecord, listing: &Listing) -> Option<u64> {
    let new = listing.backups.iter().find(|row| !record.backups.contains_key(&row.number));
    new.map(|row| row.number)
}

/// Refuses a transaction whose plan is not the one that was promised.
pub fn check_promise(deployment: &Deployment<'_>, transaction: &Transaction) -> Result<()> {
    let Some(promised) = &deployment.options.plan else { return Ok(()) };
    let objects = deployment.store.objects();
    let now = match (&transaction.active, &transaction.source) {
        (Some(swap), _) => {
            let number = swap.new.version.unwrap_or_default();
            of(deployment, &PlanRequest::Promote { number })?
        }
        (None, Some(created)) => {
            let number = created.after + created.ids.len() as u64;
            let id = created.ids[created.ids.len() - 1];
            let state = &SourceVersion::load(objects, number, id)?.state;
            of(deployment, &PlanRequest::Push { objects, state, is_new: true })?
        }
        (None, None) => return Ok(()),
    };
    check_id(promised, &now)
}

/// The same for a push that sends no new source version.
pub fn check_push_promise(deployment: &Deployment<'_>, state: &Id) -> Result<()> {
    let Some(promised) = &deployment.options.plan else { return Ok(()) };
    let objects = deployment.store.objects();
    check_id(promised, &of(deployment, &PlanRequest::Push { objects, state, is_new: false })?)
}

fn check_id(promised: &str, now: &DeployPlan) -> Result<()> {
    match now.id == promised {
        true => Ok(()),
        false => Err(Error::conflict(format!(
            "the plan {promised} does not hold any more: the plan is {} now",
            now.id
        ))
        .hint("run the command with `--dry-run` to see the new plan; nothing was sent")),
    }
}

/// Hash of the requests and of everything on the platform that they depend on.
fn id_of(deployment: &Deployment<'_>, plan: &DeployPlan) -> String {
    let mut hasher = blake3::Hasher::new();
    for request in &plan.requests {
        hasher.update(format!("{} {}\n", request.route, request.subject).as_bytes());
    }
    let listing = &deployment.listing;
    let parts = parts::of_listing(listing);
    hasher.update(format!("{parts:?}\n").as_bytes());
    // A promotion need not look at the others.
    for row in listing.primitives.iter().filter(|row| primitives::is_versioned(&key_of(row))) {
        let newest = primitives::newest(row).unwrap_or_default();
        hasher.update(format!("{} {} {newest}\n", row.route.path, row.name).as_bytes());
        if deployment.options.include.contains(row.route.kind.folder) {
            hasher.update(format!("{:?}\n", row.active).as_bytes());
        }
    }
    hasher.finalize().to_hex()[..DIGITS].to_owned()
}

/// Requests of a push, but for the backup.
fn push<S: Source + ?Sized>(
    deployment: &Deployment<'_>,
    objects: &S,
    state: &State,
    plan: &mut DeployPlan,
) -> Result<Vec<NumberToPush>> {
    let all = match primitives::to_push(
        objects,
        &deployment.record,
        &deployment.listing,
        state,
        &deployment.journal,
    ) {
        Ok(all) => all,
        Err(error) => {
            plan.refusals.push(error.message().to_owned());
            Vec::new()
        }
    };
    for one in &all {
        if one.id.is_none() {
            let subject = format!("{} {}", one.kind, one.name);
            plan.requests.push(DeployRequest::new("#2", Effect::Staged, subject));
        }
        plan.requests.push(DeployRequest::new("#3", Effect::Staged, one.subject()));
    }
    Ok(all)
}

fn promote(deployment: &Deployment<'_>, number: u64, plan: &mut DeployPlan) -> Result<()> {
    let id = deployment.versions.get((number as usize).saturating_sub(1)).copied();
    let id = id.ok_or_else(|| Error::not_found(format!("Version v{number} not found")))?;
    // Its ledger record is not made yet, and no part of a plan.
    let new = Active { version: Some(number), ledger: id };
    let mut target = deployment.target((number, id), (None, new))?;
    plan.not_sent.voices = target.state.voices().collect();
    let there = deployment.record.version_there(number);
    let objects = deployment.store.objects();
    if there.is_none() {
        let source = deployment.source_of(&target)?;
        let state = State::load(objects, &source.state)?;
        let pushed = push(deployment, objects, &state, plan)?;
        if deployment.record.backup_of(source.number).is_none() {
            plan.requests.push(DeployRequest::new("#19", Effect::Staged, "backup of the files"));
        }
        for one in &pushed {
            target.pins.remove(&one.key);
        }
        let lacking = preconditions::lacking(&target, &deployment.listing);
        plan.refusals.extend(lacking);
        new_version(deployment, &target, &pushed, plan);
    }
    let subject = there.map_or("the new version is made active".to_owned(), |there| {
        format!("version {there} is made active")
    });
    plan.requests.push(DeployRequest::new("#27", Effect::Switch, subject));
    let settings = settings::changes(&deployment.record, &deployment.listing, &target.parts);
    for (field, _) in settings {
        plan.requests.push(DeployRequest::new("#10", Effect::After, field));
    }
    if let Err(error) = deployment.check_unmoved(&target) {
        plan.refusals.push(error.message().to_owned());
    }
    Ok(())
}

fn new_version(
    deployment: &Deployment<'_>,
    target: &DeployTarget,
    pushed: &[NumberToPush],
    plan: &mut DeployPlan,
) {
    for change in switch::part_changes(target, &deployment.listing) {
        plan.requests.push(change.request());
    }
    let is_pushed =
        |kind: &str, name: &str| pushed.iter().any(|one| one.kind == kind && one.name == name);
    for (kind, name) in preconditions::extra(target, &deployment.listing) {
        if is_pushed(kind, &name) {
            continue;
        }
        match deployment.options.retire.contains(&name) {
            true => {
                let subject = format!("{kind} {name}");
                plan.requests.push(DeployRequest::new("#34", Effect::AtOnce, subject));
            }
            false => plan.refusals.push(format!("the platform has the {kind} \"{name}\"")),
        }
    }
    let subject = format!("version of v{}", target.version.number);
    plan.requests.push(DeployRequest::new("#23", Effect::Staged, subject));
}
