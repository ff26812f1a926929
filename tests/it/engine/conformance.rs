//! The suite that every engine passes: files, memory, PostgreSQL. That of buckets is in `bucket.rs`.

use super::open;
use crate::common::postgres;
use lua_store::internals::engine::{SharedEngine, TokenRow};
use lua_store::internals::error::{Error, Kind};
use lua_store::internals::pack::PackId;
use lua_store::internals::protocol::AgentId;
use lua_store::internals::remote_store::{
    Cas, CasToken, Expect, FileHeads, FileNotes, FilePacks, HeadStore, MemHeads, MemPacks,
    NoteStore, PackKey, PackStore, SharedNote,
};

const WRITERS: u64 = 8;
pub const INCREMENTS: u64 = 200;

fn agent(name: &str) -> AgentId {
    name.parse().unwrap()
}

fn won(cas: Cas) -> CasToken {
    match cas {
        Cas::Won(token) => token,
        other => panic!("{other:?}"),
    }
}

pub fn heads(store: &dyn HeadStore) {
    let (one, other) = (agent("agent_1"), agent("Agent_1"));
    assert!(store.load(&one).unwrap().is_none());
    let first = won(store.swap(&one, Expect::Absent, b"first").unwrap());
    assert!(matches!(store.swap(&one, Expect::Absent, b"x").unwrap(), Cas::Lost));
    assert!(store.load(&other).unwrap().is_none(), "ids differ by case");
    let (bytes, token) = store.load(&one).unwrap().unwrap();
    assert_eq!((&bytes[..], &token), (&b"first"[..], &first));
    let second = won(store.swap(&one, Expect::Match(&token), b"second").unwrap());
    for stale in [&first, &CasToken::new(b"of another engine")] {
        assert!(matches!(store.swap(&one, Expect::Match(stale), b"x").unwrap(), Cas::Lost));
    }
    assert!(matches!(store.swap(&other, Expect::Match(&second), b"x").unwrap(), Cas::Lost));
    // Bytes of any kind, and more than fit in a page of a database.
    let large: Vec<u8> = (0..200_000_u32).map(|n| (n * 31 % 251) as u8).collect();
    let third = won(store.swap(&one, Expect::Match(&second), &large).unwrap());
    assert_eq!(store.load(&one).unwrap().unwrap(), (large.clone().into(), third.clone()));
    assert_eq!(store.load(&one).unwrap().unwrap(), (large.into(), third), "asked again");
    won(store.swap(&other, Expect::Absent, b"other").unwrap());
    let mut all = vec![one.clone(), other.clone()];
    all.sort_unstable();
    assert_eq!(store.agents(None).unwrap(), all);
    assert_eq!(store.agents(Some(&all[0])).unwrap(), [all[1].clone()]);
    assert!(store.agents(Some(&all[1])).unwrap().is_empty());
    store.ping().unwrap();
}

/// Adds a line so often; each writer has a store of its own, as servers beside each other have. Where it is unknown if a swap
/// landed, the line shows it, as transactions in a head do.
pub fn race(stores: &[&dyn HeadStore], increments: u64) {
    let agent = agent("counter");
    let increment = |store: &dyn HeadStore, line: &str| {
        loop {
            let found = store.load(&agent).unwrap();
            let (text, token) = found.map_or_else(Default::default, |(bytes, token)| {
                (String::from_utf8(bytes.to_vec()).unwrap(), Some(token))
            });
            if text.lines().any(|known| known == line) {
                return;
            }
            let expect = token.as_ref().map_or(Expect::Absent, Expect::Match);
            match store.swap(&agent, expect, format!("{text}{line}\n").as_bytes()).unwrap() {
                Cas::Won(_) => return,
                Cas::Lost | Cas::Unknown(_) => {}
            }
        }
    };
    std::thread::scope(|scope| {
        for nth in 0..WRITERS as usize {
            let store = stores[nth % stores.len()];
            scope.spawn(move || {
                (0..increments).for_each(|n| increment(store, &format!("{nth}-{n}")))
            });
        }
    });
    let (bytes, _) = stores[0].load(&agent).unwrap().unwrap();
    let mut lines: Vec<&str> = std::str::from_utf8(&bytes).unwrap().lines().collect();
    assert_eq!(lines.len() as u64, WRITERS * increments, "each line was added once");
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len() as u64, WRITERS * increments, "no line was lost");
}

