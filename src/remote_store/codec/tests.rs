//! Encodings of a head, and the bytes that must be refused.

use super::super::page::{HeadPage, Rows};
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

fn receipts() -> impl Strategy<Value = Receipts> {
    vec((proptest::option::of(("[a-c]", ".{0,3}")), any::<[u64; 4]>()), 0..5).prop_map(|all| {
        let mut receipts = Receipts::default();
        for (token, [at_ms, source, versions, ledger]) in all {
            let token = token.map(|(id, name)| TokenName { id, name });
            receipts.add(token.as_ref(), Receipt { token: 0, at_ms, source, versions, ledger });
        }
        receipts
    })
}

fn request() -> impl Strategy<Value = (Option<RequestHash>, u64)> {
    prop_oneof![Just((None, 0)), any::<(Option<RequestHash>, u64)>()]
}

prop_compose! {
    fn head()(
        seq: u64, previous in id(), source in vec(id(), 0..5), versions in vec(id(), 0..3), active in active(),
        txns in vec((any::<[u8; 16]>(), request(), any::<u64>(), 0u64..300, self::active()), 0..4),
        packs in vec((key(), any::<u64>(), 0u64..70_000), 0..4),
        retired in vec((key(), any::<u64>(), any::<u64>()), 0..3), receipts in receipts(),
        book in proptest::option::of((id(), any::<u64>())),
    ) -> StoredHead {
        let landed = |(txn, (request, at_ms), source, versions, active)| {
            Arc::new(AppliedTransaction { txn: TxnId(txn), request, at_ms, source, versions, active })
        };
        StoredHead {
            agent: agent(), seq, previous, heads: Heads { source, versions, active },
            txns: txns.into_iter().map(landed).collect(),
            packs: packs.into_iter().map(|(key, bytes, objects)| PackRef { key, bytes, objects }).collect(),
            retired: retired
                .into_iter()
                .map(|(key, since_seq, since_ms)| RetiredPack { key, since_seq, since_ms })
                .collect(),
            receipts,
            pages: Vec::new(),
            forgotten: 0,
            book: book.map(|(root, loose)| BookRef { root, loose }),
        }
    }
}

/// The same head with its oldest rows in pages. Of the transactions in them some are forgotten.
fn with_pages(
    mut head: StoredHead,
    cuts: &[[prop::sample::Index; 4]],
    forgotten: usize,
) -> (StoredHead, Vec<(PackKey, Rows)>) {
    let (lens, mut start, mut pages) = (head.lens(), [0; 4], Vec::new());
    for cut in cuts {
        let end: [usize; 4] =
            std::array::from_fn(|at| start[at] + cut[at].index(lens[at] - start[at] + 1));
        let part = head.between(start, end);
        let mut rows = decode_page(&agent(), &encode_page(&agent(), part)).unwrap();
        if pages.is_empty() {
            let old = |n: usize| {
                Arc::new(AppliedTransaction {
                    txn: TxnId([n as u8; 16]),
                    request: None,
                    at_ms: 0,
                    source: 0,
                    versions: 0,
                    active: None,
                })
            };
            rows.txns.splice(..0, (0..forgotten).map(old));
        }
        let bytes = encode_page(&agent(), rows.part());
        let key =
            PackKey { agent: agent(), fresh: [pages.len() as u8; 16], pack: PackId::of(&bytes) };
        head.pages.push(HeadPage {
            key: key.clone(),
            bytes: bytes.len() as u64,
            rows: rows.part().counts(),
        });
        pages.push((key, rows));
        start = end;
    }
    head.forgotten = forgotten as u64;
    (head, pages)
}

