//! `purge`: a leaked secret or a file that never should have been pushed goes out of every version.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::progress::{self, Unit};
use crate::cli::{Exit, copied, remote};
use crate::error::{Error, Result};
use crate::flow::purge as flow;
use crate::flow::remote::NamedRemote;
use crate::history::project::Project;
use crate::history::purge::{PurgeTarget, PurgedObject};
use crate::object::{Id, IdPrefix};
use crate::operations::purge::{self, Place, PurgePlan, Purged};
use serde::Serialize;
use std::collections::HashMap;

/// Remove a leaked secret or a large file from every version
///
/// Every tree that contains it is rewritten to contain a tombstone, which says who removed what, when and why.
/// Versions keep their numbers, and the ledger gets a record. A key that leaked must still be rotated.
#[derive(Debug, clap::Args)]
pub struct Purge {
    /// A file or folder of the project with all contents that it ever had, `VERSION:PATH`, or the id of an object
    #[arg(required_unless_present = "allow", value_name = "PATH|OBJECT")]
    names: Vec<String>,
    /// The reason to record in the tombstone and in the ledger
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["dry_run", "allow"])]
    reason: Option<String>,
    /// Show what would be removed, and from which versions, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Ask no questions
    #[arg(long)]
    force: bool,
    /// Let a purged object be stored again, and do nothing else
    #[arg(long, value_name = "OBJECT", conflicts_with_all = ["names", "reason", "dry_run"])]
    allow: Option<String>,
}

/// Answer of `purge`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    dry_run: bool,
    /// False where everything was purged already.
    changed: bool,
    /// The id of the ledger record.
    record: Option<Id>,
    objects: Vec<ObjectView<'a>>,
    /// Numbers of the source versions that were rewritten, or would be.
    source: Vec<u64>,
    versions: Vec<u64>,
    snapshots: Vec<u64>,
    places: Vec<PlaceView<'a>>,
    /// Other objects that contain parts of what is purged.
    similar: Vec<SimilarView<'a>>,
    /// Files of the project that still have purged bytes.
    workspace: &'a [String],
}

/// A purged object.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ObjectView<'a> {
    object: Id,
    /// Null with `--dry-run`.
    tombstone: Option<Id>,
    bytes: u64,
    path: &'a str,
}

/// A path of an object, and the versions where it has it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PlaceView<'a> {
    object: Id,
    path: &'a str,
    versions: &'a [String],
}

/// An object that contains parts of what is purged.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SimilarView<'a> {
    object: Id,
    places: Vec<PlaceView<'a>>,
}

/// Answer of `purge --allow`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AllowAnswer {
    allowed: Id,
}

answer! {
    purge: Answer<'_>,
    purgeAllowance: AllowAnswer,
}

impl Purge {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        if let Some(object) = &self.allow {
            return allow(cx, &project, object);
        }
        let remote = if self.dry_run { None } else { only_remote(cx, &project)? };
        let term = *cx.out.term();
        let finished = !self.dry_run
            && progress::show(&term, "Purging", Unit::Item, |progress| {
                remote.iter().try_for_each(|remote| flow::catch_up(&project, remote, progress))?;
                purge::finish(&project, progress)
            })?;
        let plan = purge::plan(&project, &self.names)?;
        let Some(reason) = self.reason.as_deref().filter(|_| !self.dry_run) else {
            self.answer(cx, &plan, &touched(&plan), false)?;
            return Ok(Exit::Done);
        };
        if plan.targets.is_empty() {
            self.answer(cx, &plan, &Purged::default(), finished)?;
            return Ok(Exit::Done);
        }
        let who = cx.who(&project)?;
        if !cx.out.is_json() {
            print_places(cx, &plan)?;
        }
        let question = format!("Purge {} object(s) for good?", plan.targets.len());
        if !cx.confirm(&question, self.force)? {
            return Ok(Exit::Done);
        }
        let done = progress::show(&term, "Purging", Unit::Item, |progress| {
            purge::require_ready(&project, progress)?;
            let targets = &plan.targets;
            let Some(remote) = &remote else {
                return purge::purge(&project, targets, &who, reason, progress);
            };
            flow::purge(&project, remote, targets, (&who, reason), progress)?;
            let record = project.store().active()?.map(|active| active.ledger);
            let list: HashMap<Id, Id> = project.store().purged()?.pairs().collect();
            let objects = targets.iter().filter_map(|target| {
                let (object, bytes) = (target.object, target.bytes);
                Some(PurgedObject { object, tombstone: *list.get(&object)?, bytes })
            });
            Ok(Purged { record, objects: objects.collect(), ..touched(&plan) })
        })?;
        self.answer(cx, &plan, &done, true)?;
        Ok(Exit::Done)
    }

    fn answer(
        &self,
        cx: &mut Context<'_>,
        plan: &PurgePlan,
        done: &Purged,
        changed: bool,
    ) -> Result<()> {
        if cx.out.is_json() {
            let of_similar = |similar: &'_ purge::Similar| similar.object;
            return cx.out.json(&Answer {
                dry_run: self.dry_run,
                changed,
                record: done.record,
                objects: plan.targets.iter().map(|target| object_view(target, done)).collect(),
                source: done.source.clone(),
                versions: done.versions.clone(),
                snapshots: done.snapshots.clone(),
                places: plan.places.iter().map(place_view).collect(),
                similar: plan
                    .similar
                    .iter()
                    .map(|similar| SimilarView {
                        object: of_similar(similar),
                        places: similar.places.iter().map(place_view).collect(),
                    })
                    .collect(),
                workspace: &plan.workspace,
            });
        }
        if plan.targets.is_empty() {
            return cx.out.line(match changed {
                true => "✓ Finished an interrupted purge.",
                false => "Already purged. No change.",
            });
        }
        if self.dry_run {
            print_places(cx, plan)?;
        }
        let bytes = copied::size(plan.targets.iter().map(|target| target.bytes).sum());
        let word = if self.dry_run { "Would purge" } else { "✓ Purged" };
        cx.out.line(format!(
            "{word} {} object(s), {bytes}, from {} source version(s), {} version(s), {} snapshot(s).",
            plan.targets.len(),
            done.source.len(),
            done.versions.len(),
            done.snapshots.len()
        ))?;
        warn_of_rest(cx, plan);
        Ok(())
    }
}

