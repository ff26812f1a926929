//! Verification of history for `fsck`: everything that refs and the ledger reach, every record, and
//! their agreement. It reads only, and goes on after each problem, so that one run names them all.

mod agreement;

use super::catalog::Catalog;
use super::ledger;
use super::project::Project;
use super::purge;
use super::rules::{self, Breach, ReadParts, RefScope, RuleReport};
use super::source::SourceVersion;
use super::state::State;
use super::version::{self, Version};
use crate::error::{Error, Hint, Result};
use crate::object::{Id, Source};
use crate::parallel;
use crate::store::{self, Heads, ObjectGraph, RemoteTracking, Store, refs};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Checks that every record of the ledger can be read and names a version, and that purges changed nothing but what
/// they say. Gives the number of records.
pub fn ledger(project: &Project, catalog: &Catalog) -> Result<usize> {
    let head = catalog.pointer().map(|active| active.ledger);
    let (mut count, mut purges, mut unnamed) = (0, 0, BTreeSet::new());
    for step in ledger::steps(project.store().objects(), head) {
        let step = step?;
        count += 1;
        let Some(version) = step.version() else {
            purges += 1;
            continue;
        };
        // Each damaged ref may be that of one version.
        if catalog.number_of(&version).is_none()
            && catalog.elsewhere(&version).is_none()
            && unnamed.insert(version)
            && unnamed.len() > catalog.damaged()
        {
            let what =
                format!("ledger record {} names a version to which no ref points", step.id.short());
            return Err(Error::corrupt(what).hint(Hint::Fsck));
        }
    }
    // A damaged source version stops nobody who never purged anything.
    if purges > 0 && catalog.damaged() == 0 {
        let store = project.store();
        purge::verify(store.objects(), &store.heads()?, &tracked(store))?;
    }
    Ok(count)
}

/// Heads of each remote, as last seen. Those that cannot be read are reported by another check.
fn tracked(store: &Store) -> Vec<Heads> {
    let names = store.tracked().unwrap_or_default();
    let read = names.iter().filter_map(|name| store.remote(name).ok().flatten());
    read.map(|tracking| tracking.heads).collect()
}

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// An object, a ref, a pack, a file.
    pub subject: String,
    pub what: String,
    /// Names of the versions and source versions that need it.
    pub affects: Vec<String>,
    /// Command that helps, where one is known.
    pub next: Option<Hint>,
}

/// Walks everything that refs and the ledger reach, and reports damaged objects.
pub struct Walk<'a> {
    objects: &'a dyn Source,
    /// Objects that the check of the packs has read, which are not read again.
    graph: &'a ObjectGraph,
    /// Records and states that the rules have read.
    read: &'a ReadParts,
    /// Problems below each tree that was walked.
    below: HashMap<Id, Rc<BTreeSet<Id>>>,
    nothing: Rc<BTreeSet<Id>>,
    /// Each damaged or missing object, and why.
    bad: BTreeMap<Id, String>,
    affects: BTreeMap<Id, Vec<String>>,
    records: Vec<Problem>,
}

impl<'a> Walk<'a> {
    /// `refs` are the readable ones; `RefCheck` reports the others. `graph` is of the check of the packs.
    pub fn all(
        project: &'a Project,
        refs: &[(refs::RefName, Id)],
        graph: &ObjectGraph,
    ) -> Vec<Problem> {
        let (store, objects) = (project.store(), project.store().objects());
        let (broken, read) = broken_rules(store, graph);
        let (below, nothing, bad, affects, records) = Default::default();
        let mut walk = Walk { objects, graph, read: &read, below, nothing, bad, affects, records };
        refs.iter().for_each(|(name, id)| walk.named(name, id));
        walk.ledger(project);
        walk.remotes(store);
        let mut problems = walk.records;
        problems.extend(broken);
        problems.extend(agreement::problems(store, refs, &read));
        for (id, what) in walk.bad {
            let affects = walk.affects.remove(&id).unwrap_or_default();
            problems.push(Problem { subject: format!("object {id}"), what, affects, next: None });
        }
        problems
    }

    fn problem(&mut self, subject: &str, error: &Error) {
        let what = error.message().to_owned();
        self.records.push(Problem {
            subject: subject.to_owned(),
            what,
            affects: Vec::new(),
            next: None,
        });
    }

    fn named(&mut self, full: &refs::RefName, id: &Id) {
        let name = full.short();
        self.version(&name, full.series(), full.number(), id);
    }

    /// A version of ours or of a remote: all that it reaches, and that its record is one.
    fn version(&mut self, name: &str, series: &str, number: u64, id: &Id) {
        self.root(name, id);
        if self.read.has_read(series, id) {
            return;
        }
        let read = match series {
            version::REFS => Version::load(self.objects, number, *id).map(|version| version.state),
            _ => SourceVersion::load(self.objects, number, *id).map(|version| version.state),
        };
        // An unreadable object is reported by its own problem.
        let whole = self.below.get(id).is_none_or(|bad| bad.is_empty());
        if let Err(error) = read.and_then(|state| State::load(self.objects, &state))
            && whole
        {
            self.problem(name, &error);
        }
    }

