//! A tree: a sorted list of (name, mode, id), and its one encoding.
//!
//! MessagePack, shortest forms only: an array of entries, each an array of three: mode (integer
//! 0 to 3), name (str), id (bin of 32 bytes). Entries ascend strictly by the bytes of their names.
//! Decoding accepts nothing else, so that one value has exactly one byte string and so one id.

use super::Id;
use super::encoded_entries::EncodedEntries;
use crate::error::{Error, Result};
use rmp::encode;
use std::io::Write;
use std::sync::Arc;

/// Mode of an entry in a folder. The numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Mode {
    File = 0,
    Executable = 1,
    /// The blob holds the target, byte for byte.
    Symlink = 2,
    Directory = 3,
}

impl Mode {
    pub fn from_u8(value: u8) -> Option<Mode> {
        [Mode::File, Mode::Executable, Mode::Symlink, Mode::Directory]
            .into_iter()
            .find(|m| *m as u8 == value)
    }

    pub fn word(self) -> &'static str {
        match self {
            Mode::File => "file",
            Mode::Executable => "executable",
            Mode::Symlink => "symlink",
            Mode::Directory => "directory",
        }
    }

    /// True for a file with bytes of its own, executable or not.
    pub fn is_file(self) -> bool {
        matches!(self, Mode::File | Mode::Executable)
    }

    pub fn is_directory(self) -> bool {
        self == Mode::Directory
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    pub name: Box<str>,
    pub mode: Mode,
    pub id: Id,
}

impl TreeEntry {
    pub fn new(name: &str, mode: Mode, id: Id) -> TreeEntry {
        TreeEntry { name: name.into(), mode, id }
    }

    pub fn file(name: &str, id: Id) -> TreeEntry {
        TreeEntry::new(name, Mode::File, id)
    }

    pub fn directory(name: &str, id: Id) -> TreeEntry {
        TreeEntry::new(name, Mode::Directory, id)
    }
}

/// Invariant: names are valid, sorted by bytes, and unique. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(Arc<[TreeEntry]>);

impl Tree {
    /// Sorts the entries; refuses a name that cannot be one, or that comes twice.
    pub fn new(mut entries: Vec<TreeEntry>) -> Result<Tree> {
        entries.sort_unstable_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
        for entry in &entries {
            check_name(&entry.name)?;
        }
        if let Some(pair) = entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(Error::failed(format!(
                "the name \"{}\" occurs twice in one tree",
                pair[0].name
            )));
        }
        Ok(Tree(entries.into()))
    }

    pub fn entries(&self) -> &[TreeEntry] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, name: &str) -> Option<&TreeEntry> {
        let at =
            self.0.binary_search_by(|entry| entry.name.as_bytes().cmp(name.as_bytes())).ok()?;
        Some(&self.0[at])
    }

    /// The id of an entry that must be there.
    pub fn require(&self, name: &str) -> Result<Id> {
        let missing = || Error::corrupt(format!("a tree has no entry \"{name}\""));
        self.get(name).map(|entry| entry.id).ok_or_else(missing)
    }

    pub fn id(&self) -> Id {
        Id::of_tree(&self.encode())
    }

    pub fn encode(&self) -> Vec<u8> {
        encode_entries(self.0.iter().map(|entry| (&*entry.name, entry.mode, entry.id)))
    }

    /// Reads a canonical encoding; every other byte string is refused.
    pub fn decode(bytes: &[u8]) -> Result<Tree> {
        let owned = |(name, mode, id)| TreeEntry::new(name, mode, id);
        EncodedEntries::of(bytes)?.map(|entry| entry.map(owned)).collect::<Result<_>>().map(Tree)
    }
}

/// The encoding of a tree of these entries, which ascend by their names, which are valid.
pub fn encode_entries<'a>(entries: impl ExactSizeIterator<Item = (&'a str, Mode, Id)>) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 + entries.len() * 64);
    write(&mut out, entries).expect("writing into a Vec cannot fail");
    out
}

fn write<'a>(
    out: &mut impl Write,
    entries: impl ExactSizeIterator<Item = (&'a str, Mode, Id)>,
) -> Result<(), encode::ValueWriteError> {
    encode::write_array_len(out, entries.len() as u32)?;
    for (name, mode, id) in entries {
        encode::write_array_len(out, 3)?;
        encode::write_uint(out, u64::from(mode as u8))?;
        encode::write_str(out, name)?;
        encode::write_bin(out, id.as_bytes())?;
    }
    Ok(())
}

/// Checks that a name is allowed in a tree: UTF-8, not empty, no `/`, no NUL, not `.` or `..`.
pub fn check_name(name: &str) -> Result<()> {
    match is_name(name) {
        true => Ok(()),
        false => Err(Error::failed(format!("{name:?} cannot be a name in a tree"))),
    }
}

