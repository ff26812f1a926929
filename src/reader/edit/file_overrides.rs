//! The files of a tree, in place of those of the project: to read an agent as it was, without writing anything.

use crate::error::Result;
use crate::object::{self, Id, Mode, PathFinder, Source};
use std::collections::BTreeMap;

/// Files by path; `None` is not there.
pub type FileOverrides = BTreeMap<String, Option<Vec<u8>>>;

/// Limit on links followed from one path.
const HOPS: usize = 8;

/// The files of a tree, as far as they are not those of the project.
pub fn tree_overrides(objects: &dyn Source, project: Id, tree: Id) -> Result<FileOverrides> {
    let mut finder = PathFinder::new(tree);
    let mut file_overrides = FileOverrides::new();
    for found in object::compare(objects, Some(project), Some(tree))? {
        let bytes = match found.new {
            Some((Mode::Symlink, id)) => linked(objects, &mut finder, &found.path, id)?,
            Some((_, id)) => Some(objects.blob(&id)?),
            None => None,
        };
        file_overrides.insert(found.path, bytes);
    }
    Ok(file_overrides)
}

/// The file that a link of a tree leads to, if it is a file of that tree.
pub fn linked(
    objects: &dyn Source,
    finder: &mut PathFinder,
    path: &str,
    link: Id,
) -> Result<Option<Vec<u8>>> {
    let (mut at, mut link) = (path.to_owned(), link);
    for _ in 0..HOPS {
        let target = String::from_utf8_lossy(&objects.blob(&link)?).into_owned();
        let Some(next) = follow(&at, &target) else { return Ok(None) };
        match finder.find(objects, &next)? {
            Some(entry) if entry.mode.is_file() => return objects.blob(&entry.id).map(Some),
            Some(entry) if entry.mode == Mode::Symlink => (at, link) = (next, entry.id),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// Destination of a relative link from a path; `None` for one that leads out of the project.
fn follow(path: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut names: Vec<&str> = path.split('/').collect();
    names.pop();
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()?),
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_where_the_system_says() {
        assert_eq!(follow("a/b/link", "../c.ts").as_deref(), Some("a/c.ts"));
        assert_eq!(follow("link", "./d/e.ts").as_deref(), Some("d/e.ts"));
        assert_eq!(follow("a/link", "../../x"), None);
        assert_eq!(follow("a/link", "/etc/passwd"), None);
    }
}
