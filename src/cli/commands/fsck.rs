//! `fsck`: everything the store holds is held against its hash and its record.

use crate::agent::lost;
use crate::agent::verify::{Problem, Walk};
use crate::cli::context::Context;
use crate::cli::output::RED;
use crate::cli::{Exit, progress};
use crate::error::Result;
use crate::object::Id;
use crate::store::Checked;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Check every hash, tree, ref, pack, index and the ledger
///
/// Names what is damaged and which versions it affects. Changes nothing.
#[derive(Debug, clap::Args)]
pub struct Fsck {}

impl Fsck {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let store = project.store();
        let checked = progress::show(cx.out.term(), "Checking", progress::Unit::Item, |progress| {
            store.objects().check(progress)
        })?;
        let survey = store.refs().survey();
        let walked = Walk::all(&project, &survey.refs);
        let mut problems = in_packs(&checked, &walked);
        problems.extend(lost::problems(store, &survey));
        problems.extend(walked);
        problems.extend(store.config().err().map(|error| problem("configuration", error.message())));
        // One damaged ref stops several checks, each with the same words.
        let mut told = BTreeSet::new();
        problems.retain(|found| found.subject.starts_with("object ") || told.insert(found.what.clone()));
        let refs = survey.refs.len();
        if cx.out.is_json() {
            cx.out.json(&json!({
                "ok": problems.is_empty(),
                "objects": checked.objects,
                "packs": checked.packs,
                "refs": refs,
                "problems": problems.iter().map(to_json).collect::<Vec<_>>(),
            }))?;
        } else {
            tell(cx, &problems)?;
            let what = format!("{} objects in {} pack(s), {refs} ref(s)", checked.objects, checked.packs);
            match problems.len() {
                0 => cx.out.line(format!("✓ Checked {what}: nothing is damaged."))?,
                count => cx.out.line(format!("Checked {what}: {count} problem(s)."))?,
            }
        }
        Ok(if problems.is_empty() { Exit::Done } else { Exit::Found })
    }
}

/// Damage in packs, but for the objects that are told with the versions they affect.
fn in_packs(checked: &Checked, walked: &[Problem]) -> Vec<Problem> {
    let told: BTreeSet<&str> = walked.iter().map(|problem| problem.subject.as_str()).collect();
    let subject = |object: Option<Id>| object.map_or(String::new(), |id| format!("object {id}"));
    let new = checked.damage.iter().filter(|damage| !told.contains(subject(damage.object).as_str()));
    new.map(|damage| match damage.object {
        Some(id) => problem(&format!("object {id}"), &format!("{} (in {})", damage.reason, damage.pack)),
        None => problem(&damage.pack, &damage.reason),
    })
    .collect()
}

fn problem(subject: &str, what: &str) -> Problem {
    Problem { subject: subject.to_owned(), what: what.to_owned(), affects: Vec::new(), next: None }
}

fn tell(cx: &mut Context<'_>, problems: &[Problem]) -> Result<()> {
    for Problem { subject, what, affects, next } in problems {
        let word = cx.out.paint(RED, "damaged:");
        cx.out.line(format!("{word} {subject}: {what}"))?;
        if !affects.is_empty() {
            cx.out.line(format!("  affects {}", affects.join(", ")))?;
        }
        if let Some(next) = next {
            cx.out.line(format!("  next: {next}"))?;
        }
    }
    Ok(())
}

fn to_json(problem: &Problem) -> Value {
    json!({"subject": problem.subject, "what": problem.what, "affects": problem.affects, "next": problem.next})
}