/// The remote, which has to repeat the purge. All remotes have one ledger, so several cannot do so one after the
/// other.
fn only_remote(cx: &mut Context<'_>, project: &Project) -> Result<Option<NamedRemote>> {
    let config = project.store().config()?;
    let names: Vec<&str> = config.remotes().into_iter().map(|(name, _)| name).collect();
    match names[..] {
        [] => Ok(None),
        [_] => remote::reach(cx, project, None),
        _ => Err(Error::failed(format!("cannot purge on several remotes: {}", names.join(", ")))
            .hint("run `lua-store remote remove NAME` until one remains, purge, then push to new, empty ones; nothing was changed")),
    }
}

fn allow(cx: &mut Context<'_>, project: &Project, object: &str) -> Result<Exit> {
    let list = project.store().purged()?;
    let prefix = IdPrefix::parse(object);
    let matches = |id: &Id| prefix.is_some_and(|prefix| prefix.matches(id));
    let found: Vec<Id> = list.pairs().map(|(id, _)| id).filter(matches).collect();
    let [id] = found[..] else {
        return Err(Error::not_found(format!("no purged object has the id \"{object}\"")));
    };
    purge::allow(project, &id)?;
    match cx.out.is_json() {
        true => cx.out.json(&AllowAnswer { allowed: id })?,
        false => cx.out.line(format!("✓ Object {} may be stored again.", id.short()))?,
    }
    Ok(Exit::Done)
}

/// Numbers of what a plan would rewrite.
fn touched(plan: &PurgePlan) -> Purged {
    let numbers = |series: &str| {
        let names = plan.places.iter().flat_map(|place| &place.versions);
        let numbers =
            names.filter_map(|name| name.strip_prefix(series)?.strip_prefix("/v")?.parse().ok());
        let numbers: std::collections::BTreeSet<u64> = numbers.collect();
        numbers.into_iter().collect()
    };
    Purged {
        source: numbers("source"),
        versions: numbers("versions"),
        snapshots: numbers("snapshots"),
        ..Purged::default()
    }
}

fn object_view<'a>(target: &'a PurgeTarget, done: &Purged) -> ObjectView<'a> {
    let is_it = |one: &&PurgedObject| one.object == target.object;
    let tombstone = done.objects.iter().find(is_it).map(|one| one.tombstone);
    ObjectView { object: target.object, tombstone, bytes: target.bytes, path: &target.path }
}

fn place_view(place: &Place) -> PlaceView<'_> {
    PlaceView { object: place.object, path: &place.path, versions: &place.versions }
}

fn print_places(cx: &mut Context<'_>, plan: &PurgePlan) -> Result<()> {
    for place in &plan.places {
        let path = place.path.strip_prefix("source/").unwrap_or(&place.path);
        let (id, versions) = (place.object.short(), ranges(&place.versions));
        cx.out.line(format!("  {path}  {id}  in {versions}"))?;
    }
    Ok(())
}

/// `source v1..v3, versions v1`
fn ranges(names: &[String]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for series in ["source", "versions", "snapshots"] {
        let numbers = names.iter().filter_map(|name| name.strip_prefix(series)?.strip_prefix("/v"));
        let numbers: Vec<u64> = numbers.filter_map(|number| number.parse().ok()).collect();
        let runs = numbers.chunk_by(|one, two| one + 1 == *two);
        let runs = runs.map(|run| match run {
            [one] => format!("v{one}"),
            [first, .., last] => format!("v{first}..v{last}"),
            [] => String::new(),
        });
        let runs: Vec<String> = runs.collect();
        parts.extend((!runs.is_empty()).then(|| format!("{series} {}", runs.join(", "))));
    }
    parts.join(", ")
}

/// Places that a purge does not reach.
fn warn_of_rest(cx: &mut Context<'_>, plan: &PurgePlan) {
    for similar in &plan.similar {
        let id = similar.object.short();
        let place = similar.places.first();
        let place = place.map_or("in no version".to_owned(), |place| {
            format!("\"{}\" in {}", place.path, ranges(&place.versions))
        });
        cx.out.warn(format!("object {id} contains a part of it too: {place}"));
        cx.out.hint(format!("run `lua-store purge {id} --reason TEXT` to purge it too"));
    }
    for path in &plan.workspace {
        cx.out.warn(format!(
            "\"{path}\" in the project still contains these bytes: pushes that contain them are refused"
        ));
    }
    cx.out.note(
        "A purge does not reach git, backups, clones that did not fetch, and the platform. Rotate a key that leaked.",
    );
}
