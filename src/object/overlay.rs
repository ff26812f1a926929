//! Overlay: two sources read as one.

use super::{Id, ObjectKind, Source};
use crate::error::Result;
use std::io::Write;

/// Two sources as one: objects that the first lacks come from the second.
pub struct Overlay<'a, A: ?Sized, B: ?Sized>(pub &'a A, pub &'a B);

impl<A: Source + ?Sized, B: Source + ?Sized> Source for Overlay<'_, A, B> {
    fn find(&self, id: &Id) -> Result<Option<(ObjectKind, Vec<u8>)>> {
        match self.0.find(id)? {
            Some(found) => Ok(Some(found)),
            None => self.1.find(id),
        }
    }

    fn contains(&self, id: &Id) -> Result<bool> {
        Ok(self.0.contains(id)? || self.1.contains(id)?)
    }

    fn copy_blob(&self, id: &Id, out: &mut dyn Write) -> Result<u64> {
        match self.0.contains(id)? {
            true => self.0.copy_blob(id, out),
            false => self.1.copy_blob(id, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Memory, Sink};

    #[test]
    fn what_either_has_both_have() {
        let (mut one, mut two) = (Memory::default(), Memory::default());
        let a = one.put_blob(b"a".to_vec(), None).unwrap();
        let b = two.put_blob(b"b".to_vec(), None).unwrap();
        let both = Overlay(&one, &two);
        assert_eq!(
            (both.blob(&a).unwrap(), both.blob(&b).unwrap()),
            (b"a".to_vec(), b"b".to_vec())
        );
        assert!(!both.contains(&Id::of_blob(b"c")).unwrap());
        let mut out = Vec::new();
        both.copy_blob(&b, &mut out).unwrap();
        assert_eq!(out, b"b");
    }
}
