//! `packed-refs` as a table: a header, and blocks of records of one length, each with a checksum of its own. So one ref
//! is found and verified by reading the header and one block.

use super::super::active::Active;
use super::packed::{Packed, Recovery, SERIES};
use crate::object::Id;
use crate::store::parse_error::ParseError;

const FIRST_LINE: &[u8] = b"lua-store packed-refs 2\n";

/// First line, two counts, pointer (its presence, version, record), BLAKE3 of the checksums of all blocks, checksum.
pub const HEADER_LEN: usize = 24 + 2 * 8 + 2 * 8 + 32 + 32 + 32;

/// Records of a block.
pub const PER_BLOCK: usize = 64;

/// A number and an id.
const RECORD_LEN: usize = 8 + Id::LEN;

/// Series, count and position, the records, the checksum.
pub const BLOCK_LEN: usize = 8 + PER_BLOCK * RECORD_LEN + 32;

/// The header: what the file has, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableHeader {
    /// The number of refs of each series.
    pub counts: [u64; SERIES.len()],
    pub pointer: Option<Active>,
    /// BLAKE3 of the checksums of all blocks.
    root: [u8; 32],
}

impl TableHeader {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = FIRST_LINE.to_vec();
        self.counts.iter().for_each(|count| bytes.extend(count.to_le_bytes()));
        let version = self.pointer.and_then(|active| active.version).unwrap_or(0);
        let ledger = self.pointer.map_or([0; 32], |active| *active.ledger.as_bytes());
        bytes.extend(u64::from(self.pointer.is_some()).to_le_bytes());
        bytes.extend(version.to_le_bytes());
        bytes.extend(ledger);
        bytes.extend(self.root);
        seal(bytes)
    }

    /// Reads the beginning of a file, or says what is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<TableHeader, ParseError> {
        let bytes = bytes.get(..HEADER_LEN).ok_or("it is too short")?;
        let body = unseal(bytes).ok_or("its header does not match its checksum")?;
        let rest = body.strip_prefix(FIRST_LINE).ok_or("its first line is not the known one")?;
        let (numbers, rest) = rest.split_first_chunk::<32>().ok_or("it is too short")?;
        let [source, versions, presence, version] = words(numbers);
        let (ledger, root) = rest.split_first_chunk::<32>().ok_or("it is too short")?;
        let ledger = Id::from_bytes(*ledger);
        let pointer = match (presence, version) {
            (0, _) => None,
            (_, 0) => Some(Active { version: None, ledger }),
            (_, version) => Some(Active { version: Some(version), ledger }),
        };
        let root = root.try_into().map_err(|_| "it is too short")?;
        let header = TableHeader { counts: [source, versions], pointer, root };
        // One content has one spelling.
        (header.encode() == bytes).then_some(()).ok_or("its pointer is not well formed")?;
        Ok(header)
    }

    /// The number of blocks of a series.
    pub fn blocks(&self, at: usize) -> u64 {
        self.counts[at].div_ceil(PER_BLOCK as u64)
    }

    /// The block of the file with which a series begins.
    pub fn first_block(&self, at: usize) -> u64 {
        (0..at).map(|before| self.blocks(before)).sum()
    }

    /// Length of the whole file; `None` where no file could be so long.
    pub fn file_len(&self) -> Option<u64> {
        let most = u64::MAX / (4 * BLOCK_LEN as u64);
        let blocks = (0..SERIES.len()).try_fold(0u64, |sum, at| sum.checked_add(self.blocks(at)));
        blocks.filter(|count| *count < most).map(offset_of)
    }

    /// Series of a block, and the records that it must have.
    fn expected(&self, block: u64) -> Option<(usize, usize)> {
        let at = (0..SERIES.len())
            .find(|at| (self.first_block(*at)..self.first_block(at + 1)).contains(&block))?;
        let before = (block - self.first_block(at)) * PER_BLOCK as u64;
        Some((at, (self.counts[at] - before).min(PER_BLOCK as u64) as usize))
    }

    /// The records of a block, which must be whole and in its place; or says what is wrong.
    pub fn block(&self, block: u64, bytes: &[u8]) -> Result<Vec<(u64, Id)>, ParseError> {
        let body = unseal(bytes).filter(|_| bytes.len() == BLOCK_LEN);
        let body = body.ok_or_else(|| format!("its block {block} does not match its checksum"))?;
        let wrong = || format!("its block {block} is not well formed");
        let (at, count) = self.expected(block).ok_or_else(wrong)?;
        let found = records(body);
        let ascends = found[..count].windows(2).all(|pair| pair[0].0 < pair[1].0);
        let is_first_valid = found.first().is_some_and(|(number, _)| *number > 0);
        let rest_is_empty = body[8 + count * RECORD_LEN..].iter().all(|byte| *byte == 0);
        let has_place = body[..8] == block_head(at, count, block);
        match has_place && ascends && is_first_valid && rest_is_empty {
            true => Ok(found[..count].to_vec()),
            false => Err(wrong().into()),
        }
    }
}

/// Offset of a block.
pub fn offset_of(block: u64) -> u64 {
    HEADER_LEN as u64 + block * BLOCK_LEN as u64
}

