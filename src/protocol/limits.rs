//! How much one side takes from the other before it says no.

/// One pack, as it is uploaded: a first push of a very large project is under a tenth of it.
pub const MAX_PACK: u64 = 8 << 30;

/// What the objects of one pack may have together when they are decoded. Projects have text, which
/// is compressed to a fifth; what is far beyond that was made to hurt.
pub const MAX_DECODED: u64 = 64 << 30;

/// A JSON body: 30,000 ids in a request, and room.
pub const MAX_JSON: usize = 4 << 20;

/// How many refs one transaction creates; who has more sends several.
pub const MAX_REFS: usize = 1000;

/// How many records one transaction adds to the ledger.
pub const MAX_RECORDS: u64 = 10_000;

/// How many missing objects an answer names.
pub const MAX_NAMED: usize = 100;

/// How many transactions a remote remembers at least, so that a repeated one has no second effect.
pub const REMEMBERED: usize = 64;

/// Younger ones are remembered too: whoever heard no answer is back by then.
pub const REMEMBERED_MS: u64 = 24 * 60 * 60 * 1000;

/// How many are remembered at most. They are part of the value that each swap writes: 180 KB are less than the ids of
/// an agent with so many versions. A day of 100 transactions a second would be 750 MB.
pub const MOST_REMEMBERED: usize = 2048;

/// How many lost races a remote bears before it says that it is busy.
pub const RACES: u32 = 32;
