//! The bytes on the wire, written by hand, and what must be refused.

use super::*;
use crate::error::{Error, Kind};
use crate::object::Id;
use crate::store::{Active, Heads, Receipt, Receipts, TokenName};
use proptest::prelude::*;

const ZERO: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn id(byte: u8) -> Id {
    Id::from_bytes([byte; 32])
}

fn head() -> Head {
    let active = Some(Active { version: Some(1), ledger: id(0) });
    let receipts = Receipts::default();
    Head {
        agent: "agent_1".parse().unwrap(),
        heads: Heads { source: vec![id(0)], versions: vec![id(0)], active },
        receipts,
    }
}

#[test]
fn a_head_is_this_text() {
    let text = format!(
        r#"{{"agent":"agent_1","source":["{ZERO}"],"versions":["{ZERO}"],"active":{{"version":1,"ledger":"{ZERO}"}}}}"#
    );
    assert_eq!(serde_json::to_string(&head()).unwrap(), text);
    assert_eq!(serde_json::from_str::<Head>(&text).unwrap(), head());
    let newer = text.replace("}}", r#"},"later":{"x":1}}"#);
    assert_eq!(
        serde_json::from_str::<Head>(&newer).unwrap(),
        head(),
        "a client passes over what it does not know"
    );
    let mut noted = head();
    noted.receipts.add(Some(&TokenName { id: "5a".into(), name: "ci".into() }), receipt(7));
    let text = text.replace("}}", r#"},"receipts":{"tokens":[["5a","ci"]],"list":[[1,7,1,0,0]]}}"#);
    assert_eq!(serde_json::to_string(&noted).unwrap(), text);
    assert_eq!(serde_json::from_str::<Head>(&text).unwrap(), noted);
}

fn receipt(at_ms: u64) -> Receipt {
    Receipt { token: 0, at_ms, source: 1, versions: 0, ledger: 0 }
}

#[test]
fn a_transaction_may_leave_out_what_it_does_not_do() {
    let text = format!(
        r#"{{"txn":"000102030405060708090a0b0c0d0e0f","source":{{"after":4,"ids":["{ZERO}"]}},
        "active":{{"expected":null,"new":{{"version":null,"ledger":"{ZERO}"}}}}}}"#
    );
    let expected = Transaction {
        txn: TxnId(std::array::from_fn(|at| at as u8)),
        pack: None,
        source: Some(CreateRefs { after: 4, ids: vec![id(0)] }),
        versions: None,
        active: Some(SwapActive { expected: None, new: Active { version: None, ledger: id(0) } }),
        purge: None,
    };
    assert_eq!(serde_json::from_str::<Transaction>(&text).unwrap(), expected);
}

