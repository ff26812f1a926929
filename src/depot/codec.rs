//! The bytes of a stored head: MessagePack, shortest forms only, one value one byte string.

use super::engine::PackKey;
use super::head::{Condemned, Head, Held, Landed};
use crate::error::{Error, Result};
use crate::object::Id;
use crate::pack::PackId;
use crate::protocol::{AgentId, TxnId};
use crate::store::Active;
use rmp::decode::{self, Bytes};
use rmp::encode::{self, ValueWriteError};

/// The first number of a head. Another layout takes another number.
const FORMAT: u64 = 1;

/// How many values a head is; the last one is kept free for refs that moved elsewhere.
const FIELDS: u32 = 11;

type Written = Result<(), ValueWriteError>;

impl Head {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, self).expect("writing into a Vec cannot fail");
        out
    }

    /// Reads exactly what [`Head::encode`] writes for this agent; anything else is damage.
    pub fn decode(agent: &AgentId, bytes: &[u8]) -> Result<Head> {
        let mut input = Bytes::new(bytes);
        let damaged = || Error::corrupt(format!("the head of agent \"{agent}\" is damaged"));
        let format = begin(&mut input).ok_or_else(damaged)?;
        if format != FORMAT {
            let what = format!(
                "cannot read the head of agent \"{agent}\": its format is {format}, this program knows {FORMAT}"
            );
            return Err(Error::failed(what).hint("a newer lua-store wrote it; update lua-store to read it"));
        }
        let head =
            read(&mut input, agent).filter(|_| input.remaining_slice().is_empty()).ok_or_else(damaged)?;
        if head.encode() != bytes { Err(damaged()) } else { Ok(head) }
    }
}

fn write(out: &mut Vec<u8>, head: &Head) -> Written {
    encode::write_array_len(out, FIELDS)?;
    encode::write_uint(out, FORMAT)?;
    encode::write_str(out, head.agent.as_str())?;
    encode::write_uint(out, head.seq)?;
    encode::write_bin(out, head.previous.as_bytes())?;
    write_ids(out, &head.source)?;
    write_ids(out, &head.versions)?;
    write_active(out, head.active.as_ref())?;
    encode::write_array_len(out, head.txns.len() as u32)?;
    for landed in &head.txns {
        encode::write_array_len(out, 4)?;
        encode::write_bin(out, &landed.txn.0)?;
        encode::write_uint(out, landed.source)?;
        encode::write_uint(out, landed.versions)?;
        write_active(out, landed.active.as_ref())?;
    }
    encode::write_array_len(out, head.packs.len() as u32)?;
    for held in &head.packs {
        write_key(out, &held.key, [held.bytes, held.objects])?;
    }
    encode::write_array_len(out, head.condemned.len() as u32)?;
    for condemned in &head.condemned {
        write_key(out, &condemned.key, [condemned.since_seq, condemned.since_ms])?;
    }
    encode::write_nil(out).map_err(ValueWriteError::InvalidMarkerWrite)
}

/// All ids of a series, one after the other.
fn write_ids(out: &mut Vec<u8>, ids: &[Id]) -> Written {
    encode::write_bin_len(out, (ids.len() * Id::LEN) as u32)?;
    ids.iter().for_each(|id| out.extend_from_slice(id.as_bytes()));
    Ok(())
}

fn write_active(out: &mut Vec<u8>, active: Option<&Active>) -> Written {
    let Some(active) = active else {
        return encode::write_nil(out).map_err(ValueWriteError::InvalidMarkerWrite);
    };
    encode::write_array_len(out, 2)?;
    // Versions begin with 1, so that 0 is none.
    encode::write_uint(out, active.version.unwrap_or(0))?;
    encode::write_bin(out, active.ledger.as_bytes())
}