pub(super) fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.bytes().any(|byte| matches!(byte, b'/' | 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry() -> impl Strategy<Value = TreeEntry> {
        ("[^/\0]{1,40}", 0u8..4, any::<[u8; 32]>())
            .prop_filter("dot names", |(name, ..)| name != "." && name != "..")
            .prop_map(|(name, mode, id)| {
                TreeEntry::new(&name, Mode::from_u8(mode).unwrap(), Id::from_bytes(id))
            })
    }

    fn tree() -> impl Strategy<Value = Tree> {
        proptest::collection::vec(entry(), 0..40).prop_map(|mut entries| {
            entries.sort_by(|a, b| a.name.cmp(&b.name));
            entries.dedup_by(|a, b| a.name == b.name);
            Tree::new(entries).unwrap()
        })
    }

    proptest! {
        #[test]
        fn decoding_gives_back_what_was_encoded(tree in tree()) {
            prop_assert_eq!(Tree::decode(&tree.encode()).unwrap(), tree);
        }

        #[test]
        fn a_changed_byte_is_refused_or_is_another_tree(tree in tree(), at: usize, to: u8) {
            let mut bytes = tree.encode();
            let at = at % bytes.len();
            prop_assume!(bytes[at] != to);
            bytes[at] = to;
            if let Ok(other) = Tree::decode(&bytes) {
                prop_assert_ne!(&other, &tree);
                prop_assert_eq!(other.encode(), bytes);
            }
        }

        #[test]
        fn any_bytes_are_decoded_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Tree::decode(&bytes);
        }
    }

    #[test]
    fn the_encoding_is_what_the_format_says() {
        // By hand: array of 1, array of 3, mode 1, fixstr "a", bin8 of 32 bytes.
        let tree = Tree::new(vec![TreeEntry::new("a", Mode::Executable, Id::from_bytes([7; 32]))])
            .unwrap();
        let mut expected = vec![0x91, 0x93, 0x01, 0xa1, b'a', 0xc4, 32];
        expected.extend([7; 32]);
        assert_eq!(tree.encode(), expected);
    }

    #[test]
    fn other_encodings_of_the_same_tree_are_refused() {
        let id = [0xc4, 32].into_iter().chain([7; 32]).collect::<Vec<u8>>();
        let with = |head: &[u8]| [head, &id].concat();
        assert!(Tree::decode(&with(&[0x91, 0x93, 0x00, 0xa1, b'a'])).is_ok());
        assert!(
            Tree::decode(&with(&[0x91, 0x93, 0xcc, 0x00, 0xa1, b'a'])).is_err(),
            "long integer"
        );
        assert!(
            Tree::decode(&with(&[0x91, 0x93, 0x00, 0xd9, 1, b'a'])).is_err(),
            "long string head"
        );
        assert!(
            Tree::decode(&with(&[0xdc, 0, 1, 0x93, 0x00, 0xa1, b'a'])).is_err(),
            "long array head"
        );
        assert!(Tree::decode(&with(&[0x91, 0x93, 0x04, 0xa1, b'a'])).is_err(), "unknown mode");
        assert!(Tree::decode(&with(&[0x91, 0x93, 0x00, 0xa1, b'/'])).is_err(), "bad name");
    }

    /// Lengths at which a head of MessagePack takes one more form.
    #[test]
    fn each_length_has_one_head() {
        let id = Id::from_bytes([7; 32]);
        let named = |name: &str| Tree::new(vec![TreeEntry::file(name, id)]).unwrap();
        let heads: [(usize, &[u8]); 7] = [
            (31, &[0xbf]),
            (32, &[0xd9, 32]),
            (255, &[0xd9, 255]),
            (256, &[0xda, 1, 0]),
            (65_535, &[0xda, 255, 255]),
            (65_536, &[0xdb, 0, 1, 0, 0]),
            (70_000, &[0xdb, 0, 1, 0x11, 0x70]),
        ];
        for (len, head) in heads {
            let tree = named(&"a".repeat(len));
            let bytes = tree.encode();
            assert_eq!(bytes[3..3 + head.len()], *head);
            assert_eq!(Tree::decode(&bytes).unwrap(), tree, "{len}");
            // The same in the next longer form.
            let longer: &[u8] = match len {
                31 => &[0xd9, 31],
                32 | 255 => &[0xda, 0, len as u8],
                256 => &[0xdb, 0, 0, 1, 0],
                65_535 => &[0xdb, 0, 0, 255, 255],
                _ => continue,
            };
            let other = [&bytes[..3], longer, &bytes[3 + head.len()..]].concat();
            assert!(Tree::decode(&other).is_err(), "{len}");
        }
        for (count, head) in
            [(15, &[0x9f][..]), (16, &[0xdc, 0, 16]), (65_536, &[0xdd, 0, 1, 0, 0])]
        {
            let entries = (0..count).map(|n| TreeEntry::file(&format!("{n:05}"), id)).collect();
            let tree = Tree::new(entries).unwrap();
            let bytes = tree.encode();
            assert_eq!(bytes[..head.len()], *head);
            assert!(Tree::decode(&bytes).unwrap() == tree, "{count}");
            assert!(
                Tree::decode(&[&bytes[..], &[0]].concat()).is_err(),
                "{count}: a byte after it"
            );
            assert!(Tree::decode(&bytes[..bytes.len() - 1]).is_err(), "{count}: a byte less");
        }
        let two = named("a").encode();
        assert!(Tree::decode(&[&[0xdc, 0, 1], &two[1..]].concat()).is_err());
        assert!(Tree::decode(&[&[0xdd, 0, 0, 0, 1], &two[1..]].concat()).is_err());
    }

    #[test]
    fn order_and_doubles_are_refused() {
        let one = |name: u8| [&[0x93, 0x00, 0xa1, name, 0xc4, 32][..], &[7; 32]].concat();
        assert!(Tree::decode(&[&[0x92][..], &one(b'a'), &one(b'b')].concat()).is_ok());
        assert!(Tree::decode(&[&[0x92][..], &one(b'b'), &one(b'a')].concat()).is_err());
        assert!(Tree::decode(&[&[0x92][..], &one(b'a'), &one(b'a')].concat()).is_err());
    }
}
