//! Random projects: whatever was captured comes back, from whatever is there meanwhile.

use super::{Project, on_disk};
use crate::object::Mode;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Files = BTreeMap<String, (Mode, Vec<u8>)>;

/// A few names, so that two projects have paths, and folders against files, in common.
fn files() -> impl Strategy<Value = Files> {
    let path = "[abc](/[abc]){0,3}";
    let bytes = prop_oneof![
        Just(Vec::new()),
        "[xy]{1,3}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 1..300),
    ];
    let file = (bytes, any::<bool>())
        .prop_map(|(bytes, run)| (if run { Mode::Executable } else { Mode::File }, bytes));
    let link = "(/|\\.\\./)?[abc]{1,3}".prop_map(|target| (Mode::Symlink, target.into_bytes()));
    proptest::collection::btree_map(path, prop_oneof![4 => file, 1 => link], 0..12).prop_map(consistent)
}

/// Leaves out what would stand in a file.
fn consistent(files: Files) -> Files {
    let paths: Vec<String> = files.keys().cloned().collect();
    let in_file = |path: &str| paths.iter().any(|above| path.starts_with(&format!("{above}/")));
    files.into_iter().filter(|(path, _)| !in_file(path)).collect()
}

fn fill(project: &Project, files: &Files) {
    for entry in std::fs::read_dir(&project.root).unwrap() {
        let path = entry.unwrap().path();
        let folder = path.is_dir() && !path.is_symlink();
        if folder { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }.unwrap();
    }
    for (path, (mode, bytes)) in files {
        if *mode == Mode::Symlink {
            project.link(path, std::str::from_utf8(bytes).unwrap());
            continue;
        }
        project.write(path, bytes);
        project.chmod(path, if *mode == Mode::Executable { 0o755 } else { 0o644 });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_was_captured_comes_back(first in files(), second in files()) {
        let mut project = Project::new(&[]);
        fill(&project, &first);
        let taken = project.snapshot().unwrap();
        prop_assert_eq!(project.stored(&taken), first.clone());
        fill(&project, &second);
        let other = project.snapshot().unwrap();
        prop_assert_eq!(project.stored(&other), second.clone());
        project.restore(taken.tree).unwrap();
        prop_assert_eq!(on_disk(&project.root), first);
        project.restore(other.tree).unwrap();
        prop_assert_eq!(on_disk(&project.root), second);
        prop_assert_eq!(project.whole().tree, other.tree);
    }
}
