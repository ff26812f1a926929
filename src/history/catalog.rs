//! Catalog: all versions of a store at one moment, their ids by number and their status by the
//! ledger. Every command reads it before it names, lists, promotes or deletes a version.

use super::ledger::{self, LastPromotion};
use super::ledger_view::LedgerView;
use super::record;
use super::ref_list::RefList;
use super::version::{REFS, Status, Version};
use super::version_refs::VersionRefs;
use crate::error::{Error, Hint, Result};
use crate::object::{Id, Source};
use crate::store::{Active, Heads, HeadsLook, Odb, Store};
use std::rc::Rc;

/// All versions of a store at one moment: their ids by number, and their status by the ledger.
/// Refs, ledger and contents are read on demand, so listing twenty of five hundred costs twenty. A damaged ref keeps
/// its number and stops only commands that need it.
pub struct Catalog<'a> {
    store: &'a Store,
    objects: &'a Odb,
    /// Look that it was read from; `None` for other heads than the store's.
    look: Option<Rc<HeadsLook>>,
    refs: VersionRefs<'a>,
    active: Option<Active>,
    ledger: LedgerView<'a>,
    /// The live version.
    live: Option<(u64, Id)>,
    /// The number that the live version has at a remote, where it is not here.
    active_elsewhere: Option<u64>,
}

