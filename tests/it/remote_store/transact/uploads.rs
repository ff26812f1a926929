//! Uploads: cut, repeated, damaged, short of objects.

use super::super::agent::*;
use super::{filled, refusal, remote_store, source_of};
use lua_store::internals::error::Kind;
use lua_store::internals::object::{Id, TreeEntry};
use lua_store::internals::pack::PackId;
use lua_store::internals::protocol::{Refusal, Transaction, TxnOutcome};
use std::io::{self, Read};

#[test]
fn a_pack_that_never_came_or_never_came_to_its_end_is_asked_for() {
    let (_dir, remote_store) = remote_store();
    let client = Client::new();
    let mut made = client.make();
    let id = made.source("one");
    let (pack, bytes) = client.pack(made);
    let tx = Transaction { pack: Some(pack), ..create_source(0, id) };
    assert_eq!(refusal(&remote_store, &tx), Refusal::NoPack);
    let len = bytes.len() as u64;
    remote_store.receive(&agent(), &pack, 0, len, &mut &bytes[..100]).unwrap();
    assert_eq!(refusal(&remote_store, &tx), Refusal::NoPack);
    assert_eq!(remote_store.offset(&agent(), &pack).unwrap(), 100);
    assert_eq!(remote_store.receive(&agent(), &pack, 100, len, &mut &bytes[100..]).unwrap(), len);
    done(remote_store.transact(&agent(), &tx).unwrap());
    // Objects that the agent has need not be sent again.
    assert_eq!(remote_store.offset(&agent(), &pack).unwrap(), len);
    assert!(matches!(refusal(&remote_store, &Transaction { txn: txn(), ..tx }), Refusal::Moved(_)));
}

/// Sends some bytes, and then breaks off.
struct Cut<'a>(&'a [u8]);

impl Read for Cut<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.0.read(out)
    }
}

#[test]
fn an_upload_that_is_cut_anywhere_goes_on_from_what_arrived() {
    let (_dir, remote_store) = remote_store();
    let client = Client::new();
    let mut made = client.make();
    let id = made.source(&"many words ".repeat(50));
    let (pack, bytes) = client.pack(made);
    let len = bytes.len() as u64;
    let mut at = 0;
    for cut in [0, 1, 7, 100, 5] {
        let error = remote_store
            .receive(&agent(), &pack, at, len, &mut Cut(&bytes[at as usize..][..cut]))
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable);
        at += cut as u64;
        assert_eq!(remote_store.offset(&agent(), &pack).unwrap(), at);
    }
    for wrong in [0, at - 1, at + 1] {
        let error = remote_store.receive(&agent(), &pack, wrong, len, &mut &bytes[..]).unwrap_err();
        assert_eq!(error.kind(), Kind::Conflict, "{error}");
    }
    let error =
        remote_store.receive(&agent(), &pack, at, at + 3, &mut &bytes[at as usize..]).unwrap_err();
    assert_eq!((error.kind(), remote_store.offset(&agent(), &pack).unwrap()), (Kind::Usage, at));
    assert_eq!(
        remote_store.receive(&agent(), &pack, at, len, &mut &bytes[at as usize..]).unwrap(),
        len
    );
    done(
        remote_store
            .transact(&agent(), &Transaction { pack: Some(pack), ..create_source(0, id) })
            .unwrap(),
    );
}

#[test]
fn a_pack_with_another_hash_than_its_name_is_thrown_away() {
    let (_dir, remote_store) = remote_store();
    let client = Client::new();
    let mut made = client.make();
    made.source("one");
    let (pack, mut bytes) = client.pack(made);
    bytes[20] ^= 1;
    let error =
        remote_store.receive(&agent(), &pack, 0, bytes.len() as u64, &mut &bytes[..]).unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt);
    assert_eq!(remote_store.offset(&agent(), &pack).unwrap(), 0);
    let error = remote_store.receive(&agent(), &pack, 0, u64::MAX, &mut &bytes[..]).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage, "{error}");
}

#[test]
fn a_damaged_pack_under_its_true_name_is_refused() {
    let (_dir, remote_store) = remote_store();
    let client = Client::new();
    let mut made = client.make();
    let id = made.source("one");
    let (_, good) = client.pack(made);
    for at in (0..good.len()).step_by(7) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        let pack = PackId::of(&bytes);
        upload(&remote_store, &agent(), &pack, &bytes).unwrap();
        let tx = Transaction { pack: Some(pack), ..create_source(0, id) };
        match remote_store.transact(&agent(), &tx).unwrap() {
            TxnOutcome::Refused(Refusal::Invalid { .. } | Refusal::Missing { .. }) => {}
            other => panic!("byte {at}: {other:?}"),
        }
        assert_eq!(remote_store.head(&agent()).unwrap(), None);
    }
}

#[test]
fn what_neither_the_pack_nor_the_agent_has_is_named() {
    let (_dir, remote_store) = remote_store();
    let (client, _) = filled(&remote_store);
    // A pack that builds on objects which were never sent.
    let mut unsent = client.make();
    let files = unsent.file("index.ts", "unsent");
    client.pack(unsent);
    let mut made = client.make();
    let state = made.state();
    let tree = vec![
        TreeEntry::file("record", made.blob("no record")),
        TreeEntry::directory("source", files),
        TreeEntry::directory("state", state),
    ];
    let id = made.tree(tree);
    let (pack, bytes) = client.pack(made);
    upload(&remote_store, &agent(), &pack, &bytes).unwrap();
    let tx = Transaction { pack: Some(pack), ..create_source(2, id) };
    assert_eq!(refusal(&remote_store, &tx), Refusal::Missing { ids: vec![files], more: false });
    let unknown = Id::of_blob(b"unknown");
    let expected = Refusal::Missing { ids: vec![unknown], more: false };
    assert_eq!(refusal(&remote_store, &create_source(2, unknown)), expected);
    assert_whole(&remote_store, &agent());
}

/// The check of a pack that lacked something is remembered, until that has come.
#[test]
fn a_pack_that_lacked_something_is_good_once_that_has_come() {
    let (_dir, remote_store) = remote_store();
    let (client, _) = filled(&remote_store);
    let mut unsent = client.make();
    let files = unsent.file("index.ts", "unsent");
    client.pack(unsent);
    let mut made = client.make();
    let id = source_of(&mut made, files);
    let (pack, bytes) = client.pack(made);
    upload(&remote_store, &agent(), &pack, &bytes).unwrap();
    let tx = |after| Transaction { pack: Some(pack), ..create_source(after, id) };
    for _ in 0..2 {
        let missing = Refusal::Missing { ids: vec![files], more: false };
        assert_eq!(refusal(&remote_store, &tx(2)), missing);
    }
    // Somebody else brings it, with a version of his.
    let other = Client::new();
    let mut made = other.make();
    let around = made.file("index.ts", "unsent");
    assert_eq!(around, files);
    let folder = made.tree(vec![TreeEntry::directory("src", files)]);
    let theirs = source_of(&mut made, folder);
    let (their_pack, bytes) = other.pack(made);
    upload(&remote_store, &agent(), &their_pack, &bytes).unwrap();
    let their_tx = Transaction { pack: Some(their_pack), ..create_source(2, theirs) };
    done(remote_store.transact(&agent(), &their_tx).unwrap());
    done(remote_store.transact(&agent(), &tx(3)).unwrap());
    assert_whole(&remote_store, &agent());
}
