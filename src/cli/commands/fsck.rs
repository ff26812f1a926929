//! `fsck`: everything the store holds is held against its hash and its record, and repaired where that is asked for.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::hints;
use crate::cli::output::{GREEN, RED};
use crate::cli::progress::{self, Unit};
use crate::cli::{Exit, remote};
use crate::client::fetch;
use crate::error::Result;
use crate::history::project::Project;
use crate::history::recovery;
use crate::history::repair::{self, Repaired};
use crate::history::rules::Strictness;
use crate::history::verify::{Problem, Walk};
use crate::object::Id;
use crate::operations::bundle;
use crate::store::{self, Checked, CompactScope, Heads, Store};
use clap_complete::ArgValueCompleter;
use serde::Serialize;
use std::collections::BTreeSet;

/// Check every hash, tree, ref, pack, index and the ledger
///
/// Lists what is damaged or lost and which versions it affects. Changes nothing without `--repair`.
#[derive(Debug, clap::Args)]
pub struct Fsck {
    /// Restore what is lost or damaged, as far as its content is known for certain
    #[arg(long)]
    repair: bool,
    /// Get what is missing from this remote, or from a file written by `bundle create`
    #[arg(long, value_name = "REMOTE|BUNDLE", requires = "repair", add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    from: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    ok: bool,
    objects: u64,
    packs: u64,
    refs: usize,
    problems: Vec<ProblemView<'a>>,
    /// With `--repair`.
    #[serde(skip_serializing_if = "Option::is_none")]
    repaired: Option<Vec<String>>,
}

answer!(check: Answer<'_>);

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ProblemView<'a> {
    subject: &'a str,
    what: &'a str,
    affects: &'a [String],
    next: Option<String>,
}

impl Fsck {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let repaired = match self.repair {
            true => Some(repair(cx, &project, self.from.as_deref())?),
            false => None,
        };
        // A repaired store is read anew.
        let project = Project::open(project.root())?;
        let store = project.store();
        let checked = progress::show(cx.out.term(), "Checking", Unit::Item, |progress| {
            store.objects().check(progress)
        })?;
        let survey = store.refs().check();
        let walked = Walk::all(&project, &survey.refs, &checked.graph);
        let mut problems = in_packs(&checked, &walked);
        // Damage of which another copy is whole is none that anybody meets.
        match problems.is_empty() && walked.is_empty() {
            true => store.forget_damage(),
            false => store.note_damage(),
        }
        problems.extend(recovery::problems(store, &survey));
        problems.extend(walked);
        problems
            .extend(store.config().err().map(|error| problem("configuration", error.message())));
        problems.extend(store.open_unguarded().map(unshielded));
        let problems = each_once(problems);
        let refs = survey.refs.len();
        if cx.out.is_json() {
            cx.out.json(&Answer {
                ok: problems.is_empty(),
                objects: checked.objects,
                packs: checked.packs,
                refs,
                problems: problems.iter().map(ProblemView::new).collect(),
                repaired: repaired.as_ref().map(names),
            })?;
        } else {
            for name in repaired.iter().flat_map(names) {
                let word = cx.out.paint(GREEN, "repaired:");
                cx.out.line(format!("{word} {name}"))?;
            }
            print_problems(cx, &problems)?;
            let what =
                format!("{} objects in {} pack(s), {refs} ref(s)", checked.objects, checked.packs);
            match problems.len() {
                0 => cx.out.line(format!("✓ Checked {what}: nothing is damaged."))?,
                count => cx.out.line(format!("Checked {what}: {count} problem(s)."))?,
            }
        }
        if !self.repair && !problems.is_empty() {
            cx.out.hint(
                "run `lua-store fsck --repair` to repair what can be repaired; add `--from REMOTE` to use a remote as well",
            );
        }
        Ok(if problems.is_empty() { Exit::Done } else { Exit::Found })
    }
}

/// One damaged ref stops several checks, each with the same words.
fn each_once(mut problems: Vec<Problem>) -> Vec<Problem> {
    let mut known = BTreeSet::new();
    problems
        .retain(|found| found.subject.starts_with("object ") || known.insert(found.what.clone()));
    problems
}

