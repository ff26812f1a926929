//! Recovery of a damaged ref: the versions in the store that no sound ref names.

use super::catalog::Catalog;
use super::source::SourceVersion;
use super::verify::Problem;
use super::version::{self, Version};
use crate::error::{Hint, Result};
use crate::object::{Id, ObjectKind};
use crate::store::refs::{RefCheck, RefName, RefProblem};
use crate::store::{Odb, Store};
use std::collections::HashSet;

/// Problems of the refs, each with the versions it affects and the next command.
pub fn problems(store: &Store, survey: &RefCheck) -> Vec<Problem> {
    let problem = |trouble: &RefProblem| Problem {
        subject: "refs".to_owned(),
        what: trouble.error.message().to_owned(),
        affects: trouble.refs.iter().map(RefName::short).collect(),
        next: trouble.next.clone().or_else(|| match &trouble.refs[..] {
            [] => None,
            [name] => Some(next(store, survey, name).into()),
            _ => Some(Hint::RepairKnown),
        }),
    };
    survey.problems.iter().map(problem).collect()
}

fn next(store: &Store, survey: &RefCheck, name: &RefName) -> String {
    let file = store.path(&name.to_string());
    let backup = format!("restore \"{}\" from a backup", file.display());
    if let Some(id) = store.logged().refs.get(name) {
        return format!(
            "run `echo {id} > \"{}\"` to restore it, as the log recorded it",
            file.display()
        );
    }
    let damaged = survey.problems.iter().flat_map(|trouble| &trouble.refs);
    let alone = damaged.filter(|other| other.series() == name.series()).count() == 1;
    // Objects that cannot be listed are reported by the check of the packs.
    let found = unnamed(store, survey, name).unwrap_or_default();
    match (active(store, name), &found[..]) {
        (Some(id), _) => {
            format!(
                "run `echo {id} > \"{}\"` to restore it, as the ledger recorded it",
                file.display()
            )
        }
        (None, [only]) if alone => {
            format!(
                "run `echo {only} > \"{}\"` to restore it: this is the only version without a ref",
                file.display()
            )
        }
        (None, []) => backup,
        (None, several) => {
            let ids: Vec<String> = several.iter().map(Id::to_string).collect();
            format!("{backup}; versions without a ref: {}", ids.join(", "))
        }
    }
}

/// Former content of a ref, if the ledger knows it or only one version is left that it can have
/// been.
pub(super) fn found(store: &Store, survey: &RefCheck, name: &RefName) -> Option<Id> {
    let damaged = survey.problems.iter().flat_map(|trouble| &trouble.refs);
    let alone = damaged.filter(|other| other.series() == name.series()).count() == 1;
    active(store, name).or_else(|| match unnamed(store, survey, name).ok()?.as_slice() {
        [only] if alone => Some(*only),
        _ => None,
    })
}

/// `ACTIVE` names the version that the ledger promoted last.
fn active(store: &Store, name: &RefName) -> Option<Id> {
    let catalog = Catalog::load(store).ok()?;
    let is_active =
        name.series() == version::REFS && catalog.active_number() == Some(name.number());
    catalog.active_id().filter(|_| is_active)
}

/// Versions, or source versions, that no sound ref names.
fn unnamed(store: &Store, survey: &RefCheck, name: &RefName) -> Result<Vec<Id>> {
    let objects = store.objects();
    let named: HashSet<Id> = survey.refs.iter().map(|(_, id)| *id).collect();
    let mut found = Vec::new();
    for id in objects.ids()? {
        if !named.contains(&id) && is_of(objects, name, id) {
            found.push(id);
        }
    }
    Ok(found)
}

/// True if an object is a version of the series of this ref.
pub(super) fn is_of(objects: &Odb, name: &RefName, id: Id) -> bool {
    let tree = matches!(objects.kind_and_len(&id), Ok(Some((ObjectKind::Tree, _))));
    tree && match name.series() {
        version::REFS => Version::load(objects, name.number(), id).is_ok(),
        _ => SourceVersion::load(objects, name.number(), id).is_ok(),
    }
}
