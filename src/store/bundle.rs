//! A bundle: refs and objects in one file that can be carried on a stick.
//!
//! Lines (a header, the id of the pack, the pointer where there is one, a line per ref, a seal), and then
//! the pack, to the end. A bundle names all refs from the first; its pack may leave out what only
//! older ones need. Then it is of use only where those are.

use super::active;
use super::odb::{Mapped, Odb, PackCheck, VerifyLimits};
use super::refs::packed::Packed;
use super::{Heads, Store};
use crate::error::{At, Error, Result};
use crate::fs::{AtomicFile, Published};
use crate::object::{Id, Source};
use crate::pack::PackId;
use crate::progress::Progress;
use crate::store::checksummed;
use crate::store::missing_objects::MissingObjects;
use crate::store::parse_error::ParseError;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// First line of a bundle, which names its format.
pub const HEADER: &str = "lua-store bundle 1\n";
const PACK: &str = "pack: ";
const LAST: &str = "checksum ";

/// No line is longer.
const LONGEST_LINE: u64 = 200;

/// Bytes that are read at once: a bundle is mostly one pack.
const COPIED: usize = 1 << 20;

/// More than this many refs nobody has.
const MOST_LINES: usize = 1 << 20;

/// Header of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    pack: PackId,
    heads: Heads,
}

impl Block {
    fn encode(&self) -> String {
        let active = self.heads.active.map(|active| active.encode()).unwrap_or_default();
        let refs = Packed::contiguous(&self.heads.source, &self.heads.versions).lines();
        checksummed::append_checksum(format!("{HEADER}{PACK}{}\n{active}{refs}", self.pack))
    }

    /// Reads exactly what [`Block::encode`] writes, or says what is wrong.
    fn decode(bytes: &[u8]) -> Result<Block, ParseError> {
        let text = checksummed::verify_checksum(bytes)?;
        let rest =
            text.strip_prefix(HEADER).ok_or("its first line is not the one that is known")?;
        let (pack, rest) = rest
            .strip_prefix(PACK)
            .and_then(|rest| rest.split_once('\n'))
            .ok_or("it names no pack")?;
        let pack = pack.parse().map_err(|_| "it names no pack")?;
        let (active, refs) = active::split(rest).ok_or("its pointer is not well formed")?;
        let numbered = Packed::from_lines(refs)?.into_contiguous();
        let [source, versions] = numbered.ok_or("its numbers have a gap")?;
        let heads = Heads { source, versions, active };
        heads.check().map_err(|error| error.message().to_owned())?;
        Ok(Block { pack, heads })
    }
}

impl Store {
    /// Writes a bundle of these refs to a file that there is not yet, leaving out what is reachable
    /// from `have`. Gives the number of objects and the bytes of the file.
    pub fn bundle(
        &self,
        heads: &Heads,
        have: &[Id],
        file: &Path,
        progress: &Progress,
    ) -> Result<(u32, u64)> {
        let folder =
            file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (name, place) = (file.display(), folder.display());
        if file.symlink_metadata().is_ok() {
            return Err(exists(file));
        }
        if !folder.is_dir() {
            return Err(Error::not_found(format!(
                "cannot write \"{name}\": there is no folder \"{place}\""
            )));
        }
        let want: Vec<Id> = heads.roots().into_iter().filter(|id| !have.contains(id)).collect();
        let missing = MissingObjects::new(self.objects(), &want, have)?;
        let thin_pack = self.objects().thin_pack(&missing, &self.incoming()?)?;
        // A receiver can do nothing about damage: it is found here.
        let limits = VerifyLimits { decoded: u64::MAX };
        accept(
            self.objects().verify_pack(thin_pack.mapped(), &limits, progress)?,
            "what is to go into it",
        )?;
        let block = Block { pack: thin_pack.id(), heads: heads.clone() }.encode();
        let mut temp = AtomicFile::create_in(folder)?;
        temp.write_all(block.as_bytes()).at("write", file)?;
        thin_pack
            .mapped()
            .pieces()
            .try_for_each(|piece| temp.write_all(piece))
            .at("write", file)?;
        match temp.create(file)? {
            Published::Done => {
                Ok((thin_pack.count(), (block.len() + thin_pack.bytes().len()) as u64))
            }
            Published::Exists => Err(exists(file)),
        }
    }
}

/// A bundle whose pack was copied to a scratch file; nothing is proven yet but its lines.
pub struct BundleFile {
    pub heads: Heads,
    // Before the file, so that it is unmapped when that is removed.
    pack: Mapped,
    scratch: AtomicFile,
    file: PathBuf,
}

