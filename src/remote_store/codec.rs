//! Codec of a stored head: MessagePack, shortest forms only.
//!
//! One value has exactly one encoding, because heads are compared and swapped as bytes; any other
//! encoding is refused as damage.

use super::engine::PackKey;
use super::head::{AppliedTransaction, BookRef, PackRef, RetiredPack, StoredHead};
use super::page::PageRows;
use crate::error::{Error, Result};
use crate::object::Id;
use crate::pack::PackId;
use crate::protocol::{AgentId, RequestHash, TxnId};
use crate::store::{Active, Heads, Receipt, Receipts, TokenName};
use rmp::decode::{self, Bytes};
use rmp::encode::{self, ValueWriteError};
use std::sync::Arc;

/// The first number of a head. Another layout takes another number.
const FORMAT: u64 = 1;

/// The number of a head with receipts. One without is written as before, so that a folder to which no token
/// is ever shown can be shared with programs that do not know receipts.
const WITH_RECEIPTS: u64 = 2;

/// The number of a head whose transactions say when they landed and what they asked for. It has receipts, which may be
/// none. A head is rewritten in it by the first transaction that lands.
const WITH_REQUESTS: u64 = 3;

/// The number of a head with pages, which are named where the others have nothing.
const WITH_PAGES: u64 = 4;

/// The number of a head with a book, which is named after the pages; there may be none of these.
const WITH_BOOK: u64 = 5;

/// Number of values of a head without receipts and book; the last one names its pages. Receipts come before it.
const FIELDS: u32 = 11;

type EncodeResult = Result<(), ValueWriteError>;

impl StoredHead {
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(self.loose())
    }

    fn encode_with(&self, rows: PageRows<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, self, rows).expect("writing into a Vec cannot fail");
        out
    }

    /// Reads exactly what [`StoredHead::encode`] writes for this agent; anything else is damage. What is in pages is missing.
    pub(super) fn decode(agent: &AgentId, bytes: &[u8]) -> Result<StoredHead> {
        let mut input = Bytes::new(bytes);
        let damaged = || Error::corrupt(format!("the head of agent \"{agent}\" is damaged"));
        let format = begin(&mut input).ok_or_else(damaged)?;
        if !(FORMAT..=WITH_BOOK).contains(&format) {
            let what = format!(
                "cannot read the head of agent \"{agent}\": its format is {format}, this program knows {FORMAT} to \
                 {WITH_BOOK}"
            );
            return Err(
                Error::failed(what).hint("a newer lua-store wrote it; update lua-store to read it")
            );
        }
        let head = read(&mut input, agent, format)
            .filter(|_| input.remaining_slice().is_empty())
            .ok_or_else(damaged)?;
        let rows = head.between([0; 4], head.lens());
        if head.encode_with(rows) != bytes { Err(damaged()) } else { Ok(head) }
    }
}

fn write(out: &mut Vec<u8>, head: &StoredHead, rows: PageRows<'_>) -> EncodeResult {
    let format = format(head);
    let noted = format != FORMAT;
    encode::write_array_len(out, FIELDS + u32::from(noted) + u32::from(head.book.is_some()))?;
    encode::write_uint(out, format)?;
    encode::write_str(out, head.agent.as_str())?;
    encode::write_uint(out, head.seq)?;
    encode::write_bin(out, head.previous.as_bytes())?;
    write_ids(out, rows.source)?;
    write_ids(out, rows.versions)?;
    write_active(out, head.heads.active.as_ref())?;
    encode::write_array_len(out, rows.txns.len() as u32)?;
    rows.txns.iter().try_for_each(|landed| write_landed(out, landed, format))?;
    encode::write_array_len(out, head.packs.len() as u32)?;
    for held in &head.packs {
        write_key(out, &held.key, [held.bytes, held.objects])?;
    }
    encode::write_array_len(out, head.retired.len() as u32)?;
    for retired in &head.retired {
        write_key(out, &retired.key, [retired.since_seq, retired.since_ms])?;
    }
    if noted {
        encode::write_array_len(out, head.receipts.tokens.len() as u32)?;
        head.receipts.tokens.iter().try_for_each(|token| write_token(out, token))?;
        write_receipts(out, rows.receipts)?;
    }
    match head.pages.is_empty() {
        false => page::write_list(out, head)?,
        true => encode::write_nil(out).map_err(ValueWriteError::InvalidMarkerWrite)?,
    }
    match &head.book {
        Some(book) => write_book(out, book),
        None => Ok(()),
    }
}

