//! Checks what the store says of the agent: every ref's whole closure, every record, the ledger.

use super::ledger::{self, Step};
use super::project::Project;
use super::record::Event;
use super::source::{self, SourceVersion};
use super::state::State;
use super::version::{self, Catalog, Version};
use crate::error::{Error, Result};
use crate::object::{Id, Source};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Checks the chain of the ledger and that `ACTIVE` agrees with it. Gives the number of records.
pub fn ledger(project: &Project, catalog: &Catalog) -> Result<usize> {
    let Some(active) = catalog.pointer() else { return Ok(0) };
    let mut promoted = None;
    let mut count = 0;
    for step in ledger::steps(project.store().objects(), Some(active.ledger)) {
        let Step { id, record, version, .. } = step?;
        count += 1;
        if catalog.number_of(&version).is_none() {
            let what = format!("ledger record {} names a version that no ref has", id.short());
            return Err(Error::corrupt(what).hint("`lua-store fsck` names what is damaged"));
        }
        if record.event == Event::Promote && promoted.is_none() {
            promoted = Some(version);
        }
    }
    let live = active.version.and_then(|number| catalog.id(number));
    if live != promoted {
        let number = |id: Option<Id>| {
            id.and_then(|id| catalog.number_of(&id)).map_or("nothing".to_owned(), |n| format!("v{n}"))
        };
        let (live, promoted) = (number(live), number(promoted));
        return Err(Error::corrupt(format!("ACTIVE names {live}, but the ledger promoted {promoted} last")));
    }
    Ok(count)
}

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// An object, a ref, a pack, a file.
    pub subject: String,
    pub what: String,
    /// Names of the versions and source versions that need it.
    pub affects: Vec<String>,
}

/// Walks everything that refs and the ledger reach, and reports what cannot be read.
pub struct Walk<'a> {
    objects: &'a dyn Source,
    /// What is wrong below each tree that was walked.
    below: HashMap<Id, Rc<BTreeSet<Id>>>,
    /// Each damaged or missing object, and why.
    bad: BTreeMap<Id, String>,
    affects: BTreeMap<Id, Vec<String>>,
    records: Vec<Problem>,
}

/// What [`Walk::all`] found.
pub struct Walked {
    pub refs: usize,
    pub reached: usize,
    pub problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    pub fn all(project: &'a Project) -> Walked {
        let objects = project.store().objects();
        let (below, bad, affects) = Default::default();
        let mut walk = Walk { objects, below, bad, affects, records: Vec::new() };
        let mut refs = 0;
        for series in [version::REFS, source::REFS, source::SNAPSHOT_REFS] {
            match project.store().refs().list(series) {
                Ok(list) => {
                    refs += list.len();
                    list.iter().for_each(|(number, id)| walk.series(series, *number, id));
                }
                Err(error) => walk.problem(series, &error),
            }
        }
        walk.ledger(project);
        let reached = walk.below.len();
        let mut problems = walk.records;
        for (id, what) in walk.bad {
            let affects = walk.affects.remove(&id).unwrap_or_default();
            problems.push(Problem { subject: format!("object {id}"), what, affects });
        }
        Walked { refs, reached, problems }
    }

    fn problem(&mut self, subject: &str, error: &Error) {
        let what = error.message().to_owned();
        self.records.push(Problem { subject: subject.to_owned(), what, affects: Vec::new() });
    }

    fn series(&mut self, series: &str, number: u64, id: &Id) {
        let name = format!("{}/v{number}", series.trim_start_matches("refs/"));
        self.root(&name, id);
        let read = match series {
            version::REFS => Version::load(self.objects, number, *id).map(|version| version.state),
            _ => SourceVersion::load(self.objects, number, *id).map(|version| version.state),
        };
        // What cannot be read at all is told by its object already.
        let whole = self.below.get(id).is_none_or(|bad| bad.is_empty());
        if let Err(error) = read.and_then(|state| State::load(self.objects, &state))
            && whole
        {
            self.problem(&name, &error);
        }
    }

    fn ledger(&mut self, project: &Project) {
        let loaded = Catalog::load(project.store());
        let checked = loaded.and_then(|catalog| {
            if let Some(active) = catalog.pointer() {
                self.root("ledger", &active.ledger);
            }
            ledger(project, &catalog)
        });
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
        let mut stack = vec![(*root, None::<Vec<(Id, bool)>>)];
        while let Some((id, children)) = stack.pop() {
            match children {
                Some(children) => {
                    let bad = children.iter().filter_map(|(child, _)| self.below.get(child));
                    let bad: BTreeSet<Id> = bad.flat_map(|bad| bad.iter().copied()).collect();
                    self.below.insert(id, Rc::new(bad));
                }
                None if self.below.contains_key(&id) => {}
                None => match self.open(&id) {
                    Ok(children) => {
                        stack.push((id, Some(children.clone())));
                        for (child, is_tree) in children {
                            if is_tree {
                                stack.push((child, None));
                            } else {
                                self.blob(&child);
                            }
                        }
                    }
                    Err(error) => self.damaged(&id, &error),
                },
            }
        }
        self.below.get(root).cloned().unwrap_or_default()
    }

    fn open(&self, id: &Id) -> Result<Vec<(Id, bool)>> {
        let tree = self.objects.tree(id)?;
        Ok(tree.entries().iter().map(|entry| (entry.id, entry.mode.is_directory())).collect())
    }

    fn blob(&mut self, id: &Id) {
        if self.below.contains_key(id) {
            return;
        }
        match self.objects.copy_blob(id, &mut std::io::sink()) {
            Ok(_) => {
                self.below.insert(*id, Rc::default());
            }
            Err(error) => self.damaged(id, &error),
        }
    }

    fn damaged(&mut self, id: &Id, error: &Error) {
        self.bad.insert(*id, error.message().to_owned());
        self.below.insert(*id, Rc::new(BTreeSet::from([*id])));
    }
}
