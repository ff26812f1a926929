//! Published: which of our versions remotes have under the numbers that they have here. Others know them by these.

use crate::error::{Error, Hint, Result};
use crate::object::Id;
use crate::store::{Heads, Store, common};

/// Refuses to renumber a version that some remote has: a pull from one remote never changes numbers
/// at another.
pub fn check(store: &Store, local: &Heads, new: &Heads) -> Result<()> {
    let config = store.config()?;
    // A bundle is remembered under a name too, but no remote keeps its numbers.
    let remembered =
        store.known_remotes()?.into_iter().filter(|(name, _)| config.remote(name).is_some());
    for (name, there) in remembered {
        let moved = [
            moved("source version", &local.source, &there.heads.source, &new.source),
            moved("version", &local.versions, &there.heads.versions, &new.versions),
        ];
        let moved: Vec<String> = moved.into_iter().flatten().collect();
        if !moved.is_empty() {
            return Err(Error::conflict(format!(
                "the remote \"{name}\" has our {} under the same number, which would change",
                moved.join(" and ")
            ))
            .hint(Hint::ForgetRemote { remote: name.to_owned() }));
        }
    }
    Ok(())
}

/// `versions v2 to v4`, where these are published and would not stay.
fn moved(what: &str, ours: &[Id], theirs: &[Id], new: &[Id]) -> Option<String> {
    let published = &ours[..common(ours, theirs)];
    let first = common(published, new) + 1;
    match published.len() {
        last if last < first => None,
        last if last == first => Some(format!("{what} v{last}")),
        last => Some(format!("{what}s v{first} to v{last}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_get_another_number_is_named() {
        let ids: Vec<Id> = [b"a", b"b", b"c", b"d"].map(|text| Id::of_blob(text)).to_vec();
        let versions = |theirs: &[Id], new: &[Id]| moved("version", &ids[..3], theirs, new);
        assert_eq!(versions(&ids[..3], &ids[..3]), None);
        assert_eq!(versions(&ids[..3], &ids[..2]).unwrap(), "version v3");
        assert_eq!(versions(&ids[..3], &ids[..1]).unwrap(), "versions v2 to v3");
        assert_eq!(versions(&ids[..2], &ids[1..]).unwrap(), "versions v1 to v2");
        assert_eq!(versions(&ids[3..], &ids[1..]), None, "nothing of ours is published there");
    }
}