#[test]
fn a_request_with_an_unknown_field_or_a_bad_id_is_refused() {
    for text in [
        r#"{"txn":"000102030405060708090a0b0c0d0e0f","if":1}"#,
        r#"{"txn":"000102030405060708090a0b0c0d0e0"}"#,
        r#"{"txn":"+00102030405060708090a0b0c0d0e0f"}"#,
        r#"{"txn":"000102030405060708090a0b0c0d0e0f","pack":"00"}"#,
        r#"{"txn":"000102030405060708090a0b0c0d0e0f","source":{"after":-1,"ids":[]}}"#,
    ] {
        assert!(serde_json::from_str::<Transaction>(text).is_err(), "{text}");
    }
    assert!(serde_json::from_str::<FetchRequest>(r#"{"want":["0x"]}"#).is_err());
}

#[test]
fn outcomes_are_told_apart_by_one_word() {
    let done = serde_json::to_string(&TxnOutcome::Done(Head::empty("a".parse().unwrap()))).unwrap();
    assert_eq!(done, r#"{"done":{"agent":"a","source":[],"versions":[],"active":null}}"#);
    for (refusal, text) in [
        (Refusal::NoPack, r#"{"refused":"no_pack"}"#.to_owned()),
        (Refusal::Busy, r#"{"refused":"busy"}"#.to_owned()),
        (
            Refusal::Missing { ids: vec![id(0)], more: false },
            format!(r#"{{"refused":{{"missing":{{"ids":["{ZERO}"],"more":false}}}}}}"#),
        ),
        (
            Refusal::Invalid { reason: "no".to_owned() },
            r#"{"refused":{"invalid":{"reason":"no"}}}"#.to_owned(),
        ),
    ] {
        let outcome = TxnOutcome::Refused(refusal);
        assert_eq!(serde_json::to_string(&outcome).unwrap(), text);
        assert_eq!(serde_json::from_str::<TxnOutcome>(&text).unwrap(), outcome);
    }
}

#[test]
fn an_agent_id_is_no_path() {
    for good in ["agent_1", "baseAgent_agent_1772_x9", "_a", "A.b-c", &"x".repeat(128)] {
        assert_eq!(good.parse::<AgentId>().unwrap().as_str(), good);
    }
    for reserved in ["developer", "admin", "agents", "chat", "auth"] {
        let error = reserved.parse::<AgentId>().unwrap_err();
        assert!(error.message().contains("addresses of the stock command"), "{error}");
    }
    assert!("Developer".parse::<AgentId>().is_ok() && "chat_1".parse::<AgentId>().is_ok());
    for bad in
        ["", ".", "..", ".a", "-a", "a/b", "a\\b", "a b", "ä", "a\0", "a%2e", &"x".repeat(129)]
    {
        assert_eq!(bad.parse::<AgentId>().unwrap_err().kind(), Kind::Usage, "{bad:?}");
    }
}

#[test]
fn an_error_survives_the_wire() {
    let errors = [
        Error::auth("the token is not known").hint("`lua-store remote login`"),
        Error::conflict("v5 is taken"),
        Error::new(Kind::Unavailable, "try later"),
    ];
    for error in errors {
        let text =
            serde_json::to_string(&ErrorBody::new(&error, error.hint_text().map(str::to_owned)))
                .unwrap();
        let back = Error::from(serde_json::from_str::<ErrorBody>(&text).unwrap());
        assert_eq!(
            (back.kind(), back.message(), back.hint_text()),
            (error.kind(), error.message(), error.hint_text())
        );
    }
    let strange: ErrorBody =
        serde_json::from_str(r#"{"error":{"kind":"teapot","message":"m","x":1}}"#).unwrap();
    assert_eq!(Error::from(strange).kind(), Kind::Failed);
}

#[test]
fn scopes_include_those_before() {
    assert!(
        TokenScope::Promote.allows(TokenScope::Push) && TokenScope::Read.allows(TokenScope::Read)
    );
    assert!(!TokenScope::Push.allows(TokenScope::Promote));
    for scope in TokenScope::ALL {
        assert_eq!(scope.word().parse::<TokenScope>().unwrap(), scope);
    }
    assert!("write".parse::<TokenScope>().is_err());
}

#[test]
fn an_etag_reads_what_it_writes_and_what_proxies_make_of_it() {
    let etag = head().etag();
    assert_eq!(Etag::from_header(&etag.to_string()), Some(etag.clone()));
    assert_eq!(Etag::from_header(&format!("W/{etag}")), Some(etag));
    assert_eq!(Etag::from_header("abc"), None);
}

fn any_head() -> impl Strategy<Value = Head> {
    let ids = || prop::collection::vec(any::<[u8; 32]>().prop_map(Id::from_bytes), 0..4);
    let active = prop::option::of((prop::option::of(1..9u64), any::<[u8; 32]>()));
    let brought = prop::collection::vec(("[a-c]", "[x-z]{0,2}", 0..5u64), 0..3);
    ("[a-z]{1,9}", ids(), ids(), active, brought).prop_map(
        |(agent, source, versions, active, brought)| {
            let mut receipts = Receipts::default();
            for (id, name, at_ms) in brought {
                receipts.add(Some(&TokenName { id, name }), receipt(at_ms));
            }
            let active =
                active.map(|(version, ledger)| Active { version, ledger: Id::from_bytes(ledger) });
            Head {
                agent: agent.parse().unwrap(),
                heads: Heads { source, versions, active },
                receipts,
            }
        },
    )
}

proptest! {
    #[test]
    fn heads_are_read_as_they_were_written(head in any_head()) {
        let text = serde_json::to_vec(&head).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Head>(&text).unwrap(), head);
    }

    #[test]
    fn different_heads_have_different_etags(a in any_head(), b in any_head()) {
        prop_assert_eq!(a == b, a.etag() == b.etag());
    }

    #[test]
    fn transaction_ids_have_one_spelling(bytes in any::<[u8; 16]>()) {
        let text = TxnId(bytes).to_string();
        prop_assert_eq!(text.len(), 32);
        prop_assert_eq!(text.parse::<TxnId>().unwrap(), TxnId(bytes));
    }
}