fn write_book(out: &mut Vec<u8>, BookRef { root, loose }: &BookRef) -> EncodeResult {
    encode::write_array_len(out, 2)?;
    encode::write_bin(out, root.as_bytes())?;
    encode::write_uint(out, *loose).map(drop)
}

/// The lowest that can say all of it.
fn format(head: &StoredHead) -> u64 {
    let says_more = |landed: &Arc<AppliedTransaction>| landed.request.is_some() || landed.at_ms > 0;
    match head.txns.iter().any(says_more) {
        _ if head.book.is_some() => WITH_BOOK,
        _ if !head.pages.is_empty() => WITH_PAGES,
        true => WITH_REQUESTS,
        false if head.receipts.is_empty() => FORMAT,
        false => WITH_RECEIPTS,
    }
}

fn write_landed(out: &mut Vec<u8>, landed: &AppliedTransaction, format: u64) -> EncodeResult {
    let says_more = format >= WITH_REQUESTS;
    encode::write_array_len(out, if says_more { 6 } else { 4 })?;
    encode::write_bin(out, &landed.txn.0)?;
    if says_more {
        encode::write_bin(out, landed.request.as_ref().map_or(&[], |request| &request[..]))?;
        encode::write_uint(out, landed.at_ms)?;
    }
    encode::write_uint(out, landed.source)?;
    encode::write_uint(out, landed.versions)?;
    write_active(out, landed.active.as_ref())
}

fn write_token(out: &mut Vec<u8>, TokenName { id, name }: &TokenName) -> EncodeResult {
    encode::write_array_len(out, 2)?;
    encode::write_str(out, id)?;
    encode::write_str(out, name)
}

fn write_receipts(out: &mut Vec<u8>, receipts: &[Receipt]) -> EncodeResult {
    encode::write_array_len(out, receipts.len() as u32)?;
    for Receipt { token, at_ms, source, versions, ledger } in receipts {
        encode::write_array_len(out, 5)?;
        for number in [token, at_ms, source, versions, ledger] {
            encode::write_uint(out, *number)?;
        }
    }
    Ok(())
}

/// All ids of a series, one after the other.
fn write_ids(out: &mut Vec<u8>, ids: &[Id]) -> EncodeResult {
    encode::write_bin_len(out, (ids.len() * Id::LEN) as u32)?;
    ids.iter().for_each(|id| out.extend_from_slice(id.as_bytes()));
    Ok(())
}

fn write_active(out: &mut Vec<u8>, active: Option<&Active>) -> EncodeResult {
    let Some(active) = active else {
        return encode::write_nil(out).map_err(ValueWriteError::InvalidMarkerWrite);
    };
    encode::write_array_len(out, 2)?;
    // Versions begin with 1, so that 0 is none.
    encode::write_uint(out, active.version.unwrap_or(0))?;
    encode::write_bin(out, active.ledger.as_bytes())
}

fn write_key(out: &mut Vec<u8>, key: &PackKey, numbers: [u64; 2]) -> EncodeResult {
    encode::write_array_len(out, 4)?;
    encode::write_bin(out, &key.fresh)?;
    encode::write_bin(out, key.pack.hash().as_bytes())?;
    numbers.into_iter().try_for_each(|number| encode::write_uint(out, number).map(drop))
}

/// The number of the format, which every format begins with.
fn begin(input: &mut Bytes<'_>) -> Option<u64> {
    decode::read_array_len(input).ok()?;
    decode::read_int(input).ok()
}

fn read(input: &mut Bytes<'_>, agent: &AgentId, format: u64) -> Option<StoredHead> {
    if read_str(input)? != agent.as_str() {
        return None;
    }
    let mut head = StoredHead {
        agent: agent.clone(),
        seq: number(input)?,
        previous: Id::from_bytes(fixed(input)?),
        heads: Heads {
            source: read_ids(input)?,
            versions: read_ids(input)?,
            active: read_active(input)?,
        },
        txns: list(input, |input| read_landed(input, format))?,
        packs: list(input, |input| {
            let (key, [bytes, objects]) = read_key(input, agent)?;
            Some(PackRef { key, bytes, objects })
        })?,
        retired: list(input, |input| {
            let (key, [since_seq, since_ms]) = read_key(input, agent)?;
            Some(RetiredPack { key, since_seq, since_ms })
        })?,
        receipts: match format {
            FORMAT => Receipts::default(),
            _ => Receipts { tokens: list(input, read_token)?, list: list(input, read_receipt)? },
        },
        pages: Vec::new(),
        forgotten: 0,
        book: None,
    };
    let has_pages = format == WITH_PAGES || (format == WITH_BOOK && !is_nil(input));
    match has_pages {
        true => (head.forgotten, head.pages) = page::read_list(input, agent)?,
        false => decode::read_nil(input).ok()?,
    }
    if format == WITH_BOOK {
        head.book = Some(read_book(input)?);
    }
    // Rows in pages may name other tokens.
    (!head.pages.is_empty() || head.receipts.is_sound()).then_some(head)
}