pub fn packs(store: &dyn PackStore) {
    let (one, other) = (agent("agent_1"), agent("agent_2"));
    let lengths = [0, 1, 262_143, 262_144, 262_145, 1_000_000];
    let mut keys = Vec::new();
    for len in lengths {
        let bytes: Vec<u8> = (0..len as u32).map(|n| (n * 7 % 253) as u8).collect();
        let key = PackKey::fresh(&one, PackId::of(&bytes)).unwrap();
        assert_eq!((store.stat(&key).unwrap(), store.get(&key, None).unwrap()), (None, None));
        store.put_new(&key, &mut &bytes[..], len).unwrap();
        let again = store.put_new(&key, &mut &bytes[..], len).unwrap_err();
        assert_eq!(again.kind(), Kind::Conflict);
        assert_eq!(store.stat(&key).unwrap(), Some(len));
        assert_eq!(store.get(&key, None).unwrap().unwrap(), bytes);
        for (from, to) in [(0, 1), (5, 5), (262_140, 262_150), (262_144, 600_000), (len, len + 9)] {
            let inside = |at: u64| at.min(len) as usize;
            let part = store.get(&key, Some(from..to)).unwrap().unwrap();
            assert_eq!(part, bytes[inside(from)..inside(to)], "{from}..{to} of {len}");
        }
        keys.push(key);
    }
    let short = PackKey::fresh(&one, PackId::of(b"short")).unwrap();
    for (len, told) in [(5, 9), (300_000, 300_001), (300_000, 700_000)] {
        assert!(store.put_new(&short, &mut &vec![0; len][..], told).is_err());
        assert_eq!(store.stat(&short).unwrap(), None, "{len} of {told} bytes leave nothing");
    }
    assert!(store.list(&other, None).unwrap().is_empty());
    keys.sort_unstable();
    let listed: Vec<_> = store.list(&one, None).unwrap();
    assert!(listed.iter().map(|(key, ..)| key).eq(&keys));
    assert!(listed.iter().map(|(_, len, _)| *len).sum::<u64>() == lengths.iter().sum::<u64>());
    let after: Vec<_> = store.list(&one, Some(&keys[2])).unwrap();
    assert!(after.iter().map(|(key, ..)| key).eq(&keys[3..]));
    for key in &keys {
        store.delete(key).unwrap();
        store.delete(key).unwrap();
        assert_eq!((store.stat(key).unwrap(), store.get(key, Some(0..1)).unwrap()), (None, None));
    }
    assert!(store.list(&one, None).unwrap().is_empty());
}

pub fn notes(store: &dyn NoteStore) {
    let (one, other) = (agent("agent_1"), agent("agent_2"));
    let all =
        [SharedNote::Archived(&one), SharedNote::Scrub, SharedNote::Quotas, SharedNote::Address];
    for note in all {
        assert_eq!((store.has(note).unwrap(), store.read(note).unwrap()), (false, None));
        store.write(note, b"text\n").unwrap();
        assert_eq!(store.read(note).unwrap().as_deref(), Some(&b"text\n"[..]), "{note:?}");
    }
    assert!(!store.has(SharedNote::Archived(&other)).unwrap());
    for note in [SharedNote::Scrub, SharedNote::Quotas, SharedNote::Address] {
        store.write(note, b"newer\n").unwrap();
        assert_eq!(store.read(note).unwrap().as_deref(), Some(&b"newer\n"[..]), "{note:?}");
    }
    for note in all {
        store.remove(note).unwrap();
        store.remove(note).unwrap();
        assert!(!store.has(note).unwrap());
    }
}

#[test]
fn files_and_memory_pass() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    heads(&FileHeads::new(root));
    packs(&FilePacks::new(root));
    notes(&FileNotes::new(root));
    race(&[&FileHeads::new(root), &FileHeads::new(root)], INCREMENTS);
    heads(&MemHeads::default());
    packs(&MemPacks::default());
    race(&[&MemHeads::default()], INCREMENTS);
}

#[test]
fn postgres_passes() {
    let Some(database) = postgres::database() else { return };
    let [one, other] = [open(&database), open(&database)];
    heads(&*one.engines.heads);
    packs(&*one.engines.packs);
    notes(&*one.engines.notes);
    race(&[&*one.engines.heads, &*other.engines.heads], INCREMENTS);
    // A head that was read before is not given again after another server changed it.
    let agent = agent("seen");
    let token = won(one.engines.heads.swap(&agent, Expect::Absent, b"old").unwrap());
    won(other.engines.heads.swap(&agent, Expect::Match(&token), b"new").unwrap());
    assert_eq!(&one.engines.heads.load(&agent).unwrap().unwrap().0[..], b"new");
}

