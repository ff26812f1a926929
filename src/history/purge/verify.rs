//! Verification of purges: old blobs back in the place of their tombstones give the ids that there were.

use super::{PurgeDetails, RewrittenRef};
use crate::error::{Error, Hint, Result};
use crate::history::ledger::{self, LedgerEntry};
use crate::object::{Id, Memory, Rewriter, Source, Tombstone};
use crate::store::Heads;

/// Checks that the purges of a ledger changed nothing but the purged objects. Gives their number.
pub fn verify<S: Source + ?Sized>(objects: &S, heads: &Heads) -> Result<usize> {
    let mut check = Check { objects, heads, back: Rewriter::default() };
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

struct Check<'a, S: ?Sized> {
    objects: &'a S,
    heads: &'a Heads,
    /// Old blobs in the place of the tombstones of all purges that were looked at: the newest come first.
    back: Rewriter,
}

impl<S: Source + ?Sized> Check<'_, S> {
    /// Reason why a purge is not what it says.
    fn purge(&mut self, step: &LedgerEntry, details: &PurgeDetails) -> Result<Option<String>> {
        if let Some(reason) = self.tombstones(details)? {
            return Ok(Some(reason));
        }
        let lists = [
            ("source version", &details.source, &self.heads.source),
            ("version", &details.versions, &self.heads.versions),
        ];
        let mut changed: Vec<(&str, RewrittenRef, Id)> = Vec::new();
        for (what, list, ids) in lists {
            for one in list {
                let at = usize::try_from(one.number).ok().and_then(|number| number.checked_sub(1));
                match at.and_then(|at| ids.get(at)) {
                    Some(now) => changed.push((what, *one, *now)),
                    None => {
                        return Ok(Some(format!(
                            "names {what} v{}, which does not exist",
                            one.number
                        )));
                    }
                }
            }
        }
        for (what, one, now) in &changed {
            if self.was(*now)? != one.new {
                return Ok(Some(format!(
                    "created another {what} v{} than the existing one",
                    one.number
                )));
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
        assert_eq!(verify(&memory, &heads).unwrap(), 0);
        let once = purged(&mut memory, &heads, b"secret");
        assert_eq!(verify(&memory, &once).unwrap(), 1);
        let twice = purged(&mut memory, &once, b"another");
        assert_eq!(verify(&memory, &twice).unwrap(), 2);
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
            let error = verify(&memory, &heads).unwrap_err();
            assert!(error.message().contains("changed more of"), "{part}: {error}");
        }
    }
}