fn number(input: &mut Bytes<'_>) -> Option<u64> {
    decode::read_int(input).ok()
}

fn read_str<'a>(input: &mut Bytes<'a>) -> Option<&'a str> {
    let (text, rest) = decode::read_str_from_slice(input.remaining_slice()).ok()?;
    *input = Bytes::new(rest);
    Some(text)
}

fn bin<'a>(input: &mut Bytes<'a>) -> Option<&'a [u8]> {
    let len = decode::read_bin_len(input).ok()? as usize;
    let (bytes, rest) = input.remaining_slice().split_at_checked(len)?;
    *input = Bytes::new(rest);
    Some(bytes)
}

fn fixed<const N: usize>(input: &mut Bytes<'_>) -> Option<[u8; N]> {
    bin(input)?.try_into().ok()
}

fn read_ids(input: &mut Bytes<'_>) -> Option<Vec<Id>> {
    let (ids, rest) = bin(input)?.as_chunks::<{ Id::LEN }>();
    rest.is_empty().then(|| ids.iter().map(|id| Id::from_bytes(*id)).collect())
}

fn array(input: &mut Bytes<'_>, len: u32) -> Option<()> {
    (decode::read_array_len(input).ok()? == len).then_some(())
}

/// Each element takes a byte at least, so that a claimed count allocates nothing by itself.
fn list<T>(
    input: &mut Bytes<'_>,
    mut one: impl FnMut(&mut Bytes<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let count = decode::read_array_len(input).ok()? as usize;
    if count > input.remaining_slice().len() {
        return None;
    }
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(one(input)?);
    }
    Some(all)
}

fn read_active(input: &mut Bytes<'_>) -> Option<Option<Active>> {
    if is_nil(input) {
        decode::read_nil(input).ok()?;
        return Some(None);
    }
    array(input, 2)?;
    let version = Some(number(input)?).filter(|version| *version > 0);
    Some(Some(Active { version, ledger: Id::from_bytes(fixed(input)?) }))
}

fn is_nil(input: &Bytes<'_>) -> bool {
    input.remaining_slice().first() == Some(&0xc0)
}

fn read_book(input: &mut Bytes<'_>) -> Option<BookRef> {
    array(input, 2)?;
    Some(BookRef { root: Id::from_bytes(fixed(input)?), loose: number(input)? })
}

fn read_landed(input: &mut Bytes<'_>, format: u64) -> Option<Arc<AppliedTransaction>> {
    let says_more = format >= WITH_REQUESTS;
    array(input, if says_more { 6 } else { 4 })?;
    let txn = TxnId(fixed(input)?);
    let (request, at_ms) = match says_more {
        true => (read_request(input)?, number(input)?),
        false => (None, 0),
    };
    let (source, versions) = (number(input)?, number(input)?);
    let active = read_active(input)?;
    Some(Arc::new(AppliedTransaction { txn, request, at_ms, source, versions, active }))
}

fn read_request(input: &mut Bytes<'_>) -> Option<Option<RequestHash>> {
    let bytes = bin(input)?;
    if bytes.is_empty() { Some(None) } else { bytes.try_into().ok().map(Some) }
}

fn read_token(input: &mut Bytes<'_>) -> Option<TokenName> {
    array(input, 2)?;
    let id = read_str(input)?.to_owned();
    Some(TokenName { id, name: read_str(input)?.to_owned() })
}

fn read_receipt(input: &mut Bytes<'_>) -> Option<Receipt> {
    array(input, 5)?;
    let (token, at_ms) = (number(input)?, number(input)?);
    let (source, versions, ledger) = (number(input)?, number(input)?, number(input)?);
    Some(Receipt { token, at_ms, source, versions, ledger })
}

fn read_key(input: &mut Bytes<'_>, agent: &AgentId) -> Option<(PackKey, [u64; 2])> {
    array(input, 4)?;
    let (fresh, pack) = (fixed(input)?, PackId::from(Id::from_bytes(fixed(input)?)));
    Some((PackKey { agent: agent.clone(), fresh, pack }, [number(input)?, number(input)?]))
}

mod page;
#[cfg(test)]
mod tests;

pub use page::{decode_page, encode_page};
