//! Random projects: every capture is restored exactly, from any later state.

use super::{Project, on_disk};
use crate::error::Result;
use crate::fs::NameFolding;
use crate::object::{Id, Mode, Source, leaves};
use crate::progress::Progress;
use crate::workspace::{SnapshotOptions, Tracked, apply, plan, snapshot};
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
    proptest::collection::btree_map(path, prop_oneof![4 => file, 1 => link], 0..12)
        .prop_map(|files| if cfg!(unix) { files } else { plain(files) })
        .prop_map(consistent)
}

/// The same files without executable bits and links, which Windows does not have for everybody.
fn plain(files: Files) -> Files {
    files.into_iter().map(|(path, (_, bytes))| (path, (Mode::File, bytes))).collect()
}

/// Drops paths below a path that is a file, and those that are another one in other letters where a file system may have one
/// file for both.
fn consistent(mut files: Files) -> Files {
    if !cfg!(target_os = "linux") {
        let mut seen = std::collections::BTreeMap::new();
        files.retain(|path, _| {
            let mut above = path.as_str();
            loop {
                if seen.entry(above.to_lowercase()).or_insert_with(|| above.to_owned()) != above {
                    return false;
                }
                match above.rsplit_once('/') {
                    Some((folder, _)) => above = folder,
                    None => return true,
                }
            }
        });
    }
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
        #[cfg(unix)]
        if *mode == Mode::Symlink {
            project.link(path, std::str::from_utf8(bytes).unwrap());
            continue;
        }
        assert_ne!(*mode, Mode::Symlink);
        project.write(path, bytes);
        #[cfg(unix)]
        project.chmod(path, if *mode == Mode::Executable { 0o755 } else { 0o644 });
    }
}

/// Names that are ignored, refused or only sound so; rule files, which may ignore themselves; secrets.
fn strange_files() -> impl Strategy<Value = Files> {
    let name = "a|b|dist|Dist|coverage|Coverage|Node_Modules|node_modules|[.]temp|[.]GIT|git~1|[.]env|x[.]log";
    let path = format!("({name})(/({name})){{0,2}}");
    let rules = prop_oneof![
        Just("*.log\n"),
        Just("*\n"),
        Just("a\n!b\n"),
        Just("Dist/\n.gitignore\n"),
        Just("!dist\n!node_modules\n"),
        Just("/Coverage/*\n!/Coverage/a\n"),
    ];
    let rule_file = "((a|Dist|Coverage)/)?[.](git|lua)ignore";
    let path = proptest::string::string_regex(&path).unwrap();
    let files = proptest::collection::btree_map(path, "[xy]{1,2}", 0..14);
    let rules = proptest::collection::btree_map(rule_file, rules.prop_map(str::to_owned), 0..3);
    (files, rules).prop_map(|(files, rules)| {
        let all = files.into_iter().chain(rules);
        consistent(all.map(|(path, text)| (path, (Mode::File, text.into_bytes()))).collect())
    })
}

/// Restores as a command does that knows which version was restored or pushed last.
fn restore_after(project: &mut Project, last: Option<Id>, target: Id) -> Result<Id> {
    let tracked = Tracked::in_tree(&project.memory, last)?;
    let options = SnapshotOptions {
        tracked: Some(&tracked),
        cache: Some(&project.cache),
        ..SnapshotOptions::default()
    };
    let current = snapshot(&project.root, &mut project.memory, None, &options)?.tree;
    let plan = plan(&project.memory, current, target)?;
    apply(&plan, &project.root, &project.memory, &Progress::default())?;
    Ok(current)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// Everything captured can be restored, unless an untracked file is in the way, and everything
    /// that the restore removes or replaces, the snapshot from before brings back.
    #[test]
    fn no_name_and_no_rule_loses_a_file(first in strange_files(), second in strange_files()) {
        let mut project = Project::new(&[]);
        fill(&project, &first);
        let taken = project.snapshot().unwrap();
        let stored = project.stored(&taken);
        fill(&project, &second);
        let before = on_disk(&project.root);
        let kept = match restore_after(&mut project, None, taken.tree) {
            Ok(kept) => kept,
            Err(error) => {
                // Of one folder for `dist` and `Dist`, the other spelling may be in the way.
                let is_refused = error.message().contains("is in the way and is not tracked")
                    || NameFolding::of(&project.root).case
                        && error.message().contains("have the same name on this file system");
                prop_assert!(is_refused, "{}", error);
                prop_assert_eq!(on_disk(&project.root), before);
                return Ok(());
            }
        };
        let now = on_disk(&project.root);
        for (path, file) in &stored {
            prop_assert_eq!(now.get(path), Some(file), "{}", path);
        }
        let last = restore_after(&mut project, Some(taken.tree), kept).unwrap();
        // Files that were ignored before, and not after the rules were gone, are in the snapshot of
        // that moment.
        let leaves = leaves(&project.memory, last).unwrap().into_iter();
        let last: Files = leaves
            .map(|(path, mode, id)| (path, (mode, project.memory.blob(&id).unwrap())))
            .collect();
        let now = on_disk(&project.root);
        for (path, file) in &before {
            prop_assert!(now.get(path) == Some(file) || last.get(path) == Some(file), "{}", path);
        }
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
