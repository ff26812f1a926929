//! Upload of a file (#17): unpacked and checked while it arrives.
//!
//! The command sends gzip: a file of the project, whose key is made of the unpacked bytes as text, or a bundle, whose
//! key is the hash of the packed bytes.

use super::error::{StockError, code};
use super::key_hasher::KeyHasher;
use super::route::MAX_BLOB;
use crate::error::At;
use crate::object::Id;
use crate::protocol::AgentId;
use crate::remote_store::RemoteStore;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

const PIECE: usize = 64 << 10;

/// A file as the client announces it.
#[derive(Debug)]
pub struct AnnouncedFile {
    pub key: String,
    /// Id of the token; empty where nobody is asked for one.
    pub token: String,
    /// SHA-256 of the packed bytes in base64, if the client sends one.
    pub checksum: Option<String>,
}

/// Takes a file whole or not at all. Returns the number of its bytes.
pub fn receive(
    store: &RemoteStore,
    agent: &AgentId,
    announced: &AnnouncedFile,
    body: &mut dyn Read,
) -> Result<u64, StockError> {
    let mut draft = store.begin_stock_upload(agent, &announced.key)?;
    let mut packed = MultiGzDecoder::new(PackedBody::new(body));
    let (mut blob, mut key) = (Id::blob_hasher(), KeyHasher::default());
    let (mut piece, mut bytes) = (vec![0; PIECE], 0);
    loop {
        let count = match packed.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(packed.get_ref().refusal(&error)),
        };
        bytes += count as u64;
        if bytes > MAX_BLOB as u64 {
            // Before more of it is unpacked.
            return Err(too_large());
        }
        blob.update(&piece[..count]);
        key.add(&piece[..count]);
        draft.write_all(&piece[..count]).at("write", Path::new("an upload"))?;
    }
    let sent: [u8; 32] = packed.into_inner().hasher.finalize().into();
    check_sum(announced, &sent)?;
    let (file_key, is_text, raw) = key.finish();
    let digits = |hash: [u8; 32]| blake3::Hash::from_bytes(hash).to_hex().to_string();
    // A file that was fetched by the digits of its bytes is sent under them again.
    let keys = [file_key.to_string(), digits(sent), digits(raw)];
    if !keys.contains(&announced.key) {
        let message =
            format!("the uploaded bytes are not those of {}: run the command again", announced.key);
        return Err(StockError::bad(message));
    }
    draft.finish(blob.finalize().into(), is_text, &announced.token)?;
    Ok(bytes)
}

fn check_sum(announced: &AnnouncedFile, sent: &[u8; 32]) -> Result<(), StockError> {
    let Some(text) = &announced.checksum else { return Ok(()) };
    match BASE64_STANDARD.decode(text) {
        Ok(sum) if sum == sent => Ok(()),
        _ => Err(StockError::bad(
            "the uploaded bytes do not have the hash in x-amz-checksum-sha256: run the command again",
        )),
    }
}

fn too_large() -> StockError {
    let message = format!("the file is too large: at most {MAX_BLOB} bytes");
    StockError::new(413, code::TOO_LARGE, message)
}

/// The body as it arrives: hashed, counted, and with the reason of its end.
struct PackedBody<'a> {
    body: &'a mut dyn Read,
    hasher: Sha256,
    bytes: u64,
    /// The client went away, or sent too much.
    end: Option<PackedEnd>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PackedEnd {
    Interrupted,
    TooLarge,
}

impl<'a> PackedBody<'a> {
    fn new(body: &'a mut dyn Read) -> PackedBody<'a> {
        PackedBody { body, hasher: Sha256::new(), bytes: 0, end: None }
    }

    /// Refusal of a body that could not be unpacked.
    fn refusal(&self, error: &io::Error) -> StockError {
        match self.end {
            Some(PackedEnd::TooLarge) => too_large(),
            Some(PackedEnd::Interrupted) => StockError::bad("the upload was interrupted"),
            None => StockError::bad(format!("the body is not gzip: {error}")),
        }
    }
}

impl Read for PackedBody<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.body.read(buffer) {
            Ok(count) => count,
            Err(error) => {
                if error.kind() != ErrorKind::Interrupted {
                    self.end = Some(PackedEnd::Interrupted);
                }
                return Err(error);
            }
        };
        self.bytes += count as u64;
        if self.bytes > MAX_BLOB as u64 {
            self.end = Some(PackedEnd::TooLarge);
            return Err(io::Error::other("too large"));
        }
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    /// By `printf 'hello\n' | sha256sum`.
    const HELLO: &str = "5891b5b522d5df08";

    struct UploadPlace {
        _dir: tempfile::TempDir,
        store: RemoteStore,
        agent: AgentId,
    }

