//! The bytes of a page, and of the list of pages in a head.

use super::super::page::{HeadPage, PageRows, Rows};
use super::*;

/// The first number of a page.
const PAGE: u64 = 1;

pub fn encode_page(agent: &AgentId, rows: PageRows<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, agent, rows).expect("writing into a Vec cannot fail");
    out
}

/// Reads exactly what [`encode_page`] writes for this agent.
pub fn decode_page(agent: &AgentId, bytes: &[u8]) -> Option<Rows> {
    let mut input = Bytes::new(bytes);
    let rows = read(&mut input, agent).filter(|_| input.remaining_slice().is_empty())?;
    (encode_page(agent, rows.part()) == bytes).then_some(rows)
}

fn write(out: &mut Vec<u8>, agent: &AgentId, rows: PageRows<'_>) -> EncodeResult {
    encode::write_array_len(out, 6)?;
    encode::write_uint(out, PAGE)?;
    encode::write_str(out, agent.as_str())?;
    write_ids(out, rows.source)?;
    write_ids(out, rows.versions)?;
    encode::write_array_len(out, rows.txns.len() as u32)?;
    rows.txns.iter().try_for_each(|landed| write_landed(out, landed, WITH_PAGES))?;
    write_receipts(out, rows.receipts)
}

fn read(input: &mut Bytes<'_>, agent: &AgentId) -> Option<Rows> {
    array(input, 6)?;
    if number(input)? != PAGE || read_str(input)? != agent.as_str() {
        return None;
    }
    Some(Rows {
        source: read_ids(input)?,
        versions: read_ids(input)?,
        txns: list(input, |input| read_landed(input, WITH_PAGES))?,
        receipts: list(input, read_receipt)?,
    })
}

/// Number of forgotten transactions in the pages, then the pages.
pub fn write_list(out: &mut Vec<u8>, head: &StoredHead) -> EncodeResult {
    encode::write_array_len(out, 2)?;
    encode::write_uint(out, head.forgotten)?;
    encode::write_array_len(out, head.pages.len() as u32)?;
    for HeadPage { key, bytes, rows } in &head.pages {
        encode::write_array_len(out, 7)?;
        encode::write_bin(out, &key.fresh)?;
        encode::write_bin(out, key.pack.hash().as_bytes())?;
        encode::write_uint(out, *bytes)?;
        rows.iter().try_for_each(|count| encode::write_uint(out, *count).map(drop))?;
    }
    Ok(())
}

pub fn read_list(input: &mut Bytes<'_>, agent: &AgentId) -> Option<(u64, Vec<HeadPage>)> {
    array(input, 2)?;
    let forgotten = number(input)?;
    let pages = list(input, |input| {
        array(input, 7)?;
        let (fresh, pack) = (fixed(input)?, PackId::from(Id::from_bytes(fixed(input)?)));
        let key = PackKey { agent: agent.clone(), fresh, pack };
        let bytes = number(input)?;
        let rows = [number(input)?, number(input)?, number(input)?, number(input)?];
        Some(HeadPage { key, bytes, rows })
    })?;
    Some((forgotten, pages))
}
