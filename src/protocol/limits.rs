//! Limits of the protocol, for both sides.

/// One pack, as it is uploaded: a first push of a very large project is under a tenth of it.
pub const MAX_PACK: u64 = 8 << 30;

/// Most bytes of the objects of one pack when they are decoded. Projects have text, which is compressed to a fifth;
/// what is far beyond that was made to hurt.
pub const MAX_DECODED: u64 = 64 << 30;

/// A JSON body: 30,000 ids in a request, and room.
pub const MAX_JSON: usize = 4 << 20;

/// Most refs that one transaction creates; a client with more sends several.
pub const MAX_REFS: usize = 1000;

/// Most records that one transaction adds to the ledger.
pub const MAX_RECORDS: u64 = 10_000;

/// Most missing objects that an answer names.
pub const MAX_NAMED: usize = 100;

/// Least transactions that a remote remembers, so that a repeated one has no second effect.
pub const REMEMBERED: usize = 64;

/// Younger ones are remembered too: whoever heard no answer is back by then.
pub const REMEMBERED_MS: u64 = 24 * 60 * 60 * 1000;

/// Most transactions that are remembered. They are part of the value that each swap writes: 180 KB are less than the
/// ids of an agent with so many versions. A day of 100 transactions a second would be 750 MB.
pub const MOST_REMEMBERED: usize = 2048;

/// Lost races after which a remote answers that it is busy.
pub const RACES: u32 = 32;