proptest! {
    #[test]
    fn a_head_comes_back(head in head()) {
        let read = StoredHead::read(&agent(), &head.encode(), None, &mut |page| panic!("{page:?}"));
        prop_assert_eq!(read.unwrap(), head);
    }

    #[test]
    fn a_head_with_pages_comes_back(
        head in head(), cuts in vec(any::<[prop::sample::Index; 4]>(), 1..4), forgotten in 0usize..3
    ) {
        let (head, pages) = with_pages(head, &cuts, forgotten);
        let load = |page: &HeadPage| Ok(pages.iter().find(|(key, _)| *key == page.key).unwrap().1.clone());
        let read = StoredHead::read(&agent(), &head.encode(), None, &mut { load }).unwrap();
        prop_assert_eq!(&read, &head);
        // A known page is not read again.
        let next = StoredHead { seq: head.seq.wrapping_add(1), ..head };
        let known = StoredHead::read(&agent(), &next.encode(), Some(&read), &mut |page| panic!("{page:?}"));
        prop_assert_eq!(known.unwrap(), next);
    }

    #[test]
    fn a_head_is_read_where_a_newer_one_that_forgot_more_is_known(
        head in head(), cuts in vec(any::<[prop::sample::Index; 4]>(), 1..4), forgets in any::<prop::sample::Index>()
    ) {
        let (head, pages) = with_pages(StoredHead { seq: 7, ..head }, &cuts, 0);
        let mut newer = StoredHead { seq: 8, ..head.clone() };
        newer.forget_oldest(forgets.index(head.txns.len() + 1));
        let load = |page: &HeadPage| Ok(pages.iter().find(|(key, _)| *key == page.key).unwrap().1.clone());
        let read = StoredHead::read(&agent(), &head.encode(), Some(&newer), &mut { load });
        prop_assert_eq!(read.unwrap(), head);
    }

    #[test]
    fn a_page_comes_back(head in head()) {
        let rows = head.between([0; 4], head.lens());
        let bytes = encode_page(&agent(), rows);
        let read = decode_page(&agent(), &bytes).unwrap();
        prop_assert_eq!(encode_page(&agent(), read.part()), &bytes[..]);
        prop_assert!(decode_page(&"agent_2".parse().unwrap(), &bytes).is_none());
        prop_assert!(decode_page(&agent(), &bytes[1..]).is_none() && decode_page(&agent(), &[&bytes[..], b"x"].concat()).is_none());
    }

    #[test]
    fn a_changed_head_is_another_one_or_none(head in head(), at: prop::sample::Index, bit in 0u8..8) {
        let mut bytes = head.encode();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(other) = StoredHead::decode(&agent(), &bytes) {
            prop_assert_eq!(other.encode(), bytes);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        let _ = StoredHead::decode(&agent(), &bytes);
    }
}

#[test]
fn a_head_that_is_cut_short_another_agents_or_a_newer_one_is_refused() {
    let head = crate::remote_store::head::LoadedHead::empty(&agent()).next();
    let bytes = head.encode();
    for len in 0..bytes.len() {
        assert!(StoredHead::decode(&agent(), &bytes[..len]).is_err());
    }
    assert!(StoredHead::decode(&"agent_2".parse().unwrap(), &bytes).is_err());
    let mut newer = bytes.clone();
    newer[1] = 6;
    assert!(
        StoredHead::decode(&agent(), &newer).unwrap_err().message().contains("its format is 6")
    );
}

#[test]
fn a_head_without_receipts_is_the_old_format_and_one_with_them_the_new() {
    let old = example();
    assert_eq!(old.encode()[..2], [0x9b, 1]);
    let new = noted();
    assert_eq!(new.encode()[..2], [0x9c, 2]);
    // Each of the two has one spelling.
    let mut wrong = new.encode();
    wrong[1] = 1;
    assert!(StoredHead::decode(&agent(), &wrong).is_err());
    let mut unknown = new;
    unknown.receipts.list[0].token = 2;
    assert!(StoredHead::decode(&agent(), &unknown.encode()).is_err(), "a token that is not listed");
}

/// The example with what the document says of receipts.
fn noted() -> StoredHead {
    let mut head = example();
    let token = TokenName { id: "511ff332a7a8".to_owned(), name: "laptop-2".to_owned() };
    let receipt = Receipt { token: 0, at_ms: 1_795_253_400_000, source: 1, versions: 1, ledger: 1 };
    head.receipts.add(Some(&token), receipt);
    head
}

/// The head that the document describes.
fn example() -> StoredHead {
    let key = |fresh: u8, pack: &[u8]| PackKey {
        agent: agent(),
        fresh: [fresh; 16],
        pack: PackId::of(pack),
    };
    let active = Some(Active { version: Some(1), ledger: Id::of_blob(b"ledger") });
    StoredHead {
        agent: agent(),
        seq: 300,
        previous: Id::of_blob(b"previous"),
        heads: Heads {
            source: vec![Id::of_blob(b"source v1")],
            versions: vec![Id::of_blob(b"version v1")],
            active,
        },
        txns: vec![Arc::new(AppliedTransaction {
            txn: TxnId([0xaa; 16]),
            request: None,
            at_ms: 0,
            source: 1,
            versions: 1,
            active,
        })],
        packs: vec![PackRef { key: key(0xbb, b"pack"), bytes: 70_000, objects: 5 }],
        retired: vec![RetiredPack {
            key: key(0xcc, b"old"),
            since_seq: 299,
            since_ms: 1_795_253_400_000,
        }],
        receipts: Receipts::default(),
        pages: Vec::new(),
        forgotten: 0,
        book: None,
    }
}

#[test]
fn the_document_shows_what_is_written_and_read() {
    let document = include_str!("../../../docs/remote-store.md");
    let block = |nth| document.split("```hex\n").nth(nth).unwrap().split("```").next().unwrap();
    let shown = bytes(block(1));
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(&shown), hex(&example().encode()));
    assert_eq!(StoredHead::decode(&agent(), &shown).unwrap(), example());
    // With receipts: another beginning, and these before the nil at the end.
    let (mut with, last) =
        ([&[0x9c, 2], &shown[2..shown.len() - 1]].concat(), shown[shown.len() - 1]);
    with.extend(bytes(block(2)));
    with.push(last);
    assert_eq!(hex(&with), hex(&noted().encode()));
    assert_eq!(StoredHead::decode(&agent(), &with).unwrap(), noted());
}