/// Refs and pointer first, with what the remotes are known to have; then objects, from the remote that is named; then
/// packs of which everything is whole elsewhere go.
fn repair(cx: &mut Context<'_>, project: &Project, from: Option<&str>) -> Result<Repaired> {
    let store = project.store();
    let mut others: Vec<Heads> = Vec::new();
    if let Some(from) = from {
        store.note_damage();
        others.push(fetch(cx, project, from)?);
    }
    for name in store.tracked()? {
        let known = store.remote(&name).ok().flatten();
        others.extend(known.map(|known| Heads {
            source: known.heads.source,
            versions: known.heads.versions,
            active: known.heads.active,
        }));
    }
    let repaired = repair::repair(store, &others)?;
    let damage = store.objects().check(&Default::default())?.damage;
    if damage.iter().any(|damage| damage.object.is_some()) {
        store.empty_active_pack(&store.lock()?)?;
        store.objects().compact(CompactScope::All, &Default::default())?;
    }
    Ok(repaired)
}

/// Heads of the remote, or of the bundle, with their objects fetched.
fn fetch(cx: &mut Context<'_>, project: &Project, from: &str) -> Result<Heads> {
    let term = *cx.out.term();
    let file = cx.directory()?.join(from);
    if file.is_file() {
        return progress::show(&term, "Receiving", Unit::Item, |progress| {
            bundle::fetch(
                project,
                &file,
                crate::operations::bundle::NAME,
                Strictness::Refuse,
                progress,
            )
            .map(|(heads, _)| heads)
        });
    }
    let reached = remote::require(cx, project, Some(from))?;
    forget_damaged(project.store(), &reached.name)?;
    let fetched = progress::show(&term, "Receiving", Unit::Byte, |progress| {
        fetch::fetch(project.store(), &reached.name, &*reached.remote, progress)
    })?;
    Ok(fetched.head.heads)
}

/// Forgets damaged remote-tracking refs; the next fetch writes them again.
fn forget_damaged(store: &Store, name: &str) -> Result<()> {
    match store.remote(name) {
        Ok(_) => Ok(()),
        Err(_) => store.forget_remote(&store.lock()?, name),
    }
}

fn names(repaired: &Repaired) -> Vec<String> {
    let refs = repaired.refs.iter().map(|(name, id)| format!("{name} is {id}"));
    refs.chain(repaired.pointer.iter().map(|active| format!("ACTIVE is {active}"))).collect()
}

/// Damage in packs, without the objects that are reported with the versions they affect.
fn in_packs(checked: &Checked, walked: &[Problem]) -> Vec<Problem> {
    let told: BTreeSet<&str> = walked.iter().map(|problem| problem.subject.as_str()).collect();
    let subject = |object: Option<Id>| object.map_or(String::new(), |id| format!("object {id}"));
    let new =
        checked.damage.iter().filter(|damage| !told.contains(subject(damage.object).as_str()));
    new.map(|damage| match damage.object {
        Some(id) => {
            problem(&format!("object {id}"), &format!("{} (in {})", damage.reason, damage.pack))
        }
        None => problem(&damage.pack, &damage.reason),
    })
    .collect()
}

/// Problem of a missing git guard: `git clean` would remove the whole store.
fn unshielded(name: &str) -> Problem {
    let what = "it is missing or empty: `git clean -fdx` would remove the store";
    let next =
        Some("run `lua-store init` to restore it; every command that writes does so too".into());
    Problem { next, ..problem(&format!("{}/{name}", store::DIR), what) }
}

fn problem(subject: &str, what: &str) -> Problem {
    Problem { subject: subject.to_owned(), what: what.to_owned(), affects: Vec::new(), next: None }
}

fn print_problems(cx: &mut Context<'_>, problems: &[Problem]) -> Result<()> {
    for Problem { subject, what, affects, next } in problems {
        let word = cx.out.paint(RED, "damaged:");
        cx.out.line(format!("{word} {subject}: {what}"))?;
        if !affects.is_empty() {
            cx.out.line(format!("  affects {}", affects.join(", ")))?;
        }
        if let Some(next) = next.as_ref().map(hints::text) {
            cx.out.line(format!("  next: {next}"))?;
        }
    }
    Ok(())
}

impl ProblemView<'_> {
    fn new(problem: &Problem) -> ProblemView<'_> {
        let Problem { subject, what, affects, next } = problem;
        ProblemView { subject, what, affects, next: next.as_ref().map(hints::text) }
    }
}
