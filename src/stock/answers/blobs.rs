//! Answer at a signed address: a file is fetched (#18). One that is sent (#17) is taken by [`crate::stock::upload`].

use super::backup::content;
use crate::object::Source;
use crate::stock::error::StockError;
use crate::stock::service::StockService;
use crate::stock::{StockAnswer, StockRequest};
use flate2::Compression;
use flate2::read::GzEncoder;
use std::io::Read;

/// #18: the bytes of a file. They are always compressed, as the command takes content that begins like a gzip file for
/// one.
pub fn get(
    service: &StockService,
    request: &StockRequest,
    key: &str,
) -> Result<StockAnswer, StockError> {
    let bytes = service.read(&request.agent, |look| match content(service, look, key)? {
        Some(id) => Ok(look.objects.blob(&id)?),
        None => Err(StockError::not_found(format!("no file has the hash {key}"))),
    })?;
    let mut packed = Vec::new();
    GzEncoder::new(&bytes[..], Compression::fast())
        .read_to_end(&mut packed)
        .map_err(|error| crate::error::Error::failed(format!("cannot compress a file: {error}")))?;
    Ok(StockAnswer::bytes(packed))
}
