//! Refs of the agent versions: looked up one by one while nothing is damaged, and otherwise listed whole.

use super::ref_list::RefList;
use super::version::REFS;
use crate::error::{Error, Result};
use crate::object::Id;
use crate::store::refs::RefsView;
use crate::store::{HeadsLook, Store};
use std::cell::{Cell, OnceCell};
use std::collections::HashMap;

/// The refs of a catalog.
pub struct VersionRefs<'a> {
    store: &'a Store,
    /// `None` where the list is known from the beginning.
    view: Option<RefsView>,
    list: OnceCell<RefList>,
    by_id: OnceCell<HashMap<Id, u64>>,
    /// Searches for an id so far.
    searches: Cell<u32>,
}

/// From so many searches on a map is made: until then a look at all ids is faster.
const SEARCHES_WITHOUT_MAP: u32 = 4;

impl<'a> VersionRefs<'a> {
    /// The refs of a look at the store.
    pub fn read(store: &'a Store, look: &HeadsLook) -> Result<VersionRefs<'a>> {
        match look.versions()? {
            Some(view) => Ok(VersionRefs { view: Some(view), ..VersionRefs::empty(store) }),
            None => Ok(VersionRefs::of(store, store.refs().list_all(REFS)?.into_iter().collect())),
        }
    }

    /// Refs that are known already.
    pub fn of(store: &'a Store, list: RefList) -> VersionRefs<'a> {
        VersionRefs { list: OnceCell::from(list), ..VersionRefs::empty(store) }
    }

    fn empty(store: &'a Store) -> VersionRefs<'a> {
        VersionRefs {
            store,
            view: None,
            list: OnceCell::new(),
            by_id: OnceCell::new(),
            searches: Cell::new(0),
        }
    }

    /// Highest number.
    pub fn last(&self) -> Option<u64> {
        match &self.view {
            Some(view) => Some(view.last()).filter(|last| *last > 0),
            None => self.list().last(),
        }
    }

    /// All numbers, the newest first.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        self.has(u64::MAX).then_some(u64::MAX).into_iter().chain(self.before(u64::MAX))
    }

    /// Numbers below another one, the newest first.
    pub fn before(&self, number: u64) -> impl Iterator<Item = u64> {
        let (viewed, listed) = match &self.view {
            Some(view) => (view.last().min(number.saturating_sub(1)), None),
            None => (0, Some(self.list().below(number))),
        };
        (1..=viewed).rev().chain(listed.into_iter().flatten())
    }

    /// True if there is such a number, damaged or not.
    pub fn has(&self, number: u64) -> bool {
        match &self.view {
            Some(view) => (1..=view.last()).contains(&number),
            None => self.list().get(number).is_some(),
        }
    }

    /// The object of a number, or its damage.
    pub fn get(&self, number: u64) -> Option<Result<Id>> {
        if let Some(id) = self.viewed(number) {
            return Some(Ok(id));
        }
        self.list().get(number).map(|id| id.map_err(Error::repeat))
    }

    /// Damage of the ref of a number.
    pub fn damage(&self, number: u64) -> Option<&Error> {
        if self.viewed(number).is_some() { None } else { self.list().get(number)?.err() }
    }

    fn viewed(&self, number: u64) -> Option<Id> {
        let view = self.view.as_ref().filter(|_| self.list.get().is_none() && self.has(number));
        view.and_then(|view| view.get(number))
    }

    /// All refs by number.
    pub fn list(&self) -> &RefList {
        self.list.get_or_init(|| {
            if let Some(Ok(Some(list))) = self.view.as_ref().map(RefsView::list) {
                return RefList::sound(list);
            }
            let last = self.view.as_ref().map_or(0, RefsView::last);
            match self.store.refs().list_all(REFS) {
                Ok(list) => list.into_iter().filter(|(number, _)| *number <= last).collect(),
                Err(error) => (1..=last).map(|number| (number, Err(error.repeat()))).collect(),
            }
        })
    }

    /// Highest number that names this object.
    pub fn number_of(&self, id: &Id) -> Option<u64> {
        let searches = self.searches.get();
        self.searches.set(searches.saturating_add(1));
        let mut sound = self.list().ids().iter().map(|(number, id)| (*id, *number));
        match searches < SEARCHES_WITHOUT_MAP {
            true => sound.rfind(|(other, _)| other == id).map(|(_, number)| number),
            false => self.by_id.get_or_init(|| sound.collect()).get(id).copied(),
        }
    }
}
