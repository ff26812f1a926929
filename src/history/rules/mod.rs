//! Rules for everything that may become part of an agent: checked by both sides of a transfer, and
//! by `fsck`. `docs/remote-store.md` has them in words.
//!
//! Hashes, trees and closure are verified before; these rules are about the meaning of the objects.

mod files;
mod ledger;
mod numbers;
mod record;
mod report;
mod state;

pub use record::{check_text, clamp_time, shortened};
pub use report::{Breach, NewRecord, ReadParts, RuleReport};

use super::bounds::Bounds;
use super::record::{META, RECORD, SOURCE, STATE};
use super::source::SourceVersion;
use super::state::State;
use super::version::Version;
use crate::error::{Error, Kind, Result};
use crate::object::{Id, Mode, Source, Tree, TreeEntry};
use crate::store::{Active, Heads, ObjectGraph, Odb, common, refs};
use numbers::UsedNumbers;
use std::collections::HashSet;

/// Limit on the refs of one agent.
pub const MOST_REFS: usize = 100_000;

/// A blob that is read to be looked at is no longer than this.
const MOST_BYTES: u64 = 4 << 20;

/// Refs that are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefScope {
    /// All of them: everything that they name must be there.
    Whole,
    /// As far as they are there: a promotion brings versions and the ledger without the source versions.
    Present,
}

/// Treatment of a broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// All that came with it is refused.
    Refuse,
    /// It is taken as it is, and told: it was made before there were rules, and no history can leave it out.
    AsIs,
}

impl Strictness {
    pub fn of(as_is: bool) -> Strictness {
        if as_is { Strictness::AsIs } else { Strictness::Refuse }
    }
}

/// Part of other heads that is here already: the longest common start of each series, and a ledger
/// that theirs extends.
pub fn known(objects: &Odb, here: &[&Heads], now: &Heads) -> Result<Heads> {
    let longest = |series: fn(&Heads) -> &Vec<Id>| {
        let both = here.iter().map(|here| common(series(here), series(now))).max().unwrap_or(0);
        series(now)[..both].to_vec()
    };
    let (source, versions) = (longest(|heads| &heads.source), longest(|heads| &heads.versions));
    Ok(Heads { source, versions, active: newest_known(objects, here, now)? })
}

/// The newest of some pointers that the ledger of another one goes on from. What is not here yet does not.
fn newest_known(objects: &Odb, here: &[&Heads], now: &Heads) -> Result<Option<Active>> {
    let Some(now) = now.active else { return Ok(None) };
    let known: Vec<Active> = here.iter().filter_map(|here| here.active).collect();
    if known.is_empty() || !objects.contains(&now.ledger)? {
        return Ok(None);
    }
    let steps = super::ledger::steps(objects, Some(now.ledger)).map_while(Result::ok);
    let of = |id: Id| known.iter().copied().find(|known| known.ledger == id);
    // The same ledger with another version is not known.
    let mut found = steps
        .filter_map(|step| of(step.id))
        .filter(|known| known.ledger != now.ledger || *known == now);
    Ok(found.next())
}

/// Holds everything that `after` has beyond `before` against the rules. `before` was looked at when it came, or came
/// before there were rules: nobody is stopped by it.
pub fn check(objects: &Odb, before: &Heads, after: &Heads, scope: RefScope) -> Result<RuleReport> {
    check_read(objects, &ObjectGraph::default(), before, after, scope)
}

/// The same after a check of the packs, which counted their trees.
pub fn check_read(
    objects: &Odb,
    graph: &ObjectGraph,
    before: &Heads,
    after: &Heads,
    scope: RefScope,
) -> Result<RuleReport> {
    let mut check = Check::new(objects, graph, after, scope);
    if after.source.len() + after.versions.len() > MOST_REFS {
        check.breach("", format!("it has more than {MOST_REFS} source versions and versions"));
        return Ok(check.report);
    }
    check.sources(before)?;
    check.origins(before)?;
    check.versions(before)?;
    check.ledger(before)?;
    Ok(check.report)
}

/// The one rule without exceptions: a few objects that unpack to more than any disk holds would
/// stop anybody who only reads them.
pub fn check_bounds(objects: &Odb, before: &Heads, after: &Heads) -> Result<()> {
    let graph = ObjectGraph::default();
    let mut bounds = Bounds::new(&graph);
    let source = new(&before.source, &after.source).map(|new| (refs::SOURCE, new));
    let versions = new(&before.versions, &after.versions).map(|new| (refs::VERSIONS, new));
    for (series, (number, id)) in source.chain(versions) {
        match bounds.check(objects, &id) {
            Err(error) if error.kind() == Kind::Usage => {
                return Err(Error::corrupt(format!("{series}/v{number}: {}", error.message()))
                    .hint("nothing was changed here; no current `lua-store` writes this"));
            }
            // Objects that cannot be read are worked around.
            _ => {}
        }
    }
    Ok(())
}

