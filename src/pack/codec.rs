//! Compression: zstd frames without their four magic bytes, alone or with another object as prefix.
//!
//! Objects are mostly smaller than the overhead of a frame, so everything optional is left out:
//! checksum (objects are hashed anyway), dictionary id, and the magic number, which is always the same.

use super::malformed;
use crate::error::{Error, Result};
use crate::pack::zstd_contexts::{ContextPool, ZstdContexts};
use std::io::{self, Chain, Read};
use zstd::stream::read::Decoder;
use zstd::zstd_safe::{self, CCtx, CParameter};

/// Magic number of a zstd frame (RFC 8878); not stored.
pub(super) const FRAME_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Bytes that begin so would be taken for a trained dictionary, so they never serve as a prefix.
const DICTIONARY_MAGIC: [u8; 4] = [0x37, 0xa4, 0x30, 0xec];

/// From here on a fast search misses what a large prefix has; long-distance matching finds it.
const LONG: usize = 256 << 10;

/// More than this is never held in memory at once; larger objects can only be streamed.
pub(super) const MAX_HELD: u64 = 1 << 30;

static TOOLS: ContextPool = ContextPool::new();

/// True if these bytes may be the prefix of another object.
pub(super) fn can_be_base(bytes: &[u8]) -> bool {
    !bytes.is_empty() && !bytes.starts_with(&DICTIONARY_MAGIC)
}

/// The frame without its magic number; `None` where that is no shorter than the bytes themselves.
pub(super) fn compress(bytes: &[u8], base: Option<&[u8]>, level: i32) -> Option<Vec<u8>> {
    TOOLS.with_context(|tools| {
        let ZstdContexts { compressor, scratch, .. } = tools;
        scratch.clear();
        scratch.reserve(zstd_safe::compress_bound(bytes.len()));
        let written = match base {
            None => compressor.compress(scratch, bytes, level),
            Some(base) if base.len().max(bytes.len()) < LONG => {
                compressor.compress_using_dict(scratch, bytes, base, level)
            }
            Some(base) => compress_long(scratch, bytes, base, level),
        };
        let frame = scratch.strip_prefix(&FRAME_MAGIC).filter(|_| written.is_ok())?;
        (frame.len() < bytes.len()).then(|| frame.to_vec())
    })
}

/// A fresh context, because the parameters and the window are for this pair only.
fn compress_long(
    out: &mut Vec<u8>,
    bytes: &[u8],
    base: &[u8],
    level: i32,
) -> zstd_safe::SafeResult {
    let mut context = CCtx::create();
    let window = (base.len() + bytes.len()).next_power_of_two().ilog2().clamp(18, 27);
    context.set_parameter(CParameter::CompressionLevel(level))?;
    context.set_parameter(CParameter::WindowLog(window))?;
    context.set_parameter(CParameter::EnableLongDistanceMatching(true))?;
    context.ref_prefix(base)?;
    context.compress2(out, bytes)
}

/// The most bytes that a frame of this size can hold: a block of 128 KiB takes four bytes at least.
pub(super) fn most_from(stored: usize) -> u64 {
    (stored as u64 / 4 + 1).saturating_mul(128 << 10)
}

/// Opens a frame that must hold exactly `len` bytes.
pub(super) fn decompress(payload: &[u8], base: Option<&[u8]>, len: u64) -> Result<Vec<u8>> {
    if len > MAX_HELD.min(most_from(payload.len())) {
        return Err(malformed("an entry claims more bytes than it can hold"));
    }
    let len = len as usize;
    let mut out = Vec::new();
    out.try_reserve_exact(len).map_err(|_| Error::failed(format!("no memory for {len} bytes")))?;
    let read = TOOLS.with_context(|tools| {
        let ZstdContexts { decompressor, scratch, .. } = tools;
        scratch.clear();
        scratch.extend_from_slice(&FRAME_MAGIC);
        scratch.extend_from_slice(payload);
        decompressor.decompress_using_dict(&mut out, scratch, base.unwrap_or_default())
    });
    match read {
        Ok(_) if out.len() == len => Ok(out),
        Ok(_) => Err(malformed("an entry has another length than it claims")),
        Err(code) => Err(malformed(zstd_safe::get_error_name(code))),
    }
}

/// Opens a frame piece by piece.
pub type Unpacker<'a> = Decoder<'static, io::BufReader<Chain<&'static [u8], &'a [u8]>>>;

/// For entries too large to hold; they have no base.
pub fn unpacker(payload: &[u8]) -> io::Result<Unpacker<'_>> {
    Ok(Decoder::new(FRAME_MAGIC.as_slice().chain(payload))?.single_frame())
}
