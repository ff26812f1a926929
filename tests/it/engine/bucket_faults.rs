//! A bucket that fails: nothing is lost, nothing is done twice, and the reason is named.

use crate::common::bucket::{Bucket, Fault, S3Place, S3Request};
use lua_store::internals::engine::{SharedEngine, TokenRow};
use lua_store::internals::error::Kind;
use lua_store::internals::pack::PackId;
use lua_store::internals::protocol::AgentId;
use lua_store::internals::remote_store::{Cas, Expect, PackKey};
use std::time::Duration;

fn agent() -> AgentId {
    "agent_1".parse().unwrap()
}

/// The fault for the next so many requests that are meant.
fn next(
    mut count: usize,
    fault: Fault,
    is_meant: impl Fn(&S3Request) -> bool + Send + 'static,
) -> impl FnMut(&S3Request) -> Option<Fault> + Send + 'static {
    move |request| {
        let meant = count > 0 && is_meant(request);
        count -= usize::from(meant);
        meant.then_some(fault)
    }
}

fn is_write(request: &S3Request) -> bool {
    request.method == "PUT"
}

fn opened() -> (Bucket, SharedEngine) {
    let bucket = Bucket::start();
    let engine = bucket.open("");
    bucket.requests();
    (bucket, engine)
}

#[test]
fn a_swap_whose_answer_is_lost_is_unknown_and_is_not_sent_again() {
    for (fault, landed) in [
        (Fault::DoneBut(500), true),
        (Fault::DoneBut(503), true),
        (Fault::Cut, true),
        (Fault::Refused(500, "InternalError"), false),
        (Fault::Foreign(502), false),
    ] {
        let (bucket, engine) = opened();
        let heads = &engine.engines.heads;
        let Cas::Won(first) = heads.swap(&agent(), Expect::Absent, b"first").unwrap() else {
            panic!("a head cannot be created")
        };
        bucket.requests();
        bucket.faults(next(1, fault, is_write));
        let swapped = heads.swap(&agent(), Expect::Match(&first), b"second").unwrap();
        assert!(matches!(swapped, Cas::Unknown(_)), "{fault:?}: {swapped:?}");
        assert_eq!(bucket.requests(), ["PUT head/agent_1"], "{fault:?}");
        let (bytes, token) = heads.load(&agent()).unwrap().unwrap();
        assert_eq!((&bytes[..] == b"second", token != first), (landed, landed), "{fault:?}");
    }
}

#[test]
fn a_refused_swap_changed_nothing() {
    for (fault, part) in [
        (Fault::Refused(403, "AccessDenied"), "AccessDenied"),
        (Fault::Refused(403, "QuotaExceeded"), "is full"),
        (Fault::Refused(403, "RequestTimeTooSkewed"), "the time of this machine"),
    ] {
        let (bucket, engine) = opened();
        bucket.faults(next(1, fault, is_write));
        let error = engine.engines.heads.swap(&agent(), Expect::Absent, b"x").unwrap_err();
        // It accepted a write before, so that the refusal passes.
        assert_eq!(error.kind(), Kind::Unavailable, "{error}");
        assert!(error.message().contains(part), "{error}");
        assert_eq!(bucket.object("head/agent_1"), None);
    }
}

#[test]
fn a_pack_whose_answer_is_lost_is_stored_once() {
    for (fault, len) in [
        (Fault::DoneBut(500), 1000),
        (Fault::Cut, 1000),
        (Fault::Refused(503, "SlowDown"), 1000),
        (Fault::DoneBut(500), 20_000_000),
        (Fault::Cut, 20_000_000),
    ] {
        let (bucket, engine) = opened();
        let bytes = vec![7; len];
        let key = PackKey::fresh(&agent(), PackId::of(&bytes)).unwrap();
        bucket.faults(next(1, fault, is_write));
        engine.engines.packs.put_new(&key, &mut &bytes[..], len as u64).unwrap();
        assert_eq!(engine.engines.packs.get(&key, None).unwrap().unwrap(), bytes, "{fault:?}");
        // The same for the last step of a pack of several parts.
        if len > 8 << 20 {
            let other = PackKey::fresh(&agent(), PackId::of(&bytes)).unwrap();
            let is_end = |request: &S3Request| {
                request.method == "POST" && request.query("uploadId").is_some()
            };
            bucket.faults(next(1, fault, is_end));
            engine.engines.packs.put_new(&other, &mut &bytes[..], len as u64).unwrap();
            assert_eq!(engine.engines.packs.stat(&other).unwrap(), Some(len as u64), "{fault:?}");
        }
    }
}

