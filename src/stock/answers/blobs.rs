//! Answers at signed addresses: a file is sent (#17) or fetched (#18).

use super::backup::content;
use crate::error::At;
use crate::object::{Id, Source};
use crate::stock::error::{StockError, code};
use crate::stock::key_hasher::FileKey;
use crate::stock::route::MAX_BLOB;
use crate::stock::service::StockService;
use crate::stock::{StockAnswer, StockRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::io::{Read, Write};

/// The two bytes that a gzip file begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// #17: keeps the bytes of a file until a manifest names it. A bundle is kept as it is sent; of a file the content.
pub fn put(
    service: &StockService,
    request: &StockRequest,
    key: &str,
) -> Result<StockAnswer, StockError> {
    let sha = Sha256::digest(&request.body);
    if let Some(checksum) = &request.checksum
        && *checksum != STANDARD.encode(sha)
    {
        return Err(StockError::bad("the bytes have another checksum than the header says"));
    }
    let token = request.by.as_ref().map_or("", |by| by.token.id.as_str());
    let bytes = match FileKey::parse(key) {
        Some(meant) => {
            let bytes = unpacked(&request.body)?;
            if FileKey::of(&bytes).0 != meant {
                return Err(wrong_key(key));
            }
            bytes
        }
        None if hex(&sha) == key => request.body.clone(),
        None => return Err(wrong_key(key)),
    };
    let mut upload = service.store().begin_stock_upload(&request.agent, key)?;
    upload.write_all(&bytes).at("write", service.folder())?;
    upload.finish(Id::of_blob(&bytes), std::str::from_utf8(&bytes).is_ok(), token)?;
    StockAnswer::ok(&json!({}))
}

/// #18: the bytes of a file. They are always compressed, as the command takes content that begins like a gzip file for
/// one.
pub fn get(
    service: &StockService,
    request: &StockRequest,
    key: &str,
) -> Result<StockAnswer, StockError> {
    let bytes = service.look(&request.agent, |look| match content(service, look, key)? {
        Some(id) => Ok(look.objects.blob(&id)?),
        None => Err(StockError::not_found(format!("no file has the hash {key}"))),
    })?;
    let mut packed = Vec::new();
    GzEncoder::new(&bytes[..], Compression::fast())
        .read_to_end(&mut packed)
        .map_err(|error| crate::error::Error::failed(format!("cannot compress a file: {error}")))?;
    Ok(StockAnswer::bytes(packed))
}

/// The content of a file, which the command sends compressed.
fn unpacked(body: &[u8]) -> Result<Vec<u8>, StockError> {
    if !body.starts_with(&GZIP) {
        return Err(StockError::bad("the body is not compressed with gzip"));
    }
    let mut bytes = Vec::new();
    let most = MAX_BLOB as u64;
    let read = GzDecoder::new(body).take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| StockError::bad(format!("the body is no gzip file: {error}")))?;
    if bytes.len() as u64 > most {
        let message = format!("the file is too large: at most {most} bytes");
        return Err(StockError::new(413, code::TOO_LARGE, message));
    }
    Ok(bytes)
}

fn wrong_key(key: &str) -> StockError {
    StockError::bad(format!("the bytes are not those of {key}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        GzEncoder::new(bytes, Compression::fast()).read_to_end(&mut packed).unwrap();
        packed
    }

    #[test]
    fn content_is_unpacked_within_a_limit() {
        assert_eq!(unpacked(&packed(b"hello\n")).unwrap(), b"hello\n");
        assert_eq!(unpacked(b"hello\n").unwrap_err().status, 400);
        let mut cut = packed(&[b'x'; 5000]);
        cut.truncate(cut.len() - 9);
        assert_eq!(unpacked(&cut).unwrap_err().status, 400);
        let bomb = packed(&vec![0; MAX_BLOB + 1]);
        assert!(bomb.len() < 1 << 20);
        assert_eq!(unpacked(&bomb).unwrap_err().status, 413);
    }
}