/// True if a file is a table, damaged or not.
pub fn is_table(bytes: &[u8]) -> bool {
    bytes.starts_with(FIRST_LINE)
}

pub fn encode(packed: &Packed) -> Vec<u8> {
    let mut blocks = Vec::new();
    for (at, series) in SERIES.into_iter().enumerate() {
        for refs in packed.series(series).chunks(PER_BLOCK) {
            let block = (blocks.len() / BLOCK_LEN) as u64;
            let mut body = block_head(at, refs.len(), block).to_vec();
            for (number, id) in refs {
                body.extend(number.to_le_bytes());
                body.extend(id.as_bytes());
            }
            body.resize(BLOCK_LEN - 32, 0);
            blocks.extend(seal(body));
        }
    }
    let counts = SERIES.map(|series| packed.series(series).len() as u64);
    let header = TableHeader { counts, pointer: packed.pointer, root: root_of(&blocks) };
    [header.encode(), blocks].concat()
}

/// Reads exactly what [`encode`] writes, or says what is wrong.
pub fn decode(bytes: &[u8]) -> Result<Packed, ParseError> {
    let header = TableHeader::decode(bytes)?;
    let blocks = &bytes[HEADER_LEN..];
    if header.file_len() != Some(bytes.len() as u64) {
        return Err(format!("it has {} bytes, and its header counts others", bytes.len()).into());
    }
    let mut packed = Packed::default().with_pointer(header.pointer);
    for (block, bytes) in (0..).zip(blocks.chunks(BLOCK_LEN)) {
        let at = header.expected(block).map(|(at, _)| at).ok_or("it has too many blocks")?;
        for (number, id) in header.block(block, bytes)? {
            let name = || format!("its block {block} has v{number} twice or too late");
            packed.push(at, number, id).ok_or_else(name)?;
        }
    }
    match header.root == root_of(blocks) {
        true => Ok(packed),
        false => Err("its blocks are not those of its header".into()),
    }
}

/// The refs of a damaged file that are well formed and in their place, and true if the pointer is certain. Of a damaged
/// block the header knows the series; where both are damaged, nothing in it is certain.
pub fn recover(bytes: &[u8]) -> (Packed, bool) {
    let header = TableHeader::decode(bytes).ok();
    let mut recovery = Recovery::default();
    for (block, bytes) in (0..).zip(bytes.get(HEADER_LEN..).unwrap_or_default().chunks(BLOCK_LEN)) {
        let own = unseal(bytes).and_then(|body| parse_block_head(body.first_chunk()?));
        let place = header.as_ref().and_then(|header| header.expected(block));
        let Some((at, count)) = place.or(own).filter(|(_, count)| *count <= PER_BLOCK) else {
            recovery.pass(PER_BLOCK as u64);
            continue;
        };
        let found = records(&bytes[..bytes.len().min(BLOCK_LEN - 32)]);
        if own == Some((at, count)) {
            found[..count].iter().for_each(|(number, id)| recovery.take_sound(at, *number, *id));
            continue;
        }
        for (number, id) in found.iter().take(count) {
            recovery.take(at, *number, *id, 1);
        }
        recovery.pass(count.saturating_sub(found.len()) as u64);
    }
    let packed = recovery.finish();
    let pointer = header.as_ref().and_then(|header| header.pointer);
    (packed.with_pointer(pointer), header.is_some())
}

fn block_head(at: usize, count: usize, block: u64) -> [u8; 8] {
    ((block << 16) | ((count as u64) << 8) | at as u64).to_le_bytes()
}

/// The series and the count that a block names.
fn parse_block_head(head: &[u8; 8]) -> Option<(usize, usize)> {
    let [at, count, ..] = head.map(usize::from);
    (at < SERIES.len() && count <= PER_BLOCK).then_some((at, count))
}

/// All whole records of a block, the unused ones too.
fn records(block: &[u8]) -> Vec<(u64, Id)> {
    let (records, _) = block.get(8..).unwrap_or_default().as_chunks::<RECORD_LEN>();
    let parse = |record: &[u8; RECORD_LEN]| {
        let (number, id) = record.split_first_chunk::<8>()?;
        Some((u64::from_le_bytes(*number), Id::from_bytes(id.try_into().ok()?)))
    };
    records.iter().filter_map(parse).collect()
}

fn words<const N: usize, const M: usize>(bytes: &[u8; N]) -> [u64; M] {
    let (words, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|at| u64::from_le_bytes(words[at]))
}

fn root_of(blocks: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for block in blocks.chunks(BLOCK_LEN) {
        hasher.update(&block[block.len().saturating_sub(32)..]);
    }
    *hasher.finalize().as_bytes()
}

/// The bytes, and their BLAKE3.
fn seal(mut body: Vec<u8>) -> Vec<u8> {
    let checksum = blake3::hash(&body);
    body.extend(checksum.as_bytes());
    body
}

/// The bytes before a BLAKE3, which must be theirs.
fn unseal(bytes: &[u8]) -> Option<&[u8]> {
    let (body, checksum) = bytes.split_last_chunk::<32>()?;
    (blake3::hash(body).as_bytes() == checksum).then_some(body)
}

#[cfg(test)]
mod tests;