    /// Checks that everything the remote-tracking refs name is here, whole.
    fn remotes(&mut self, store: &Store) {
        for name in store.tracked().unwrap_or_default() {
            let tracking = match store.remote(&name) {
                Ok(tracking) => tracking.unwrap_or_default(),
                Err(error) => {
                    self.problem(&format!("remote {name}"), &error);
                    continue;
                }
            };
            for (series, ids) in
                [(refs::SOURCE, &tracking.heads.source), (refs::VERSIONS, &tracking.heads.versions)]
            {
                for (number, id) in (1..).zip(ids) {
                    let shown = store::short(series);
                    self.version(&format!("remotes/{name}/{shown}/v{number}"), series, number, id);
                }
            }
            let Some(active) = tracking.heads.active else { continue };
            self.root(&format!("remotes/{name}/ledger"), &active.ledger);
            let broken = ledger::steps(self.objects, Some(active.ledger)).find_map(Result::err);
            if let Some(error) = broken {
                self.problem(&format!("remotes/{name}/ledger"), &error);
            }
        }
    }

    fn ledger(&mut self, project: &Project) {
        if let Ok(Some(active)) = project.store().active() {
            self.root("ledger", &active.ledger);
        }
        let checked =
            Catalog::load_whole(project.store()).and_then(|catalog| ledger(project, &catalog));
        if let Err(error) = checked {
            self.problem("ledger", &error);
        }
    }

    fn root(&mut self, name: &str, id: &Id) {
        for bad in self.tree(id).iter() {
            self.affects.entry(*bad).or_default().push(name.to_owned());
        }
    }

    /// The bad objects at and below an object. The chain of the ledger is as deep as it is long, so
    /// this walks with a stack of its own.
    fn tree(&mut self, root: &Id) -> Rc<BTreeSet<Id>> {
        let mut stack = vec![(*root, None::<Vec<Id>>)];
        while let Some((id, children)) = stack.pop() {
            match children {
                Some(children) => {
                    let bad = children.iter().filter_map(|child| self.below.get(child));
                    let bad: BTreeSet<Id> = bad.flat_map(|bad| bad.iter().copied()).collect();
                    let bad = if bad.is_empty() { self.nothing.clone() } else { Rc::new(bad) };
                    self.below.insert(id, bad);
                }
                None if self.below.contains_key(&id) => {}
                None if self.graph.is_complete(&id) => {
                    self.below.insert(id, self.nothing.clone());
                }
                None => match self.objects.tree(&id) {
                    Ok(tree) => {
                        let children = tree.entries().iter().map(|entry| entry.id).collect();
                        stack.push((id, Some(children)));
                        for entry in tree.entries() {
                            if entry.mode.is_directory() {
                                stack.push((entry.id, None));
                            } else {
                                self.blob(&entry.id);
                            }
                        }
                    }
                    Err(error) => self.damaged(&id, &error),
                },
            }
        }
        self.below.get(root).cloned().unwrap_or_default()
    }

    fn blob(&mut self, id: &Id) {
        if self.below.contains_key(id) {
            return;
        }
        let is_read = self.graph.is_complete(id);
        match if is_read { Ok(0) } else { self.objects.copy_blob(id, &mut std::io::sink()) } {
            Ok(_) => {
                self.below.insert(*id, self.nothing.clone());
            }
            Err(error) => self.damaged(id, &error),
        }
    }

    fn damaged(&mut self, id: &Id, error: &Error) {
        self.bad.insert(*id, error.message().to_owned());
        self.below.insert(*id, Rc::new(BTreeSet::from([*id])));
    }
}

/// Readable records that break a rule: they are older than the rule. Unreadable ones are reported by the other checks.
fn broken_rules(store: &Store, graph: &ObjectGraph) -> (Vec<Problem>, ReadParts) {
    let Ok(here) = store.heads() else { return Default::default() };
    let (objects, mut read) = (store.objects(), ReadParts::default());
    let mut problems = Vec::new();
    let check = |before: &Heads, after: &Heads| {
        rules::check_read(objects, graph, before, after, RefScope::Present)
    };
    let mut add = |whose: &str, report: Result<RuleReport>| {
        let report = report.unwrap_or_default();
        read.extend(&report.read);
        problems.extend(breaches(whose, report));
    };
    // The ledger can name versions of a remote, which another check knows.
    let sources = Heads { source: here.source.clone(), ..Heads::default() };
    let refs = Heads { active: None, ..here.clone() };
    // The source versions on two threads: each is compared with the one before it, as if the first half were known.
    let half =
        Heads { source: sources.source[..sources.source.len() / 2].to_vec(), ..Heads::default() };
    let (first, second) =
        parallel::both(|| check(&Heads::default(), &half), || check(&half, &sources));
    add("", first);
    add("", second);
    add("", check(&sources, &refs));
    add("", rules::records(objects, here.active.map(|active| active.ledger)));
    for name in store.tracked().unwrap_or_default() {
        let Ok(Some(RemoteTracking { heads: there, .. })) = store.remote(&name) else { continue };
        if let Ok(known) = rules::known(objects, &[&here], &there) {
            add(&format!("remotes/{name}/"), check(&known, &there));
        }
    }
    (problems, read)
}

fn breaches(whose: &str, report: RuleReport) -> Vec<Problem> {
    let problem = |breach: Breach| {
        let what = if breach.what.is_empty() { "ledger" } else { store::short(&breach.what) };
        let next = "it cannot be changed any more; every command continues, and new data like it is refused";
        Problem {
            subject: "rules".to_owned(),
            what: format!("{whose}{what}: {}", breach.reason),
            affects: Vec::new(),
            next: Some(next.into()),
        }
    };
    report.breaches.into_iter().filter(|breach| !breach.unreadable).map(problem).collect()
}

#[cfg(test)]
mod tests;