/// After a failover to a replica that lacks the last change, a server has seen what the database no longer has.
#[test]
fn what_a_failover_lost_is_not_taken_for_what_came_after_it() {
    let Some(database) = postgres::database() else { return };
    let [one, other] = [open(&database), open(&database)];
    let (heads, agent) = (&one.engines.heads, agent("a"));
    let first = won(heads.swap(&agent, Expect::Absent, b"first").unwrap());
    let add = |engine: &SharedEngine, id: &str| {
        let row = TokenRow { id: id.to_owned(), entry: String::new() };
        engine.tokens.change(&mut |rows| Ok([rows, vec![row.clone()]].concat())).unwrap();
        engine.tokens.etag().unwrap()
    };
    database.sql("CREATE TABLE before AS SELECT * FROM lua_store.head");
    database.sql("CREATE TABLE format_before AS SELECT * FROM lua_store.format");
    let lost = won(heads.swap(&agent, Expect::Match(&first), b"lost").unwrap());
    let lost_tokens = add(&one, "lost");
    database.sql("DELETE FROM lua_store.head; INSERT INTO lua_store.head SELECT * FROM before");
    database.sql("DELETE FROM lua_store.token; DELETE FROM lua_store.format");
    database.sql("INSERT INTO lua_store.format SELECT * FROM format_before");
    won(other.engines.heads.swap(&agent, Expect::Match(&first), b"newer").unwrap());
    assert_eq!(&heads.load(&agent).unwrap().unwrap().0[..], b"newer");
    assert!(matches!(heads.swap(&agent, Expect::Match(&lost), b"x").unwrap(), Cas::Lost));
    assert_ne!(add(&other, "newer"), lost_tokens);
}

#[test]
fn the_probe_of_postgres_passes_and_leaves_nothing() {
    let Some(database) = postgres::database() else { return };
    let engine = open(&database);
    let report = engine.engines.heads.probe().unwrap();
    assert!(report.passed() && report.checks.len() == 27, "{report:?}");
    let report = engine.engines.packs.probe().unwrap();
    assert!(report.passed() && report.checks.len() == 12, "{report:?}");
    let left = "SELECT (SELECT count(*) FROM lua_store.head) + (SELECT count(*) FROM lua_store.pack) \
                + (SELECT count(*) FROM lua_store.piece)";
    assert_eq!(database.sql(left), "0\n");
}

#[test]
fn a_session_that_was_ended_is_replaced() {
    let Some(database) = postgres::database() else { return };
    let engine = open(&database);
    let heads = &engine.engines.heads;
    won(heads.swap(&agent("a"), Expect::Absent, b"kept").unwrap());
    database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    assert_eq!(&heads.load(&agent("a")).unwrap().unwrap().0[..], b"kept");
}

#[test]
fn changes_of_tokens_take_turns_and_a_failed_one_leaves_nothing() {
    let Some(database) = postgres::database() else { return };
    tokens(&[open(&database), open(&database)]);
}

/// Through two servers.
pub fn tokens([one, other]: &[SharedEngine; 2]) {
    let row = |id: String| TokenRow { entry: format!("entry of {id}"), id };
    let before = one.tokens.etag().unwrap();
    std::thread::scope(|scope| {
        for (name, engine) in [("a", one), ("b", other)] {
            scope.spawn(move || {
                for n in 0..20 {
                    let added = row(format!("{name}{n}"));
                    let mut add = |rows: Vec<TokenRow>| {
                        Ok(rows.into_iter().chain([added.clone()]).collect::<Vec<_>>())
                    };
                    engine.tokens.change(&mut add).unwrap();
                }
            });
        }
    });
    assert_eq!(one.tokens.all().unwrap().len(), 40);
    let after = one.tokens.etag().unwrap();
    assert!(after != before && other.tokens.etag().unwrap() == after);
    let refused = one.tokens.change(&mut |_| Err(Error::usage("no")));
    assert_eq!(refused.unwrap_err().kind(), Kind::Usage);
    assert_eq!(other.tokens.etag().unwrap(), after);
    one.tokens
        .change(&mut |rows| Ok(rows.into_iter().filter(|row| row.id == "b7").collect()))
        .unwrap();
    assert_eq!(other.tokens.all().unwrap(), [row("b7".to_owned())]);
    let uses = |times: &[(&str, i64)]| {
        let times: Vec<_> = times.iter().map(|(id, time)| ((*id).to_owned(), *time)).collect();
        one.tokens.note_used(&times).unwrap();
        other.tokens.used().unwrap()
    };
    assert_eq!(uses(&[("b7", 10), ("gone", 10)]), [("b7".to_owned(), 10)]);
    assert_eq!(uses(&[("b7", 5)]), [("b7".to_owned(), 10)]);
}
