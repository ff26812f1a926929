//! Verification of purges: old blobs back in the place of their tombstones give the ids that there were.

use super::{PurgeDetails, RewrittenRef};
use crate::error::{Error, Hint, Result};
use crate::history::ledger::{self, LedgerEntry};
use crate::object::{Id, Memory, Rewriter, Source, Tombstone};
use crate::store::Heads;

/// Checks that the purges of a ledger changed nothing but the purged objects. Gives their number. A purge of a remote names
/// the versions of the remote: where `heads` has another one of that number, or none, that of `elsewhere` counts.
pub fn verify<S: Source + ?Sized>(
    objects: &S,
    heads: &Heads,
    elsewhere: &[Heads],
) -> Result<usize> {
    let mut check = Check { objects, heads, elsewhere, back: Rewriter::default() };
    let mut count = 0;
    for step in ledger::steps(objects, heads.active.map(|active| active.ledger)) {
        let step = step?;
        if let Some(details) = super::details(objects, &step)? {
            count += 1;
            if let Some(what) = check.purge(&step, &details)? {
                let what = format!("the purge {} {what}", step.id.short());
                return Err(Error::corrupt(what).hint(Hint::Fsck));
            }
        }
    }
    Ok(count)
}

/// Version that a purge created, by the id that it has now, or the reason why there is none.
enum CreatedByPurge {
    Now(Id),
    Nothing(String),
}

/// Name of a series, and its ids in some heads.
type Series = (&'static str, fn(&Heads) -> &Vec<Id>);

struct Check<'a, S: ?Sized> {
    objects: &'a S,
    heads: &'a Heads,
    elsewhere: &'a [Heads],
    /// Old blobs in the place of the tombstones of all purges that were looked at: the newest come first.
    back: Rewriter,
}

