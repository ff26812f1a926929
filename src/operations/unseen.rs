//! Unseen files: those of a project that the stock command passes over. An imported version lacks them, and restoring it
//! leaves them as they are.

use crate::error::Result;
use crate::object::{Id, Mode, Source, leaves};
use crate::workspace::walker;
use std::collections::BTreeMap;

/// Files of a tree, ready for [`crate::object::nest`].
pub type FileList = Vec<(String, Mode, Id)>;

/// Files of an imported version with those of the project that no backup can have. A file that both have keeps the mode that it
/// has in the project, as backups have none.
pub fn complete(objects: &dyn Source, current: Id, imported: Id) -> Result<FileList> {
    let mut files: BTreeMap<String, (Mode, Id)> = BTreeMap::new();
    for (path, mode, id) in leaves(objects, imported)? {
        files.insert(path, (mode, id));
    }
    // A file cannot be where the version has a folder, nor below one of its files.
    let folders: Vec<String> = files.keys().flat_map(|path| parents(path)).collect();
    for (path, mode, id) in leaves(objects, current)? {
        match files.get_mut(&path) {
            Some(known) if mode == Mode::Executable && known.0 == Mode::File => known.0 = mode,
            Some(_) => {}
            None => {
                let fits = !folders.contains(&path)
                    && parents(&path).iter().all(|folder| !files.contains_key(folder));
                if fits && !walker::sees(&path, objects.blob_len(&id)?, mode) {
                    files.insert(path, (mode, id));
                }
            }
        }
    }
    let mut list: FileList = files.into_iter().map(|(path, (mode, id))| (path, mode, id)).collect();
    list.sort_by(|a, b| a.0.split('/').cmp(b.0.split('/')));
    Ok(list)
}

fn parents(path: &str) -> Vec<String> {
    path.match_indices('/').map(|(at, _)| path[..at].to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Memory, Sink, nest};

    fn tree(memory: &mut Memory, files: &[(&str, Mode, &str)]) -> Id {
        let mut list = Vec::new();
        for (path, mode, text) in files {
            list.push((*path, *mode, memory.put_blob(text.as_bytes().to_vec(), None).unwrap()));
        }
        list.sort_by(|a, b| a.0.split('/').cmp(b.0.split('/')));
        nest(memory, &list, None).unwrap()
    }

    #[test]
    fn files_that_no_backup_has_stay_and_others_go() {
        let mut memory = Memory::default();
        let (file, run, link) = (Mode::File, Mode::Executable, Mode::Symlink);
        let current = tree(
            &mut memory,
            &[
                ("package-lock.json", file, "lock"),
                ("run.sh", run, "new"),
                ("src/a.test.ts", file, "test"),
                ("src/gone.ts", file, "gone"),
                ("src/link", link, "a.ts"),
                ("x/.hidden", file, "below a file"),
            ],
        );
        let imported = tree(
            &mut memory,
            &[("run.sh", file, "old"), ("src/a.ts", file, "a"), ("x", file, "x")],
        );
        let list = complete(&memory, current, imported).unwrap();
        let shown: Vec<(&str, Mode)> =
            list.iter().map(|(path, mode, _)| (path.as_str(), *mode)).collect();
        let expected = [
            ("package-lock.json", file),
            ("run.sh", run),
            ("src/a.test.ts", file),
            ("src/a.ts", file),
            ("src/link", link),
            ("x", file),
        ];
        assert_eq!(shown, expected);
        assert_eq!(memory.blob(&list[1].2).unwrap(), b"old");
    }
}