    fn place() -> UploadPlace {
        let dir = tempfile::tempdir().unwrap();
        let store = RemoteStore::open(&dir.path().join("data")).unwrap();
        UploadPlace { _dir: dir, store, agent: "shop".parse().unwrap() }
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    impl UploadPlace {
        fn send(
            &self,
            key: &str,
            checksum: Option<&str>,
            body: &[u8],
        ) -> Result<u64, (u16, String)> {
            let announced = AnnouncedFile {
                key: key.to_owned(),
                token: "5a".to_owned(),
                checksum: checksum.map(str::to_owned),
            };
            let received = receive(&self.store, &self.agent, &announced, &mut &body[..]);
            received.map_err(|error| (error.status, error.message.into_owned()))
        }

        fn kept(&self, key: &str) -> usize {
            self.store.stock_uploads(&self.agent, key).unwrap().len()
        }
    }

    #[test]
    fn a_file_is_kept_unpacked_and_named_by_its_bytes() {
        let place = place();
        assert_eq!(place.send(HELLO, None, &packed(b"hello\n")), Ok(6));
        let [upload] = &place.store.stock_uploads(&place.agent, HELLO).unwrap()[..] else {
            panic!("one upload")
        };
        assert_eq!(crate::fs::read(&upload.path).unwrap(), b"hello\n");
        assert_eq!((upload.blob, upload.is_text), (Id::of_blob(b"hello\n"), true));
        // Bytes that are no UTF-8 share the key of the text that a client makes of them.
        let key = "89502cc1c784f581";
        assert_eq!(place.send(key, None, &packed(b"\xff\xfe\x00a")), Ok(4));
        assert_eq!(place.send(key, None, &packed("\u{fffd}\u{fffd}\0a".as_bytes())), Ok(8));
        assert_eq!(place.kept(key), 2);
        // SHA-256 of its bytes names a file too, and an empty one is a file.
        let whole = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        assert_eq!(place.send(whole, None, &packed(b"hello\n")), Ok(6));
        assert_eq!(place.send("e3b0c44298fc1c14", None, &packed(b"")), Ok(0));
    }

    #[test]
    fn a_bundle_is_named_by_its_packed_bytes() {
        let (place, body) = (place(), packed(b"module.exports = 1"));
        let sum = Sha256::digest(&body);
        let key: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        let checksum = BASE64_STANDARD.encode(sum);
        assert_eq!(place.send(&key, Some(&checksum), &body), Ok(18));
        let wrong = BASE64_STANDARD.encode(Sha256::digest(b"other"));
        for wrong in [wrong.as_str(), "", "%%%"] {
            let (status, message) = place.send(&key, Some(wrong), &body).unwrap_err();
            assert!(status == 400 && message.contains("x-amz-checksum-sha256"), "{message}");
        }
    }

    #[test]
    fn bytes_that_are_wrong_leave_nothing() {
        let place = place();
        let refused = |body: &[u8]| place.send(HELLO, None, body).unwrap_err();
        assert!(refused(&packed(b"hello")).1.contains("not those of 5891b5b522d5df08"));
        for body in [&b""[..], b"hello\n", b"\x1f\x8b\x08"] {
            let (status, message) = refused(body);
            assert!(status == 400 && message.contains("is not gzip"), "{message}");
        }
        let whole = packed(b"hello\n");
        assert_eq!(refused(&whole[..whole.len() - 1]).0, 400);
        assert_eq!(
            (place.kept(HELLO), place.store.stock_upload_bytes(&place.agent).unwrap()),
            (0, 0)
        );
    }

    #[test]
    fn a_bomb_is_refused_while_it_unpacks() {
        /// Zeros without an end, packed by the caller.
        struct Zeros(u64);
        impl Read for Zeros {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                buffer.fill(0);
                self.0 += buffer.len() as u64;
                Ok(buffer.len())
            }
        }
        let place = place();
        let mut bomb = flate2::read::GzEncoder::new(Zeros(0), Compression::fast());
        let announced =
            AnnouncedFile { key: HELLO.to_owned(), token: String::new(), checksum: None };
        let refusal = receive(&place.store, &place.agent, &announced, &mut bomb).unwrap_err();
        assert_eq!(refusal.status, 413);
        assert!(bomb.get_ref().0 < (MAX_BLOB as u64) * 5 / 4, "{} bytes", bomb.get_ref().0);
        assert_eq!(place.kept(HELLO), 0);
    }

    #[test]
    fn a_body_that_breaks_off_is_no_end() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(ErrorKind::UnexpectedEof.into())
            }
        }
        let (place, half) = (place(), packed(b"hello\n"));
        let announced =
            AnnouncedFile { key: HELLO.to_owned(), token: String::new(), checksum: None };
        let mut body = half[..10].chain(Broken);
        let refusal = receive(&place.store, &place.agent, &announced, &mut body).unwrap_err();
        assert_eq!((refusal.status, &*refusal.message), (400, "the upload was interrupted"));
    }
}
