//! Versions of one path: objects that trees hold under the same path.
//!
//! Paths are numbers here: the folder's number and the name give the next one. They are only a guess
//! at what is similar; a wrong one costs room and nothing else.

use super::plan::PlannedObject;
use crate::object::Id;
use std::collections::{HashMap, HashSet, VecDeque};

/// `None` for what no tree holds, as far as is known.
pub type PathNumber = Option<u32>;

/// Path of the trees that no other tree holds.
const TOP: u32 = 0;

struct Paths<'a> {
    numbers: HashMap<(u32, &'a str), u32>,
    /// The last name of each path.
    names: Vec<&'a str>,
    /// Children of each path.
    below: Vec<Vec<u32>>,
}

impl<'a> Paths<'a> {
    fn below(&mut self, folder: u32, name: &'a str) -> u32 {
        // A list linked through trees is one path, not one for each link.
        if self.names[folder as usize] == name {
            return folder;
        }
        let next = self.names.len() as u32;
        let number = *self.numbers.entry((folder, name)).or_insert(next);
        if number == next {
            self.names.push(name);
            self.below.push(Vec::new());
            self.below[folder as usize].push(number);
        }
        number
    }

    /// For each path its place in a walk that finishes one folder before it begins the next, which is
    /// the order in which a project is written back.
    fn places(&self) -> Vec<u32> {
        let mut places = vec![0; self.names.len()];
        let mut ahead = vec![TOP];
        let mut next = 0;
        while let Some(path) = ahead.pop() {
            places[path as usize] = next;
            next += 1;
            ahead.extend(self.below[path as usize].iter().rev());
        }
        places
    }
}

/// The path of each object. An object with several has the one nearest to the top.
pub fn assign(objects: &[PlannedObject]) -> Vec<PathNumber> {
    let at: HashMap<Id, usize> =
        objects.iter().enumerate().map(|(at, object)| (object.id, at)).collect();
    let held: HashSet<Id> = children(objects).collect();
    let mut paths: Vec<PathNumber> = vec![None; objects.len()];
    let mut known = Paths { numbers: HashMap::new(), names: vec![""], below: vec![Vec::new()] };
    let mut queue = VecDeque::new();
    for (number, object) in objects.iter().enumerate() {
        if object.children.is_some() && !held.contains(&object.id) {
            paths[number] = Some(TOP);
            queue.push_back(number);
        }
    }
    while let Some(number) = queue.pop_front() {
        let (Some(tree), Some(folder)) = (&objects[number].children, paths[number]) else {
            continue;
        };
        for entry in tree.entries() {
            let Some(&child) = at.get(&entry.id) else { continue };
            if paths[child].is_none() {
                paths[child] = Some(known.below(folder, &entry.name));
                queue.push_back(child);
            }
        }
    }
    let places = known.places();
    paths.into_iter().map(|path| path.map(|path| places[path as usize])).collect()
}

fn children(objects: &[PlannedObject]) -> impl Iterator<Item = Id> + '_ {
    let trees = objects.iter().filter_map(|object| object.children.as_ref());
    trees.flat_map(|tree| tree.entries().iter().map(|entry| entry.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{ObjectKind, Tree, TreeEntry};

    fn tree(entries: &[(&str, Id)]) -> PlannedObject {
        let entries = entries.iter().map(|(name, id)| TreeEntry::directory(name, *id)).collect();
        let tree = Tree::new(entries).unwrap();
        PlannedObject {
            children: Some(tree.clone()),
            ..PlannedObject::new(tree.id(), ObjectKind::Tree, 9)
        }
    }

    fn blob(text: &str) -> PlannedObject {
        PlannedObject::new(Id::of_blob(text.as_bytes()), ObjectKind::Blob, 9)
    }

    #[test]
    fn versions_of_one_path_share_it() {
        let (old, new, other) = (blob("old"), blob("new"), blob("other"));
        let dirs = [tree(&[("x", new.id)]), tree(&[("x", old.id), ("y", other.id)])];
        let tops = [tree(&[("src", dirs[0].id)]), tree(&[("src", dirs[1].id)])];
        let [a, b] = dirs;
        let [c, d] = tops;
        let paths = assign(&[new, old, other, a, b, c, d, blob("alone")]);
        assert_eq!(paths[0], paths[1]);
        assert_ne!(paths[0], paths[2]);
        assert_eq!(paths[3], paths[4]);
        assert_eq!(paths[5..7], [Some(TOP), Some(TOP)]);
        assert_eq!(paths[7], None);
    }

    #[test]
    fn paths_are_in_the_order_of_a_walk() {
        let blobs = ["a/x", "a/y", "b", "c/x"].map(blob);
        let [ax, ay, b, cx] = blobs.each_ref().map(|blob| blob.id);
        let (a, c) = (tree(&[("x", ax), ("y", ay)]), tree(&[("x", cx)]));
        let top = tree(&[("a", a.id), ("b", b), ("c", c.id)]);
        let [x, y, z, w] = blobs;
        let paths = assign(&[w, z, c, y, x, top, a]);
        // c/x, b, c, a/y, a/x, the top, a.
        assert_eq!(paths, [6, 4, 5, 3, 2, 0, 1].map(Some));
    }

    #[test]
    fn a_linked_list_is_one_path() {
        let first = tree(&[]);
        let second = tree(&[("previous", first.id)]);
        let third = tree(&[("previous", second.id)]);
        let fourth = tree(&[("previous", third.id)]);
        let paths = assign(&[fourth, third, second, first]);
        assert_eq!(paths[1], paths[2]);
        assert_eq!(paths[2], paths[3]);
    }
}
