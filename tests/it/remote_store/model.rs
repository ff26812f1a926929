//! The argument of `docs/remote-store.md`, tried: two writers and upkeep over the real code, in all orders with at most
//! two surprises (another one's turn, a removal that comes late, a swap without an answer).

use super::agent::*;
use super::stage::{Kept, Seat, Stage, Without, following};
use super::tiers::noise;
use lua_store::internals::error::Result;
use lua_store::internals::pack::PackId;
use lua_store::internals::protocol::{CreateRefs, Refusal, Transaction, TxnOutcome};
use lua_store::internals::remote_store::{
    AppliedTransaction, Expect, HeadStore, MemHeads, MemPacks, PackKey, PackStore, RemoteStore,
    TxnRequest, Upkeep,
};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const SURPRISES: usize = 2;

/// A push, ready to be sent: its objects do not depend on the remote's.
struct Push {
    tx: Transaction,
    pack: PackId,
    bytes: Vec<u8>,
}

/// Initial content of the store, and the plans of the writers.
struct Story {
    kept: Kept,
    pushes: Vec<Push>,
    /// Number of packs that upkeep joins into one; 0 for no upkeep.
    many: usize,
    /// Number of source versions at the start.
    before: usize,
    /// Number of pushes that reach the first server at once: it merges them into one swap.
    merged: usize,
}

impl Story {
    /// Two source versions in two packs; a pack of the first writer that an earlier attempt left; two
    /// writers that both want to be v3.
    fn new(writers: usize, many: usize) -> Story {
        Story::after(&["one".to_owned(), "two".to_owned()], writers, many, 1)
    }

    /// The same, with so large a pack before these that it is not put together with them.
    fn tiered(writers: usize, many: usize) -> Story {
        Story::after(
            &[noise(20_000, "large"), "one".to_owned(), "two".to_owned()],
            writers,
            many,
            1,
        )
    }

    /// The first server has a version to make beside its push.
    fn merging(writers: usize) -> Story {
        Story::after(&["one".to_owned(), "two".to_owned()], writers, usize::MAX, 2)
    }

    /// The head has so many transactions that the next swap takes them to a page.
    fn paging(writers: usize) -> Story {
        let mut story = Story::new(writers, usize::MAX);
        let (bytes, _) = story.kept.head.take().unwrap();
        let mut head = read_head(&bytes, &MemPacks::default());
        let landed = head.txns[0].clone();
        let other = |_| Arc::new(AppliedTransaction { txn: txn(), ..(*landed).clone() });
        head.txns.splice(..0, (0..40).map(other));
        story.kept.head = Some((head.encode().into(), 1));
        story
    }

    fn after(texts: &[String], writers: usize, many: usize, merged: usize) -> Story {
        let dir = tempfile::tempdir().unwrap();
        let (heads, packs) = (Arc::new(MemHeads::default()), Arc::new(MemPacks::default()));
        let remote_store = RemoteStore::with(heads.clone(), packs.clone(), dir.path().to_owned());
        let client = Client::new();
        let mut sources = Vec::new();
        for text in texts {
            let tx = client.push(&remote_store, &agent(), text).unwrap();
            sources = done(remote_store.transact(&agent(), &tx).unwrap()).heads.source;
        }
        let before = texts.len();
        let push = |name: usize| {
            let client = Client::new();
            let mut made = client.make();
            let id = made.source(&format!("writer {name}"));
            let (pack, bytes) = client.pack(made);
            Push {
                tx: Transaction { pack: Some(pack), ..create_source(before as u64, id) },
                pack,
                bytes,
            }
        };
        let mut pushes: Vec<Push> = (0..writers).map(push).collect();
        if merged == 2 {
            // Nobody else makes a version, so that it lands whoever is v3.
            let mut made = client.make();
            let id = made.version(1, sources[0], "first");
            let (pack, bytes) = client.pack(made);
            let versions = Some(CreateRefs { after: 0, ids: vec![id] });
            pushes.insert(
                1,
                Push { tx: Transaction { pack: Some(pack), versions, ..empty() }, pack, bytes },
            );
        }
        let left = PackKey::fresh(&agent(), pushes[0].pack).unwrap();
        packs.put_new(&left, &mut &pushes[0].bytes[..], pushes[0].bytes.len() as u64).unwrap();
        let (bytes, _) = heads.load(&agent()).unwrap().unwrap();
        let all = packs.list(&agent(), None).unwrap();
        let packs =
            all.into_iter().map(|(key, ..)| (key.clone(), packs.get(&key, None).unwrap().unwrap()));
        let kept = Kept { head: Some((bytes, 1)), packs: packs.collect() };
        Story { kept, pushes, many, before, merged }
    }

