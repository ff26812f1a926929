//! In-memory objects, for tests and for states that are compared and thrown away.

use super::{Id, ObjectKind, Sink, Source};
use crate::error::Result;
use std::collections::HashMap;

#[derive(Default)]
pub struct Memory(HashMap<Id, (ObjectKind, Vec<u8>)>);

impl Memory {
    /// Takes in all objects of another one.
    pub fn extend(&mut self, other: Memory) {
        self.0.extend(other.0);
    }

    /// Every object.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &(ObjectKind, Vec<u8>))> {
        self.0.iter()
    }
}

impl Source for Memory {
    fn find(&self, id: &Id) -> Result<Option<(ObjectKind, Vec<u8>)>> {
        Ok(self.0.get(id).cloned())
    }
}

impl Sink for Memory {
    fn put(&mut self, kind: ObjectKind, bytes: Vec<u8>, _base: Option<Id>) -> Result<Id> {
        let id = kind.id_of(&bytes);
        self.0.entry(id).or_insert((kind, bytes));
        Ok(id)
    }
}
