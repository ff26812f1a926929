//! `ACTIVE`: which version is live, and the newest record of the ledger. The one mutable pointer.
//!
//! Two lines, each ended by a newline:
//!
//! ```text
//! ref: refs/versions/v2
//! ledger: <64 hexadecimal digits>
//! ```
//!
//! A deletion can be recorded before anything was promoted; then the first line is `ref: none`. The lines may be followed by
//! a pack with the newest records of the ledger ([`super::active_pack`]).

use super::refs::packed::Packed;
use super::refs::packed_file::PackedFile;
use super::refs::{RefName, VERSIONS, log};
use super::{active_pack, layout};
use crate::error::{Error, Hint, Result};
use crate::fs;
use crate::object::Id;
use crate::pack::PackReader;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// Name of the file.
pub const NAME: &str = layout::ACTIVE;

/// The value of `ACTIVE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    /// The number of the live version; `None` while nothing was promoted.
    pub version: Option<u64>,
    /// The newest record of the ledger.
    pub ledger: Id,
}

impl Active {
    pub(super) fn encode(&self) -> String {
        let target = match self.version {
            Some(number) => format!("{VERSIONS}/v{number}"),
            None => "none".to_owned(),
        };
        format!("ref: {target}\nledger: {}\n", self.ledger)
    }

    /// Reads exactly what [`Active::encode`] writes; every other byte string is refused.
    pub(super) fn decode(bytes: &[u8]) -> Option<Active> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (target, ledger) = text.strip_prefix("ref: ")?.split_once("\nledger: ")?;
        let version = match target {
            "none" => None,
            name => Some(
                name.parse::<RefName>().ok().filter(|name| name.series() == VERSIONS)?.number(),
            ),
        };
        let ledger = ledger.strip_suffix('\n')?.parse().ok()?;
        Some(Active { version, ledger })
    }
}

/// Path of the file.
pub fn path(dir: &Path) -> PathBuf {
    dir.join(NAME)
}

/// Pointer and pack of a file; the pack may be empty. `None`: it is not well formed.
fn parts(bytes: &[u8]) -> Option<(Active, &[u8])> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let (lines, pack) = bytes.split_at(ends.map(|(at, _)| at + 1).nth(1)?);
    let active = Active::decode(lines)?;
    (pack.is_empty() || PackReader::open(pack).is_ok()).then_some((active, pack))
}

/// Pointer of a file. `None`: it is not well formed.
pub fn pointer_in(bytes: &[u8]) -> Option<Active> {
    parts(bytes).map(|(active, _)| active)
}

/// Pack of a file, which may be empty. `None`: the file is not well formed.
pub fn pack_in(bytes: &[u8]) -> Option<&[u8]> {
    parts(bytes).map(|(_, pack)| pack)
}

/// The pointer, where a text begins with one, and what follows it. `None`: it is not well formed.
pub fn split(text: &str) -> Option<(Option<Active>, &str)> {
    if !text.starts_with("ref: ") {
        return Some((None, text));
    }
    let end = text.match_indices('\n').nth(1)?.0 + 1;
    let (active, rest) = text.split_at(end);
    Some((Some(Active::decode(active.as_bytes())?), rest))
}

impl fmt::Display for Active {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Some(number) => write!(f, "v{number} (ledger {})", self.ledger.short()),
            None => write!(f, "no version (ledger {})", self.ledger.short()),
        }
    }
}

/// The pointer: the one that came with the refs when they were rewritten, until the file has it too. One that was
/// there and is no more is an error: without it every version looks as if it had never been live.
pub fn read(dir: &Path) -> Result<Option<Active>> {
    if let Some(active) = read_once(dir)? {
        return Ok(Some(active));
    }
    let Some(was) = log::newest(dir).and_then(|mark| mark.active) else { return Ok(None) };
    // Promoted for the first time between the two looks, or lost.
    read_once(dir)?.map_or_else(|| Err(missing(dir, &was)), |active| Ok(Some(active)))
}

/// Refuses where the file is lost. One that is damaged stops only what needs it.
pub fn require(dir: &Path) -> Result<()> {
    match fs::read_if_exists(&path(dir))? {
        Some(_) => Ok(()),
        None => read(dir).map(drop),
    }
}

