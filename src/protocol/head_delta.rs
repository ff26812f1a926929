//! Delta of a head: an answer that does not grow with the agent.
//!
//! Series only grow. A client sends how many of each it knows, with a digest of them; if the
//! remote's begin with the same ones it leaves them out. Otherwise the answer is whole, so that the
//! client can see the difference.

use super::block_hasher::BlockHasher;
use super::{Head, HeadView};
use crate::error::{Error, Result};
use crate::object::Id;
use crate::store::{Heads, Receipts, named};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Lengths of the source versions, versions and receipts.
pub type SeriesLengths = [u64; 3];

/// Head that a client knows, by its lengths and a digest. As the query of a request it is `after=S,V,R&digest=HEX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownHead {
    pub after: SeriesLengths,
    /// Of just these, see `digest`.
    pub digest: Id,
}

/// A head without the part that its reader knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadDelta {
    /// Series and tokens begin after those that are known.
    #[serde(flatten)]
    pub head: Head,
    /// Lengths that are left out. `None` where the client named no known head; the head is whole then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<SeriesLengths>,
    /// Of a transaction that was refused as something moved: whether all that it asks for is there nevertheless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landed: Option<bool>,
}

impl KnownHead {
    pub fn of(head: &Head) -> KnownHead {
        let head = head.view();
        let after = lengths(&head);
        KnownHead { after, digest: digest(&head, after) }
    }
}

fn lengths(head: &HeadView<'_>) -> SeriesLengths {
    [head.source.len() as u64, head.versions.len() as u64, head.receipts.len() as u64]
}

/// BLAKE3 of the first ids of both series, then of the first receipts (five numbers each, 64 bits, the lowest byte
/// first), then of the tokens that these name (id, a zero byte, name, a zero byte).
fn digest(head: &HeadView<'_>, [source, versions, receipts]: SeriesLengths) -> Id {
    let mut hasher = BlockHasher::new();
    for (series, count) in [(head.source, source), (head.versions, versions)] {
        for id in series.iter().take(count as usize) {
            hasher.update(id.as_bytes());
        }
    }
    let receipts = first(head.receipts, receipts);
    for receipt in receipts {
        let (token, at_ms, source, versions, ledger): (u64, u64, u64, u64, u64) = (*receipt).into();
        let numbers = [token, at_ms, source, versions, ledger].map(u64::to_le_bytes);
        hasher.update(numbers.as_flattened());
    }
    for token in named(head.tokens, receipts) {
        for text in [token.id.as_bytes(), &[0], token.name.as_bytes(), &[0]] {
            hasher.update(text);
        }
    }
    Id::from_bytes(*hasher.finalize().as_bytes())
}

fn first<T>(series: &[T], count: u64) -> &[T] {
    &series[..series.len().min(count as usize)]
}

fn without<T: Clone>(series: &[T], count: usize) -> Vec<T> {
    series.get(count..).unwrap_or_default().to_vec()
}

impl HeadDelta {
    /// The answer to who knows so much; to nobody in particular it is whole.
    pub fn of(head: &HeadView<'_>, known: Option<&KnownHead>) -> HeadDelta {
        let Some(known) = known else {
            return HeadDelta { head: head.to_head(), after: None, landed: None };
        };
        let here = lengths(head);
        let enough = known.after.iter().zip(here).all(|(known, here)| *known <= here);
        if !enough || digest(head, known.after) != known.digest {
            return HeadDelta { head: head.to_head(), after: Some([0; 3]), landed: None };
        }
        let [source, versions, receipts] = known.after.map(|count| count as usize);
        let known_tokens = named(head.tokens, first(head.receipts, receipts as u64)).len();
        let left = Receipts {
            tokens: without(head.tokens, known_tokens),
            list: without(head.receipts, receipts),
        };
        let head = Head {
            agent: head.agent.clone(),
            heads: Heads {
                source: without(head.source, source),
                versions: without(head.versions, versions),
                active: head.active,
            },
            receipts: left,
        };
        HeadDelta { head, after: Some(known.after), landed: None }
    }

    /// The whole head again, for who knows so much. `None` for an answer to somebody else.
    pub fn onto(self, known: &Head) -> Option<Head> {
        let Head { agent, heads, receipts } = match self.after {
            None | Some([0, 0, 0]) => {
                return Some(self.head).filter(|head| head.receipts.is_sound());
            }
            Some(after) if after == lengths(&known.view()) => self.head,
            Some(_) => return None,
        };
        let receipts = Receipts {
            tokens: [&known.receipts.tokens[..], &receipts.tokens].concat(),
            list: [&known.receipts.list[..], &receipts.list].concat(),
        };
        let heads = Heads {
            source: [&known.heads.source[..], &heads.source].concat(),
            versions: [&known.heads.versions[..], &heads.versions].concat(),
            active: heads.active,
        };
        Some(Head { agent, heads, receipts }).filter(|head| head.receipts.is_sound())
    }
}