/// Records of a ledger alone, without their versions.
pub fn records(objects: &Odb, head: Option<Id>) -> Result<RuleReport> {
    let (after, graph) = (Heads::default(), ObjectGraph::default());
    let mut check = Check::new(objects, &graph, &after, RefScope::Present);
    let steps: Vec<_> = super::ledger::steps(objects, head).map_while(Result::ok).collect();
    check.records(&steps);
    Ok(check.report)
}

struct Check<'a> {
    objects: &'a Odb,
    after: &'a Heads,
    scope: RefScope,
    report: RuleReport,
    bounds: Bounds<'a>,
}

/// The refs of a series that are new, with their numbers.
fn new<'a>(before: &[Id], after: &'a [Id]) -> impl Iterator<Item = (u64, Id)> + use<'a> {
    (1..).zip(after.iter().copied()).skip(before.len())
}

/// A rule that is broken. What cannot be read has another kind.
fn refuse<T>(reason: impl Into<String>) -> Result<T> {
    Err(Error::usage(reason))
}

impl<'a> Check<'a> {
    fn new(
        objects: &'a Odb,
        graph: &'a ObjectGraph,
        after: &'a Heads,
        scope: RefScope,
    ) -> Check<'a> {
        let (report, bounds) = (RuleReport::default(), Bounds::new(graph));
        Check { objects, after, scope, report, bounds }
    }

    fn breach(&mut self, what: &str, reason: impl Into<String>) {
        self.report.breaches.push(Breach {
            what: what.to_owned(),
            reason: reason.into(),
            unreadable: false,
        });
    }

    /// Records the problem of one thing, and goes on with the next.
    fn noted<T>(&mut self, what: &str, checked: Result<T>) -> Result<Option<T>> {
        let error = match checked {
            Ok(done) => return Ok(Some(done)),
            Err(error) => error,
        };
        let unreadable = match error.kind() {
            Kind::Usage => false,
            Kind::Corrupt | Kind::NotFound => true,
            _ => return Err(error),
        };
        let reason = error.message().to_owned();
        self.report.breaches.push(Breach { what: what.to_owned(), reason, unreadable });
        Ok(None)
    }

    fn sources(&mut self, before: &Heads) -> Result<()> {
        let mut known: HashSet<Id> = before.source.iter().copied().collect();
        let last = before.source.last().copied();
        let last = last.map(|id| self.source_before(before.source.len() as u64, id)).transpose();
        // Damage of older records is no reason to refuse new ones.
        let mut given = UsedNumbers::of(&before.source, last.ok().flatten());
        for (number, id) in new(&before.source, &self.after.source) {
            if self.scope == RefScope::Present && !self.objects.contains(&id)? {
                break;
            }
            let what = format!("{}/v{number}", refs::SOURCE);
            let is_new = known.insert(id);
            let checked = self.source(&what, number, id, is_new, &mut given);
            if let Some(by) = self.noted(&what, checked)? {
                self.report.made.push(NewRecord::Source(number, by));
            } else {
                given.lose();
            }
        }
        Ok(())
    }

    fn source_before(&self, number: u64, id: Id) -> Result<(SourceVersion, State)> {
        let version = SourceVersion::load(self.objects, number, id)?;
        let state = State::load(self.objects, &version.state)?;
        Ok((version, state))
    }

    /// One new source version. Gives its author.
    fn source(
        &mut self,
        what: &str,
        number: u64,
        id: Id,
        is_new: bool,
        given: &mut UsedNumbers<'_>,
    ) -> Result<String> {
        if !is_new {
            return refuse(format!("object {id} is another source version already"));
        }
        let (tree, bytes) = self.form(&id, "source version", RECORD, &[SOURCE, STATE])?;
        let version = SourceVersion::of(number, id, &tree, &bytes)?;
        record::check_source(&version.record)
            .into_iter()
            .for_each(|reason| self.breach(what, reason));
        self.bounds.check(self.objects, &id)?;
        files::check(self.objects, version.source, given.files())?;
        let state = state::check(self.objects, &version.state, given.state())?;
        let wrong = given.check(self.objects, &version, &state)?;
        wrong.into_iter().for_each(|reason| self.breach(what, reason));
        self.report.read.sources.insert(id, version.state);
        self.report.read.states.insert(version.state);
        let by = version.record.by.clone();
        given.next(self.objects, version, state)?;
        Ok(by)
    }

    fn versions(&mut self, before: &Heads) -> Result<()> {
        let mut known: HashSet<Id> = before.versions.iter().copied().collect();
        for (number, id) in new(&before.versions, &self.after.versions) {
            if self.scope == RefScope::Present && !self.objects.contains(&id)? {
                continue;
            }
            let what = format!("{}/v{number}", refs::VERSIONS);
            let is_new = known.insert(id);
            let checked = self.version(&what, number, id, is_new);
            if let Some(by) = self.noted(&what, checked)? {
                self.report.made.push(NewRecord::Version(number, by));
            }
        }
        Ok(())
    }

    /// One new version. Gives its author.
    fn version(&mut self, what: &str, number: u64, id: Id, is_new: bool) -> Result<String> {
        if !is_new {
            // The ledger names versions by id.
            return refuse(format!("object {id} is another version already"));
        }
        let (tree, bytes) = self.form(&id, "agent version", META, &[SOURCE, STATE])?;
        let version = Version::of(number, id, &tree, &bytes)?;
        record::check_version(&version.meta)
            .into_iter()
            .for_each(|reason| self.breach(what, reason));
        let from = version.meta.source_version;
        let source =
            from.checked_sub(1).and_then(|at| self.after.source.get(usize::try_from(at).ok()?));
        let source = match source {
            Some(source) if self.scope == RefScope::Whole || self.objects.contains(source)? => {
                *source
            }
            // Everything but where it is from can be looked at.
            _ if self.scope == RefScope::Present => return self.version_alone(version),
            _ => {
                return refuse(format!(
                    "it was created from source version v{from}, which does not exist"
                ));
            }
        };
        self.origin(&version, &source)?;
        self.report.read.versions.insert(id, version.state);
        self.report.read.origins.insert(id);
        Ok(version.meta.by)
    }

    /// A version has the state and the files of the source version that it names.
    fn origin(&self, version: &Version, source: &Id) -> Result<()> {
        let (made, from) = (self.objects.tree(source)?, version.meta.source_version);
        for (part, id) in [(STATE, version.state), (SOURCE, version.source)] {
            if made.require(part)? != id {
                return refuse(format!(
                    "its {part} is not that of source version v{from}, which it names"
                ));
            }
        }
        Ok(())
    }

    /// Versions that came with a promotion, before the source versions that they are from: the newest ones.
    fn origins(&mut self, before: &Heads) -> Result<()> {
        let known = before.source.len();
        if self.scope == RefScope::Present || known == self.after.source.len() {
            return Ok(());
        }
        for (number, id) in (1..).zip(&before.versions).collect::<Vec<_>>().into_iter().rev() {
            let Ok(version) = Version::load(self.objects, number, *id) else { break };
            let from = version.meta.source_version as usize;
            let Some(source) = self.after.source.get(from.wrapping_sub(1)).filter(|_| from > known)
            else {
                break;
            };
            let checked = self.origin(&version, source);
            self.noted(&format!("{}/v{number}", refs::VERSIONS), checked)?;
        }
        Ok(())
    }

    fn version_alone(&mut self, version: Version) -> Result<String> {
        self.bounds.check(self.objects, &version.id)?;
        files::check(self.objects, version.source, None)?;
        state::check(self.objects, &version.state, None)?;
        Ok(version.meta.by)
    }

    /// A tree with a record and exactly these links, and the bytes of the record.
    fn form(&self, id: &Id, what: &str, record: &str, links: &[&str]) -> Result<(Tree, Vec<u8>)> {
        let tree = self.objects.tree(id)?;
        let fits = |entry: &TreeEntry| match entry.mode {
            Mode::File => &*entry.name == record,
            Mode::Directory => links.contains(&&*entry.name),
            Mode::Executable | Mode::Symlink => false,
        };
        if tree.entries().len() != links.len() + 1 || !tree.entries().iter().all(fits) {
            return refuse(format!("object {id} is not a valid {what}"));
        }
        let bytes = small(self.objects, &tree.require(record)?, "a record")?;
        Ok((tree, bytes))
    }
}

/// A blob that is held in memory to be looked at.
fn small(objects: &Odb, id: &Id, what: &str) -> Result<Vec<u8>> {
    match objects.kind_and_len(id)? {
        Some((_, len)) if len > MOST_BYTES => refuse(format!("{what} has {len} bytes")),
        _ => objects.blob(id),
    }
}