#[test]
fn a_pack_that_cannot_be_stored_leaves_no_parts() {
    let (bucket, engine) = opened();
    let bytes = vec![7; 20_000_000];
    let key = PackKey::fresh(&agent(), PackId::of(&bytes)).unwrap();
    let third = |request: &S3Request| request.query("partNumber") == Some("3");
    bucket.faults(next(1, Fault::Refused(507, "InsufficientStorage"), third));
    engine.engines.packs.put_new(&key, &mut &bytes[..], bytes.len() as u64).unwrap();
    bucket.faults(next(9, Fault::Refused(507, "InsufficientStorage"), third));
    let key = PackKey::fresh(&agent(), PackId::of(b"other")).unwrap();
    let error =
        engine.engines.packs.put_new(&key, &mut &bytes[..], bytes.len() as u64).unwrap_err();
    assert!(error.kind() == Kind::Unavailable && error.message().contains("is full"), "{error}");
    assert_eq!((bucket.open_uploads(), bucket.keys().len()), (0, 2));
}

#[test]
fn a_read_is_tried_again_and_an_answer_of_something_else_is_not_taken_for_an_absent_head() {
    let (bucket, engine) = opened();
    let heads = &engine.engines.heads;
    heads.swap(&agent(), Expect::Absent, b"head").unwrap();
    for fault in [Fault::DoneBut(500), Fault::Cut, Fault::Foreign(502)] {
        bucket.faults(next(2, fault, |_| true));
        assert_eq!(&heads.load(&agent()).unwrap().unwrap().0[..], b"head", "{fault:?}");
    }
    bucket.faults(next(9, Fault::Foreign(404), |_| true));
    let error = heads.load(&agent()).unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable, "{error}");
    bucket.faults(next(9, Fault::Refused(404, "NoSuchBucket"), |_| true));
    let error = heads.load(&agent()).unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable, "{error}");
}

#[test]
fn a_slow_call_does_not_stop_others() {
    let (bucket, engine) = opened();
    let (heads, other) = (&engine.engines.heads, "other".parse().unwrap());
    heads.swap(&agent(), Expect::Absent, b"head").unwrap();
    let is_slow = |request: &S3Request| request.key == "head/agent_1";
    bucket.faults(next(8, Fault::Late(Duration::from_secs(2)), is_slow));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert!(heads.load(&agent()).unwrap().is_some()));
        }
        std::thread::sleep(Duration::from_millis(200));
        let since = std::time::Instant::now();
        assert!(heads.load(&other).unwrap().is_none());
        assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    });
}

#[test]
fn a_change_of_tokens_whose_answer_is_lost_is_made_once() {
    for fault in [Fault::DoneBut(500), Fault::Cut, Fault::Refused(500, "InternalError")] {
        let (bucket, engine) = opened();
        let row = |id: &str| TokenRow { id: id.to_owned(), entry: "{}".to_owned() };
        for id in ["a", "b"] {
            bucket.faults(next(1, fault, is_write));
            let mut add = |rows: Vec<TokenRow>| Ok([rows, vec![row(id)]].concat());
            engine.tokens.change(&mut add).unwrap();
        }
        assert_eq!(engine.tokens.all().unwrap(), [row("a"), row("b")], "{fault:?}");
    }
}

#[test]
fn a_bucket_that_ignores_conditions_does_not_pass() {
    let (bucket, engine) = opened();
    bucket.faults(|request| is_write(request).then_some(Fault::Unconditional));
    let report = engine.engines.heads.probe().unwrap();
    let failures: Vec<&str> = report.failures().collect();
    assert!(failures.contains(&"a head that exists is not created again"), "{failures:?}");
    assert!(failures.contains(&"a stale update is refused"), "{failures:?}");
    let packs = engine.engines.packs.probe().unwrap();
    assert_eq!(packs.failures().next(), Some("a pack is never stored twice"), "{packs:?}");
    bucket.heal();
    assert!(engine.engines.heads.probe().unwrap().passed());
}
