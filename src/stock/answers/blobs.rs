//! Answer at a signed address: a file is fetched (#18). One that is sent (#17) is taken by [`crate::stock::upload`].

use super::backup::content;
use crate::error::Error;
use crate::object::{Id, Source};
use crate::protocol::AgentId;
use crate::stock::error::StockError;
use crate::stock::service::{Look, StockService};
use crate::stock::{LargeFile, StockAnswer, StockRequest};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Files up to this size are answered at once: their number is limited.
const SMALL: u64 = 64 << 10;

/// Bytes beyond those of a file that its gzip may have: of a file that cannot be compressed each block has a head.
const OVERHEAD: u64 = 4 << 10;

/// #18: the bytes of a file. Of a large one the answer has only the id: [`packed`] reads it when there is room for it.
pub fn get(
    service: &StockService,
    request: &StockRequest,
    key: &str,
) -> Result<StockAnswer, StockError> {
    service.read(&request.agent, |look| {
        let id = content(service, look, key)?;
        let id = id.ok_or_else(|| StockError::not_found(format!("no file has the hash {key}")))?;
        let bytes = look.objects.blob_len(&id)?;
        match bytes <= SMALL {
            true => Ok(StockAnswer::bytes(pack(look, &id, bytes)?)),
            false => {
                Ok(StockAnswer::large(LargeFile { id, most: bytes + bytes / 1000 + OVERHEAD }))
            }
        }
    })
}

/// The gzip of a file, which takes at most as much memory as was said.
pub fn packed(
    service: &StockService,
    agent: &AgentId,
    file: &LargeFile,
) -> Result<StockAnswer, StockError> {
    service.read(agent, |look| Ok(StockAnswer::bytes(pack(look, &file.id, file.most)?)))
}

/// Files are always compressed, as the command takes content that begins like a gzip file for one. A large one is read
/// piece by piece.
fn pack(look: &Look<'_>, id: &Id, most: u64) -> Result<Vec<u8>, StockError> {
    let room = Vec::with_capacity(usize::try_from(most).unwrap_or_default());
    let mut encoder = GzEncoder::new(room, Compression::fast());
    look.objects.copy_blob(id, &mut encoder)?;
    let failed = |error| Error::failed(format!("cannot compress a file: {error}"));
    Ok(encoder.finish().map_err(failed)?)
}