/// The example with what the document says of its transaction.
fn requested() -> StoredHead {
    let mut head = noted();
    let hash = blake3::hash(b"request");
    let request = std::array::from_fn(|at| hash.as_bytes()[at]);
    let landed = Arc::make_mut(&mut head.txns[0]);
    (landed.request, landed.at_ms) = (Some(request), 1_795_253_400_000);
    head
}

#[test]
fn the_document_shows_what_a_transaction_was_and_when() {
    let document = include_str!("../../../docs/remote-store.md");
    let block = |nth| document.split("```hex\n").nth(nth).unwrap().split("```").next().unwrap();
    let head = requested();
    let (written, landed) = (head.encode(), bytes(block(3)));
    assert_eq!(written[..2], [0x9c, 3]);
    let at =
        written.windows(landed.len()).position(|part| part == landed).expect("it is in the head");
    // The rest is as in the two older formats.
    let old = noted().encode();
    let shorter = bytes(block(1));
    let begin = shorter.windows(3).position(|part| part == [0x91, 0x94, 0xc4]).unwrap();
    assert_eq!(written[2..at], old[2..begin]);
    assert!(old.ends_with(&written[at + landed.len()..]));
    assert_eq!(StoredHead::decode(&agent(), &written).unwrap(), head);
}

#[test]
fn the_document_shows_a_page_and_the_head_that_names_it() {
    let document = include_str!("../../../docs/remote-store.md");
    let block = |nth| document.split("```hex\n").nth(nth).unwrap().split("```").next().unwrap();
    let (mut head, page) = (requested(), bytes(block(4)));
    let rows = head.between([0; 4], head.lens());
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(&page), hex(&encode_page(&agent(), rows)));
    let key = PackKey { agent: agent(), fresh: [0xdd; 16], pack: PackId::of(&page) };
    let named = HeadPage { key, bytes: page.len() as u64, rows: rows.counts() };
    head.pages = vec![named];
    let (written, end) = (head.encode(), bytes(block(5)));
    assert_eq!(written[..2], [0x9c, 4]);
    assert_eq!(hex(&written[written.len() - end.len()..]), hex(&end));
    assert!(
        !written.windows(32).any(|part| part == head.heads.source[0].as_bytes()),
        "its rows are in the page alone"
    );
    let read = StoredHead::read(&agent(), &written, None, &mut |_| {
        Ok(decode_page(&agent(), &page).unwrap())
    });
    assert_eq!(read.unwrap(), head);
}

#[test]
fn what_is_remembered_has_a_bound() {
    let tx = |n: u128| {
        let txn = TxnId(n.to_be_bytes());
        crate::protocol::Transaction {
            txn,
            pack: None,
            source: None,
            versions: None,
            active: None,
            purge: None,
        }
    };
    let mut head = example();
    for n in 0..5000 {
        let order = crate::remote_store::head::TxnContext {
            by: None,
            now_ms: 1_795_253_400_000 + n,
            ledger: 0,
        };
        head.apply(&tx(n.into()), None, &order);
    }
    assert_eq!((head.txns.len(), head.txns[0].txn), (2048, TxnId(2952u128.to_be_bytes())));
    assert!(head.encode().len() < 190_000, "{}", head.encode().len());
}

/// The bytes of an example: digits, and what they mean after two spaces.
fn bytes(block: &str) -> Vec<u8> {
    let digits = block.lines().filter_map(|line| line.split("  ").next());
    let digits: Vec<char> = digits.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}
