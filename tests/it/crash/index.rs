//! A push that writes the index of many packs, cut at every disk step: the index may be missing or older, and every object is
//! found all the same.

use super::Case;
use super::commands::command;
use crate::common::{faults, shop};
use crate::opened;
use lua_store::internals::object::Source;
use lua_store::internals::store::{Store, refs};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn multi_pack_index() {
    let project = shop::project();
    project.ok("push");
    let (blobs, older) = opened::packs_of_all_sizes(&project);
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    for before in [Some(older), None] {
        let index = project.path(opened::INDEX);
        match &before {
            Some(older) => std::fs::write(&index, older).unwrap(),
            None => std::fs::remove_file(&index).unwrap(),
        }
        let written = AtomicUsize::new(0);
        let pushes = |copy: &Path| {
            faults::assert_clean(copy);
            for (id, text) in &blobs {
                // A store that has no pack open yet.
                let store = Store::open(&copy.join(".lua")).unwrap();
                assert_eq!(store.objects().blob(id).unwrap(), text.as_bytes());
            }
            let now = std::fs::read(copy.join(opened::INDEX)).ok();
            written.fetch_add(usize::from(now.is_some() && now != before), Ordering::Relaxed);
            Store::open(&copy.join(".lua")).unwrap().refs().list(refs::SOURCE).unwrap().len()
        };
        let case = Case {
            atomic: true,
            prepared: &project.root(),
            command: &command(&project, "push"),
            old_or_new: &|copy| assert!((2..=3).contains(&pushes(copy))),
            new: &|copy| assert_eq!(pushes(copy), 3),
        };
        case.run();
        assert!(written.into_inner() > 0, "no run wrote an index");
    }
}
