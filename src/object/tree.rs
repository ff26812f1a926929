//! A tree: a sorted list of (name, mode, id), and its one encoding.
//!
//! MessagePack, shortest forms only: an array of entries, each an array of three: mode (integer
//! 0 to 3), name (str), id (bin of 32 bytes). Entries ascend strictly by the bytes of their names.
//! Decoding encodes again and compares, so that one value has exactly one byte string and so one id.

use super::Id;
use crate::error::{Error, Result};
use rmp::decode::{self, Bytes};
use rmp::encode;
use std::io::{self, Write};
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
        let tree = read(bytes).ok_or_else(|| Error::corrupt("a tree is not well formed"))?;
        let tree = Tree::new(tree)
            .map_err(|e| Error::corrupt(format!("a tree is not well formed: {e}")))?;
        let entries = tree.0.iter().map(|entry| (&*entry.name, entry.mode, entry.id));
        // Compared while it is written: most of what a walk reads is trees.
        match write(&mut Expected(bytes), entries) {
            Ok(()) => Ok(tree),
            Err(_) => Err(Error::corrupt("a tree is not in its canonical encoding")),
        }
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

/// Takes exactly these bytes.
struct Expected<'a>(&'a [u8]);

impl Write for Expected<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.strip_prefix(bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The smallest an entry can be: array head, mode, one-letter name, bin head and 32 bytes. A claimed
/// count is checked against it before anything is allocated.
const MIN_ENTRY_BYTES: usize = 1 + 1 + 2 + 2 + 32;

fn read(bytes: &[u8]) -> Option<Vec<TreeEntry>> {
    let mut input = Bytes::new(bytes);
    let count = decode::read_array_len(&mut input).ok()? as usize;
    if count > bytes.len() / MIN_ENTRY_BYTES {
        return None;
    }
    let entries = (0..count).map(|_| read_entry(&mut input)).collect::<Option<Vec<_>>>()?;
    input.remaining_slice().is_empty().then_some(entries)
}

fn read_entry(input: &mut Bytes<'_>) -> Option<TreeEntry> {
    if decode::read_array_len(input).ok()? != 3 {
        return None;
    }
    let mode = Mode::from_u8(decode::read_int(input).ok()?)?;
    let (name, rest) = decode::read_str_from_slice(input.remaining_slice()).ok()?;
    *input = Bytes::new(rest);
    if decode::read_bin_len(input).ok()? != Id::LEN as u32 {
        return None;
    }
    let (id, rest) = input.remaining_slice().split_first_chunk::<{ Id::LEN }>()?;
    let entry = TreeEntry::new(name, mode, Id::from_bytes(*id));
    *input = Bytes::new(rest);
    Some(entry)
}

/// Checks that a name is allowed in a tree: UTF-8, not empty, no `/`, no NUL, not `.` or `..`.
pub fn check_name(name: &str) -> Result<()> {
    let bad = name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']);
    if bad {
        return Err(Error::failed(format!("{name:?} cannot be a name in a tree")));
    }
    Ok(())
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

    #[test]
    fn order_and_doubles_are_refused() {
        let one = |name: u8| [&[0x93, 0x00, 0xa1, name, 0xc4, 32][..], &[7; 32]].concat();
        assert!(Tree::decode(&[&[0x92][..], &one(b'a'), &one(b'b')].concat()).is_ok());
        assert!(Tree::decode(&[&[0x92][..], &one(b'b'), &one(b'a')].concat()).is_err());
        assert!(Tree::decode(&[&[0x92][..], &one(b'a'), &one(b'a')].concat()).is_err());
    }
}