impl<S: Source + ?Sized> Check<'_, S> {
    /// Reason why a purge is not what it says.
    fn purge(&mut self, step: &LedgerEntry, details: &PurgeDetails) -> Result<Option<String>> {
        if let Some(reason) = self.tombstones(details)? {
            return Ok(Some(reason));
        }
        let mut changed: Vec<(&str, RewrittenRef, Id)> = Vec::new();
        let source: Series = ("source version", |heads| &heads.source);
        let versions: Series = ("version", |heads| &heads.versions);
        for (series, list) in [(source, &details.source), (versions, &details.versions)] {
            for one in list {
                match self.rewritten(series, one)? {
                    CreatedByPurge::Now(now) => changed.push((series.0, *one, now)),
                    CreatedByPurge::Nothing(reason) => return Ok(Some(reason)),
                }
            }
        }
        details.objects.iter().for_each(|purged| self.back.also(purged.tombstone, purged.object));
        for (what, one, now) in changed {
            if self.was(now)? != one.old {
                return Ok(Some(format!("changed more of {what} v{} than it says", one.number)));
            }
        }
        let before = step.previous.map(|id| self.was(id)).transpose()?;
        let is_same = before == details.ledger;
        Ok((!is_same).then(|| "changed more of the ledger than it says".to_owned()))
    }

    /// The version that the purge created: ours, or that of a remote.
    fn rewritten(&mut self, (what, ids): Series, one: &RewrittenRef) -> Result<CreatedByPurge> {
        let number = one.number;
        let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let id = |heads| at.and_then(|at| ids(heads).get(at)).copied();
        let here = id(self.heads);
        if let Some(here) = here
            && self.was(here)? == one.new
        {
            return Ok(CreatedByPurge::Now(here));
        }
        for there in self.elsewhere.iter().filter_map(id).filter(|there| Some(*there) != here) {
            // One that cannot be read is damage of that remote's versions, and reported as such.
            if self.was(there).is_ok_and(|was| was == one.new) {
                return Ok(CreatedByPurge::Now(there));
            }
        }
        Ok(CreatedByPurge::Nothing(match here {
            Some(_) => format!("created another {what} v{number} than the existing one"),
            None => format!("names {what} v{number}, which does not exist"),
        }))
    }

    fn tombstones(&self, details: &PurgeDetails) -> Result<Option<String>> {
        for purged in &details.objects {
            let tombstone = Tombstone::parse(&self.objects.blob(&purged.tombstone)?);
            if tombstone.is_none_or(|tombstone| tombstone.object != purged.object) {
                let id = purged.tombstone;
                return Ok(Some(format!("replaced an object by {id}, which is not its tombstone")));
            }
        }
        Ok(None)
    }

    fn was(&mut self, id: Id) -> Result<Id> {
        self.back.rewrite(self.objects, &mut Memory::default(), id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::purge::{PurgeTarget, bury, purge, rewrite};
    use crate::history::record::{Author, Event, LedgerRecord};
    use crate::object::{Sink, Tree, TreeEntry};
    use crate::store::Active;

    fn ann() -> Author {
        Author { by: "ann@example.com".into(), at_ms: 5 }
    }

    /// Two source versions and a promoted version, with the files `a` and `b` in all of them.
    fn history(memory: &mut Memory) -> Heads {
        let mut version = |n: u8| {
            let file = |name: &str, text: &[u8]| (name.to_owned(), text.to_vec());
            let files = [file("a", b"secret"), file("b", b"another"), file("n", &[n])];
            let entries = files
                .map(|(name, text)| TreeEntry::file(&name, memory.put_blob(text, None).unwrap()));
            let files = memory.put_tree(&Tree::new(entries.to_vec()).unwrap(), None).unwrap();
            let top = Tree::new(vec![TreeEntry::directory("source", files)]).unwrap();
            memory.put_tree(&top, None).unwrap()
        };
        let (source, versions) = (vec![version(1), version(2)], vec![version(3)]);
        let record =
            LedgerRecord { event: Event::Promote, by: "ann".into(), at_ms: 1, reason: None };
        let ledger = ledger::append(memory, &record, versions[0], None).unwrap();
        Heads { source, versions, active: Some(Active { version: Some(1), ledger }) }
    }

    fn target(text: &[u8]) -> PurgeTarget {
        let (object, bytes, path) = (Id::of_blob(text), text.len() as u64, "a".to_owned());
        PurgeTarget { object, bytes, path, is_json: false }
    }

    fn purged(memory: &mut Memory, heads: &Heads, text: &[u8]) -> Heads {
        let mut new = Memory::default();
        let objects = bury(&mut new, &[target(text)], &ann(), "it leaked").unwrap();
        let done = purge(memory, &mut new, heads, objects, (&ann(), "it leaked")).unwrap();
        memory.extend(new);
        done.heads
    }

    #[test]
    fn purges_after_each_other_are_what_they_say() {
        let mut memory = Memory::default();
        let heads = history(&mut memory);
        assert_eq!(verify(&memory, &heads, &[]).unwrap(), 0);
        let once = purged(&mut memory, &heads, b"secret");
        assert_eq!(verify(&memory, &once, &[]).unwrap(), 1);
        let twice = purged(&mut memory, &once, b"another");
        assert_eq!(verify(&memory, &twice, &[]).unwrap(), 2);
        assert_eq!(twice.source.len(), 2);
        assert!(twice.source.iter().zip(&heads.source).all(|(new, old)| new != old));
    }

    /// A forger who changes more than the purged object, and records the ids as if not, is found out.
    #[test]
    fn more_than_the_purged_object_is_no_purge() {
        for part in ["a source version", "the ledger"] {
            let mut memory = Memory::default();
            let heads = history(&mut memory);
            let (mut fake, mut new) = (
                Rewriter::new([(Id::of_blob(b"another"), Id::of_blob(b"forged"))]),
                Memory::default(),
            );
            new.put_blob(b"forged".to_vec(), None).unwrap();
            let forged = rewrite(&mut fake, &memory, &mut new, &heads).unwrap();
            memory.extend(new);
            let forged = match part {
                "the ledger" => {
                    Heads { active: forged.active, versions: forged.versions, ..heads.clone() }
                }
                _ => Heads { source: forged.source, ..heads.clone() },
            };
            let mut new = Memory::default();
            let objects = bury(&mut new, &[target(b"secret")], &ann(), "it leaked").unwrap();
            let mut done =
                purge(&memory, &mut new, &forged, objects, (&ann(), "it leaked")).unwrap();
            // The record says that the true history was what was purged.
            for (list, old) in [
                (&mut done.details.source, &heads.source),
                (&mut done.details.versions, &heads.versions),
            ] {
                list.iter_mut().for_each(|one| one.old = old[one.number as usize - 1]);
            }
            done.details.ledger = heads.active.map(|active| active.ledger);
            let record = LedgerRecord {
                event: Event::Purge,
                by: "ann".into(),
                at_ms: 5,
                reason: Some("it leaked".into()),
            };
            let blob = done.details.store(&mut new).unwrap();
            memory.extend(new);
            let step = LedgerEntry::load(&memory, &done.heads.active.unwrap().ledger).unwrap();
            let ledger = ledger::append(
                &mut memory,
                &record,
                ledger::LedgerSubject::Purge(blob),
                step.previous,
            )
            .unwrap();
            let heads = Heads { active: Some(Active { version: Some(1), ledger }), ..done.heads };
            let error = verify(&memory, &heads, &[]).unwrap_err();
            assert!(error.message().contains("changed more of"), "{part}: {error}");
        }
    }
}