impl BundleFile {
    /// Reads a bundle. `scratch` is a folder for its pack: the file is not ours and may change while it is read.
    pub fn open(file: &Path, scratch: &Path) -> Result<BundleFile> {
        let mut input = BufReader::with_capacity(COPIED, File::open(file).at("open", file)?);
        let lines = read_lines(&mut input).at("read", file)?;
        let damaged = |what: ParseError| {
            Error::corrupt(format!("cannot use the bundle \"{}\": {what}", file.display()))
        };
        if !lines.starts_with(HEADER.as_bytes()) {
            return Err(damaged("it is not a bundle, or one of another format".into()));
        }
        let block = Block::decode(&lines).map_err(&damaged)?;
        let mut temp = AtomicFile::create_in(scratch)?;
        io::copy(&mut input, &mut temp).at("copy", file)?;
        let pack = Mapped::open(temp.path(), block.pack)
            .map_err(|error| damaged(error.message().into()))?;
        Ok(BundleFile { heads: block.heads, pack, scratch: temp, file: file.to_owned() })
    }

    /// Holds it against every rule, and against what is here, where it may go on from.
    pub fn verify_pack(
        self,
        here: &Odb,
        limits: &VerifyLimits,
        progress: &Progress,
    ) -> Result<VerifiedBundle> {
        let name = format!("the bundle \"{}\"", self.file.display());
        accept(here.verify_pack(&self.pack, limits, progress)?, &name)?;
        let objects = here.with(&self.pack)?;
        for id in self.heads.roots() {
            if !objects.contains(&id)? {
                return Err(lacks(&name));
            }
        }
        Ok(VerifiedBundle { bundle: self, objects })
    }
}

/// A bundle in which everything is what it must be, and whole with what is here.
pub struct VerifiedBundle {
    bundle: BundleFile,
    objects: Odb,
}

impl VerifiedBundle {
    pub fn heads(&self) -> &Heads {
        &self.bundle.heads
    }

    /// Objects of the bundle and of the store.
    pub fn objects(&self) -> &Odb {
        &self.objects
    }

    /// Makes its pack one of the store's, durably. The scratch folder must be on the same file system.
    pub fn admit(self, store: &Store) -> Result<Heads> {
        let BundleFile { heads, pack, scratch, .. } = self.bundle;
        if pack.count() > 0 {
            let purged = store.purged()?;
            pack.refuse_purged(&purged, store.objects())?;
            store.objects().admit(scratch.path(), pack.id(), &purged)?;
        }
        Ok(heads)
    }
}

fn exists(file: &Path) -> Error {
    Error::usage(format!("cannot write \"{}\": it exists", file.display()))
        .hint("give another name, or remove that file")
}

fn accept(checked: PackCheck, what: &str) -> Result<()> {
    match checked {
        PackCheck::Sound { .. } => Ok(()),
        PackCheck::Bad(reason) => Err(Error::corrupt(format!("cannot use {what}: {reason}"))),
        PackCheck::Missing { .. } => Err(lacks(what)),
    }
}

fn lacks(what: &str) -> Error {
    Error::failed(format!("cannot use {what}: it needs earlier versions, which are not here"))
        .hint("fetch the bundle that contains them first, or create one with `--versions all`")
}

/// Everything up to and with the seal; whatever there is, where that does not come.
fn read_lines(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for _ in 0..MOST_LINES {
        let start = lines.len();
        input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut lines)?;
        let line = &lines[start..];
        if line.starts_with(LAST.as_bytes()) || !line.ends_with(b"\n") {
            break;
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::super::Active;
    use super::*;
    use proptest::prelude::*;

    fn block() -> impl Strategy<Value = Block> {
        let ids = || proptest::collection::vec(any::<[u8; 32]>().prop_map(Id::from_bytes), 0..9);
        (ids(), ids(), any::<Option<[u8; 32]>>(), any::<[u8; 32]>()).prop_map(
            |(source, versions, ledger, pack)| {
                let version = (!versions.is_empty()).then_some(versions.len() as u64);
                let active =
                    ledger.map(|ledger| Active { version, ledger: Id::from_bytes(ledger) });
                Block { pack: PackId::of(&pack), heads: Heads { source, versions, active } }
            },
        )
    }

    proptest! {
        #[test]
        fn decoding_gives_back_what_was_encoded_and_the_pack_begins_after_it(block in block()) {
            let lines = block.encode();
            prop_assert_eq!(Block::decode(lines.as_bytes()), Ok(block));
            let file = [lines.as_bytes(), b"luapack\x01\nchecksum \n"].concat();
            prop_assert_eq!(read_lines(&mut &file[..]).unwrap(), lines.as_bytes());
        }

        #[test]
        fn a_changed_byte_is_refused(block in block(), at: usize, to: u8) {
            let mut bytes = block.encode().into_bytes();
            let at = at % bytes.len();
            prop_assume!(bytes[at] != to);
            bytes[at] = to;
            prop_assert!(Block::decode(&bytes).is_err());
        }
    }
}
