//! Remote-tracking refs: the state of a remote when it was last fetched. One file per remote, `refs/remotes/NAME`.
//!
//! A header line, the remote's word for that state, its receipts where it has some, the two lines of its
//! `ACTIVE` where it has one, one line per ref, and the seal. Everything that it names is in the store, whole, before it is written.

use super::active;
use super::receipts::Receipts;
use super::refs::packed::Packed;
use super::{Heads, Store, StoreLock, config, layout};
use crate::error::{At, Error, Hint, Result};
use crate::fs;
use crate::store::checksummed;
use crate::store::parse_error::ParseError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const HEADER: &str = "lua-store remote 1\n";
/// Of a file with receipts: a program that does not know them must not take their line for a ref.
const HEADER_WITH_RECEIPTS: &str = "lua-store remote 2\n";
const RECEIPTS: &str = "receipts: ";
const ETAG: &str = "etag: ";

/// The refs and the pointer of a remote, as last seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteTracking {
    /// Etag of this state: printable ASCII, or nothing.
    pub etag: String,
    pub heads: Heads,
    /// Receipts of the remote.
    pub receipts: Receipts,
}

impl RemoteTracking {
    /// Checks that it can be written and read again.
    fn check(&self) -> Result<(), ParseError> {
        if !self.etag.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(format!("its etag is {:?}", self.etag).into());
        }
        if !self.receipts.is_sound() {
            return Err("its receipts name a token that is not listed".into());
        }
        match self.heads.active.and_then(|active| active.version) {
            Some(number) if number == 0 || number > self.heads.versions.len() as u64 => {
                Err(format!("v{number} is active and not in it").into())
            }
            _ => Ok(()),
        }
    }

    fn encode(&self) -> String {
        checksummed::append_checksum(self.text())
    }

    /// Everything above the seal.
    pub(super) fn text(&self) -> String {
        let active = self.heads.active.map(|active| active.encode()).unwrap_or_default();
        let refs = Packed::contiguous(&self.heads.source, &self.heads.versions).lines();
        let (header, receipts) = match self.receipts.is_empty() {
            true => (HEADER, String::new()),
            false => (HEADER_WITH_RECEIPTS, format!("{RECEIPTS}{}\n", json(&self.receipts))),
        };
        format!("{header}{ETAG}{}\n{receipts}{active}{refs}", self.etag)
    }

    /// Reads exactly what [`RemoteTracking::encode`] writes, or says what is wrong.
    fn decode(bytes: &[u8]) -> Result<RemoteTracking, ParseError> {
        let text = checksummed::verify_checksum(bytes)?;
        RemoteTracking::from_text(text)
    }

    /// Reads what [`RemoteTracking::text`] gives.
    pub(super) fn from_text(text: &str) -> Result<RemoteTracking, ParseError> {
        let (rest, has_receipts) = match text.strip_prefix(HEADER) {
            Some(rest) => (Some(rest), false),
            None => (text.strip_prefix(HEADER_WITH_RECEIPTS), true),
        };
        let rest = rest.ok_or("its first line is not the one that is known")?;
        let rest = rest.strip_prefix(ETAG).ok_or("it has no etag")?;
        let (etag, rest) = rest.split_once('\n').ok_or("it has no etag")?;
        let (receipts, rest) =
            if has_receipts { receipts(rest)? } else { (Receipts::default(), rest) };
        let (active, refs) = active::split(rest).ok_or("its pointer is not well formed")?;
        let numbered = Packed::from_lines(refs)?.into_contiguous();
        let [source, versions] = numbered.ok_or("its numbers have a gap")?;
        let heads = Heads { source, versions, active };
        let tracking = RemoteTracking { etag: etag.to_owned(), heads, receipts };
        tracking.check().map(|()| tracking)
    }
}

fn json(receipts: &Receipts) -> String {
    serde_json::to_string(receipts).expect("lists of numbers and texts")
}

/// The line of receipts, and what follows it. There is one spelling of it.
fn receipts(rest: &str) -> Result<(Receipts, &str), ParseError> {
    let line = rest.strip_prefix(RECEIPTS).and_then(|rest| rest.split_once('\n'));
    let (line, rest) = line.ok_or("it has no receipts")?;
    let read: Option<Receipts> = serde_json::from_str(line).ok();
    let read = read.filter(|receipts| !receipts.is_empty() && json(receipts) == line);
    Ok((read.ok_or("its receipts are not well formed")?, rest))
}