fn write_key(out: &mut Vec<u8>, key: &PackKey, numbers: [u64; 2]) -> Written {
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

fn read(input: &mut Bytes<'_>, agent: &AgentId) -> Option<Head> {
    if read_str(input)? != agent.as_str() {
        return None;
    }
    let head = Head {
        agent: agent.clone(),
        seq: number(input)?,
        previous: Id::from_bytes(fixed(input)?),
        source: read_ids(input)?,
        versions: read_ids(input)?,
        active: read_active(input)?,
        txns: list(input, read_landed)?,
        packs: list(input, |input| {
            let (key, [bytes, objects]) = read_key(input, agent)?;
            Some(Held { key, bytes, objects })
        })?,
        condemned: list(input, |input| {
            let (key, [since_seq, since_ms]) = read_key(input, agent)?;
            Some(Condemned { key, since_seq, since_ms })
        })?,
    };
    decode::read_nil(input).ok()?;
    Some(head)
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
fn list<T>(input: &mut Bytes<'_>, mut one: impl FnMut(&mut Bytes<'_>) -> Option<T>) -> Option<Vec<T>> {
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
    if input.remaining_slice().first() == Some(&0xc0) {
        decode::read_nil(input).ok()?;
        return Some(None);
    }
    array(input, 2)?;
    let version = Some(number(input)?).filter(|version| *version > 0);
    Some(Some(Active { version, ledger: Id::from_bytes(fixed(input)?) }))
}

fn read_landed(input: &mut Bytes<'_>) -> Option<Landed> {
    array(input, 4)?;
    let (txn, source, versions) = (TxnId(fixed(input)?), number(input)?, number(input)?);
    Some(Landed { txn, source, versions, active: read_active(input)? })
}

fn read_key(input: &mut Bytes<'_>, agent: &AgentId) -> Option<(PackKey, [u64; 2])> {
    array(input, 4)?;
    let (fresh, pack) = (fixed(input)?, PackId::from(Id::from_bytes(fixed(input)?)));
    Some((PackKey { agent: agent.clone(), fresh, pack }, [number(input)?, number(input)?]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn agent() -> AgentId {
        "agent_1".parse().unwrap()
    }

    fn id() -> impl Strategy<Value = Id> {
        any::<[u8; 32]>().prop_map(Id::from_bytes)
    }

    fn active() -> impl Strategy<Value = Option<Active>> {
        let version = prop_oneof![Just(None), (1..u64::MAX).prop_map(Some)];
        proptest::option::of((version, id()).prop_map(|(version, ledger)| Active { version, ledger }))
    }

    fn key() -> impl Strategy<Value = PackKey> {
        (any::<[u8; 16]>(), id()).prop_map(|(fresh, pack)| PackKey {
            agent: agent(),
            fresh,
            pack: PackId::from(pack),
        })
    }

    prop_compose! {
        fn head()(
            seq: u64, previous in id(), source in vec(id(), 0..5), versions in vec(id(), 0..3), active in active(),
            txns in vec((any::<[u8; 16]>(), any::<u64>(), 0u64..300, self::active()), 0..4),
            packs in vec((key(), any::<u64>(), 0u64..70_000), 0..4),
            condemned in vec((key(), any::<u64>(), any::<u64>()), 0..3),
        ) -> Head {
            let landed = |(txn, source, versions, active)| Landed { txn: TxnId(txn), source, versions, active };
            Head {
                agent: agent(), seq, previous, source, versions, active,
                txns: txns.into_iter().map(landed).collect(),
                packs: packs.into_iter().map(|(key, bytes, objects)| Held { key, bytes, objects }).collect(),
                condemned: condemned
                    .into_iter()
                    .map(|(key, since_seq, since_ms)| Condemned { key, since_seq, since_ms })
                    .collect(),
            }
        }
    }

    proptest! {
        #[test]
        fn a_head_comes_back(head in head()) {
            prop_assert_eq!(Head::decode(&agent(), &head.encode()).unwrap(), head);
        }

        #[test]
        fn a_changed_head_is_another_one_or_none(head in head(), at: prop::sample::Index, bit in 0u8..8) {
            let mut bytes = head.encode();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            if let Ok(other) = Head::decode(&agent(), &bytes) {
                prop_assert_eq!(other.encode(), bytes);
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
            let _ = Head::decode(&agent(), &bytes);
        }
    }

    #[test]
    fn a_head_that_is_cut_short_another_agents_or_a_newer_one_is_refused() {
        let head = super::super::head::Seen::nothing(&agent()).next();
        let bytes = head.encode();
        for len in 0..bytes.len() {
            assert!(Head::decode(&agent(), &bytes[..len]).is_err());
        }
        assert!(Head::decode(&"agent_2".parse().unwrap(), &bytes).is_err());
        let mut newer = bytes.clone();
        newer[1] = 2;
        assert!(Head::decode(&agent(), &newer).unwrap_err().message().contains("its format is 2"));
    }

    /// The head that the document describes.
    fn example() -> Head {
        let key =
            |fresh: u8, pack: &[u8]| PackKey { agent: agent(), fresh: [fresh; 16], pack: PackId::of(pack) };
        let active = Some(Active { version: Some(1), ledger: Id::of_blob(b"ledger") });
        Head {
            agent: agent(),
            seq: 300,
            previous: Id::of_blob(b"previous"),
            source: vec![Id::of_blob(b"source v1")],
            versions: vec![Id::of_blob(b"version v1")],
            active,
            txns: vec![Landed { txn: TxnId([0xaa; 16]), source: 1, versions: 1, active }],
            packs: vec![Held { key: key(0xbb, b"pack"), bytes: 70_000, objects: 5 }],
            condemned: vec![Condemned {
                key: key(0xcc, b"old"),
                since_seq: 299,
                since_ms: 1_795_253_400_000,
            }],
        }
    }

    #[test]
    fn the_document_shows_what_is_written_and_read() {
        let document = include_str!("../../docs/depot.md");
        let block = document.split("```hex\n").nth(1).unwrap().split("```").next().unwrap();
        let digits = block.lines().filter_map(|line| line.split("  ").next());
        let digits: Vec<char> = digits.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect();
        let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
        let shown: Vec<u8> = digits.chunks(2).map(byte).collect();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(&shown), hex(&example().encode()));
        assert_eq!(Head::decode(&agent(), &shown).unwrap(), example());
    }
}
