//! Buckets as engines: the suite of every engine over a double, over moto and over a named engine, and what only a bucket has.

use super::conformance::{self, INCREMENTS};
use crate::common::bucket::others::{Moto, Named};
use crate::common::bucket::{Bucket, S3Place};
use lua_store::internals::pack::PackId;
use lua_store::internals::protocol::AgentId;
use lua_store::internals::remote_store::{Cas, Expect, PackKey};

/// Everything that an engine must meet, below a prefix that nobody has.
fn passes(place: &dyn S3Place, prefix: &str, increments: u64) {
    let [one, other] = [place.open(prefix), place.open(prefix)];
    conformance::heads(&*one.engines.heads);
    conformance::packs(&*one.engines.packs);
    conformance::notes(&*one.engines.notes);
    conformance::tokens(&[one.clone(), other.clone()]);
    let report = one.engines.heads.probe().unwrap();
    assert!(report.passed() && report.checks.len() == 24, "{report:?}");
    let report = one.engines.packs.probe().unwrap();
    assert!(report.passed() && report.checks.len() == 12, "{report:?}");
    large_packs(&one.engines.packs);
    conformance::race(&[&*one.engines.heads, &*other.engines.heads], increments);
    // A head that was read before is not given again after another server changed it.
    let agent: AgentId = "seen".parse().unwrap();
    let Cas::Won(token) = one.engines.heads.swap(&agent, Expect::Absent, b"old").unwrap() else {
        panic!("a head cannot be created")
    };
    other.engines.heads.swap(&agent, Expect::Match(&token), b"new").unwrap();
    assert_eq!(&one.engines.heads.load(&agent).unwrap().unwrap().0[..], b"new");
}

/// Packs of several parts: 8 MiB are one, and one byte more are two.
fn large_packs(packs: &std::sync::Arc<dyn lua_store::internals::remote_store::PackStore>) {
    let agent: AgentId = "large".parse().unwrap();
    for len in [8 << 20, (8 << 20) + 1, (20 << 20) + 7] {
        let bytes: Vec<u8> = (0..len as u32).map(|n| (n * 7 % 253) as u8).collect();
        let key = PackKey::fresh(&agent, PackId::of(&bytes)).unwrap();
        packs.put_new(&key, &mut &bytes[..], len).unwrap();
        assert!(packs.put_new(&key, &mut &bytes[..], len).is_err(), "it exists");
        assert_eq!(packs.stat(&key).unwrap(), Some(len));
        assert_eq!(packs.get(&key, None).unwrap().unwrap(), bytes);
        let (from, to) = ((8 << 20) - 5, (8 << 20) + 5);
        let part = packs.get(&key, Some(from..to)).unwrap().unwrap();
        assert_eq!(part, bytes[from as usize..(to.min(len)) as usize]);
        let short = PackKey::fresh(&agent, PackId::of(b"short")).unwrap();
        assert!(packs.put_new(&short, &mut &bytes[..], len + 1).is_err());
        assert_eq!(packs.stat(&short).unwrap(), None);
        packs.delete(&key).unwrap();
    }
}

#[test]
fn a_double_of_a_bucket_passes() {
    let bucket = Bucket::start();
    passes(&bucket, "/agents", INCREMENTS);
    assert!(bucket.keys().iter().all(|key| key.starts_with("agents/")));
    assert!(!bucket.keys().iter().any(|key| key.contains("/probe/")), "a probe leaves nothing");
    assert_eq!(bucket.open_uploads(), 0, "an upload cut short is given up");
    passes(&bucket, "/other/agents", 1);
}

#[test]
fn moto_passes() {
    let Some(moto) = Moto::start() else { return };
    // It answers few requests a second.
    passes(&moto, "/some/agents", 20);
}

#[test]
fn the_named_bucket_passes() {
    let Some(bucket) = Named::find() else { return };
    let nonce = std::process::id();
    passes(&bucket, &format!("/conformance-{nonce}"), INCREMENTS);
}

#[test]
fn prefixes_of_one_bucket_never_see_each_other() {
    let bucket = Bucket::start();
    let [one, other] = [bucket.open("/one"), bucket.open("/one-more")];
    let agent: AgentId = "agent_1".parse().unwrap();
    let key = PackKey::fresh(&agent, PackId::of(b"bytes")).unwrap();
    one.engines.heads.swap(&agent, Expect::Absent, b"head").unwrap();
    one.engines.packs.put_new(&key, &mut &b"bytes"[..], 5).unwrap();
    assert!(other.engines.heads.load(&agent).unwrap().is_none());
    assert!(other.engines.heads.agents(None).unwrap().is_empty());
    assert!(other.engines.packs.list(&agent, None).unwrap().is_empty());
    assert!(other.engines.packs.stat(&key).unwrap().is_none());
    other.engines.packs.delete(&key).unwrap();
    assert_eq!(one.engines.packs.stat(&key).unwrap(), Some(5));
}

#[test]
fn a_list_continues_after_its_first_page() {
    let bucket = Bucket::start();
    let engine = bucket.open("");
    let names: Vec<AgentId> = (0..2345).map(|n| format!("agent-{n:04}").parse().unwrap()).collect();
    for name in &names {
        bucket.put(&format!("head/{name}"), b"head");
        // Objects of others between them are left out.
        bucket.put(&format!("head/{name} of others"), b"");
    }
    let (mut all, mut pages) = (Vec::<AgentId>::new(), 0);
    loop {
        let more = engine.engines.heads.agents(all.last()).unwrap();
        if more.is_empty() {
            break;
        }
        all.extend(more);
        pages += 1;
    }
    assert_eq!((all, pages), (names, 5));
}