impl Store {
    /// Remote-tracking refs of a remote; `None` when it was never fetched.
    pub fn remote(&self, name: &str) -> Result<Option<RemoteTracking>> {
        let path = self.tracking_path(name)?;
        let Some(bytes) = fs::read_if_exists(&path)? else { return Ok(None) };
        RemoteTracking::decode(&bytes).map(Some).map_err(|what| {
            Error::corrupt(format!("\"{}\" is damaged: {what}", path.display()))
                .hint(Hint::RefetchTracking { remote: name.to_owned() })
        })
    }

    /// Replaces what is known of a remote, durably. Everything that it names must be stored already.
    pub fn set_remote(
        &self,
        lock: &StoreLock,
        name: &str,
        tracking: &RemoteTracking,
    ) -> Result<()> {
        lock.check(self.dir());
        let path = self.tracking_path(name)?;
        let refused = |what| {
            Error::failed(format!("cannot store the state of the remote \"{name}\": {what}"))
        };
        tracking.check().map_err(refused)?;
        let folder = self.dir().join(layout::REMOTES);
        self.require_kept(&tracking.heads.roots())?;
        // The objects may have come with somebody who died since, and so may the folder.
        self.objects().confirm()?;
        let before = fs::read_if_exists(&path)?;
        if !before.is_some_and(|before| self.is_proven(name, &before)) {
            fs::create_dir_all(&folder)?;
            fs::confirm_dir(&self.path(layout::REFS))?;
        }
        fs::sweep(&folder)?;
        let bytes = tracking.encode().into_bytes();
        fs::replace(&path, &bytes)?;
        self.prove_remote(name, &bytes);
        self.note_fetch();
        Ok(())
    }

    /// Forgets what a remote had; fine when nothing is known.
    pub fn forget_remote(&self, lock: &StoreLock, name: &str) -> Result<()> {
        lock.check(self.dir());
        self.forget_last_known(name)?;
        self.forget_platform_record(name)?;
        self.disprove_remote(name)?;
        let path = self.tracking_path(name)?;
        if !path.exists() {
            return Ok(());
        }
        fs::remove(&path)?;
        fs::sync_dir(&self.dir().join(layout::REMOTES))
    }

    /// The names of the remotes that were asked, in order.
    pub fn tracked(&self) -> Result<Vec<String>> {
        remotes_in(&self.dir().join(layout::REMOTES))
    }

    pub(super) fn tracking_path(&self, name: &str) -> Result<PathBuf> {
        config::check_remote_name(name)?;
        Ok(self.dir().join(layout::REMOTES).join(name))
    }
}

/// The names of the remotes that have a file in a folder, in order.
pub(super) fn remotes_in(folder: &Path) -> Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.at("read", folder)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.at("read", folder)?.file_name();
        let name = name.to_str().filter(|name| config::check_remote_name(name).is_ok());
        names.extend(name.map(str::to_owned));
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]
mod tests {
    use super::super::{Active, Receipt, TokenName};
    use super::*;
    use crate::error::Kind;
    use crate::object::Id;
    use proptest::prelude::*;

    fn tracking() -> impl Strategy<Value = RemoteTracking> {
        let ids = || proptest::collection::vec(any::<[u8; 32]>().prop_map(Id::from_bytes), 0..12);
        let active = any::<Option<(Option<u64>, [u8; 32])>>();
        let brought = proptest::collection::vec(
            (any::<Option<[u8; 1]>>(), any::<(String, u64, [u64; 3])>()),
            0..4,
        );
        ("[ -~]{0,40}", ids(), ids(), active, brought).prop_map(
            |(etag, source, versions, active, brought)| {
                let active = active.map(|(version, ledger)| Active {
                    version: version
                        .filter(|_| !versions.is_empty())
                        .map(|n| n % versions.len() as u64 + 1),
                    ledger: Id::from_bytes(ledger),
                });
                let mut receipts = Receipts::default();
                for (token, (name, at_ms, [source, versions, ledger])) in brought {
                    let token = token.map(|[id]| TokenName { id: id.to_string(), name });
                    receipts
                        .add(token.as_ref(), Receipt { token: 0, at_ms, source, versions, ledger });
                }
                RemoteTracking { etag, heads: Heads { source, versions, active }, receipts }
            },
        )
    }

    proptest! {
        #[test]
        fn decoding_gives_back_what_was_encoded(tracking in tracking()) {
            prop_assert_eq!(RemoteTracking::decode(tracking.encode().as_bytes()), Ok(tracking));
        }

        #[test]
        fn a_changed_byte_is_refused(tracking in tracking(), at: usize, to: u8) {
            let mut bytes = tracking.encode().into_bytes();
            let at = at % bytes.len();
            prop_assume!(bytes[at] != to);
            bytes[at] = to;
            prop_assert!(RemoteTracking::decode(&bytes).is_err());
        }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let project = tempfile::tempdir().unwrap();
        let store = Store::init(&project.path().join(".lua")).unwrap();
        (project, store)
    }