    /// Runs one script. An error is a promise that was not kept.
    fn run(
        &self,
        without: Without,
        script: Vec<usize>,
        scratch: &Path,
    ) -> (Result<(), String>, Option<Vec<usize>>) {
        let servers: Vec<&[Push]> = [&self.pushes[..self.merged]]
            .into_iter()
            .chain(self.pushes[self.merged..].chunks(1))
            .collect();
        let writers = servers.len();
        let stage = Stage::new(self.kept.clone(), without, writers + 1, script, SURPRISES);
        let seat = |actor| {
            let seat = Arc::new(Seat { stage: stage.clone(), actor, writes: actor < writers });
            RemoteStore::with(seat.clone(), seat, scratch.join(actor.to_string()))
        };
        let (kept, taken, outcomes) = std::thread::scope(|scope| {
            let writing: Vec<_> = (0..writers)
                .map(|actor| {
                    let (remote_store, pushes, stage) = (seat(actor), servers[actor], &stage);
                    pushes.iter().for_each(|push| push.upload(&scratch.join(actor.to_string())));
                    scope.spawn(move || {
                        let asked = |push: &Push| (push.tx.clone(), TxnRequest::default());
                        let all: Vec<_> = pushes.iter().map(asked).collect();
                        let answers = remote_store.transact_all(&agent(), &all);
                        stage.leave(actor);
                        answers
                    })
                })
                .collect();
            let (remote_store, many, stage) = (seat(writers), self.many, &stage);
            scope.spawn(move || {
                let now = SystemTime::now() + Duration::from_secs(10);
                // A removal without an answer is an error, and tried again the next time.
                let _ = remote_store
                    .collect(&agent(), &Upkeep { now, spare: Duration::ZERO, many, whole: false });
                stage.leave(writers);
            });
            let (kept, taken) = stage.direct();
            let answers = writing.into_iter().flat_map(|writer| writer.join().unwrap());
            let outcomes: Vec<_> =
                answers.map(|answer| answer.map(|answer| owned(answer.outcome))).collect();
            (kept, taken, outcomes)
        });
        (self.outcome(kept, outcomes), following(taken))
    }

    /// Checks that every acknowledged push is in the store, whole.
    fn outcome(&self, kept: Kept, outcomes: Vec<Result<TxnOutcome>>) -> Result<(), String> {
        let dir = tempfile::tempdir().unwrap();
        let (heads, packs) = (Arc::new(MemHeads::default()), Arc::new(MemPacks::default()));
        heads.swap(&agent(), Expect::Absent, &kept.head.unwrap().0).unwrap();
        for (key, bytes) in &kept.packs {
            packs.put_new(key, &mut &bytes[..], bytes.len() as u64).unwrap();
        }
        let remote_store = RemoteStore::with(heads, packs, dir.path().to_owned());
        let wrong = remote_store.check(&agent()).map_err(|error| error.to_string())?;
        if !wrong.is_empty() {
            return Err(wrong.join("; "));
        }
        let head = remote_store.head(&agent()).unwrap().unwrap();
        let mut won = 0;
        for (push, outcome) in self.pushes.iter().zip(outcomes) {
            let wanted = |create: &Option<CreateRefs>| create.as_ref().map(|create| create.ids[0]);
            let (source, version) = (wanted(&push.tx.source), wanted(&push.tx.versions));
            let is_there = if source.is_some() {
                head.heads.source.get(self.before) == source.as_ref()
            } else {
                head.heads.versions.first() == version.as_ref()
            };
            match outcome {
                Ok(TxnOutcome::Done(_)) if is_there => won += usize::from(source.is_some()),
                Ok(TxnOutcome::Refused(_)) if version.is_some() => {
                    return Err("the version was refused".to_owned());
                }
                Ok(TxnOutcome::Refused(Refusal::Moved(_))) if !is_there => {}
                other => return Err(format!("there: {is_there}, answered: {other:?}")),
            }
        }
        if won == 1 { Ok(()) } else { Err(format!("{won} writers won")) }
    }

    /// Runs scripts until one shows that a promise is not kept, or there are no more. Gives their number.
    fn try_all(&self, without: Without) -> Result<usize, String> {
        let scratch = tempfile::tempdir().unwrap();
        let mut next = Some(Vec::new());
        let mut count = 0;
        while let Some(script) = next {
            count += 1;
            let (outcome, following) = self.run(without, script.clone(), scratch.path());
            outcome.map_err(|wrong| format!("script {script:?}: {wrong}"))?;
            next = following;
        }
        Ok(count)
    }
}

impl Push {
    /// Puts the upload where a remote store with this folder looks for it.
    fn upload(&self, scratch: &Path) {
        let (heads, packs) = (Arc::new(MemHeads::default()), Arc::new(MemPacks::default()));
        std::fs::create_dir_all(scratch).unwrap();
        upload(
            &RemoteStore::with(heads, packs, scratch.to_owned()),
            &agent(),
            &self.pack,
            &self.bytes,
        )
        .unwrap();
    }
}

#[test]
fn two_writers_and_upkeep_keep_every_promise() {
    let count = Story::new(2, usize::MAX).try_all(Without::Nothing).unwrap();
    assert!(count > 400, "{count} orders are few");
}

#[test]
fn two_writers_that_make_a_page_and_upkeep_keep_every_promise() {
    let count = Story::paging(2).try_all(Without::Nothing).unwrap();
    assert!(count > 500, "{count} orders are few");
}

#[test]
fn a_writer_and_a_compaction_keep_every_promise() {
    let count = Story::new(1, 2).try_all(Without::Nothing).unwrap();
    assert!(count > 200, "{count} orders are few");
}

#[test]
fn a_writer_and_a_compaction_of_some_packs_keep_every_promise() {
    let count = Story::tiered(1, 2).try_all(Without::Nothing).unwrap();
    assert!(count > 200, "{count} orders are few");
}

#[test]
fn a_server_that_merges_and_another_writer_and_upkeep_keep_every_promise() {
    let count = Story::merging(2).try_all(Without::Nothing).unwrap();
    assert!(count > 500, "{count} orders are few");
}

#[test]
fn whatever_is_left_out_breaks_a_promise() {
    for without in [
        Without::FreshKeys,
        Without::RetiredPack,
        Without::ExistenceCheck,
        Without::Acknowledgement,
        Without::Comparison,
    ] {
        let story = Story::new(2, usize::MAX);
        assert!(story.try_all(without).is_err(), "nothing goes wrong without {without:?}");
    }
}