fn read_once(dir: &Path) -> Result<Option<Active>> {
    match PackedFile::open(dir)?.pointer() {
        Ok(Some(active)) => Ok(Some(active)),
        Ok(None) => read_file(dir),
        // A rewriting begins with the removal of the log: where there is one, there is no pointer beside the refs.
        Err(_) if log::newest(dir).is_some() => read_file(dir),
        Err(error) => Err(error),
    }
}

fn missing(dir: &Path, was: &Active) -> Error {
    let path = path(dir);
    Error::corrupt(format!("\"{}\" is missing: it named {was}", path.display()))
        .hint(repair_hint(dir, was))
}

/// The command that makes the file what it was.
pub fn repair_hint(dir: &Path, was: &Active) -> Hint {
    let text = was.encode().replace('\n', "\\n");
    Hint::RepairPointer { text, path: path(dir) }
}

/// Puts back a pointer that was lost or damaged; the caller holds the lock, and the records are stored.
pub fn restore(dir: &Path, was: &Active) -> Result<()> {
    write(dir, was, &[])
}

/// Takes the pack out of the file; the caller holds the lock, and the records are stored.
pub fn drop_pack(dir: &Path, active: &Active) -> Result<()> {
    match fs::read_if_exists(&path(dir))?.as_deref().and_then(pack_in) {
        None | Some([]) => {
            active_pack::write_copy(dir, &[]);
            // Another process may have taken it out, and died before that was durable.
            fs::sync_dir(dir)
        }
        Some(_) => write(dir, active, &[]),
    }
}

/// The one durable write of the file.
fn write(dir: &Path, active: &Active, pack: &[u8]) -> Result<()> {
    fs::replace(&path(dir), &[active.encode().as_bytes(), pack].concat())?;
    active_pack::write_copy(dir, pack);
    Ok(())
}

/// Finishes a rewriting of the refs that was cut: what `packed-refs` says of the pointer goes into its
/// file. The caller holds the lock.
pub fn finish_swap(dir: &Path) -> Result<()> {
    // A pointer that cannot be read is reported by whatever needs it.
    if !matches!(PackedFile::open(dir).and_then(|packed| packed.pointer()), Ok(Some(_))) {
        return Ok(());
    }
    let Ok(mut packed) = Packed::read(dir) else { return Ok(()) };
    let Some(active) = packed.pointer.take() else { return Ok(()) };
    // The records were stored before that.
    write(dir, &active, &[])?;
    packed.write(dir)
}

fn read_file(dir: &Path) -> Result<Option<Active>> {
    let path = path(dir);
    let Some(bytes) = fs::read_if_exists(&path)? else { return Ok(None) };
    let damaged = || {
        let was = log::newest(dir).and_then(|mark| mark.active);
        Error::corrupt(format!(
            "\"{}\" is damaged: it contains {}",
            path.display(),
            layout::show(&bytes)
        ))
        .hint(was.map_or(Hint::FsckAffected, |was| repair_hint(dir, &was)))
    };
    parts(&bytes).map(|(active, _)| Some(active)).ok_or_else(damaged)
}

/// Makes the content of the file durable; its name is in the store's folder.
pub fn confirm(dir: &Path) -> Result<()> {
    fs::confirm(&path(dir))
}

/// Swaps, after [`require_value`]; the caller holds the lock, so that nothing moves between the two. Records that are not
/// in the new pack are stored.
pub fn swap(dir: &Path, new: &Active, pack: &[u8]) -> Result<()> {
    write(dir, new, pack)
}

/// Compares and removes: the store is as it was before the first promotion. The log of the refs goes first, since a
/// pointer that it names and that is missing counts as lost.
pub fn remove(dir: &Path, expected: &Active) -> Result<()> {
    require_value(read(dir)?.as_ref(), Some(expected))?;
    log::forget(dir)?;
    fs::remove(&path(dir))?;
    active_pack::write_copy(dir, &[]);
    fs::sync_dir(dir)
}

/// Refuses a pointer that is not the expected one.
pub fn require_value(found: Option<&Active>, expected: Option<&Active>) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let say = |active: Option<&Active>| active.map_or("nothing".to_owned(), Active::to_string);
    Err(Error::conflict(format!(
        "cannot move ACTIVE: expected {}, found {}",
        say(expected),
        say(found),
    ))
    .hint(Hint::PointerMoved))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]