impl fmt::Display for KnownHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [source, versions, receipts] = self.after;
        write!(f, "after={source},{versions},{receipts}&digest={}", self.digest)
    }
}

impl KnownHead {
    /// From the query of a request; `None` where it says nothing of it.
    pub fn from_query(query: &str) -> Result<Option<KnownHead>> {
        let get = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        };
        match (get("after"), get("digest")) {
            (None, None) => Ok(None),
            (Some(after), Some(digest)) => format!("{after}&{digest}").parse().map(Some),
            _ => Err(Error::usage("`after` and `digest` must be given together")),
        }
    }
}

impl FromStr for KnownHead {
    type Err = Error;

    /// `S,V,R&HEX`
    fn from_str(text: &str) -> Result<KnownHead> {
        let bad = || {
            Error::usage("`after` is three numbers with commas, and `digest` 64 hexadecimal digits")
        };
        let (after, digest) = text.split_once('&').ok_or_else(bad)?;
        let number = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| plain)
        };
        let after: Option<Vec<u64>> = after.replace("%2C", ",").split(',').map(number).collect();
        let after = after.and_then(|after| after.try_into().ok()).ok_or_else(bad)?;
        Ok(KnownHead { after, digest: digest.parse().map_err(|_| bad())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Receipt, TokenName};

    fn id(byte: u8) -> Id {
        Id::from_bytes([byte; 32])
    }

    /// So many source versions, half as many versions, and one receipt for each by two tokens in turn.
    fn head(count: u8) -> Head {
        let mut head = Head::empty("a".parse().unwrap());
        for number in 0..count {
            let token = TokenName { id: format!("t{}", number % 2), name: "ci".to_owned() };
            let receipt =
                Receipt { token: 0, at_ms: number.into(), source: 1, versions: 0, ledger: 0 };
            head.receipts.add(Some(&token), receipt);
            head.heads.source.push(id(number));
        }
        head.heads.versions = (0..count / 2).map(|number| id(100 + number)).collect();
        head
    }

    #[test]
    fn the_digest_is_what_the_document_says() {
        let mut bytes: Vec<u8> = [[0; 32], [1; 32], [100; 32]].concat();
        for number in [1u64, 0, 1, 0, 0, 2, 1, 1, 0, 0] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(b"t0\0ci\0t1\0ci\0");
        let known = KnownHead::of(&head(2));
        assert_eq!(known.after, [2, 1, 2]);
        assert_eq!(known.digest.as_bytes(), blake3::hash(&bytes).as_bytes());
    }

    #[test]
    fn what_is_known_is_left_out_and_comes_back() {
        for known in 0..6 {
            for now in known..6 {
                let newer = HeadDelta::of(&head(now).view(), Some(&KnownHead::of(&head(known))));
                assert_eq!(newer.head.heads.source.len(), usize::from(now - known));
                assert_eq!(newer.head.receipts.list.len(), usize::from(now - known));
                let text = serde_json::to_string(&newer).unwrap();
                let read: HeadDelta = serde_json::from_str(&text).unwrap();
                assert_eq!(read.onto(&head(known)).unwrap(), head(now), "{known} {now}");
            }
        }
    }

    #[test]
    fn who_knows_something_else_or_more_gets_all_of_it() {
        let mut others = [head(3), head(3), head(3), head(3), head(7)];
        others[0].heads.source[1] = id(99);
        others[1].heads.versions[0] = id(99);
        others[2].receipts.list[1].at_ms = 99;
        others[3].receipts.tokens[0].name = "x".to_owned();
        for other in others {
            let newer = HeadDelta::of(&head(5).view(), Some(&KnownHead::of(&other)));
            assert_eq!(newer.after, Some([0; 3]));
            assert_eq!(newer.onto(&other).unwrap(), head(5));
        }
        let whole = HeadDelta::of(&head(5).view(), None);
        assert_eq!(
            serde_json::to_string(&whole).unwrap(),
            serde_json::to_string(&head(5)).unwrap()
        );
        let strange = HeadDelta { after: Some([1, 0, 1]), ..whole };
        assert_eq!(strange.onto(&head(3)), None, "an answer to somebody else");
    }

    #[test]
    fn a_query_is_read_as_it_is_written() {
        let known = KnownHead::of(&head(3));
        assert_eq!(KnownHead::from_query(&known.to_string()).unwrap(), Some(known));
        assert_eq!(KnownHead::from_query("x=1&y").unwrap(), None);
        let digest = known.digest;
        for bad in [
            "after=1,2,3".to_owned(),
            format!("digest={digest}"),
            format!("after=1,2&digest={digest}"),
            format!("after=1,2,+3&digest={digest}"),
            format!("after=1,2,&digest={digest}"),
            format!("after=1,2,99999999999999999999&digest={digest}"),
            "after=1,2,3&digest=00".to_owned(),
        ] {
            assert!(KnownHead::from_query(&bad).is_err(), "{bad}");
        }
    }
}