    fn example() -> RemoteTracking {
        let ids = [1, 2].map(|n| Id::from_bytes([n; 32]));
        let active = Some(Active { version: Some(1), ledger: ids[1] });
        let mut receipts = Receipts::default();
        let token = TokenName { id: "5a".to_owned(), name: "a\nb".to_owned() };
        receipts
            .add(Some(&token), Receipt { token: 0, at_ms: 1, source: 2, versions: 1, ledger: 1 });
        let etag = "\"x\"".to_owned();
        let heads = Heads { source: ids.to_vec(), versions: vec![ids[0]], active };
        RemoteTracking { etag, heads, receipts }
    }

    #[test]
    fn what_was_kept_is_there_until_it_is_replaced_or_forgotten() {
        let (_project, store) = store();
        let lock = store.lock().unwrap();
        assert_eq!((store.remote("origin").unwrap(), store.tracked().unwrap()), (None, vec![]));
        store.set_remote(&lock, "origin", &example()).unwrap();
        store.set_remote(&lock, "b.c", &RemoteTracking::default()).unwrap();
        assert_eq!(store.remote("origin").unwrap(), Some(example()));
        assert_eq!(store.tracked().unwrap(), ["b.c", "origin"]);
        store.set_remote(&lock, "origin", &RemoteTracking::default()).unwrap();
        assert_eq!(store.remote("origin").unwrap(), Some(RemoteTracking::default()));
        store.forget_remote(&lock, "origin").unwrap();
        store.forget_remote(&lock, "origin").unwrap();
        assert_eq!(store.tracked().unwrap(), ["b.c"]);
        assert!(store.remote("../x").is_err());
    }

    #[test]
    fn what_could_not_be_read_again_is_not_written() {
        let (_project, store) = store();
        let lock = store.lock().unwrap();
        let etag = RemoteTracking { etag: "a\nb".to_owned(), ..RemoteTracking::default() };
        let mut active = example();
        active.heads.versions.clear();
        for bad in [etag, active] {
            assert!(store.set_remote(&lock, "origin", &bad).is_err());
        }
        assert_eq!(store.tracked().unwrap(), [""; 0]);
    }

    #[test]
    fn a_right_checksum_does_not_make_wrong_lines_right() {
        let (_project, store) = store();
        store.set_remote(&store.lock().unwrap(), "origin", &example()).unwrap();
        let path = store.dir().join("refs/remotes/origin");
        let good = std::fs::read_to_string(&path).unwrap();
        let (body, _) = good.split_once("checksum").unwrap();
        for (wrong, part) in [
            (body.replace("remote 2", "remote 3"), "first line"),
            (body.replace("remote 2", "remote 1"), "the line"),
            (body.replace("receipts: ", "receipt: "), "no receipts"),
            (body.replace("[[1,1,2,1,1]]", "[[1,1,2,1]]"), "receipts are not well formed"),
            (body.replace("[[1,1,2,1,1]]", "[]"), "receipts are not well formed"),
            (body.replace("[[1,1,2,1,1]]", "[[1,1, 2,1,1]]"), "receipts are not well formed"),
            (body.replace("[[1,1,2,1,1]]", "[[2,1,2,1,1]]"), "not listed"),
            (body.replace("etag: ", "tag: "), "no etag"),
            (body.replace("etag: ", "etag: \u{7f}"), "etag is"),
            (body.replace("refs/versions/v1\n", "refs/versions/v2\n"), "gap"),
            (body.replace("source/v2", "source/v3"), "gap"),
            (body.replace("ref: refs/versions/v1", "ref: refs/versions/v2"), "v2 is active"),
            (body.replace("ref: refs/versions/v1", "ref: "), "pointer"),
            (body.replace("ledger: ", "ledger "), "pointer"),
            (format!("{body}\n"), "the line \"\""),
            (body.trim_end().to_owned(), "the line"),
        ] {
            std::fs::write(&path, checksummed::append_checksum(wrong)).unwrap();
            let error = store.remote("origin").unwrap_err();
            assert_eq!(error.kind(), Kind::Corrupt);
            let message = error.message().replace('\\', "/");
            let named = message.contains("refs/remotes/origin\" is damaged");
            assert!(named && message.contains(part), "{part}: {error}");
        }
        for end in 0..good.len() {
            std::fs::write(&path, &good[..end]).unwrap();
            assert!(store.remote("origin").is_err(), "cut at {end}");
        }
    }
}