mod tests {
    use super::super::Store;
    use super::*;
    use crate::error::Kind;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    fn store() -> (tempfile::TempDir, Store) {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        let lock = store.lock().unwrap();
        for number in 1..=8 {
            store
                .refs()
                .create(&lock, &format!("refs/versions/v{number}"), Id::of_blob(b"v"))
                .unwrap();
        }
        drop(lock);
        (project, store)
    }

    fn active(version: Option<u64>, ledger: u8) -> Active {
        Active { version, ledger: Id::from_bytes([ledger; 32]) }
    }

    #[test]
    fn the_bytes_are_what_the_format_says() {
        let (_project, store) = store();
        assert_eq!(store.active().unwrap(), None);
        let none = active(None, 0);
        store.swap_active(&store.lock().unwrap(), None, &none).unwrap();
        let bytes = || std::fs::read_to_string(store.dir().join("ACTIVE")).unwrap();
        assert_eq!(bytes(), format!("ref: none\nledger: {ZEROS}\n"));
        assert_eq!(store.active().unwrap(), Some(none));
        store.swap_active(&store.lock().unwrap(), Some(&none), &active(Some(2), 0)).unwrap();
        assert_eq!(bytes(), format!("ref: refs/versions/v2\nledger: {ZEROS}\n"));
        assert_eq!(store.active().unwrap(), Some(active(Some(2), 0)));
    }

    #[test]
    fn another_value_than_the_expected_is_a_conflict_that_names_both() {
        let (_project, store) = store();
        let (one, two) = (active(Some(1), 1), active(Some(2), 2));
        let lock = store.lock().unwrap();
        store.swap_active(&lock, None, &one).unwrap();
        for expected in [None, Some(&two), Some(&active(Some(1), 9))] {
            let error = store.swap_active(&lock, expected, &two).unwrap_err();
            assert_eq!(error.kind(), Kind::Conflict);
            assert!(error.message().contains("found v1 (ledger 01010101)"), "{error}");
            assert_eq!(store.active().unwrap(), Some(one));
        }
    }

    #[test]
    fn a_version_that_does_not_exist_never_becomes_active() {
        let (_project, store) = store();
        let error =
            store.swap_active(&store.lock().unwrap(), None, &active(Some(9), 1)).unwrap_err();
        assert_eq!(error.kind(), Kind::NotFound);
        assert_eq!(store.active().unwrap(), None);
    }

    #[test]
    fn damage_is_named_and_stops_a_swap() {
        let (_project, store) = store();
        let good = format!("ref: refs/versions/v2\nledger: {ZEROS}\n");
        let mut cases: Vec<Vec<u8>> =
            (0..good.len()).map(|end| good.as_bytes()[..end].to_vec()).collect();
        cases.extend([
            format!("{good}\n").into_bytes(),
            good.replace("v2", "v02").into_bytes(),
            good.replace("v2", "v0").into_bytes(),
            good.replace("versions", "source").into_bytes(),
            good.replace('\n', "\r\n").into_bytes(),
            b"\xff\xfe\x00".to_vec(),
        ]);
        for bytes in cases {
            std::fs::write(store.dir().join("ACTIVE"), &bytes).unwrap();
            let error = store.active().unwrap_err();
            assert_eq!(error.kind(), Kind::Corrupt, "{bytes:?}");
            assert!(error.message().contains("ACTIVE\" is damaged"), "{error}");
            assert!(store.swap_active(&store.lock().unwrap(), None, &active(Some(1), 1)).is_err());
            assert_eq!(std::fs::read(store.dir().join("ACTIVE")).unwrap(), bytes);
        }
    }

    #[test]
    fn of_eight_swaps_with_one_expected_value_exactly_one_wins() {
        let (_project, store) = store();
        for round in 0..20u8 {
            let before = store.active().unwrap();
            let winners = AtomicUsize::new(0);
            std::thread::scope(|scope| {
                for version in 1..=8 {
                    let (store, winners) = (&store, &winners);
                    scope.spawn(move || {
                        let lock = store.lock().unwrap();
                        match store.swap_active(
                            &lock,
                            before.as_ref(),
                            &active(Some(version), round),
                        ) {
                            Ok(()) => winners.fetch_add(1, Ordering::Relaxed),
                            Err(error) => {
                                assert_eq!(error.kind(), Kind::Conflict);
                                0
                            }
                        }
                    });
                }
            });
            assert_eq!(winners.into_inner(), 1);
        }
    }
}