impl<'a> Catalog<'a> {
    pub fn load(store: &'a Store) -> Result<Catalog<'a>> {
        Catalog::at(store, Rc::new(store.read_heads()?))
    }

    /// The same of a look at the store.
    pub fn at(store: &'a Store, look: Rc<HeadsLook>) -> Result<Catalog<'a>> {
        Catalog::with(store, look, |head| LedgerView::read(store, head))
    }

    /// The same from every record of the ledger, without the cache.
    pub fn load_whole(store: &'a Store) -> Result<Catalog<'a>> {
        let look = Rc::new(store.read_heads()?);
        Catalog::with(store, look, |head| LedgerView::read_whole(store.objects(), head))
    }

    fn with(
        store: &'a Store,
        look: Rc<HeadsLook>,
        read: impl FnOnce(Option<Id>) -> Result<LedgerView<'a>>,
    ) -> Result<Catalog<'a>> {
        let (logged, active) = (look.logged_pointer(), look.active().copied());
        if let (Some(active), Some(logged)) =
            (&active, logged.filter(|logged| Some(*logged) != active))
        {
            check_newest(store, active, &logged)?;
        }
        let ledger = read(active.as_ref().map(|active| active.ledger))
            .map_err(|error| record::unreadable("the ledger", error))?;
        let refs = VersionRefs::read(store, &look)?;
        let live = active.and_then(|active| active.version).zip(ledger.newest_active());
        let (objects, look) = (store.objects(), Some(look));
        let catalog =
            Catalog { store, objects, look, refs, active, ledger, live, active_elsewhere: None };
        catalog.check_pointer()?;
        Ok(catalog)
    }

    /// Catalog of other heads: somebody else's, or ours after a merge. `objects` has all of them.
    pub fn of(store: &'a Store, objects: &'a Odb, heads: &Heads) -> Result<Catalog<'a>> {
        let active = heads.active;
        let ledger = LedgerView::read_other(store, objects, active.map(|active| active.ledger))
            .map_err(|error| record::unreadable("the ledger", error))?;
        let list = RefList::sound((1..).zip(heads.versions.iter().copied()).collect());
        let refs = VersionRefs::of(store, list);
        let live = active.and_then(|active| active.version).zip(ledger.newest_active());
        let (look, active_elsewhere) = (None, None);
        let catalog =
            Catalog { store, objects, look, refs, active, ledger, live, active_elsewhere };
        catalog.check_pointer()?;
        Ok(catalog)
    }

    /// Catalog according to a remote, if there is one: it decides which version is live and which
    /// are deleted, and versions that only it has are listed too, as far as they are here. Without
    /// its ledger, all but the live version is as this store knows it.
    pub fn by_remote(store: &'a Store, theirs: Option<&Heads>) -> Result<Catalog<'a>> {
        let Some(theirs) = theirs else { return Catalog::load(store) };
        let here = match theirs.active {
            Some(active) => store.objects().contains(&active.ledger)?,
            None => true,
        };
        let active = if here { theirs.active } else { store.active()? };
        let ledger = LedgerView::read(store, active.map(|active| active.ledger))
            .map_err(|error| record::unreadable("the ledger", error))?;
        let mut refs = store.refs().list_all(REFS)?;
        let last = refs.last().map_or(0, |(number, _)| *number);
        for (number, id) in (1..).zip(&theirs.versions).filter(|(number, _)| *number > last) {
            if store.objects().contains(id)? {
                refs.push((number, Ok(*id)));
            }
        }
        let refs = VersionRefs::of(store, refs.into_iter().collect());
        let objects = store.objects();
        let (look, live, active_elsewhere) = (None, None, None);
        let mut catalog =
            Catalog { store, objects, look, refs, active, ledger, live, active_elsewhere };
        let number = theirs.active.and_then(|active| active.version);
        let id = number
            .and_then(|number| theirs.versions.get(usize::try_from(number).ok()?.checked_sub(1)?));
        // A number that means another version here, or none, cannot be the one that the remote
        // means.
        catalog.live =
            number.zip(id.copied()).filter(|(number, id)| match catalog.refs.get(*number) {
                Some(Ok(here)) => here == *id,
                other => other.is_some(),
            });
        catalog.active_elsewhere = number.filter(|_| catalog.live.is_none());
        Ok(catalog)
    }

    /// `ACTIVE` names the last promotion of the ledger. Otherwise one of the two is damaged, and
    /// nothing may be built on either.
    fn check_pointer(&self) -> Result<()> {
        let live = self.active.and_then(|active| active.version);
        let promoted = self.ledger.newest_active();
        let what = match (live, promoted) {
            (None, None) => return Ok(()),
            (Some(live), _) if !self.has(live) => {
                format!("ACTIVE names v{live}, and there is no ref \"{REFS}/v{live}\"")
            }
            (Some(live), Some(promoted)) if self.id(live) == Some(promoted) => return Ok(()),
            // The ledger has the content of the damaged ref, unless that is another version's.
            (Some(live), Some(promoted))
                if self.damage(live).is_some() && self.ref_to(&promoted).is_none() =>
            {
                return Ok(());
            }
            (live, promoted) => {
                let say =
                    |number: Option<u64>| number.map_or("nothing".to_owned(), |n| format!("v{n}"));
                let promoted = promoted.and_then(|id| self.number_of(&id));
                format!(
                    "ACTIVE names {}, but the ledger promoted {} last",
                    say(live),
                    say(promoted)
                )
            }
        };
        Err(Error::corrupt(what).hint(Hint::FsckAffected))
    }

    pub fn store(&self) -> &Store {
        self.store
    }

    /// True if it was read from a look that found the same pointer and the same versions.
    pub fn is_at(&self, look: &HeadsLook) -> bool {
        self.look.as_ref().is_some_and(|other| other.is_same(look))
    }

    /// Content of `ACTIVE` when the catalog was read.
    pub fn pointer(&self) -> Option<&Active> {
        self.active.as_ref()
    }

    pub fn active_number(&self) -> Option<u64> {
        self.live.map(|(number, _)| number)
    }

    /// The number of the active version at a remote, where that version is not here.
    pub fn active_elsewhere(&self) -> Option<u64> {
        self.active_elsewhere
    }

    /// The id of the active version, as the ledger has it.
    pub fn active_id(&self) -> Option<Id> {
        self.live.map(|(_, id)| id)
    }

    /// The number of the version that was active before the one that is.
    pub fn previous_number(&self) -> Result<Option<u64>> {
        let before = self.ledger.active_before(self.active_id());
        before.map(|before| self.require_number_of(&before)).transpose()
    }

    /// Numbers, newest first, those of damaged refs included.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        self.refs.numbers()
    }

    /// Versions that were made and never live, newest first.
    pub fn staged(&self) -> Vec<u64> {
        // All of them are asked about, so that all are read at once.
        let (refs, ledger) = (self.refs.list(), self.ledger.whole());
        let is_staged = |id: &Id| !ledger.promoted.contains_key(id) && !ledger.deleted.contains(id);
        let active = self.active_number();
        let refs = refs.ids().iter().rev();
        let staged = refs.filter(|(number, id)| is_staged(id) && active != Some(*number));
        staged.map(|(number, _)| *number).collect()
    }

    /// Versions whose refs are damaged, newest first.
    pub fn damages(&self) -> impl Iterator<Item = (u64, &Error)> {
        self.refs.list().damaged().iter().rev().map(|(number, error)| (*number, error))
    }

    /// Newest version: the highest number that is not deleted. One whose ref is damaged counts, as
    /// its content is unknown.
    pub fn latest(&self) -> Option<u64> {
        self.numbers().find(|number| self.status(*number) != Status::Deleted)
    }

    /// Number that was given last.
    pub fn last_number(&self) -> Option<u64> {
        self.refs.last()
    }

    /// True if a version has this number, damaged or not.
    pub fn has(&self, number: u64) -> bool {
        self.refs.has(number)
    }

    pub fn id(&self, number: u64) -> Option<Id> {
        self.refs.get(number)?.ok()
    }

    /// Damage of a version's ref.
    pub fn damage(&self, number: u64) -> Option<&Error> {
        self.refs.damage(number)
    }

    /// Number of damaged refs.
    pub fn damaged(&self) -> usize {
        self.damages().count()
    }

    fn ref_to(&self, id: &Id) -> Option<u64> {
        self.refs.number_of(id)
    }

    /// The version that is this object; of the active one the ledger knows it as well.
    pub fn number_of(&self, id: &Id) -> Option<u64> {
        let active = self.active_number().filter(|_| self.active_id() == Some(*id));
        active.filter(|number| self.id(*number) == Some(*id)).or_else(|| self.ref_to(id)).or(active)
    }

    /// The same for an id that the ledger names: there is such a version, or a ref is damaged.
    pub fn require_number_of(&self, id: &Id) -> Result<u64> {
        let first_damage = || self.damages().last().map(|(_, error)| error);
        self.number_of(id).ok_or_else(|| match (first_damage(), self.elsewhere(id)) {
            (_, Some(name)) => {
                Error::not_found(format!("{name} has no local number")).hint(Hint::PullAndFollow)
            }
            (Some(error), None) => error.repeat(),
            (None, None) => Error::corrupt(format!(
                "the ledger names version {}, to which no ref points",
                id.short()
            ))
            .hint(Hint::Fsck),
        })
    }

    /// Name at a remote of a version that has no local number, as in `origin/v4`: the ledger came
    /// from there, and the number is another version's here until a pull.
    pub fn elsewhere(&self, id: &Id) -> Option<String> {
        let remotes = self.store.tracked().ok()?;
        remotes.iter().find_map(|name| {
            let tracking = self.store.remote(name).ok()??;
            let at = tracking.heads.versions.iter().position(|other| other == id)?;
            Some(format!("{name}/v{}", at + 1))
        })
    }

    /// The ids of the versions in the order they became active, newest first, each change once.
    pub fn was_active(&self) -> &[Id] {
        self.ledger.was_active()
    }

    /// Ids of all versions that were ever active.
    pub fn promoted(&self) -> impl Iterator<Item = &Id> {
        self.ledger.promoted().map(|(id, _)| id)
    }

    /// The record that promoted a version last, and the number of records after that.
    pub fn promotion(&self, id: &Id) -> Option<(LastPromotion, u64)> {
        let promotion = self.ledger.fate(id).promoted?;
        let after = self.ledger.records().checked_sub(promotion.position + 1)?;
        Some((promotion, after))
    }

    pub fn is_empty(&self) -> bool {
        self.refs.last().is_none()
    }

    pub fn status(&self, number: u64) -> Status {
        let is_deleted = |id: Id| self.ledger.fate(&id).is_deleted;
        match self.status_undeleted(number) {
            Status::Staged | Status::Superseded if self.id(number).is_some_and(is_deleted) => {
                Status::Deleted
            }
            status => status,
        }
    }

    /// The status that a version has if it is not deleted.
    pub fn status_undeleted(&self, number: u64) -> Status {
        let Some(id) = self.id(number) else { return Status::Damaged };
        if self.active_number() == Some(number) {
            Status::Active
        } else if self.ledger.fate(&id).promoted.is_some() {
            Status::Superseded
        } else {
            Status::Staged
        }
    }

    /// Numbers of those that can be read and are not deleted, newest first.
    pub fn remaining(&self) -> impl Iterator<Item = u64> {
        self.numbers()
            .filter(|number| !matches!(self.status(*number), Status::Deleted | Status::Damaged))
    }

    pub fn get(&self, number: u64) -> Result<Version> {
        match self.refs.get(number) {
            Some(Ok(id)) => Version::load(self.objects, number, id),
            Some(Err(error)) => Err(error),
            None => Err(not_found(number)),
        }
    }

    /// The active version, which is read even where its ref is damaged: the ledger names it too.
    pub fn active(&self) -> Result<Option<Version>> {
        let Some((number, id)) = self.active_number().zip(self.active_id()) else {
            return Ok(None);
        };
        Version::load(self.objects, number, id).map(Some)
    }

    /// The newest version before this one that can be read.
    pub fn before(&self, number: u64) -> Result<Option<Version>> {
        // Without a list the numbers begin with 1 and have no gaps.
        let sound = self.refs.before(number).find(|other| self.damage(*other).is_none());
        sound.map(|before| self.get(before)).transpose()
    }
}

/// The pointer may be newer than the log of the refs has it, never older: then an older file took its place.
fn check_newest(store: &Store, active: &Active, logged: &Active) -> Result<()> {
    let objects = store.objects();
    let is_next = ledger::LedgerEntry::load(objects, &active.ledger)
        .is_ok_and(|step| step.previous == Some(logged.ledger) || step.id == logged.ledger);
    let mut later = ledger::steps(objects, Some(logged.ledger)).skip(1).map_while(Result::ok);
    if !is_next && later.any(|step| step.id == active.ledger) {
        return Err(Error::corrupt(format!(
            "ACTIVE is outdated: it names {active}, and {logged} came later"
        ))
        .hint(store.mend_pointer(logged)));
    }
    Ok(())
}

fn not_found(number: u64) -> Error {
    Error::not_found(format!("Version v{number} not found")).hint(Hint::ListVersions)
}
